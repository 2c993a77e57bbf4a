/* What every bus must do, on Apache Kafka: assignments, transactions, fencing, and what a reader
 * may see of them. The broker's address is in CW_TEST_KAFKA; without it all of this is skipped,
 * loudly.
 *
 * Each test has topics, a group and ids of its own, so that none waits for another's session to
 * end. But for opening and feeding, all goes through struct cw_bus.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bus/bus_kafka.h"
#include "bus/kafka_handle.h"
#include "bus/topic_table.h"
#include "bus/topics.h"
#include "tests/support/kafka_settings.h"

enum { SHARDS = 3, PATIENCE_S = 60, WAIT_MS = 50, MANY = 20000 };

static struct cw_errbuf eb;

#define assert_ok(call) assert_result((call), 0, __LINE__)
#define assert_fails(call, code) assert_result((call), -(code), __LINE__)

static void assert_result(int got, int expected, int line)
{
    if (got != expected)
        fail_msg("line %d: %s, not %s: %s", line, cw_strerror(got), cw_strerror(expected),
                 got ? eb.text : "");
}

/* ---- settings and topics of one test ---- */

static struct cw_settings *prepared(const char *test)
{
    struct cw_settings *s = cw_test_kafka_settings(test);
    s->kafka_create_topics = true;
    assert_ok(cw_topics_check(s, &eb));
    return s;
}

/* A property laid over the bus's defaults. */
static void add_property(struct cw_settings *s, const char *property)
{
    struct cw_list *l = &s->kafka_properties;
    char **items = realloc(l->items, (l->n + 1) * sizeof *items);
    assert_non_null(items);
    l->items = items;
    l->items[l->n] = strdup(property);
    assert_non_null(l->items[l->n++]);
}

static struct cw_bus *opened(const struct cw_settings *s, int thread)
{
    struct cw_bus *b;
    assert_ok(cw_bus_kafka_open(s, thread, &b, &eb));
    return b;
}

static void on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *m, void *arg)
{
    (void)rk, (void)arg;
    if (m->err)
        fail_msg("feeding %s: %s", rd_kafka_topic_name(m->rkt), rd_kafka_err2str(m->err));
}

static void see_delivery(rd_kafka_conf_t *conf, void *arg)
{
    (void)arg;
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
}

/* Puts messages into an input, as an operator's system would. */
static void feed_all(const struct cw_settings *s, enum cw_input in, int32_t partition,
                     const char *key, const char *value, int n)
{
    rd_kafka_t *rk = cw_kafka_handle(s, RD_KAFKA_PRODUCER, NULL, 0, see_delivery, NULL, &eb);
    assert_non_null(rk);
    for (int i = 0; i < n; i++)
        assert_int_equal(
            rd_kafka_producev(rk, RD_KAFKA_V_TOPIC(cw_topics_input(s, in)),
                              RD_KAFKA_V_PARTITION(partition),
                              RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                              RD_KAFKA_V_KEY(key, key ? strlen(key) : 0),
                              RD_KAFKA_V_VALUE((void *)(uintptr_t)value, value ? strlen(value) : 0),
                              RD_KAFKA_V_HEADER("ce_id", "7", 1), RD_KAFKA_V_END),
            RD_KAFKA_RESP_ERR_NO_ERROR);
    assert_int_equal(rd_kafka_flush(rk, PATIENCE_S * 1000), RD_KAFKA_RESP_ERR_NO_ERROR);
    assert_int_equal(rd_kafka_outq_len(rk), 0);
    rd_kafka_destroy(rk);
}

static void feed(const struct cw_settings *s, enum cw_input in, int32_t partition, const char *key,
                 const char *value)
{
    feed_all(s, in, partition, key, value, 1);
}

/* ---- a member of the group, as a test sees it ---- */

struct member {
    struct cw_bus *bus;
    uint64_t token;
    size_t n_shards;
    bool mine[SHARDS];
    bool assigned; /* and not revoked since */
    int revoked, lost;
};

static void note_assigned(struct member *m, const struct cw_bus_event *ev)
{
    m->assigned = true;
    m->token = ev->token;
    m->n_shards = ev->n_shards;
    memset(m->mine, 0, sizeof m->mine);
    for (size_t i = 0; i < ev->n_shards; i++) {
        assert_in_range(ev->shards[i], 0, SHARDS - 1);
        m->mine[ev->shards[i]] = true;
    }
}

static enum cw_bus_happening step(struct member *m, struct cw_bus_event *ev)
{
    assert_ok(m->bus->ops->poll(m->bus, WAIT_MS, ev, &eb));
    if (ev->what == CW_BUS_FAILED)
        fail_msg("poll: %s", eb.text);
    if (ev->what == CW_BUS_ASSIGNED)
        note_assigned(m, ev);
    if (ev->what == CW_BUS_REVOKED || ev->what == CW_BUS_LOST) {
        m->assigned = false;
        m->revoked++;
        m->lost += ev->what == CW_BUS_LOST;
        assert_ok(m->bus->ops->released(m->bus, &eb));
    }
    return ev->what;
}

static time_t deadline(void)
{
    return time(NULL) + PATIENCE_S;
}

static void wait_assigned(struct member *m, size_t shards)
{
    struct cw_bus_event ev;
    for (time_t end = deadline(); !m->assigned || m->n_shards != shards;) {
        assert_true(time(NULL) < end);
        (void)step(m, &ev);
    }
}

/* Polls two members until each has its part of the shards. */
static void share(struct member *a, struct member *b)
{
    struct cw_bus_event ev;
    for (time_t end = deadline();
         !(a->assigned && b->assigned) || a->n_shards + b->n_shards != SHARDS;) {
        assert_true(time(NULL) < end);
        (void)step(a, &ev);
        (void)step(b, &ev);
    }
    for (int p = 0; p < SHARDS; p++)
        assert_true(a->mine[p] != b->mine[p]);
}

static void start_reading(struct member *m, const struct cw_positions *at)
{
    assert_ok(m->bus->ops->seek(m->bus, at, &eb));
}

static struct cw_positions from_the_beginning(int32_t shard)
{
    struct cw_positions at = {.shard = shard};
    for (enum cw_input in = 0; in < CW_INPUTS; in++)
        at.next[in] = CW_OFFSET_NONE;
    return at;
}

/* The next message or end, whichever is wanted. */
static void wait_for(struct member *m, enum cw_bus_happening what, struct cw_bus_event *ev)
{
    for (time_t end = deadline(); step(m, ev) != what;)
        assert_true(time(NULL) < end);
}

/* ---- pieces of a transaction ---- */

static void append(struct cw_bus *b, enum cw_log log, int32_t partition, const char *value)
{
    const struct cw_header header = {CW_STR("cw_detail"), CW_STR("why")};
    const struct cw_record r = {.log = log,
                                .partition = partition,
                                .key = CW_STR("key"),
                                .value = {value, strlen(value)},
                                .headers = &header,
                                .n_headers = 1};
    assert_ok(b->ops->append(b, &r, &eb));
}

static struct cw_positions billing_at(int32_t shard, int64_t next)
{
    struct cw_positions at = from_the_beginning(shard);
    at.next[CW_IN_BILLING] = next;
    return at;
}

/* A transaction with one state record and a position, left open. */
static void begin_work(struct member *m, int32_t shard, const char *value, int64_t next)
{
    const struct cw_positions at = billing_at(shard, next);
    assert_ok(m->bus->ops->begin(m->bus, m->token, &eb));
    append(m->bus, CW_LOG_STATE, shard, value);
    assert_ok(m->bus->ops->send_positions(m->bus, &at, 1, m->token, &eb));
}

static void assert_committed(struct cw_bus *b, int32_t shard, int64_t billing)
{
    struct cw_positions at;
    assert_ok(b->ops->committed(b, shard, &at, &eb));
    assert_int_equal(at.shard, shard);
    assert_int_equal(at.next[CW_IN_BILLING], billing);
    assert_int_equal(at.next[CW_IN_SERVICE], CW_OFFSET_NONE);
}

/* All values read, each followed by ';'. */
struct heard {
    char text[256];
    int64_t last;
};

static int hear(void *arg, const struct cw_message *m)
{
    struct heard *h = arg;
    size_t n = strlen(h->text);
    assert_true(m->offset > h->last);
    h->last = m->offset;
    (void)snprintf(h->text + n, sizeof h->text - n, "%.*s;", (int)m->value.n, m->value.p);
    return 0;
}

static int64_t end_of(struct cw_bus *b, enum cw_log log, int32_t partition)
{
    int64_t first = -1, end = -1;
    assert_ok(b->ops->end(b, log, partition, &first, &end, &eb));
    assert_int_equal(first, 0);
    return end;
}

static void assert_log(struct cw_bus *b, enum cw_log log, int32_t partition, const char *expected)
{
    struct heard h = {.last = -1};
    assert_ok(b->ops->read(b, log, partition, 0, end_of(b, log, partition), hear, &h, &eb));
    assert_string_equal(h.text, expected);
}

/* ---- assignment and reading ---- */

static void assignment_then_ends(void **state)
{
    (void)state;
    struct cw_settings *s = prepared("ends");
    struct member m = {.bus = opened(s, 0)};
    struct cw_bus_event ev;
    bool at_end[CW_INPUTS][SHARDS] = {{false}};
    int32_t partitions;
    wait_assigned(&m, SHARDS);
    assert_ok(m.bus->ops->partitions(m.bus, CW_LOG_STATE, &partitions, &eb));
    assert_int_equal(partitions, SHARDS);
    for (int32_t p = 0; p < SHARDS; p++) {
        const struct cw_positions at = from_the_beginning(p);
        assert_committed(m.bus, p, CW_OFFSET_NONE);
        assert_log(m.bus, CW_LOG_STATE, p, "");
        start_reading(&m, &at);
    }
    for (int left = CW_INPUTS * SHARDS; left > 0;) {
        wait_for(&m, CW_BUS_END, &ev);
        assert_int_equal(ev.end, 0);
        left -= !at_end[ev.input][ev.partition];
        at_end[ev.input][ev.partition] = true;
    }
    m.bus->ops->close(m.bus);
    cw_settings_free(s);
}

static void messages_come_whole_from_where_sought(void **state)
{
    (void)state;
    struct cw_settings *s = prepared("messages");
    struct member m = {.bus = opened(s, 0)};
    struct cw_bus_event ev;
    const struct cw_positions at = {.shard = 1,
                                    .next = {[CW_IN_PROFILES] = CW_OFFSET_NONE,
                                             [CW_IN_BILLING] = 1,
                                             [CW_IN_SERVICE] = CW_OFFSET_NONE,
                                             [CW_IN_OUTCOMES] = CW_OFFSET_NONE}};
    feed(s, CW_IN_BILLING, 1, "skipped", "before");
    feed(s, CW_IN_BILLING, 1, "client", "event");
    wait_assigned(&m, SHARDS);
    start_reading(&m, &at);
    wait_for(&m, CW_BUS_MESSAGE, &ev);
    assert_int_equal(ev.input, CW_IN_BILLING);
    assert_int_equal(ev.partition, 1);
    assert_int_equal(ev.message.partition, 1);
    assert_int_equal(ev.message.offset, 1);
    assert_int_equal(ev.message.key.n, 6);
    assert_memory_equal(ev.message.key.p, "client", 6);
    assert_int_equal(ev.message.value.n, 5);
    assert_memory_equal(ev.message.value.p, "event", 5);
    assert_true(ev.message.timestamp_ms > 0);
    assert_int_equal(ev.message.n_headers, 1);
    assert_memory_equal(ev.message.headers[0].name.p, "ce_id", 6);
    assert_int_equal(ev.message.headers[0].value.n, 1);
    /* What is absent comes as absent, not as empty. */
    feed(s, CW_IN_PROFILES, 1, "client", NULL);
    wait_for(&m, CW_BUS_MESSAGE, &ev);
    assert_int_equal(ev.input, CW_IN_PROFILES);
    assert_int_equal(ev.message.key.n, 6);
    assert_null(ev.message.value.p);
    feed(s, CW_IN_SERVICE, 1, NULL, "event");
    wait_for(&m, CW_BUS_MESSAGE, &ev);
    assert_int_equal(ev.input, CW_IN_SERVICE);
    assert_null(ev.message.key.p);
    assert_int_equal(ev.message.value.n, 5);
    m.bus->ops->close(m.bus);
    cw_settings_free(s);
}

static void nothing_is_read_before_the_seek_nor_while_paused(void **state)
{
    (void)state;
    struct cw_settings *s = prepared("paused");
    struct member m = {.bus = opened(s, 0)};
    struct cw_bus_event ev;
    const struct cw_positions one = from_the_beginning(1), two = from_the_beginning(2);
    for (int32_t p = 0; p < SHARDS; p++)
        feed(s, CW_IN_BILLING, p, "client", "event");
    wait_assigned(&m, SHARDS);
    start_reading(&m, &one);
    assert_ok(m.bus->ops->pause(m.bus, CW_IN_BILLING, 1, true, &eb));
    start_reading(&m, &two);
    /* Shard 2 being read to its end shows that there was time; shard 0 was never sought. */
    do {
        (void)step(&m, &ev);
        if (ev.what == CW_BUS_MESSAGE)
            assert_int_equal(ev.partition, 2);
    } while (ev.what != CW_BUS_END || ev.input != CW_IN_BILLING || ev.partition != 2);
    assert_ok(m.bus->ops->pause(m.bus, CW_IN_BILLING, 1, false, &eb));
    wait_for(&m, CW_BUS_MESSAGE, &ev);
    assert_int_equal(ev.partition, 1);
    m.bus->ops->close(m.bus);
    cw_settings_free(s);
}

/* Held back with messages fetched and not yet polled: they come later, each once and in order. */
static void nothing_is_lost_by_holding_back(void **state)
{
    (void)state;
    struct cw_settings *s = prepared("held");
    struct member m = {.bus = opened(s, 0)};
    struct cw_bus_event ev;
    const struct cw_positions at = from_the_beginning(1);
    int64_t next = 0;
    feed_all(s, CW_IN_BILLING, 1, "client", "event", MANY);
    wait_assigned(&m, SHARDS);
    start_reading(&m, &at);
    while (next < MANY) {
        wait_for(&m, CW_BUS_MESSAGE, &ev);
        assert_int_equal(ev.message.offset, next);
        if (++next % (MANY / 4) != 0)
            continue;
        assert_ok(m.bus->ops->pause(m.bus, CW_IN_BILLING, 1, true, &eb));
        /* What another input gives meanwhile shows that polling went on. */
        feed(s, CW_IN_SERVICE, 1, "client", "event");
        wait_for(&m, CW_BUS_MESSAGE, &ev);
        assert_int_equal(ev.input, CW_IN_SERVICE);
        assert_ok(m.bus->ops->pause(m.bus, CW_IN_BILLING, 1, false, &eb));
    }
    m.bus->ops->close(m.bus);
    cw_settings_free(s);
}

/* Takes away a partition's first messages, as retention does. */
static void trim_input(const struct cw_settings *s, enum cw_input in, int32_t partition,
                       int64_t before)
{
    rd_kafka_t *rk = cw_kafka_handle(s, RD_KAFKA_PRODUCER, NULL, 0, NULL, NULL, &eb);
    assert_non_null(rk);
    rd_kafka_queue_t *answers = rd_kafka_queue_new(rk);
    rd_kafka_topic_partition_list_t *parts = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(parts, cw_topics_input(s, in), partition)->offset = before;
    rd_kafka_DeleteRecords_t *order = rd_kafka_DeleteRecords_new(parts);
    rd_kafka_DeleteRecords(rk, &order, 1, NULL, answers);
    rd_kafka_event_t *answer = rd_kafka_queue_poll(answers, PATIENCE_S * 1000);
    assert_non_null(answer);
    assert_int_equal(rd_kafka_event_error(answer), RD_KAFKA_RESP_ERR_NO_ERROR);
    rd_kafka_event_destroy(answer);
    rd_kafka_DeleteRecords_destroy(order);
    rd_kafka_topic_partition_list_destroy(parts);
    rd_kafka_queue_destroy(answers);
    rd_kafka_destroy(rk);
}

/* Started again and again, for whether a fetch gets out before the pause is a matter of luck. */
static void an_input_whose_oldest_are_gone_can_be_read(void **state)
{
    (void)state;
    enum { FED = 10, GONE = 6, STARTS = 6 };
    struct cw_settings *s = prepared("trimmed");
    const struct cw_positions at = from_the_beginning(1);
    feed_all(s, CW_IN_BILLING, 1, "client", "event", FED);
    trim_input(s, CW_IN_BILLING, 1, GONE);
    for (int i = 0; i < STARTS; i++) {
        struct member m = {.bus = opened(s, 0)};
        struct cw_bus_event ev;
        wait_assigned(&m, SHARDS);
        start_reading(&m, &at);
        wait_for(&m, CW_BUS_MESSAGE, &ev);
        assert_int_equal(ev.message.offset, GONE);
        m.bus->ops->close(m.bus);
    }
    cw_settings_free(s);
}

/* ---- transactions ---- */

static void commit_moves_positions_and_shows_records(void **state)
{
    (void)state;
    struct cw_settings *s = prepared("commit");
    struct member m = {.bus = opened(s, 0)};
    wait_assigned(&m, SHARDS);
    begin_work(&m, 2, "state", 5);
    append(m.bus, CW_LOG_TASKS, 2, "task");
    append(m.bus, CW_LOG_DEAD_LETTERS, 2, "letter");
    assert_ok(m.bus->ops->commit(m.bus, &eb));
    assert_committed(m.bus, 2, 5);
    assert_committed(m.bus, 1, CW_OFFSET_NONE);
    assert_log(m.bus, CW_LOG_STATE, 2, "state;");
    assert_log(m.bus, CW_LOG_TASKS, 2, "task;");
    assert_log(m.bus, CW_LOG_DEAD_LETTERS, 2, "letter;");
    assert_log(m.bus, CW_LOG_STATE, 1, "");
    m.bus->ops->close(m.bus);
    cw_settings_free(s);
}

static void abort_hides_both_and_is_read_through(void **state)
{
    (void)state;
    struct cw_settings *s = prepared("abort");
    struct member m = {.bus = opened(s, 0)};
    wait_assigned(&m, SHARDS);
    begin_work(&m, 0, "kept", 3);
    assert_ok(m.bus->ops->commit(m.bus, &eb));
    begin_work(&m, 0, "ghost", 9);
    assert_ok(m.bus->ops->abort(m.bus, &eb));
    assert_committed(m.bus, 0, 3);
    /* The log now ends in what was aborted: a reader must still come to its end. */
    assert_true(end_of(m.bus, CW_LOG_STATE, 0) >= 4);
    assert_log(m.bus, CW_LOG_STATE, 0, "kept;");
    begin_work(&m, 0, "after", 4);
    assert_ok(m.bus->ops->commit(m.bus, &eb));
    assert_committed(m.bus, 0, 4);
    assert_log(m.bus, CW_LOG_STATE, 0, "kept;after;");
    m.bus->ops->close(m.bus);
    cw_settings_free(s);
}

/* The protocol aborts whenever something failed, also before it had begun. */
static void abort_with_nothing_open_is_harmless(void **state)
{
    (void)state;
    struct cw_settings *s = prepared("idle");
    struct member m = {.bus = opened(s, 0)};
    wait_assigned(&m, SHARDS);
    assert_ok(m.bus->ops->abort(m.bus, &eb));
    begin_work(&m, 0, "first", 1);
    assert_ok(m.bus->ops->commit(m.bus, &eb));
    assert_ok(m.bus->ops->abort(m.bus, &eb));
    begin_work(&m, 0, "second", 2);
    assert_ok(m.bus->ops->commit(m.bus, &eb));
    assert_log(m.bus, CW_LOG_STATE, 0, "first;second;");
    m.bus->ops->close(m.bus);
    cw_settings_free(s);
}

static int stop_at_first(void *arg, const struct cw_message *m)
{
    (void)m;
    ++*(int *)arg;
    return 42;
}

static void a_reader_may_stop_early(void **state)
{
    (void)state;
    struct cw_settings *s = prepared("early");
    struct member m = {.bus = opened(s, 0)};
    int calls = 0;
    wait_assigned(&m, SHARDS);
    begin_work(&m, 0, "one", 1);
    append(m.bus, CW_LOG_STATE, 0, "two");
    assert_ok(m.bus->ops->commit(m.bus, &eb));
    assert_int_equal(m.bus->ops->read(m.bus, CW_LOG_STATE, 0, 0, end_of(m.bus, CW_LOG_STATE, 0),
                                      stop_at_first, &calls, &eb),
                     42);
    assert_int_equal(calls, 1);
    assert_log(m.bus, CW_LOG_STATE, 0, "one;two;");
    m.bus->ops->close(m.bus);
    cw_settings_free(s);
}

/* ---- restoring while another commits ---- */

struct restorer {
    struct cw_bus *bus;
    atomic_bool *committing;
    struct cw_positions at;
    struct heard heard;
    bool early; /* it got an answer before the transaction was ended */
    int err;
};

/* Positions, then the end, then the records, as a restore asks for them. */
static void *restore(void *arg)
{
    struct restorer *r = arg;
    struct cw_errbuf said;
    int64_t first, end;
    r->err = r->bus->ops->committed(r->bus, 0, &r->at, &said);
    r->early = !atomic_load(r->committing);
    if (!r->err)
        r->err = r->bus->ops->end(r->bus, CW_LOG_STATE, 0, &first, &end, &said);
    if (!r->err)
        r->err = r->bus->ops->read(r->bus, CW_LOG_STATE, 0, 0, end, hear, &r->heard, &said);
    return NULL;
}

static void a_restore_waits_for_the_open_transaction(void **state)
{
    (void)state;
    struct cw_settings *s = prepared("restore");
    struct member m = {.bus = opened(s, 0)}, other = {.bus = opened(s, 1)};
    atomic_bool committing = false;
    struct restorer r = {.committing = &committing, .heard = {.last = -1}};
    pthread_t thread;
    share(&m, &other);
    r.bus = other.bus;
    begin_work(&m, 0, "open", 7);
    /* The end counts what is not committed. The record is on its way; the end will show it. */
    for (time_t until = deadline(); end_of(m.bus, CW_LOG_STATE, 0) < 1;)
        assert_true(time(NULL) < until);
    assert_int_equal(pthread_create(&thread, NULL, restore, &r), 0);
    /* Time for a reader that does not wait to be caught. */
    for (int i = 0; i < 300; i++)
        (void)end_of(m.bus, CW_LOG_STATE, 0);
    atomic_store(&committing, true);
    assert_ok(m.bus->ops->commit(m.bus, &eb));
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(r.err, 0);
    assert_false(r.early);
    assert_int_equal(r.at.next[CW_IN_BILLING], 7);
    assert_string_equal(r.heard.text, "open;");
    r.bus->ops->close(r.bus);
    m.bus->ops->close(m.bus);
    cw_settings_free(s);
}

static void the_end_counts_what_is_not_committed(void **state)
{
    (void)state;
    struct cw_settings *s = prepared("uncommitted");
    struct member m = {.bus = opened(s, 0)};
    wait_assigned(&m, SHARDS);
    begin_work(&m, 0, "kept", 1);
    assert_ok(m.bus->ops->commit(m.bus, &eb));
    int64_t stable = end_of(m.bus, CW_LOG_STATE, 0);
    begin_work(&m, 0, "open", 2);
    for (time_t until = deadline(); end_of(m.bus, CW_LOG_STATE, 0) <= stable;)
        assert_true(time(NULL) < until);
    /* Up to where all was committed, nothing has to be waited for. */
    struct heard h = {.last = -1};
    assert_ok(m.bus->ops->read(m.bus, CW_LOG_STATE, 0, 0, stable, hear, &h, &eb));
    assert_string_equal(h.text, "kept;");
    assert_ok(m.bus->ops->abort(m.bus, &eb));
    m.bus->ops->close(m.bus);
    cw_settings_free(s);
}

/* ---- members against each other ---- */

static void a_second_self_fences_the_first(void **state)
{
    (void)state;
    struct cw_settings *s = prepared("fence");
    struct member old = {.bus = opened(s, 0)};
    wait_assigned(&old, SHARDS);
    begin_work(&old, 0, "ghost", 4);
    struct member new = {.bus = opened(s, 0)};
    assert_fails(old.bus->ops->commit(old.bus, &eb), CW_E_FATAL);
    wait_assigned(&new, SHARDS);
    assert_committed(new.bus, 0, CW_OFFSET_NONE);
    assert_log(new.bus, CW_LOG_STATE, 0, "");
    begin_work(&new, 0, "real", 2);
    assert_ok(new.bus->ops->commit(new.bus, &eb));
    assert_log(new.bus, CW_LOG_STATE, 0, "real;");
    old.bus->ops->close(old.bus);
    new.bus->ops->close(new.bus);
    cw_settings_free(s);
}

static void a_second_member_takes_shards_and_the_old_token_is_void(void **state)
{
    (void)state;
    struct cw_settings *s = prepared("revoke");
    struct member a = {.bus = opened(s, 0)}, b = {0};
    struct cw_bus_event ev;
    const struct cw_positions at = billing_at(0, 8);
    wait_assigned(&a, SHARDS);
    uint64_t old = a.token;
    begin_work(&a, 0, "ghost", 8);
    b.bus = opened(s, 1);
    for (time_t end = deadline(); a.revoked == 0;) {
        assert_true(time(NULL) < end);
        (void)step(&a, &ev);
        (void)step(&b, &ev);
    }
    assert_fails(a.bus->ops->send_positions(a.bus, &at, 1, old, &eb), CW_E_REVOKED);
    assert_ok(a.bus->ops->abort(a.bus, &eb));
    assert_fails(a.bus->ops->begin(a.bus, old, &eb), CW_E_REVOKED);
    share(&a, &b);
    assert_true(a.token != old);
    assert_fails(a.bus->ops->begin(a.bus, old, &eb), CW_E_REVOKED);
    assert_committed(b.bus, 0, CW_OFFSET_NONE);
    assert_log(b.bus, CW_LOG_STATE, 0, "");
    a.bus->ops->close(a.bus);
    b.bus->ops->close(b.bus);
    cw_settings_free(s);
}

/* A member that stopped polling for so long that the group gave its shards away, and does not know:
 * its work, begun under the assignment it believes in, must not count. */
static void a_zombies_commit_is_refused(void **state)
{
    (void)state;
    struct cw_settings *s = prepared("zombie");
    add_property(s, "session.timeout.ms=6000");
    add_property(s, "max.poll.interval.ms=6000");
    struct member zombie = {.bus = opened(s, 0)}, heir = {0};
    wait_assigned(&zombie, SHARDS);
    heir.bus = opened(s, 1);
    wait_assigned(&heir, SHARDS);
    begin_work(&heir, 0, "real", 6);
    assert_ok(heir.bus->ops->commit(heir.bus, &eb));

    const struct cw_positions stale = billing_at(0, 2);
    assert_int_equal(zombie.revoked, 0);
    assert_ok(zombie.bus->ops->begin(zombie.bus, zombie.token, &eb));
    append(zombie.bus, CW_LOG_STATE, 0, "ghost");
    int err = zombie.bus->ops->send_positions(zombie.bus, &stale, 1, zombie.token, &eb);
    if (err != -CW_E_REVOKED && err != -CW_E_ABORT)
        fail_msg("a zombie's positions: %s: %s", cw_strerror(err), err ? eb.text : "accepted");
    assert_ok(zombie.bus->ops->abort(zombie.bus, &eb));
    assert_committed(heir.bus, 0, 6);
    assert_log(heir.bus, CW_LOG_STATE, 0, "real;");
    zombie.bus->ops->close(zombie.bus);
    heir.bus->ops->close(heir.bus);
    cw_settings_free(s);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(assignment_then_ends),
        cmocka_unit_test(messages_come_whole_from_where_sought),
        cmocka_unit_test(nothing_is_read_before_the_seek_nor_while_paused),
        cmocka_unit_test(nothing_is_lost_by_holding_back),
        cmocka_unit_test(an_input_whose_oldest_are_gone_can_be_read),
        cmocka_unit_test(commit_moves_positions_and_shows_records),
        cmocka_unit_test(abort_hides_both_and_is_read_through),
        cmocka_unit_test(abort_with_nothing_open_is_harmless),
        cmocka_unit_test(a_reader_may_stop_early),
        cmocka_unit_test(a_restore_waits_for_the_open_transaction),
        cmocka_unit_test(the_end_counts_what_is_not_committed),
        cmocka_unit_test(a_second_self_fences_the_first),
        cmocka_unit_test(a_second_member_takes_shards_and_the_old_token_is_void),
        cmocka_unit_test(a_zombies_commit_is_refused),
    };
    return cw_test_kafka() ? cmocka_run_group_tests(tests, NULL, NULL) : CW_TEST_SKIPPED;
}
