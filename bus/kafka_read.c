/* Reading a range of a topic. See kafka_read.h. */
#include "bus/kafka_read.h"

#include "bus/kafka_error.h"
#include "bus/kafka_handle.h"

/* A reading that gets nothing for so long is given up: the same again later is right. */
enum { STALL_TRIES = 60, STALL_MS = 500, ASK_MS = 1000 };

/* Defaults that kafka.properties may change: who has nothing but a damaged copy may read it as it
 * is, without check.crcs.
 *
 * What is read faster than it is taken, as tasks are while Redis is slow, would lie here in up to
 * 64 MiB; where a full queue is looked at again soon, little is enough. */
static void reader_defaults(rd_kafka_conf_t *conf, void *arg)
{
    (void)arg;
    (void)rd_kafka_conf_set(conf, "check.crcs", "true", NULL, 0);
    if (!cw_kafka_refills_soon(conf))
        return;
    (void)rd_kafka_conf_set(conf, "queued.min.messages", "2000", NULL, 0);
    (void)rd_kafka_conf_set(conf, "queued.max.messages.kbytes", "4096", NULL, 0);
}

static struct cw_kafka_client reader_of(const struct cw_settings *s, const char *client_id,
                                        bool committed)
{
    return (struct cw_kafka_client){
        .type = RD_KAFKA_CONSUMER,
        .extra = {{"group.id", s->kafka_group}, /* asked for by the library; never joined */
                  {"client.id", client_id ? client_id : "churnwatch"},
                  {"isolation.level", committed ? "read_committed" : "read_uncommitted"},
                  {"enable.auto.commit", "false"},
                  {"enable.auto.offset.store", "false"},
                  {"enable.partition.eof", "true"},
                  {"auto.offset.reset", "error"},
                  {"fetch.wait.max.ms", "20"}},
        .hook = reader_defaults,
    };
}

rd_kafka_t *cw_kafka_reader(const struct cw_settings *s, const char *client_id, bool committed,
                            struct cw_errbuf *eb)
{
    const struct cw_kafka_client c = reader_of(s, client_id, committed);
    rd_kafka_t *rk = cw_kafka_handle(s, &c, eb);
    if (rk)
        (void)rd_kafka_poll_set_consumer(rk);
    return rk;
}

int cw_kafka_reader_try(const struct cw_settings *s, struct cw_errbuf *eb)
{
    const struct cw_kafka_client c = reader_of(s, NULL, true);
    return cw_kafka_try(s, &c, eb);
}

/* ---- bounds ---- */

/* The library asks the leader it knows of, dead or not, until the time is over.
 *
 * By time, where the earliest and the latest have names: rd_kafka_query_watermark_offsets asks the
 * same, but up to librdkafka 2.2 it waits for a dead broker three minutes, whatever it was given.
 */
static rd_kafka_resp_err_t bound(rd_kafka_t *reader, const char *topic, int32_t partition,
                                 int64_t which, int ms, int64_t *ret)
{
    rd_kafka_topic_partition_list_t *parts = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(parts, topic, partition)->offset = which;
    rd_kafka_resp_err_t err = rd_kafka_offsets_for_times(reader, parts, ms);
    if (!err)
        err = parts->elems[0].err;
    if (!err)
        *ret = parts->elems[0].offset;
    rd_kafka_topic_partition_list_destroy(parts);
    return err;
}

/* Its number is one of those that the brokers named. */
static const char *said(rd_kafka_resp_err_t err)
{
    return err == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION ? "no leader is known"
                                                       : rd_kafka_err2str(err);
}

int cw_kafka_bounds(rd_kafka_t *reader, const char *topic, int32_t partition, int ms,
                    int64_t *ret_first, int64_t *ret_end, struct cw_errbuf *eb)
{
    int64_t first = 0, end = 0;
    rd_kafka_resp_err_t err =
        bound(reader, topic, partition, RD_KAFKA_OFFSET_BEGINNING, ms, &first);
    if (!err)
        err = bound(reader, topic, partition, RD_KAFKA_OFFSET_END, ms, &end);
    if (err) {
        (void)cw_kafka_ask_about(reader, topic, ms); /* It hears who leads now. */
        return cw_fail(eb, cw_kafka_error(err), "%s partition %d: %s", topic, (int)partition,
                       said(err));
    }
    *ret_first = first;
    *ret_end = end;
    return 0;
}

/* ---- records ---- */

struct reading {
    const struct cw_kafka_range *range;
    struct cw_kafka_headers *room;
    int (*each)(void *arg, const struct cw_message *m);
    void *arg;
    bool done;
};

/* Behind a batch that it cannot read the library may go on at an offset that is none, and hear of
 * that only during the next reading. */
static bool is_stale(const struct reading *r, const rd_kafka_message_t *m)
{
    return m->offset < r->range->from || m->offset >= r->range->to;
}

static int take(struct reading *r, const rd_kafka_message_t *m, struct cw_errbuf *eb)
{
    struct cw_message message;
    if (m->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        r->done = m->offset >= r->range->to;
        return 0;
    }
    if (m->err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET && is_stale(r, m))
        return 0;
    if (m->err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET)
        return cw_fail(eb, CW_E_FATAL, "%s: %s", r->range->topic, rd_kafka_message_errstr(m));
    if (cw_kafka_passed_over(m->err))
        return cw_fail(
            eb, CW_E_CORRUPT, "%s partition %d: the batch at offset %lld cannot be read (%s)",
            r->range->topic, (int)m->partition, (long long)m->offset, rd_kafka_message_errstr(m));
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
    (void)cw_kafka_ask_about(reader, range->topic, ASK_MS);
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
