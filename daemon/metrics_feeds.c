/* The health of the inputs, by topic. */
#include "daemon/metrics_row.h"

static void write_feed(const struct cw_metric *m, const struct cw_metrics_view *v, struct cw_buf *b)
{
    for (enum cw_input in = 0; in < CW_INPUTS; in++) {
        if (m->at && !v->feeds->of[in].judged)
            continue;
        cw_sample_begin(b, m, "");
        cw_sample_label(b, "topic", cw_metrics_topic(v->settings, in));
        cw_sample_real(b, m->value(&v->feeds->of[in]));
    }
}

#define VALUE(name, expression)                                                                    \
    static double name(const void *of)                                                             \
    {                                                                                              \
        const struct cw_feed *f = of;                                                              \
        return (double)(expression);                                                               \
    }
VALUE(last, cw_metrics_seconds(f->last))
VALUE(seen, cw_metrics_seconds(f->seen))
VALUE(silent, f->silent)
VALUE(limit, cw_metrics_seconds(f->limit))
#undef VALUE

/* judged 1: of feeds of events alone, since the others keep no rhythm. */
#define GAUGE(name, judged, text, value)                                                           \
    {                                                                                              \
        "churnwatch_feed_" name, CW_METRIC_GAUGE, "topic", text, write_feed, value, judged         \
    }

const struct cw_metric cw_metrics_of_feeds[] = {
    GAUGE("last_message_timestamp_seconds", 0,
          "The Kafka timestamp of the message taken in last, 0 before the first", last),
    GAUGE("seen_timestamp_seconds", 0, "When a message was taken in last, 0 never since the start",
          seen),
    GAUGE(
        "silent", 1,
        "1 while the feed has been without a message for longer than churnwatch_feed_limit_seconds "
        "and used to have some",
        silent),
    GAUGE("limit_seconds", 1,
          "A pause longer than that is a silence: ten times the longest of the last week, from 15 "
          "minutes to health.silent_after",
          limit),
    {0},
};
