/* A scene from the shard's state log, as it stands, without a daemon. Of the clients only the one
 * that is asked for is restored: nothing is judged here. */
#include "bus/logs.h"
#include "ctl/explain/scene.h"
#include "engine/state_reader.h"

struct log {
    struct cw_logs *logs;
    const char *topic;
    int32_t partition;
};

static int read_records(void *arg, int64_t from, int64_t to,
                        int (*each)(void *each_arg, const struct cw_message *m), void *each_arg,
                        struct cw_errbuf *eb)
{
    const struct log *l = arg;
    return l->logs->ops->read(l->logs, l->topic, l->partition, from, to, each, each_arg, eb);
}

int cw_scene_partition(struct cw_scene *s, struct cw_logs *logs, const char *topic,
                       struct cw_str client, struct cw_errbuf *eb)
{
    int err = logs->ops->partitions(logs, topic, &s->partitions, eb);
    if (err)
        return err;
    if (s->partitions <= 0)
        return cw_fail(eb, CW_E_INVALID, "there is no topic %s; has the daemon been started here?",
                       topic);
    s->partition = cw_partition_of(client, s->partitions);
    return 0;
}

int cw_scene_log(struct cw_scene *s, struct cw_logs *logs, struct cw_str client,
                 struct cw_errbuf *eb)
{
    struct log log = {.logs = logs, .topic = s->settings->topic_state};
    int64_t first, end;
    s->from = CW_FROM_STATE_LOG;
    int err = cw_scene_partition(s, logs, log.topic, client, eb);
    if (err)
        return err;
    log.partition = s->partition;
    s->shard = cw_shard_new(s->settings, NULL);
    if (!s->shard)
        return -CW_E_NOMEM;
    cw_shard_only(s->shard, client);
    struct cw_state_reader reader = {.source = {read_records, &log}, .core = s->shard, .eb = eb};
    err = logs->ops->range(logs, log.topic, log.partition, &first, &end, eb);
    if (!err)
        err = cw_state_find(&reader, first, end);
    return !err && reader.found ? cw_state_read(&reader, first, end) : err;
}
