/* Writing the metrics page. Pure: everything it tells is in the view. */
#include "daemon/metrics.h"

#include <inttypes.h>
#include <string.h>

static void head(struct cw_buf *b, const char *name, const char *kind, const char *text)
{
    cw_buf_printf(b, "# HELP churnwatch_%s %s\n# TYPE churnwatch_%s %s\n", name, text, name, kind);
}

/* A label's value, with what the format asks to be escaped. */
static void label(struct cw_buf *b, const char *name, const char *value)
{
    cw_buf_printf(b, "%s=\"", name);
    for (; *value; value++) {
        if (*value == '\\' || *value == '"')
            cw_buf_printf(b, "\\%c", *value);
        else if (*value == '\n')
            cw_buf_puts(b, "\\n");
        else
            cw_buf_put(b, value, 1);
    }
    cw_buf_puts(b, "\"");
}

/* ---- counters of the process ---- */

static const struct {
    const char *name, *text;
} counters[] = {
#define COUNTER(name, labels, text) {#name "_total", text},
#include "daemon/counters.def"
#undef COUNTER
};

static void write_counters(struct cw_buf *b, const struct cw_metrics_view *v)
{
    for (int c = 0; c < CW_COUNTERS; c++) {
        head(b, counters[c].name, "counter", counters[c].text);
        cw_buf_printf(b, "churnwatch_%s %" PRIu64 "\n", counters[c].name,
                      cw_board_counter(v->board, (enum cw_counter)c));
    }
}

static const char *input_topic(const struct cw_settings *s, enum cw_input in)
{
    const char *const topics[CW_INPUTS] = {[CW_IN_PROFILES] = s->topic_profiles,
                                           [CW_IN_BILLING] = s->topic_billing,
                                           [CW_IN_SERVICE] = s->topic_service,
                                           [CW_IN_OUTCOMES] = s->topic_outcomes};
    return topics[in];
}

static void write_rejects(struct cw_buf *b, const struct cw_metrics_view *v)
{
    head(b, "dead_letters_total", "counter", "Messages refused, by input topic and code");
    for (int in = 0; in < CW_INPUTS; in++) {
        for (int code = 0; code < CW_REJECT_COUNT; code++) {
            cw_buf_puts(b, "churnwatch_dead_letters_total{");
            label(b, "topic", input_topic(v->settings, (enum cw_input)in));
            cw_buf_puts(b, ",");
            label(b, "code", cw_reject_code_name((enum cw_reject_code)code));
            cw_buf_printf(b, "} %" PRIu64 "\n",
                          cw_board_rejects(v->board, (enum cw_input)in, (enum cw_reject_code)code));
        }
    }
}

/* ---- counters of the shards ---- */

static const struct {
    const char *name, *text;
    size_t at;
} shard_counters[] = {
#define X(name, text) {"shard_" #name "_total", text, offsetof(struct cw_shard_counters, name)},
    CW_SHARD_COUNTERS(X)
#undef X
};

static void write_shard_counters(struct cw_buf *b, const struct cw_metrics_view *v)
{
    for (size_t c = 0; c < sizeof shard_counters / sizeof *shard_counters; c++) {
        head(b, shard_counters[c].name, "counter", shard_counters[c].text);
        for (size_t i = 0; i < v->n_shards; i++) {
            uint64_t n;
            memcpy(&n, (const char *)&v->shards[i].counters + shard_counters[c].at, sizeof n);
            cw_buf_printf(b, "churnwatch_%s{shard=\"%" PRId32 "\"} %" PRIu64 "\n",
                          shard_counters[c].name, v->shards[i].shard, n);
        }
    }
}

static void write_detectors(struct cw_buf *b, const struct cw_metrics_view *v)
{
    head(b, "signals_total", "counter", "Signals raised, by detector and shard");
    for (int d = 0; d < CW_DETECTORS; d++) {
        for (size_t i = 0; i < v->n_shards; i++) {
            cw_buf_puts(b, "churnwatch_signals_total{");
            label(b, "detector", cw_detectors[d]->name);
            cw_buf_printf(b, ",shard=\"%" PRId32 "\"} %" PRIu64 "\n", v->shards[i].shard,
                          v->shards[i].counters.by_detector[d]);
        }
    }
}

/* ---- gauges ---- */

static double seconds(int64_t t)
{
    return t == CW_NO_TIME ? 0 : (double)t / 1e6;
}

static double restored_share(const struct cw_shard_status *s)
{
    if (s->standing == CW_SHARD_RUNNING)
        return 1;
    return s->to_restore > 0 ? (double)s->restored / (double)s->to_restore : 0;
}

static double running(const struct cw_shard_status *s)
{
    return s->standing == CW_SHARD_RUNNING;
}

static double stopped(const struct cw_shard_status *s)
{
    return s->standing == CW_SHARD_STOPPED;
}

static double clock_of(const struct cw_shard_status *s)
{
    return seconds(s->clock);
}

static double last_commit(const struct cw_shard_status *s)
{
    return seconds(s->last_commit);
}

static double clients(const struct cw_shard_status *s)
{
    return (double)s->clients;
}

static double open_tasks(const struct cw_shard_status *s)
{
    return (double)s->open_tasks;
}

static double bytes(const struct cw_shard_status *s)
{
    return (double)s->bytes;
}

static const struct {
    const char *name, *text;
    double (*value)(const struct cw_shard_status *s);
} shard_gauges[] = {
    {"shard_running", "1 while the shard is restored and judging", running},
    {"shard_stopped", "1 while the shard stands still because its state is damaged", stopped},
    {"shard_restored_ratio", "Share of the shard's state log read back", restored_share},
    {"shard_clock_seconds", "The shard's event-time clock, 0 before its first event", clock_of},
    {"shard_last_commit_seconds", "When the shard was last committed", last_commit},
    {"shard_clients", "Clients the shard knows", clients},
    {"shard_open_tasks", "Open tasks", open_tasks},
    {"shard_state_bytes", "Memory the shard holds", bytes},
};

static void write_shard_gauges(struct cw_buf *b, const struct cw_metrics_view *v)
{
    for (size_t g = 0; g < sizeof shard_gauges / sizeof *shard_gauges; g++) {
        head(b, shard_gauges[g].name, "gauge", shard_gauges[g].text);
        for (size_t i = 0; i < v->n_shards; i++)
            cw_buf_printf(b, "churnwatch_%s{shard=\"%" PRId32 "\"} %.15g\n", shard_gauges[g].name,
                          v->shards[i].shard, shard_gauges[g].value(&v->shards[i]));
    }
}

static void write_lag(struct cw_buf *b, const struct cw_metrics_view *v)
{
    head(b, "lag_messages", "gauge", "Messages not yet taken in, by shard and topic; -1 unknown");
    for (size_t i = 0; i < v->n_shards; i++) {
        for (int in = 0; in < CW_INPUTS; in++) {
            cw_buf_printf(b, "churnwatch_lag_messages{shard=\"%" PRId32 "\",", v->shards[i].shard);
            label(b, "topic", input_topic(v->settings, (enum cw_input)in));
            cw_buf_printf(b, "} %" PRId64 "\n", v->shards[i].lag[in]);
        }
    }
}

static double stored(const struct cw_delivery_shard *s)
{
    return (double)s->stored;
}

static double waiting(const struct cw_delivery_shard *s)
{
    return (double)s->waiting;
}

static double unanswered(const struct cw_delivery_shard *s)
{
    return (double)s->unanswered;
}

static double refused(const struct cw_delivery_shard *s)
{
    return s->refused;
}

static const struct {
    const char *name, *text;
    double (*value)(const struct cw_delivery_shard *s);
} delivery_gauges[] = {
    {"delivery_offset", "Next outbox offset as stored in Redis, -1 for none", stored},
    {"delivery_waiting_tasks", "Task versions read and not yet sent to Redis", waiting},
    {"delivery_unanswered_calls", "Calls to Redis without an answer yet", unanswered},
    {"delivery_refused", "1 while the outbox does not hold the stored offset", refused},
};

static void write_deliveries(struct cw_buf *b, const struct cw_metrics_view *v)
{
    for (size_t g = 0; g < sizeof delivery_gauges / sizeof *delivery_gauges; g++) {
        head(b, delivery_gauges[g].name, "gauge", delivery_gauges[g].text);
        for (size_t i = 0; i < v->n_deliveries; i++)
            cw_buf_printf(b, "churnwatch_%s{shard=\"%" PRId32 "\"} %.15g\n",
                          delivery_gauges[g].name, v->deliveries[i].shard,
                          delivery_gauges[g].value(&v->deliveries[i]));
    }
}

static void gauge(struct cw_buf *b, const char *name, const char *text, double value)
{
    head(b, name, "gauge", text);
    cw_buf_printf(b, "churnwatch_%s %.15g\n", name, value);
}

static void write_process(struct cw_buf *b, const struct cw_metrics_view *v)
{
    head(b, "build_info", "gauge", "1, with the version that is running");
    cw_buf_puts(b, "churnwatch_build_info{");
    label(b, "version", CW_VERSION);
    cw_buf_puts(b, "} 1\n");
    gauge(b, "start_time_seconds", "When the process started", seconds(v->started));
    gauge(b, "ready", "1 when /readyz says yes", v->ready);
    gauge(b, "redis_up", "1 while Redis is connected and is the one that was filled",
          v->delivery == CW_DELIVERY_OPEN);
}

void cw_metrics_write(struct cw_buf *b, const struct cw_metrics_view *v)
{
    write_process(b, v);
    write_counters(b, v);
    write_rejects(b, v);
    write_shard_counters(b, v);
    write_detectors(b, v);
    write_shard_gauges(b, v);
    write_lag(b, v);
    write_deliveries(b, v);
}
