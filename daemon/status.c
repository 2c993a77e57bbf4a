/* Writing and sending the status. Main thread. */
#include "daemon/status.h"

#include "config/segments.h"
#include "daemon/metrics_row.h"

#include <inttypes.h>
#include <string.h>

static void text(struct cw_buf *b, const char *name, const char *value)
{
    cw_buf_printf(b, "\"%s\":", name);
    cw_buf_json_str(b, (struct cw_str){value, strlen(value)});
}

static void instant(struct cw_buf *b, const struct cw_zone *z, const char *name, int64_t t)
{
    if (t == CW_NO_TIME || t == 0) {
        cw_buf_printf(b, ",\"%s\":null", name);
        return;
    }
    cw_buf_printf(b, ",\"%s\":\"", name);
    cw_buf_time(b, z, t);
    cw_buf_puts(b, "\"");
}

static void inputs(struct cw_buf *b, const char *name, const int64_t n[CW_INPUTS])
{
    cw_buf_printf(b,
                  ",\"%s\":{\"profiles\":%" PRId64 ",\"billing\":%" PRId64 ",\"service\":%" PRId64
                  ",\"outcomes\":%" PRId64 "}",
                  name, n[CW_IN_PROFILES], n[CW_IN_BILLING], n[CW_IN_SERVICE], n[CW_IN_OUTCOMES]);
}

static void shard(struct cw_buf *b, const struct cw_zone *z, const struct cw_shard_status *s)
{
    static const char *const standings[] = {
        [CW_SHARD_ASSIGNED] = "assigned",
        [CW_SHARD_RESTORING] = "restoring",
        [CW_SHARD_RUNNING] = "running",
        [CW_SHARD_STOPPED] = "stopped",
    };
    cw_buf_printf(b, "{\"shard\":%" PRId32 ",", s->shard);
    text(b, "standing", standings[s->standing]);
    cw_buf_puts(b, ",");
    text(b, "reason", s->standing == CW_SHARD_STOPPED ? s->reason : "");
    instant(b, z, "clock", s->clock);
    instant(b, z, "last_commit", s->last_commit);
    cw_buf_printf(b,
                  ",\"commits\":%" PRIu64 ",\"restored\":%" PRId64 ",\"to_restore\":%" PRId64
                  ",\"restored_bytes\":%" PRIu64 ",\"judged\":%" PRIu64 ",\"late\":%" PRIu64
                  ",\"clients\":%" PRIu64 ",\"open_tasks\":%" PRIu64 ",\"bytes\":%" PRIu64,
                  s->commits, s->restored, s->to_restore, s->restored_bytes, s->counters.judged,
                  s->counters.late, s->clients, s->open_tasks, s->bytes);
    inputs(b, "next", s->next);
    inputs(b, "lag", s->lag);
    cw_buf_puts(b, "}");
}

/* Pauses in seconds; a rhythm that is not known yet is null. */
static void seconds(struct cw_buf *b, const char *name, int64_t us)
{
    if (us < 0)
        cw_buf_printf(b, ",\"%s\":null", name);
    else
        cw_buf_printf(b, ",\"%s\":%" PRId64, name, us / CW_SECOND);
}

static void feed(struct cw_buf *b, const struct cw_metrics_view *v, enum cw_input in,
                 cw_wall_time now)
{
    const struct cw_feed *f = &v->feeds->of[in];
    cw_wall_time since = f->seen == CW_NO_TIME ? v->feeds->since : f->seen;
    cw_buf_puts(b, in ? ",{" : "{");
    text(b, "topic", cw_metrics_topic(v->settings, in));
    instant(b, v->settings->zone, "last_message", f->last);
    instant(b, v->settings->zone, "seen", f->seen);
    seconds(b, "quiet_s", now > since ? now - since : 0);
    seconds(b, "usual_pause_s", f->judged ? f->usual : -1);
    seconds(b, "silent_after_s", f->judged ? f->limit : -1);
    cw_buf_printf(b,
                  ",\"silent\":%s,\"taken\":%" PRIu64 ",\"refused\":%" PRIu64
                  ",\"refused_last_hour\":%" PRIu64 "}",
                  f->silent ? "true" : "false", f->taken, f->refused, f->refused_hour);
}

static void feeds(struct cw_buf *b, const struct cw_metrics_view *v, cw_wall_time now)
{
    cw_buf_puts(b, "\"feeds\":[");
    for (enum cw_input in = 0; in < CW_INPUTS; in++)
        feed(b, v, in, now);
    cw_buf_puts(b, "]");
}

static void delivery(struct cw_buf *b, const struct cw_metrics_view *v)
{
    cw_buf_puts(b, "\"delivery\":{");
    text(b, "standing", cw_delivery_standing_name(v->delivery));
    cw_buf_puts(b, ",\"shards\":[");
    for (size_t i = 0; i < v->n_deliveries; i++) {
        const struct cw_delivery_shard *s = &v->deliveries[i];
        cw_buf_printf(b,
                      "%s{\"shard\":%" PRId32 ",\"offset\":%" PRId64
                      ",\"waiting\":%zu,\"unanswered\":%zu,\"at_end\":%s,\"refused\":%s}",
                      i ? "," : "", s->shard, s->stored, s->waiting, s->unanswered,
                      s->at_end ? "true" : "false", s->refused ? "true" : "false");
    }
    cw_buf_puts(b, "]}");
}

/* Of each detector and segment that had any: the results by name. Not of one client's segment: it
 * would name the client to whoever looks at the status, and of a detector it says next to nothing.
 * Managers' ids are in Redis's keys as it is. */
static void accuracy(struct cw_buf *b, const struct cw_metrics_view *v)
{
    const char *before = "";
    cw_buf_puts(b, "\"accuracy\":[");
    for (size_t i = 0; v->accuracy && i < v->accuracy->n; i++) {
        const struct cw_accuracy_row *row = &v->accuracy->rows[i];
        if (cw_segment_text_has(row->segment, CW_BY_CLIENT))
            continue;
        cw_buf_printf(b, "%s{", before);
        before = ",";
        text(b, "detector", cw_detectors[row->detector]->name);
        cw_buf_puts(b, ",");
        text(b, "segment", row->segment);
        for (int k = 0; k < CW_RESULTS; k++)
            cw_buf_printf(b, ",\"%s\":%" PRIu32, cw_result_name((enum cw_result)k), row->tasks[k]);
        cw_buf_puts(b, "}");
    }
    cw_buf_puts(b, "],");
}

/* Before the first there is nothing to say. */
static void reload(struct cw_buf *b, const struct cw_metrics_view *v)
{
    const struct cw_reload *r = v->reload;
    if (!r->at)
        return;
    cw_buf_printf(b, "\"reload\":{\"refused\":%s", r->refused ? "true" : "false");
    instant(b, v->settings->zone, "at", r->at);
    cw_buf_puts(b, ",");
    text(b, "needs_restart", r->waiting);
    cw_buf_puts(b, "},");
}

void cw_status_write(struct cw_buf *b, const struct cw_metrics_view *v, cw_wall_time now)
{
    const struct cw_zone *z = v->settings->zone;
    cw_buf_puts(b, "{");
    text(b, "instance", v->settings->instance);
    cw_buf_puts(b, ",");
    text(b, "version", CW_VERSION);
    instant(b, z, "at", now);
    instant(b, z, "started", v->started);
    cw_buf_printf(b, ",\"ready\":%s,", v->ready ? "true" : "false");
    text(b, "why_not", v->ready ? "" : v->why.text);
    cw_buf_printf(b, ",\"settings\":%d,", (int)v->live_version);
    reload(b, v);
    accuracy(b, v);
    feeds(b, v, now);
    cw_buf_puts(b, ",");
    delivery(b, v);
    cw_buf_puts(b, ",\"shards\":[");
    for (size_t i = 0; i < v->n_shards; i++) {
        if (i)
            cw_buf_puts(b, ",");
        shard(b, z, &v->shards[i]);
    }
    cw_buf_puts(b, "]}");
}

static void on_sent(void *arg, const struct cw_reply *reply)
{
    /* The next one comes in a moment; a Redis that refuses writes is heard of by delivery. */
    (void)arg;
    (void)reply;
}

void cw_status_send(const struct cw_redis_port *redis, const struct cw_metrics_view *v,
                    cw_wall_time now)
{
    struct cw_buf key = {0}, json = {0};
    cw_buf_printf(&key, "%sstatus:%s", v->settings->redis_prefix, v->settings->instance);
    cw_status_write(&json, v, now);
    if (!key.failed && !json.failed) {
        const struct cw_str argv[] = {
            CW_STR("SET"), {key.p, key.n}, {json.p, json.n}, CW_STR("EX"), CW_STR("10")};
        (void)redis->send(redis->self, argv, 5, on_sent, NULL);
    }
    cw_buf_free(&key);
    cw_buf_free(&json);
}
