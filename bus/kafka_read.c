/* Reading a range of a topic. See kafka_read.h. */
#include "bus/kafka_read.h"

#include "bus/kafka_handle.h"

/* A reading that gets nothing for so long is given up: the same again later is right. */
enum { STALL_TRIES = 60, STALL_MS = 500 };

rd_kafka_t *cw_kafka_reader(const struct cw_settings *s, const char *client_id, bool committed,
                            struct cw_errbuf *eb)
{
    const struct cw_property extra[] = {
        {"group.id", s->kafka_group}, /* asked for by the library; never joined */
        {"client.id", client_id ? client_id : "churnwatch"},
        {"isolation.level", committed ? "read_committed" : "read_uncommitted"},
        {"enable.auto.commit", "false"},
        {"enable.auto.offset.store", "false"},
        {"enable.partition.eof", "true"},
        {"auto.offset.reset", "error"},
        {"fetch.wait.max.ms", "20"},
    };
    rd_kafka_t *rk =
        cw_kafka_handle(s, RD_KAFKA_CONSUMER, extra, sizeof extra / sizeof *extra, NULL, NULL, eb);
    if (rk)
        (void)rd_kafka_poll_set_consumer(rk);
    return rk;
}

struct reading {
    const struct cw_kafka_range *range;
    struct cw_kafka_headers *room;
    int (*each)(void *arg, const struct cw_message *m);
    void *arg;
    bool done;
};

static int take(struct reading *r, const rd_kafka_message_t *m, struct cw_errbuf *eb)
{
    struct cw_message message;
    if (m->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        r->done = m->offset >= r->range->to;
        return 0;
    }
    if (m->err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET)
        return cw_fail(eb, CW_E_FATAL, "%s: %s", r->range->topic, rd_kafka_message_errstr(m));
    if (m->err) /* It passes, or the reading stalls. */
        return 0;
    if (m->offset >= r->range->to) {
        r->done = true;
        return 0;
    }
    int err = cw_kafka_message(m, r->room, &message);
    if (!err)
        err = r->each(r->arg, &message);
    r->done = m->offset + 1 >= r->range->to;
    return err;
}

static int read_on(rd_kafka_t *reader, struct reading *r, struct cw_errbuf *eb)
{
    int err = 0;
    for (int stalled = 0; !err && !r->done;) {
        rd_kafka_message_t *m = rd_kafka_consumer_poll(reader, STALL_MS);
        if (!m) {
            if (++stalled == STALL_TRIES)
                return cw_fail(eb, CW_E_RETRY, "%s: nothing to be read up to offset %lld",
                               r->range->topic, (long long)r->range->to);
            continue;
        }
        stalled = 0;
        err = take(r, m, eb);
        rd_kafka_message_destroy(m);
    }
    return err;
}

int cw_kafka_read(rd_kafka_t *reader, struct cw_kafka_headers *room,
                  const struct cw_kafka_range *range,
                  int (*each)(void *arg, const struct cw_message *m), void *arg,
                  struct cw_errbuf *eb)
{
    if (range->from >= range->to)
        return 0;
    struct reading r = {.range = range, .room = room, .each = each, .arg = arg};
    rd_kafka_topic_partition_list_t *parts = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(parts, range->topic, range->partition)->offset = range->from;
    rd_kafka_resp_err_t failed = rd_kafka_assign(reader, parts);
    rd_kafka_topic_partition_list_destroy(parts);
    if (failed)
        return cw_fail(eb, CW_E_RETRY, "%s: %s", range->topic, rd_kafka_err2str(failed));
    int err = read_on(reader, &r, eb);
    (void)rd_kafka_assign(reader, NULL); /* Or it would go on fetching. */
    return err;
}
