/* Delivery into Redis, as this instance sees it. */
#include "daemon/metrics_row.h"

static void write_shard(const struct cw_metric *m, const struct cw_metrics_view *v,
                        struct cw_buf *b)
{
    for (size_t i = 0; i < v->n_deliveries; i++) {
        cw_sample_begin(b, m, "");
        cw_sample_shard(b, v->deliveries[i].shard);
        cw_sample_real(b, m->value(&v->deliveries[i]));
    }
}

static void write_up(const struct cw_metric *m, const struct cw_metrics_view *v, struct cw_buf *b)
{
    cw_sample_begin(b, m, "");
    cw_sample_real(b, v->delivery == CW_DELIVERY_OPEN);
}

static void write_standing(const struct cw_metric *m, const struct cw_metrics_view *v,
                           struct cw_buf *b)
{
    for (enum cw_delivery_standing s = 0; s <= CW_DELIVERY_REFUSED; s++) {
        cw_sample_begin(b, m, "");
        cw_sample_label(b, "standing", cw_delivery_standing_name(s));
        cw_sample_real(b, v->delivery == s);
    }
}

#define VALUE(name, expression)                                                                    \
    static double name(const void *of)                                                             \
    {                                                                                              \
        const struct cw_delivery_shard *s = of;                                                    \
        return (double)(expression);                                                               \
    }
VALUE(stored, s->stored)
VALUE(waiting, s->waiting)
VALUE(unanswered, s->unanswered)
VALUE(refused, s->refused)
#undef VALUE

#define GAUGE(name, text, value)                                                                   \
    {                                                                                              \
        "churnwatch_delivery_" name, CW_METRIC_GAUGE, "shard", text, write_shard, value, 0         \
    }

const struct cw_metric cw_metrics_of_delivery[] = {
    {"churnwatch_redis_up", CW_METRIC_GAUGE, "",
     "1 while Redis is connected and is the one that was filled", write_up, NULL, 0},
    {"churnwatch_delivery_standing", CW_METRIC_GAUGE, "standing",
     "1 for how delivery stands, 0 for the other standings; refused asks for churnwatchctl "
     "redeliver",
     write_standing, NULL, 0},
    GAUGE("offset", "Next outbox offset as stored in Redis, -1 for none", stored),
    GAUGE("waiting_tasks", "Task versions read and not yet sent to Redis", waiting),
    GAUGE("unanswered_calls", "Calls to Redis without an answer yet", unanswered),
    GAUGE("refused", "1 while the outbox does not hold the stored offset", refused),
    {0},
};
