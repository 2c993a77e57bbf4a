/* The Kafka bus: opening and closing, polling, assignments. On its engine's thread; librdkafka's
 * own threads call nothing here, for the rebalance callback is served inside poll, and not there
 * while the assignment is kept. */
#include "bus/bus_kafka.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "board/log.h"
#include "bus/bus_kafka_state.h"
#include "bus/kafka_error.h"
#include "bus/kafka_handle.h"
#include "bus/kafka_read.h"
#include "bus/topic_table.h"

/* ---- assignments ---- */

static void forget_assignment(struct cw_bus_kafka *k)
{
    cw_kafka_sources_close(k);
    if (k->metadata)
        rd_kafka_consumer_group_metadata_destroy(k->metadata);
    k->metadata = NULL;
    free(k->shards);
    k->shards = NULL;
    k->n_shards = 0;
    k->token++;
}

/* The shards of an assignment are the partitions of billing; the range assignor gives the same
 * numbers of every topic, which is checked, not believed. */
static bool note_shards(struct cw_bus_kafka *k, const rd_kafka_topic_partition_list_t *parts)
{
    const char *billing = cw_topics_input(k->settings, CW_IN_BILLING);
    k->shards = calloc((size_t)parts->cnt + 1, sizeof *k->shards);
    if (!k->shards)
        return false;
    for (int i = 0; i < parts->cnt; i++)
        if (strcmp(parts->elems[i].topic, billing) == 0)
            k->shards[k->n_shards++] = parts->elems[i].partition;
    bool whole = (size_t)parts->cnt == k->n_shards * CW_INPUTS;
    for (size_t i = 0; i < k->n_shards && whole; i++)
        for (enum cw_input in = 0; in < CW_INPUTS && whole; in++)
            whole = rd_kafka_topic_partition_list_find(parts, cw_topics_input(k->settings, in),
                                                       k->shards[i]) != NULL;
    return whole;
}

/* Partitions that were added since the start, to all topics, look like any others, and clients
 * would move between shards; the next start finds them and refuses. */
static const rd_kafka_topic_partition_t *added(const struct cw_bus_kafka *k,
                                               const rd_kafka_topic_partition_list_t *parts)
{
    for (int i = 0; i < parts->cnt && k->partitions; i++)
        if (parts->elems[i].partition >= k->partitions)
            return &parts->elems[i];
    return NULL;
}

static int check_assigned(struct cw_bus_kafka *k, const rd_kafka_topic_partition_list_t *parts,
                          struct cw_errbuf *eb)
{
    const rd_kafka_topic_partition_t *new = added(k, parts);
    if (new)
        return cw_fail(
            eb, CW_E_FATAL,
            "partition %d of %s was assigned, and there were %d at the start: partitions "
            "were added while this process ran",
            (int)new->partition, new->topic, (int)k->partitions);
    if (!k->metadata || !note_shards(k, parts))
        return cw_fail(eb, CW_E_FATAL,
                       "the assignment has not the same partitions of every input topic");
    return 0;
}

/* Where each partition begins. Where that is not told in time it is 0, for a leader that is away
 * for now is no reason to end. Where 0 was deleted and a fetch gets out, the seek to the right
 * place fails, and the process begins again; nothing is judged from here. */
static void to_beginnings(struct cw_bus_kafka *k, rd_kafka_topic_partition_list_t *parts)
{
    for (int i = 0; i < parts->cnt; i++)
        parts->elems[i].offset =
            RD_KAFKA_OFFSET_BEGINNING; /* As a time: the protocol's earliest. */
    rd_kafka_resp_err_t err = rd_kafka_offsets_for_times(k->consumer, parts, CW_KAFKA_CALL_MS);
    for (int i = 0; i < parts->cnt; i++)
        if (err || parts->elems[i].err || parts->elems[i].offset < 0)
            parts->elems[i].offset = 0;
}

/* Paused at once, so that nothing is fetched before the shard is restored and sought to its place;
 * and at an offset that is there, for a fetch may get out all the same, and a partition it fails in
 * cannot be sought any more. */
static rd_kafka_resp_err_t assign_paused(struct cw_bus_kafka *k,
                                         rd_kafka_topic_partition_list_t *parts)
{
    to_beginnings(k, parts);
    rd_kafka_resp_err_t err = rd_kafka_assign(k->consumer, parts);
    if (!err && !cw_kafka_sources_open(k, parts))
        err = RD_KAFKA_RESP_ERR__CRIT_SYS_RESOURCE;
    return err ? err : rd_kafka_pause_partitions(k->consumer, parts);
}

static void on_rebalance(rd_kafka_t *rk, rd_kafka_resp_err_t what,
                         rd_kafka_topic_partition_list_t *parts, void *arg)
{
    struct cw_bus_kafka *k = arg;
    rd_kafka_resp_err_t err;
    k->tell_lost |= what != RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS && rd_kafka_assignment_lost(rk);
    forget_assignment(k);
    if (what == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
        k->metadata = rd_kafka_consumer_group_metadata(rk);
        err = assign_paused(k, parts);
        k->tell_assigned = true;
        (void)check_assigned(k, parts, &k->assign_error);
    } else {
        err = rd_kafka_assign(rk, NULL);
        k->tell_revoked = true;
        k->tell_assigned = false;
    }
    if (err)
        (void)cw_fail(&k->assign_error, CW_E_FATAL, "assignment: %s", rd_kafka_err2str(err));
    rd_kafka_yield(rk); /* One happening at a time. */
}

/* What the callback has left to be told; false when nothing. */
static bool tell(struct cw_bus_kafka *k, struct cw_bus_event *ev, struct cw_errbuf *eb)
{
    if (k->assign_error.text[0]) {
        *ev = (struct cw_bus_event){.what = CW_BUS_FAILED,
                                    .err = cw_fail(eb, CW_E_FATAL, "%s", k->assign_error.text)};
        return true;
    }
    if (k->tell_revoked) {
        *ev = (struct cw_bus_event){.what = k->tell_lost ? CW_BUS_LOST : CW_BUS_REVOKED};
        k->tell_revoked = k->tell_lost = false;
        return true;
    }
    if (k->tell_assigned) {
        *ev = (struct cw_bus_event){.what = CW_BUS_ASSIGNED,
                                    .shards = k->shards,
                                    .n_shards = k->n_shards,
                                    .token = k->token};
        k->tell_assigned = false;
        return true;
    }
    return false;
}

/* ---- polling ---- */

/* Of one input: the shard is restored alone, and seeks back to where it stood. Where messages are
 * gone, that finds it out and stops the shard. A batch that cannot be read is told of before
 * anything that lies behind it; the library then goes on there, or at an offset that is none. */
static bool is_damage(const struct cw_bus_kafka *k, const rd_kafka_message_t *m,
                      struct cw_bus_event *ev, struct cw_errbuf *eb)
{
    bool gone = m->err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET;
    if (!m->rkt || !(gone || cw_kafka_passed_over(m->err)) ||
        !cw_topics_input_of(k->settings, rd_kafka_topic_name(m->rkt), &ev->input))
        return false;
    ev->what = CW_BUS_DAMAGED;
    ev->partition = m->partition;
    ev->end = gone ? -1 : m->offset;
    (void)cw_fail(eb, CW_E_CORRUPT,
                  gone ? "%s partition %d: offset %lld is not in the topic (%s)"
                       : "%s partition %d: the batch at offset %lld cannot be read; have the "
                         "broker take it from a replica (%s)",
                  rd_kafka_topic_name(m->rkt), (int)m->partition, (long long)m->offset,
                  rd_kafka_message_errstr(m));
    return true;
}

/* An error of the consumer: what passes by itself is logged, a fatal one ends the process. */
static void on_error(const struct cw_bus_kafka *k, const rd_kafka_message_t *m,
                     struct cw_bus_event *ev, struct cw_errbuf *eb)
{
    char text[512], quoted[600];
    rd_kafka_resp_err_t fatal = rd_kafka_fatal_error(k->consumer, text, sizeof text);
    if (fatal)
        *ev = (struct cw_bus_event){
            .what = CW_BUS_FAILED,
            .err = cw_fail(eb, CW_E_FATAL, "%s: %s", rd_kafka_err2name(fatal), text)};
    else if (!is_damage(k, m, ev, eb))
        cw_log(CW_LOG_WARNING, "consumer", "error=%s text=%s", rd_kafka_err2name(m->err),
               cw_log_quote(rd_kafka_message_errstr(m), quoted, sizeof quoted));
}

static int take(struct cw_bus_kafka *k, rd_kafka_message_t *m, struct cw_bus_event *ev,
                struct cw_errbuf *eb)
{
    k->held = m;
    if (m->err && m->err != RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        on_error(k, m, ev, eb);
        return 0;
    }
    if (!cw_topics_input_of(k->settings, rd_kafka_topic_name(m->rkt), &ev->input))
        return 0;
    ev->partition = m->partition;
    if (m->err) {
        ev->what = CW_BUS_END;
        ev->end = m->offset;
        return 0;
    }
    ev->what = CW_BUS_MESSAGE;
    return cw_kafka_message(m, &k->headers, &ev->message);
}

static int join(struct cw_bus_kafka *k, struct cw_errbuf *eb)
{
    rd_kafka_topic_partition_list_t *topics = rd_kafka_topic_partition_list_new(CW_INPUTS);
    for (enum cw_input in = 0; in < CW_INPUTS; in++)
        (void)rd_kafka_topic_partition_list_add(topics, cw_topics_input(k->settings, in),
                                                RD_KAFKA_PARTITION_UA);
    rd_kafka_resp_err_t err = rd_kafka_subscribe(k->consumer, topics);
    rd_kafka_topic_partition_list_destroy(topics);
    k->joined = !err;
    return err ? cw_fail(eb, CW_E_FATAL, "subscribe: %s", rd_kafka_err2str(err)) : 0;
}

static int poll(struct cw_bus *b, int wait_ms, struct cw_bus_event *ev, struct cw_errbuf *eb)
{
    struct cw_bus_kafka *k = cw_bus_kafka_of(b);
    *ev = (struct cw_bus_event){.what = CW_BUS_NOTHING};
    if (k->held)
        rd_kafka_message_destroy(k->held);
    k->held = NULL;
    if (!k->kept && tell(k, ev, eb))
        return 0;
    int failed = k->joined ? 0 : join(k, eb);
    if (failed)
        return failed;
    rd_kafka_message_t *m = cw_kafka_sources_poll(k, wait_ms);
    int err = m ? take(k, m, ev, eb) : 0;
    /* What the callback said comes before a message that was polled along with it, which belongs
     * to an assignment that is gone or not yet restored. */
    (void)tell(k, ev, eb);
    return err;
}

/* Rebalances, and errors of the member, wait in its own queue. */
static void keep(struct cw_bus *b, bool on)
{
    cw_bus_kafka_of(b)->kept = on;
}

static rd_kafka_topic_partition_list_t *inputs_of(const struct cw_bus_kafka *k, int32_t shard)
{
    rd_kafka_topic_partition_list_t *parts = rd_kafka_topic_partition_list_new(CW_INPUTS);
    for (enum cw_input in = 0; in < CW_INPUTS; in++)
        (void)rd_kafka_topic_partition_list_add(parts, cw_topics_input(k->settings, in), shard);
    return parts;
}

static int told(rd_kafka_resp_err_t err, const char *what, struct cw_errbuf *eb)
{
    return err ? cw_fail(eb, CW_E_RETRY, "%s: %s", what, rd_kafka_err2str(err)) : 0;
}

static int seek(struct cw_bus *b, const struct cw_positions *at, struct cw_errbuf *eb)
{
    struct cw_bus_kafka *k = cw_bus_kafka_of(b);
    rd_kafka_topic_partition_list_t *parts = inputs_of(k, at->shard);
    for (int i = 0; i < CW_INPUTS; i++)
        parts->elems[i].offset =
            at->next[i] == CW_OFFSET_NONE ? RD_KAFKA_OFFSET_BEGINNING : at->next[i];
    cw_kafka_sources_drop(k, at->shard);
    rd_kafka_error_t *error = rd_kafka_seek_partitions(k->consumer, parts, CW_KAFKA_CALL_MS);
    int err = 0;
    if (error)
        err = cw_fail(eb, CW_E_RETRY, "seek: %s", rd_kafka_error_string(error));
    if (error)
        rd_kafka_error_destroy(error);
    for (int i = 0; i < CW_INPUTS && !err; i++)
        err = told(parts->elems[i].err, "seek", eb);
    if (!err)
        err = told(rd_kafka_resume_partitions(k->consumer, parts), "resume", eb);
    for (enum cw_input in = 0; in < CW_INPUTS && !err; in++)
        cw_kafka_sources_pause(k, in, at->shard, false);
    rd_kafka_topic_partition_list_destroy(parts);
    return err;
}

static int pause_input(struct cw_bus *b, enum cw_input in, int32_t shard, bool paused,
                       struct cw_errbuf *eb)
{
    (void)eb;
    cw_kafka_sources_pause(cw_bus_kafka_of(b), in, shard, paused);
    return 0;
}

/* ---- opening and closing ---- */

static void close_bus(struct cw_bus *b)
{
    struct cw_bus_kafka *k = cw_bus_kafka_of(b);
    if (k->held)
        rd_kafka_message_destroy(k->held);
    k->held = NULL;
    if (k->consumer)
        (void)rd_kafka_consumer_close(k->consumer);
    forget_assignment(k);
    cw_kafka_sources_fini(k);
    if (k->admin)
        rd_kafka_queue_destroy(k->admin);
    rd_kafka_t *const handles[] = {k->consumer, k->reader, k->tail, k->producer};
    for (size_t i = 0; i < sizeof handles / sizeof *handles; i++)
        if (handles[i])
            rd_kafka_destroy(handles[i]);
    cw_kafka_headers_free(&k->headers);
    free(k);
}

static const struct cw_bus_ops ops = {
    .poll = poll,
    .keep = keep,
    .seek = seek,
    .pause = pause_input,
    .begin = cw_bus_kafka_begin,
    .append = cw_bus_kafka_append,
    .send_positions = cw_bus_kafka_send_positions,
    .commit = cw_bus_kafka_commit,
    .abort = cw_bus_kafka_abort,
    .committed = cw_bus_kafka_committed,
    .end = cw_bus_kafka_end,
    .input_range = cw_bus_kafka_input_range,
    .read = cw_bus_kafka_read,
    .probe = cw_bus_kafka_probe,
    .known_end = cw_bus_kafka_known_end,
    .partitions = cw_bus_kafka_partitions,
    .trim = cw_bus_kafka_trim,
    .close = close_bus,
};

/* What waits in the library for the engine is bounded by what all partitions' queues may hold
 * together, or memory would grow with partitions: so much of fetched messages over the three inputs
 * that are loaded, as if one process had all partitions. A queue is filled again when it has less
 * than its share, and holds two shares at most; a message takes some 550 bytes in it where it has
 * 250.
 *
 * Where they are not refilled soon, what they hold may be all that is judged in a second: 32 MiB
 * are some 120,000 messages. The least share is what one partition alone, behind the others, needs
 * for 20,000 a second. */
enum {
    FETCHED_MOST = 4 << 20,
    FETCHED_A_SECOND = 32 << 20,
    SHARE_LEAST = 64 << 10,
    SHARE_MOST = 4 << 20,
    FETCH_MOST = 1 << 20,
    LOADED_INPUTS = 3,
    MESSAGE_BYTES = 256
};

static void set_number(rd_kafka_conf_t *conf, const char *property, int value)
{
    char text[16];
    (void)snprintf(text, sizeof text, "%d", value);
    (void)rd_kafka_conf_set(conf, property, text, NULL, 0);
}

static void bound_queues(rd_kafka_conf_t *conf, int32_t partitions)
{
    int most = cw_kafka_refills_soon(conf) ? FETCHED_MOST : FETCHED_A_SECOND;
    int share = partitions > 0 ? most / LOADED_INPUTS / partitions : 0;
    share = share < SHARE_LEAST ? SHARE_LEAST : share > SHARE_MOST ? SHARE_MOST : share;
    set_number(conf, "max.partition.fetch.bytes", share < FETCH_MOST ? share : FETCH_MOST);
    set_number(conf, "queued.max.messages.kbytes", share / 1024);
    set_number(conf, "queued.min.messages", share / MESSAGE_BYTES);
}

/* Defaults that kafka.properties may change. A fetch is answered after 10 ms, or before with so
 * much as makes a batch: by every message that comes, as the library would have it, a broker that
 * is busy is asked some thousand times a second for one or two. After these 10 ms a source's end
 * becomes known, too, and a shard waits for that. By its heartbeat a member hears that the group is
 * formed anew, which nobody can work before. */
static void member_defaults(rd_kafka_conf_t *conf, void *arg)
{
    const struct cw_bus_kafka *k = arg;
    rd_kafka_conf_set_rebalance_cb(conf, on_rebalance);
    rd_kafka_conf_set_opaque(conf, arg);
    (void)rd_kafka_conf_set(conf, "session.timeout.ms", "15000", NULL, 0);
    (void)rd_kafka_conf_set(conf, "heartbeat.interval.ms", "250", NULL, 0);
    (void)rd_kafka_conf_set(conf, "check.crcs", "true", NULL, 0);
    (void)rd_kafka_conf_set(conf, "fetch.min.bytes", "65536", NULL, 0);
    (void)rd_kafka_conf_set(conf, "fetch.wait.max.ms", "10", NULL, 0);
    bound_queues(conf, k->partitions);
}

static struct cw_kafka_client member(struct cw_bus_kafka *k)
{
    return (struct cw_kafka_client){
        .type = RD_KAFKA_CONSUMER,
        .extra = {{"group.id", k->settings->kafka_group},
                  {"group.instance.id", k->id},
                  {"client.id", k->id},
                  {"partition.assignment.strategy", "range"},
                  {"isolation.level", "read_committed"},
                  {"enable.auto.commit", "false"},
                  {"enable.auto.offset.store", "false"},
                  {"enable.partition.eof", "true"},
                  {"auto.offset.reset", "error"}},
        .hook = member_defaults,
        .arg = k,
    };
}

static int open_member(struct cw_bus_kafka *k, struct cw_errbuf *eb)
{
    const struct cw_kafka_client c = member(k);
    k->consumer = cw_kafka_handle(k->settings, &c, eb);
    if (!k->consumer)
        return -CW_E_FATAL;
    (void)rd_kafka_poll_set_consumer(k->consumer);
    cw_kafka_sources_watch_member(k);
    return 0;
}

int cw_bus_kafka_check(const struct cw_settings *s, struct cw_errbuf *eb)
{
    struct cw_bus_kafka k = {.settings = s};
    (void)snprintf(k.id, sizeof k.id, "%s-0", s->instance);
    const struct cw_kafka_client c = member(&k);
    int err = cw_bus_kafka_try_producer(&k, eb);
    if (!err)
        err = cw_kafka_try(s, &c, eb);
    return err ? err : cw_kafka_reader_try(s, eb);
}

int cw_bus_kafka_open(const struct cw_settings *s, int thread, struct cw_bus **ret_bus,
                      struct cw_errbuf *eb)
{
    struct cw_bus_kafka *k = calloc(1, sizeof *k);
    if (!k)
        return cw_fail(eb, CW_E_NOMEM, "no memory for the bus");
    k->bus.ops = &ops;
    k->settings = s;
    (void)snprintf(k->id, sizeof k->id, "%s-%d", s->instance, thread);
    cw_kafka_sources_init(k);
    /* The producer first: it ends what an earlier self left open, before anything is read. */
    int err = cw_bus_kafka_open_producer(k, eb);
    if (!err)
        err = cw_bus_kafka_open_readers(k, eb);
    if (!err)
        err = open_member(k, eb);
    if (err) {
        close_bus(&k->bus);
        return err;
    }
    *ret_bus = &k->bus;
    return 0;
}
