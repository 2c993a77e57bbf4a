/* Telling the dry findings. See dry_status.h. */
#include "daemon/dry_status.h"

#include <inttypes.h>
#include <string.h>

static void put_time(struct cw_buf *b, const char *name, const struct cw_zone *z, int64_t t)
{
    cw_buf_printf(b, ",\"%s\":\"", name);
    cw_buf_time(b, z, t);
    cw_buf_puts(b, "\"");
}

static void put_finding(struct cw_buf *b, const struct cw_dry_seen *d, const struct cw_zone *z)
{
    char line[17];
    cw_buf_printf(b, "{\"shard\":%" PRId32 ",\"client_id\":", d->shard);
    cw_buf_json_str(b, (struct cw_str){d->last.client, strlen(d->last.client)});
    cw_buf_printf(b, ",\"detector\":\"%s\",\"line\":", cw_detectors[d->last.detector]->name);
    if (d->last.line)
        cw_buf_printf(b, "\"%s\"", cw_number_text(d->last.line, line));
    else
        cw_buf_puts(b, "null");
    cw_buf_puts(b, ",\"severity\":");
    cw_buf_number(b, (double)d->last.severity, 2);
    put_time(b, "first_at", z, d->first_at);
    put_time(b, "at", z, d->last.at);
    cw_buf_printf(b, ",\"times\":%" PRIu64 "}", d->times);
}

void cw_dry_status_write(struct cw_buf *b, struct cw_dry_list *l, const struct cw_settings *s)
{
    cw_dry_list_sort(l);
    cw_buf_puts(b, "[");
    for (size_t i = 0; i < l->n; i++) {
        cw_buf_puts(b, i ? "," : "");
        put_finding(b, &l->seen[i], s->zone);
    }
    cw_buf_puts(b, "]");
}

static void on_sent(void *arg, const struct cw_reply *reply)
{
    /* It is said again in a minute. */
    (void)arg;
    (void)reply;
}

void cw_dry_status_send(struct cw_dry_told *told, const struct cw_redis_port *redis,
                        struct cw_board *board, const struct cw_settings *s, cw_wall_time now)
{
    static struct cw_dry_list list; /* too large for a stack */
    struct cw_buf key = {0}, json = {0};
    cw_board_dry_list(board, &list);
    if (list.n == 0 || (list.turn == told->turn && now - told->at < CW_DRY_AGAIN))
        return;
    cw_buf_printf(&key, "%sdry:%s", s->redis_prefix, s->instance);
    cw_dry_status_write(&json, &list, s);
    if (!key.failed && !json.failed) {
        const struct cw_str argv[] = {
            CW_STR("SET"), {key.p, key.n}, {json.p, json.n}, CW_STR("EX"), CW_STR("180")};
        (void)redis->send(redis->self, argv, 5, on_sent, NULL);
        *told = (struct cw_dry_told){list.turn, now};
    }
    cw_buf_free(&key);
    cw_buf_free(&json);
}
