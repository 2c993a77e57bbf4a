/* The onlooker's way to the topics over Apache Kafka: a reader assigned by hand and, from the first
 * record that is appended, an idempotent producer. Its owner's thread, beside librdkafka's own.
 */
#include "bus/logs_kafka.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus/kafka_error.h"
#include "bus/kafka_handle.h"
#include "bus/kafka_read.h"
#include "bus/topic_table.h"
#include "bus/topics.h"

enum { CALL_MS = 10000 };

struct kafka {
    struct cw_logs logs; /* first, so that the one is the other */
    const struct cw_settings *settings;
    rd_kafka_t *reader, *producer; /* the producer is NULL until something is appended */
    rd_kafka_t *tail;              /* reads uncommitted records too; NULL until it is asked */
    bool asked[CW_TOPICS];         /* the producer, about this row of the table */
    struct cw_kafka_headers headers;
    uint64_t refused;
    char why[256]; /* of the first that was refused */
};

static struct kafka *of(struct cw_logs *l)
{
    return (struct kafka *)l;
}

static int failed(struct cw_errbuf *eb, const char *topic, rd_kafka_resp_err_t err)
{
    return cw_fail(eb, cw_kafka_error(err), "%s: %s", topic, rd_kafka_err2str(err));
}

/* ---- reading ---- */

static int partitions(struct cw_logs *l, const char *topic, int32_t *ret_n, struct cw_errbuf *eb)
{
    return cw_topics_partitions(of(l)->reader, topic, CALL_MS, ret_n, eb) ? -CW_E_IO : 0;
}

static int range(struct cw_logs *l, const char *topic, int32_t partition, int64_t *ret_first,
                 int64_t *ret_end, struct cw_errbuf *eb)
{
    return cw_kafka_bounds(of(l)->reader, topic, partition, CALL_MS, ret_first, ret_end, eb);
}

static int read_range(struct cw_logs *l, const char *topic, int32_t partition, int64_t from,
                      int64_t to, int (*each)(void *arg, const struct cw_message *m), void *arg,
                      struct cw_errbuf *eb)
{
    struct kafka *k = of(l);
    const struct cw_kafka_range r = {topic, partition, from, to};
    int err = cw_kafka_read(k->reader, &k->headers, &r, each, arg, eb);
    return err == -CW_E_FATAL ? -CW_E_IO : err;
}

static int open_tail(struct kafka *k, struct cw_errbuf *eb)
{
    if (!k->tail)
        k->tail = cw_kafka_reader(k->settings, NULL, false, eb);
    return k->tail ? 0 : -CW_E_INVALID;
}

static int note_time(void *arg, const struct cw_message *m)
{
    cw_wall_time *since = arg;
    if (m->timestamp_ms >= 0)
        *since = m->timestamp_ms * 1000;
    return 1;
}

/* The whole end is asked for first: what comes in between must not seem to be held up. */
static int pending(struct cw_logs *l, const char *topic, int32_t partition, int64_t *ret_first,
                   int64_t *ret_end, int64_t *ret_open, cw_wall_time *ret_since,
                   struct cw_errbuf *eb)
{
    struct kafka *k = of(l);
    int64_t stable;
    int err = open_tail(k, eb);
    if (err)
        return err;
    err = cw_kafka_bounds(k->tail, topic, partition, CALL_MS, ret_first, ret_end, eb);
    if (err)
        return err;
    err = range(l, topic, partition, ret_first, &stable, eb);
    *ret_open = !err && stable < *ret_end ? stable : CW_OFFSET_NONE;
    *ret_since = CW_NO_TIME;
    if (err || *ret_open == CW_OFFSET_NONE)
        return err;
    const struct cw_kafka_range open = {topic, partition, stable, *ret_end};
    err = cw_kafka_read(k->tail, &k->headers, &open, note_time, ret_since, eb);
    return err == -CW_E_RETRY ? err : err == -CW_E_FATAL ? -CW_E_IO : 0;
}

/* One partition, asked of the brokers by `ask`; its answer is in the list's offset. */
static int ask_offset(const char *topic, int32_t partition, int64_t offset,
                      rd_kafka_resp_err_t (*ask)(rd_kafka_t *rk,
                                                 rd_kafka_topic_partition_list_t *parts, int ms),
                      rd_kafka_t *rk, int64_t *ret_offset, struct cw_errbuf *eb)
{
    rd_kafka_topic_partition_list_t *parts = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(parts, topic, partition)->offset = offset;
    rd_kafka_resp_err_t err = ask(rk, parts, CALL_MS);
    if (!err)
        err = parts->elems[0].err;
    if (!err)
        *ret_offset = parts->elems[0].offset;
    rd_kafka_topic_partition_list_destroy(parts);
    return err ? failed(eb, topic, err) : 0;
}

static int offset_at(struct cw_logs *l, const char *topic, int32_t partition, cw_wall_time at,
                     int64_t *ret_offset, struct cw_errbuf *eb)
{
    int64_t first, end, found = -1;
    int err = range(l, topic, partition, &first, &end, eb);
    if (!err)
        err = ask_offset(topic, partition, at / 1000, rd_kafka_offsets_for_times, of(l)->reader,
                         &found, eb);
    if (!err)
        *ret_offset = found < 0 || found > end ? end : found;
    return err;
}

static int committed(struct cw_logs *l, const char *topic, int32_t partition, int64_t *ret_next,
                     struct cw_errbuf *eb)
{
    int64_t next = -1;
    int err = ask_offset(topic, partition, RD_KAFKA_OFFSET_INVALID, rd_kafka_committed,
                         of(l)->reader, &next, eb);
    if (!err)
        *ret_next = next < 0 ? -1 : next;
    return err;
}

/* ---- appending ---- */

static void on_report(rd_kafka_t *rk, const rd_kafka_message_t *m, void *arg)
{
    struct kafka *k = arg;
    (void)rk;
    if (m->err && k->refused++ == 0)
        (void)snprintf(k->why, sizeof k->why, "%s: %s", rd_kafka_topic_name(m->rkt),
                       rd_kafka_err2str(m->err));
}

static void set_callbacks(rd_kafka_conf_t *conf, void *arg)
{
    rd_kafka_conf_set_opaque(conf, arg);
    rd_kafka_conf_set_dr_msg_cb(conf, on_report);
}

static int open_producer(struct kafka *k, struct cw_errbuf *eb)
{
    const struct cw_kafka_client c = {.type = RD_KAFKA_PRODUCER,
                                      .extra = {{"enable.idempotence", "true"},
                                                {"partitioner", "murmur2_random"},
                                                {"linger.ms", "20"},
                                                {"message.max.bytes", CW_RECORD_MOST}},
                                      .hook = set_callbacks,
                                      .arg = k};
    k->producer = cw_kafka_handle(k->settings, &c, eb);
    return k->producer ? 0 : -CW_E_INVALID;
}

static int refusals(const struct kafka *k, struct cw_errbuf *eb)
{
    if (!k->refused)
        return 0;
    return cw_fail(eb, CW_E_IO, "%" PRIu64 " messages were not taken; %s", k->refused, k->why);
}

static rd_kafka_resp_err_t produce(struct kafka *k, const struct cw_logs_record *r)
{
    rd_kafka_headers_t *headers = cw_kafka_headers_of(r->headers, r->n_headers);
    if (!headers)
        return RD_KAFKA_RESP_ERR__CRIT_SYS_RESOURCE;
    rd_kafka_resp_err_t err = rd_kafka_producev(
        k->producer, RD_KAFKA_V_TOPIC(r->topic),
        RD_KAFKA_V_PARTITION(r->partition < 0 ? RD_KAFKA_PARTITION_UA : r->partition),
        RD_KAFKA_V_KEY(r->key.p, r->key.n),
        RD_KAFKA_V_VALUE((void *)(uintptr_t)r->value.p, r->value.n),
        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_END);
    if (err)
        rd_kafka_headers_destroy(headers);
    return err;
}

/* Before its first record, which would wait up to a second for its topic to be known. */
static void ask_about(struct kafka *k, const char *topic)
{
    for (size_t i = 0; i < CW_TOPICS; i++) {
        if (strcmp(cw_topic_name(k->settings, &cw_topics[i]), topic) != 0)
            continue;
        if (!k->asked[i])
            (void)cw_kafka_ask_about(k->producer, topic, CALL_MS);
        k->asked[i] = true;
        return;
    }
}

static int append(struct cw_logs *l, const struct cw_logs_record *r, struct cw_errbuf *eb)
{
    struct kafka *k = of(l);
    rd_kafka_resp_err_t err;
    int opened = k->producer ? 0 : open_producer(k, eb);
    if (opened)
        return opened;
    ask_about(k, r->topic);
    while ((err = produce(k, r)) == RD_KAFKA_RESP_ERR__QUEUE_FULL && !k->refused)
        (void)rd_kafka_poll(k->producer, 100);
    (void)rd_kafka_poll(k->producer, 0);
    if (err && !k->refused)
        return failed(eb, r->topic, err);
    return refusals(k, eb);
}

static int flush(struct cw_logs *l, struct cw_errbuf *eb)
{
    struct kafka *k = of(l);
    /* A message's own time-out ends the wait. */
    while (k->producer && rd_kafka_flush(k->producer, 1000) == RD_KAFKA_RESP_ERR__TIMED_OUT)
        ;
    int err = refusals(k, eb);
    k->refused = 0; /* Said once; what comes later is another matter. */
    return err;
}

/* ---- opening and closing ---- */

static void close_logs(struct cw_logs *l)
{
    struct kafka *k = of(l);
    if (k->producer)
        rd_kafka_destroy(k->producer);
    if (k->tail) {
        (void)rd_kafka_consumer_close(k->tail);
        rd_kafka_destroy(k->tail);
    }
    if (k->reader) {
        (void)rd_kafka_consumer_close(k->reader);
        rd_kafka_destroy(k->reader);
    }
    cw_kafka_headers_free(&k->headers);
    free(k);
}

static int ask_brokers(struct kafka *k, struct cw_errbuf *eb)
{
    const struct rd_kafka_metadata *found;
    rd_kafka_resp_err_t err = rd_kafka_metadata(k->reader, 0, NULL, &found, CALL_MS);
    if (err)
        return cw_fail(eb, CW_E_IO, "%s: %s", k->settings->kafka_bootstrap, rd_kafka_err2str(err));
    rd_kafka_metadata_destroy(found);
    return 0;
}

int cw_logs_kafka_open(const struct cw_settings *s, struct cw_logs **ret_logs, struct cw_errbuf *eb)
{
    static const struct cw_logs_ops ops = {.partitions = partitions,
                                           .range = range,
                                           .pending = pending,
                                           .read = read_range,
                                           .offset_at = offset_at,
                                           .append = append,
                                           .flush = flush,
                                           .committed = committed,
                                           .close = close_logs};
    struct kafka *k = calloc(1, sizeof *k);
    if (!k)
        return -CW_E_NOMEM;
    k->logs.ops = &ops;
    k->settings = s;
    k->reader = cw_kafka_reader(s, NULL, true, eb);
    int err = k->reader ? ask_brokers(k, eb) : -CW_E_INVALID;
    if (err) {
        close_logs(&k->logs);
        return err;
    }
    *ret_logs = &k->logs;
    return 0;
}
