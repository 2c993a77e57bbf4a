/* What the shards of this instance tell. */
#include <string.h>

#include "daemon/metrics_row.h"

/* ---- counters ---- */

static void write_counter(const struct cw_metric *m, const struct cw_metrics_view *v,
                          struct cw_buf *b)
{
    for (size_t i = 0; i < v->n_shards; i++) {
        uint64_t n;
        memcpy(&n, (const char *)&v->shards[i].counters + m->at, sizeof n);
        cw_sample_begin(b, m, "");
        cw_sample_shard(b, v->shards[i].shard);
        cw_sample_count(b, n);
    }
}

static void write_signals(const struct cw_metric *m, const struct cw_metrics_view *v,
                          struct cw_buf *b)
{
    for (int d = 0; d < CW_DETECTORS; d++) {
        for (size_t i = 0; i < v->n_shards; i++) {
            cw_sample_begin(b, m, "");
            cw_sample_label(b, "detector", cw_detectors[d]->name);
            cw_sample_shard(b, v->shards[i].shard);
            cw_sample_count(b, v->shards[i].counters.by_detector[d]);
        }
    }
}

static void write_dry(const struct cw_metric *m, const struct cw_metrics_view *v, struct cw_buf *b)
{
    for (int d = 0; d < CW_DETECTORS; d++) {
        for (size_t i = 0; i < v->n_shards; i++) {
            if (!v->shards[i].counters.dry_by_detector[d])
                continue;
            cw_sample_begin(b, m, "");
            cw_sample_label(b, "detector", cw_detectors[d]->name);
            cw_sample_shard(b, v->shards[i].shard);
            cw_sample_count(b, v->shards[i].counters.dry_by_detector[d]);
        }
    }
}

/* ---- gauges ---- */

static void write_gauge(const struct cw_metric *m, const struct cw_metrics_view *v,
                        struct cw_buf *b)
{
    for (size_t i = 0; i < v->n_shards; i++) {
        cw_sample_begin(b, m, "");
        cw_sample_shard(b, v->shards[i].shard);
        cw_sample_real(b, m->value(&v->shards[i]));
    }
}

/* Of what is not known there is no sample, so that sums stay true. */
static void write_lag(const struct cw_metric *m, const struct cw_metrics_view *v, struct cw_buf *b)
{
    for (size_t i = 0; i < v->n_shards; i++) {
        for (enum cw_input in = 0; in < CW_INPUTS; in++) {
            if (v->shards[i].lag[in] < 0)
                continue;
            cw_sample_begin(b, m, "");
            cw_sample_shard(b, v->shards[i].shard);
            cw_sample_label(b, "topic", cw_metrics_topic(v->settings, in));
            cw_sample_count(b, (uint64_t)v->shards[i].lag[in]);
        }
    }
}

static double restored_share(const void *of)
{
    const struct cw_shard_status *s = of;
    if (s->standing == CW_SHARD_RUNNING)
        return 1;
    return s->to_restore > 0 ? (double)s->restored / (double)s->to_restore : 0;
}

#define VALUE(name, expression)                                                                    \
    static double name(const void *of)                                                             \
    {                                                                                              \
        const struct cw_shard_status *s = of;                                                      \
        return (double)(expression);                                                               \
    }
VALUE(running, s->standing == CW_SHARD_RUNNING)
VALUE(stopped, s->standing == CW_SHARD_STOPPED)
VALUE(restored_bytes, s->restored_bytes)
VALUE(clock_of, cw_metrics_seconds(s->clock))
VALUE(last_commit, cw_metrics_seconds(s->last_commit))
VALUE(clients, s->clients)
VALUE(open_tasks, s->open_tasks)
VALUE(bytes, s->bytes)
#undef VALUE

#define GAUGE(name, text, value)                                                                   \
    {                                                                                              \
        "churnwatch_shard_" name, CW_METRIC_GAUGE, "shard", text, write_gauge, value, 0            \
    }

const struct cw_metric cw_metrics_of_shards[] = {
    GAUGE("running", "1 while the shard is restored and judging", running),
    GAUGE(
        "stopped",
        "1 while the shard stands still: its state is torn or damaged, or messages are gone unread",
        stopped),
    GAUGE("restored_ratio", "Share of the shard's state log read back", restored_share),
    GAUGE("restored_bytes", "Bytes of state read back since the shard was assigned",
          restored_bytes),
    GAUGE("clock_timestamp_seconds", "The shard's event-time clock, 0 before its first event",
          clock_of),
    GAUGE("last_commit_timestamp_seconds", "When the shard was last committed, 0 never",
          last_commit),
    GAUGE("clients", "Clients the shard knows", clients),
    GAUGE("open_tasks", "Open tasks", open_tasks),
    GAUGE("state_bytes", "Memory the shard holds", bytes),
    {"churnwatch_lag_messages", CW_METRIC_GAUGE, "shard, topic",
     "Messages not yet judged; no sample while their number is not known", write_lag, NULL, 0},
    {"churnwatch_signals_total", CW_METRIC_COUNTER, "detector, shard", "Signals raised",
     write_signals, NULL, 0},
    {"churnwatch_dry_signals_total", CW_METRIC_COUNTER, "detector, shard",
     "Times a detector in dry mode found what would have been a signal", write_dry, NULL, 0},
#define X(name, text)                                                                              \
    {"churnwatch_shard_" #name "_total",                                                           \
     CW_METRIC_COUNTER,                                                                            \
     "shard",                                                                                      \
     "Of the shard: " text,                                                                        \
     write_counter,                                                                                \
     NULL,                                                                                         \
     offsetof(struct cw_shard_counters, name)},
    CW_SHARD_COUNTERS(X)
#undef X
        {0},
};
