/* Counters and histograms of the process. */
#include <math.h>

#include "daemon/metrics_row.h"

static void write_counter(const struct cw_metric *m, const struct cw_metrics_view *v,
                          struct cw_buf *b)
{
    cw_sample_begin(b, m, "");
    cw_sample_count(b, cw_board_counter(v->board, (enum cw_counter)m->at));
}

static void write_inputs(const struct cw_metric *m, const struct cw_metrics_view *v,
                         struct cw_buf *b)
{
    for (enum cw_input in = 0; in < CW_INPUTS; in++) {
        cw_sample_begin(b, m, "");
        cw_sample_label(b, "topic", cw_metrics_topic(v->settings, in));
        cw_sample_count(b, cw_board_inputs(v->board, in));
    }
}

static void write_events(const struct cw_metric *m, const struct cw_metrics_view *v,
                         struct cw_buf *b)
{
    for (enum cw_event_type type = 0; type < CW_EV_COUNT; type++) {
        cw_sample_begin(b, m, "");
        cw_sample_label(b, "type", cw_event_type_name(type));
        cw_sample_count(b, cw_board_events(v->board, type));
    }
}

static void write_rejects(const struct cw_metric *m, const struct cw_metrics_view *v,
                          struct cw_buf *b)
{
    for (enum cw_input in = 0; in < CW_INPUTS; in++) {
        for (enum cw_reject_code code = 0; code < CW_REJECT_COUNT; code++) {
            cw_sample_begin(b, m, "");
            cw_sample_label(b, "topic", cw_metrics_topic(v->settings, in));
            cw_sample_label(b, "code", cw_reject_code_name(code));
            cw_sample_count(b, cw_board_rejects(v->board, in, code));
        }
    }
}

const struct cw_metric cw_metrics_of_counters[] = {
    {"churnwatch_input_messages_total", CW_METRIC_COUNTER, "topic",
     "Messages taken from an input topic", write_inputs, NULL, 0},
    {"churnwatch_events_total", CW_METRIC_COUNTER, "type", "Events given to the core, by type",
     write_events, NULL, 0},
    {"churnwatch_dead_letters_total", CW_METRIC_COUNTER, "topic, code",
     "Messages refused, by input topic and code", write_rejects, NULL, 0},
#define COUNTER(name, labels, text)                                                                \
    {"churnwatch_" #name "_total",                                                                 \
     CW_METRIC_COUNTER,                                                                            \
     labels,                                                                                       \
     text,                                                                                         \
     write_counter,                                                                                \
     NULL,                                                                                         \
     CW_COUNT_##name},
#include "board/counters.def"
#undef COUNTER
    {0},
};

/* ---- histograms ---- */

static const enum cw_bounds bounds_of[CW_HISTOGRAMS] = {
#define HISTOGRAM(name, bounds, text) [CW_HISTOGRAM_##name] = CW_BOUNDS_##bounds,
#include "board/histograms.def"
#undef HISTOGRAM
};

static void write_bucket(const struct cw_metric *m, double bound, uint64_t count, struct cw_buf *b)
{
    char le[32] = "+Inf";
    if (bound < INFINITY)
        (void)snprintf(le, sizeof le, "%.15g", bound);
    cw_sample_begin(b, m, "_bucket");
    cw_sample_label(b, "le", le);
    cw_sample_count(b, count);
}

/* The count is the last bucket's, so that the two agree while others go on counting. */
static void write_histogram(const struct cw_metric *m, const struct cw_metrics_view *v,
                            struct cw_buf *b)
{
    struct cw_histogram_values values;
    const int64_t *bounds;
    size_t n = cw_histogram_bounds(bounds_of[m->at], &bounds);
    double unit = cw_histogram_unit(bounds_of[m->at]);
    uint64_t count = 0;
    cw_board_histogram(v->board, (enum cw_histogram_name)m->at, &values);
    for (size_t i = 0; i < n; i++) {
        count += values.buckets[i];
        write_bucket(m, (double)bounds[i] / unit, count, b);
    }
    count += values.buckets[n];
    write_bucket(m, INFINITY, count, b);
    cw_sample_begin(b, m, "_sum");
    cw_sample_real(b, (double)values.sum / unit);
    cw_sample_begin(b, m, "_count");
    cw_sample_count(b, count);
}

const struct cw_metric cw_metrics_of_histograms[] = {
#define HISTOGRAM(name, bounds, text)                                                              \
    {"churnwatch_" #name, CW_METRIC_HISTOGRAM, "", text, write_histogram, NULL,                    \
     CW_HISTOGRAM_##name},
#include "board/histograms.def"
#undef HISTOGRAM
    {0},
};
