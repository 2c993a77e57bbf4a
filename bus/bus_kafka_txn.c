/* The Kafka bus: transactions. On its engine's thread; every call may block up to the transaction's
 * time-out. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bus/bus_kafka_state.h"
#include "bus/kafka_handle.h"
#include "bus/topic_table.h"
#include "bus/topics.h"
#include "churnwatch/faults.h"

enum { INIT_MS = 60000, ABORT_FLUSH_MS = 1000, TRANSACTION_MOST_MS = 10000 };

/* ---- what an error means ---- */

/* The group has moved on without us: the assignment is not ours any more. */
static bool is_moved_on(rd_kafka_resp_err_t code)
{
    return code == RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID ||
           code == RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION;
}

/* Tested in the order the library asks for; an error with neither flag cannot be gone on from.
 * Takes the error. */
static int meaning(rd_kafka_error_t *error, const char *what, struct cw_errbuf *eb)
{
    if (!error)
        return 0;
    enum cw_err err = CW_E_FATAL;
    if (rd_kafka_error_txn_requires_abort(error))
        err = is_moved_on(rd_kafka_error_code(error)) ? CW_E_REVOKED : CW_E_ABORT;
    else if (!rd_kafka_error_is_fatal(error) && rd_kafka_error_is_retriable(error))
        err = CW_E_RETRY;
    (void)cw_fail(eb, err, "%s: %s: %s", what, rd_kafka_error_name(error),
                  rd_kafka_error_string(error));
    rd_kafka_error_destroy(error);
    return -(int)err;
}

/* ---- a transaction ---- */

static int check_token(const struct cw_bus_kafka *k, uint64_t token, struct cw_errbuf *eb)
{
    if (CW_BUG(metadata_at_commit) || (k->metadata && token == k->token))
        return 0;
    return cw_fail(eb, CW_E_REVOKED, "the assignment this work began under is gone");
}

int cw_bus_kafka_begin(struct cw_bus *b, uint64_t token, struct cw_errbuf *eb)
{
    struct cw_bus_kafka *k = cw_bus_kafka_of(b);
    int err = check_token(k, token, eb);
    if (!err && !CW_NO_TRANSACTIONS)
        err = meaning(rd_kafka_begin_transaction(k->producer), "begin", eb);
    k->open |= !err;
    return err;
}

static rd_kafka_resp_err_t produce(const struct cw_bus_kafka *k, const struct cw_record *r,
                                   rd_kafka_headers_t *headers)
{
    int32_t partition = r->partition < 0 ? RD_KAFKA_PARTITION_UA : r->partition;
    return rd_kafka_producev(k->producer, RD_KAFKA_V_TOPIC(cw_topics_log(k->settings, r->log)),
                             RD_KAFKA_V_PARTITION(partition),
                             RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                             RD_KAFKA_V_KEY(r->key.p, r->key.n),
                             RD_KAFKA_V_VALUE((void *)(uintptr_t)r->value.p, r->value.n),
                             RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_END);
}

/* A full queue is waited for: what is in it is sent, or given up after message.timeout.ms. Not by
 * RD_KAFKA_MSG_F_BLOCK, which mostly waits until all of it is gone. */
int cw_bus_kafka_append(struct cw_bus *b, const struct cw_record *r, struct cw_errbuf *eb)
{
    struct cw_bus_kafka *k = cw_bus_kafka_of(b);
    rd_kafka_headers_t *headers = cw_kafka_headers_of(r->headers, r->n_headers);
    rd_kafka_resp_err_t err;
    while ((err = produce(k, r, headers)) == RD_KAFKA_RESP_ERR__QUEUE_FULL &&
           rd_kafka_outq_len(k->producer) > 0)
        (void)rd_kafka_poll(k->producer, 1);
    (void)rd_kafka_poll(k->producer, 0);
    if (!err)
        return 0;
    rd_kafka_headers_destroy(headers);
    return cw_fail(eb, CW_E_ABORT, "append to %s: %s", cw_topics_log(k->settings, r->log),
                   rd_kafka_err2str(err));
}

static void add_positions(const struct cw_bus_kafka *k, const struct cw_positions *p,
                          rd_kafka_topic_partition_list_t *parts)
{
    for (enum cw_input in = 0; in < CW_INPUTS; in++)
        if (p->next[in] != CW_OFFSET_NONE)
            rd_kafka_topic_partition_list_add(parts, cw_topics_input(k->settings, in), p->shard)
                ->offset = p->next[in];
}

/* Part of a deliberate mistake: a process that was stopped lets the library join the group again
 * before it commits, so that metadata asked for now are of a membership its work has nothing to do
 * with. Without that the broker would refuse them. */
static void join_again_first(struct cw_bus_kafka *k)
{
    static time_t last;
    time_t now = time(NULL);
    bool slept = last && now - last > 4;
    last = now;
    for (int i = 0; slept && i < 60 && !k->tell_assigned; i++) {
        rd_kafka_message_t *m = rd_kafka_consumer_poll(k->consumer, 100);
        if (m)
            rd_kafka_message_destroy(m);
    }
}

/* The group's metadata as they were when the shards were assigned. NULL: the assignment is gone. */
static rd_kafka_consumer_group_metadata_t *metadata_of(struct cw_bus_kafka *k)
{
    if (CW_BUG(metadata_at_commit)) {
        join_again_first(k);
        return rd_kafka_consumer_group_metadata(k->consumer);
    }
    if (CW_BUG(random_producer))
        return rd_kafka_consumer_group_metadata_new(k->settings->kafka_group);
    return k->metadata;
}

/* What is appended lies in the logs before the offsets are sent. Whoever takes the shards over then
 * finds it before the log's end and waits for this transaction, even where its coordinator has
 * forgotten that offsets are on their way (engine/restore.c). What cannot be sent is given up after
 * message.timeout.ms, and the library asks for an abort. Not by rd_kafka_flush, which looks only so
 * often whether it is done. */
static void send_what_is_appended(const struct cw_bus_kafka *k)
{
    while (rd_kafka_outq_len(k->producer) > 0)
        (void)rd_kafka_poll(k->producer, 1);
}

int cw_bus_kafka_send_positions(struct cw_bus *b, const struct cw_positions *p, size_t n,
                                uint64_t token, struct cw_errbuf *eb)
{
    struct cw_bus_kafka *k = cw_bus_kafka_of(b);
    int err = check_token(k, token, eb);
    if (err)
        return err;
    rd_kafka_topic_partition_list_t *parts = rd_kafka_topic_partition_list_new((int)n * CW_INPUTS);
    for (size_t i = 0; i < n; i++)
        add_positions(k, &p[i], parts);
    send_what_is_appended(k);
    if (parts->cnt && CW_NO_TRANSACTIONS) /* for the bench alone */
        (void)rd_kafka_commit(k->consumer, parts, true);
    else if (parts->cnt && CW_BUG(offsets_outside))
        (void)rd_kafka_commit(k->consumer, parts, false);
    else if (parts->cnt)
        err = meaning(rd_kafka_send_offsets_to_transaction(k->producer, parts, metadata_of(k),
                                                           CW_KAFKA_CALL_MS),
                      "send positions", eb);
    rd_kafka_topic_partition_list_destroy(parts);
    return err;
}

/* -1: as long as the transaction lives; any other bound can leave client and broker apart. */
int cw_bus_kafka_commit(struct cw_bus *b, struct cw_errbuf *eb)
{
    struct cw_bus_kafka *k = cw_bus_kafka_of(b);
    int err = 0;
    if (!CW_NO_TRANSACTIONS)
        err = meaning(rd_kafka_commit_transaction(k->producer, -1), "commit", eb);
    k->open &= err != 0;
    return err;
}

/* With nothing open there is nothing to abort: the library calls that a fatal error, but the
 * protocol aborts after every failure, also one before its first transaction. Aborting while the
 * first record is in flight can end in a fatal state; so it is waited for, a little. */
int cw_bus_kafka_abort(struct cw_bus *b, struct cw_errbuf *eb)
{
    struct cw_bus_kafka *k = cw_bus_kafka_of(b);
    if (!k->open || CW_NO_TRANSACTIONS)
        return 0;
    (void)rd_kafka_flush(k->producer, ABORT_FLUSH_MS);
    int err = meaning(rd_kafka_abort_transaction(k->producer, -1), "abort", eb);
    k->open &= err != 0;
    return err;
}

/* ---- opening ---- */

/* What one who is gone left open is dead no later than its session: whoever takes its shards over
 * reads to the end of it, and would wait for the rest. No more than 10 s, as Kafka Streams has it.
 */
static void limit_transactions(rd_kafka_conf_t *conf, const struct cw_settings *s)
{
    char ms[16];
    const char *session = cw_kafka_listed(s, "session.timeout.ms");
    long of_session = session ? strtol(session, NULL, 10) : 0, most = TRANSACTION_MOST_MS;
    (void)snprintf(ms, sizeof ms, "%ld", of_session > 0 && of_session < most ? of_session : most);
    (void)rd_kafka_conf_set(conf, "transaction.timeout.ms", ms, NULL, 0);
    (void)rd_kafka_conf_set(conf, "message.timeout.ms", ms, NULL, 0); /* which may not be longer */
}

/* What a commit appends need not lie here as a whole, which after a day's close is all clients; in
 * 8 MiB it waits for the broker, in 32 MiB it does not.
 *
 * A transaction begun right after another meets the markers of that one being written, and is tried
 * again after retry.backoff.ms: 10 instead of 100 makes the smallest commit 34 ms, not 111. */
static void producer_defaults(rd_kafka_conf_t *conf, void *arg)
{
    const struct cw_bus_kafka *k = arg;
    limit_transactions(conf, k->settings);
    (void)rd_kafka_conf_set(conf, "retry.backoff.ms", "10", NULL, 0);
    (void)rd_kafka_conf_set(conf, "linger.ms", "1", NULL, 0);
    (void)rd_kafka_conf_set(conf, "message.max.bytes", CW_RECORD_MOST, NULL, 0);
    (void)rd_kafka_conf_set(conf, "queue.buffering.max.messages", "1000000", NULL, 0);
    (void)rd_kafka_conf_set(conf, "queue.buffering.max.kbytes", "32768", NULL, 0);
}

static int init_transactions(struct cw_bus_kafka *k, struct cw_errbuf *eb)
{
    int err = -CW_E_RETRY;
    for (int tries = 0; err == -CW_E_RETRY && tries < 3; tries++)
        err = meaning(rd_kafka_init_transactions(k->producer, INIT_MS), "init transactions", eb);
    return err ? -CW_E_FATAL : 0;
}

/* Metadata known beforehand: a first record to a topic not known waits a second for it. How many
 * partitions there are bounds what may wait of each. */
static int know_topics(struct cw_bus_kafka *k, struct cw_errbuf *eb)
{
    static const enum cw_log written[] = {CW_LOG_STATE, CW_LOG_TASKS, CW_LOG_DEAD_LETTERS};
    for (size_t i = 0; i < sizeof written / sizeof *written; i++) {
        const char *topic = cw_topics_log(k->settings, written[i]);
        rd_kafka_resp_err_t err = cw_kafka_ask_about(k->producer, topic, CW_KAFKA_CALL_MS);
        if (err)
            return cw_fail(eb, CW_E_FATAL, "metadata of %s: %s", topic, rd_kafka_err2str(err));
    }
    const char *state = cw_topics_log(k->settings, CW_LOG_STATE);
    return cw_topics_partitions(k->producer, state, CW_KAFKA_CALL_MS, &k->partitions, eb);
}

/* The transactional id has the group in it: a cluster has one name space of them, and a second desk
 * with the same slot names would fence the first. */
static struct cw_kafka_client producer(struct cw_bus_kafka *k)
{
    (void)snprintf(k->transactional, sizeof k->transactional, "%s-%s", k->settings->kafka_group,
                   k->id);
    if (CW_BUG(random_producer))
        (void)snprintf(k->transactional, sizeof k->transactional, "%" PRId64, cw_seeded_wall());
    return (struct cw_kafka_client){
        .type = RD_KAFKA_PRODUCER,
        .extra = {{"client.id", k->id},
                  {"enable.idempotence", "true"},
                  {"partitioner", "murmur2_random"},
                  {CW_NO_TRANSACTIONS ? NULL : "transactional.id", k->transactional}},
        .hook = producer_defaults,
        .arg = k,
    };
}

int cw_bus_kafka_try_producer(struct cw_bus_kafka *k, struct cw_errbuf *eb)
{
    const struct cw_kafka_client c = producer(k);
    return cw_kafka_try(k->settings, &c, eb);
}

int cw_bus_kafka_open_producer(struct cw_bus_kafka *k, struct cw_errbuf *eb)
{
    const struct cw_kafka_client c = producer(k);
    k->producer = cw_kafka_handle(k->settings, &c, eb);
    if (!k->producer)
        return -CW_E_FATAL;
    int err = CW_NO_TRANSACTIONS ? 0 : init_transactions(k, eb);
    return err ? err : know_topics(k, eb);
}
