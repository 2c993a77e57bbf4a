/* The Kafka bus: committed offsets, ends of logs, reading a log, trimming. On its engine's thread.
 */
#include <string.h>

#include "bus/bus_kafka_state.h"
#include "bus/kafka_handle.h"
#include "bus/topics.h"

/* A reading that gets nothing for so long is given up: the same again later is right. */
enum { STALL_TRIES = 60, STALL_MS = 500 };

/* Waits inside for transactions under way, since the member reads committed records only. */
int cw_bus_kafka_committed(struct cw_bus *b, int32_t shard, struct cw_positions *ret_at,
                           struct cw_errbuf *eb)
{
    struct cw_bus_kafka *k = cw_bus_kafka_of(b);
    rd_kafka_topic_partition_list_t *parts = rd_kafka_topic_partition_list_new(CW_INPUTS);
    for (enum cw_input in = 0; in < CW_INPUTS; in++)
        (void)rd_kafka_topic_partition_list_add(parts, cw_topics_input(k->settings, in), shard);
    rd_kafka_resp_err_t err = rd_kafka_committed(k->consumer, parts, 2 * CW_KAFKA_CALL_MS);
    ret_at->shard = shard;
    for (int i = 0; i < CW_INPUTS && !err; i++) {
        err = parts->elems[i].err;
        ret_at->next[i] = parts->elems[i].offset < 0 ? CW_OFFSET_NONE : parts->elems[i].offset;
    }
    rd_kafka_topic_partition_list_destroy(parts);
    return err ? cw_fail(eb, CW_E_RETRY, "committed offsets: %s", rd_kafka_err2str(err)) : 0;
}

/* Asked as one who reads uncommitted records: the last transaction may be committed and its marker
 * not yet written here. */
int cw_bus_kafka_end(struct cw_bus *b, enum cw_log log, int32_t partition, int64_t *ret_first,
                     int64_t *ret_end, struct cw_errbuf *eb)
{
    struct cw_bus_kafka *k = cw_bus_kafka_of(b);
    const char *topic = cw_topics_log(k->settings, log);
    rd_kafka_resp_err_t err = rd_kafka_query_watermark_offsets(k->tail, topic, partition, ret_first,
                                                               ret_end, CW_KAFKA_CALL_MS);
    return err ? cw_fail(eb, CW_E_RETRY, "end of %s: %s", topic, rd_kafka_err2str(err)) : 0;
}

struct reading {
    const char *topic;
    int64_t to;
    int (*each)(void *arg, const struct cw_message *m);
    void *arg;
    bool done;
};

static int take(struct cw_bus_kafka *k, struct reading *r, const rd_kafka_message_t *m,
                struct cw_errbuf *eb)
{
    struct cw_message message;
    if (m->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        r->done = m->offset >= r->to;
        return 0;
    }
    if (m->err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET)
        return cw_fail(eb, CW_E_FATAL, "%s: %s", r->topic, rd_kafka_message_errstr(m));
    if (m->err) /* It passes, or the reading stalls. */
        return 0;
    if (m->offset >= r->to) {
        r->done = true;
        return 0;
    }
    int err = cw_bus_kafka_message(k, m, &message);
    if (!err)
        err = r->each(r->arg, &message);
    r->done = m->offset + 1 >= r->to;
    return err;
}

static int read_on(struct cw_bus_kafka *k, struct reading *r, struct cw_errbuf *eb)
{
    int err = 0;
    for (int stalled = 0; !err && !r->done;) {
        rd_kafka_message_t *m = rd_kafka_consumer_poll(k->reader, STALL_MS);
        if (!m) {
            if (++stalled == STALL_TRIES)
                return cw_fail(eb, CW_E_RETRY, "%s: nothing to be read up to offset %lld", r->topic,
                               (long long)r->to);
            continue;
        }
        stalled = 0;
        err = take(k, r, m, eb);
        rd_kafka_message_destroy(m);
    }
    return err;
}

int cw_bus_kafka_read(struct cw_bus *b, enum cw_log log, int32_t partition, int64_t from,
                      int64_t to, int (*each)(void *arg, const struct cw_message *m), void *arg,
                      struct cw_errbuf *eb)
{
    struct cw_bus_kafka *k = cw_bus_kafka_of(b);
    if (from >= to)
        return 0;
    struct reading r = {
        .topic = cw_topics_log(k->settings, log), .to = to, .each = each, .arg = arg};
    rd_kafka_topic_partition_list_t *parts = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(parts, r.topic, partition)->offset = from;
    rd_kafka_resp_err_t failed = rd_kafka_assign(k->reader, parts);
    rd_kafka_topic_partition_list_destroy(parts);
    if (failed)
        return cw_fail(eb, CW_E_RETRY, "%s: %s", r.topic, rd_kafka_err2str(failed));
    int err = read_on(k, &r, eb);
    (void)rd_kafka_assign(k->reader, NULL); /* Or it would go on fetching. */
    return err;
}

int cw_bus_kafka_partitions(struct cw_bus *b, enum cw_log log, int32_t *ret_n, struct cw_errbuf *eb)
{
    struct cw_bus_kafka *k = cw_bus_kafka_of(b);
    const char *topic = cw_topics_log(k->settings, log);
    int err = cw_topics_partitions(k->tail, topic, ret_n, eb);
    if (err)
        return err;
    return *ret_n > 0 ? 0 : cw_fail(eb, CW_E_RETRY, "%s: no such topic", topic);
}

/* Advice, where the broker allows it: the answer is thrown away, and retention does it otherwise.
 */
void cw_bus_kafka_trim(struct cw_bus *b, int32_t shard, int64_t before)
{
    struct cw_bus_kafka *k = cw_bus_kafka_of(b);
    rd_kafka_event_t *answer;
    while ((answer = rd_kafka_queue_poll(k->admin, 0)))
        rd_kafka_event_destroy(answer);
    rd_kafka_topic_partition_list_t *parts = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(parts, cw_topics_log(k->settings, CW_LOG_STATE), shard)
        ->offset = before;
    rd_kafka_DeleteRecords_t *order = rd_kafka_DeleteRecords_new(parts);
    rd_kafka_DeleteRecords(k->tail, &order, 1, NULL, k->admin);
    rd_kafka_DeleteRecords_destroy(order);
    rd_kafka_topic_partition_list_destroy(parts);
}

/* ---- opening ---- */

static rd_kafka_t *open_reader(struct cw_bus_kafka *k, const char *isolation, struct cw_errbuf *eb)
{
    const struct cw_property extra[] = {
        {"group.id", k->settings->kafka_group}, /* asked for by the library; never joined */
        {"client.id", k->id},
        {"isolation.level", isolation},
        {"enable.auto.commit", "false"},
        {"enable.auto.offset.store", "false"},
        {"enable.partition.eof", "true"},
        {"auto.offset.reset", "error"},
        {"fetch.wait.max.ms", "20"},
    };
    return cw_kafka_handle(k->settings, RD_KAFKA_CONSUMER, extra, sizeof extra / sizeof *extra,
                           NULL, NULL, eb);
}

int cw_bus_kafka_open_readers(struct cw_bus_kafka *k, struct cw_errbuf *eb)
{
    k->reader = open_reader(k, "read_committed", eb);
    k->tail = k->reader ? open_reader(k, "read_uncommitted", eb) : NULL;
    if (!k->tail)
        return -CW_E_FATAL;
    (void)rd_kafka_poll_set_consumer(k->reader);
    k->admin = rd_kafka_queue_new(k->tail);
    return k->admin ? 0 : cw_fail(eb, CW_E_FATAL, "no queue for answers");
}
