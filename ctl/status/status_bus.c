/* What the topics tell of the shards, whoever holds them. See status.h. */
#include <inttypes.h>
#include <stdlib.h>

#include "bus/logs.h"
#include "ctl/status/status.h"

struct ask {
    struct cw_status *st;
    struct cw_logs *logs;
    struct cw_errbuf *eb;
};

/* Messages of an input that the group has not committed. */
static int add_lag(const struct ask *a, json_t *lag, const char *topic, int32_t shard)
{
    int64_t first, end, next;
    int err = a->logs->ops->range(a->logs, topic, shard, &first, &end, a->eb);
    if (!err)
        err = a->logs->ops->committed(a->logs, topic, shard, &next, a->eb);
    if (err)
        return err;
    next = next > first ? next : first;
    (void)json_object_set_new(lag, topic, json_integer(end > next ? end - next : 0));
    return 0;
}

static int count(void *arg, const struct cw_message *m)
{
    int64_t *n = arg;
    (void)m;
    ++*n;
    return 0;
}

/* What the outbox has and Redis has not: read, since offsets count the marks of transactions too.
 * null where Redis is away. */
static int add_outbox(const struct ask *a, json_t *to, int32_t shard)
{
    const char *topic = a->st->ctl->settings->topic_tasks;
    const json_t *delivery = json_object_get(a->st->redis, "delivery");
    char name[16];
    int64_t first, end, n = 0;
    int err = a->logs->ops->range(a->logs, topic, shard, &first, &end, a->eb);
    (void)snprintf(name, sizeof name, "%" PRId32, shard);
    int64_t stored = strtoll(cw_status_text(delivery, name), NULL, 10);
    if (!err && delivery) {
        stored = stored > first ? stored : first;
        if (stored < end)
            err = a->logs->ops->read(a->logs, topic, shard, stored, end, count, &n, a->eb);
    }
    if (err)
        return err;
    (void)json_object_set_new(to, "outbox_end", json_integer(end));
    (void)json_object_set_new(to, "undelivered", delivery ? json_integer(n) : json_null());
    return 0;
}

static int add_shard(const struct ask *a, int32_t shard)
{
    const struct cw_settings *s = a->st->ctl->settings;
    const char *const inputs[] = {s->topic_profiles, s->topic_billing, s->topic_service,
                                  s->topic_outcomes};
    json_t *lag = json_object(), *found = json_pack("{s:i, s:o}", "shard", shard, "lag", lag);
    int err = 0;
    if (!found)
        return -CW_E_NOMEM;
    for (size_t i = 0; i < sizeof inputs / sizeof *inputs && !err; i++)
        err = add_lag(a, lag, inputs[i], shard);
    if (!err)
        err = add_outbox(a, found, shard);
    (void)json_array_append_new(a->st->shards, found);
    return err;
}

void cw_status_ask_bus(struct cw_status *st)
{
    struct ask a = {.st = st, .eb = &st->bus_error};
    int32_t n = 0;
    int err = cw_logs_open(st->ctl->settings, &a.logs, a.eb);
    if (!err)
        err = a.logs->ops->partitions(a.logs, st->ctl->settings->topic_tasks, &n, a.eb);
    st->shards = err ? NULL : json_array();
    for (int32_t p = 0; p < n && !err; p++)
        err = add_shard(&a, p);
    st->bus_err = err;
    if (err && !st->bus_error.text[0])
        (void)cw_fail(a.eb, CW_E_IO, "%s", cw_strerror(err));
    cw_logs_close(a.logs);
}
