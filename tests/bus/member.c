/* A bus as a test drives it: see member.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "bus/logs.h"
#include "bus/topic_table.h"
#include "tests/bus/member.h"

struct cw_errbuf said;
const struct adapter *adapter;

void assert_result(int got, int expected, int line)
{
    if (got != expected)
        fail_msg("line %d: %s, not %s: %s", line, cw_strerror(got), cw_strerror(expected),
                 got ? said.text : "");
}

/* ---- opening and feeding ---- */

struct cw_bus *opened(const struct cw_settings *s, int thread)
{
    struct cw_bus *b;
    assert_ok(adapter->open(s, thread, &b, &said));
    return b;
}

static struct cw_str text_of(const char *text)
{
    return (struct cw_str){text, text ? strlen(text) : 0};
}

void feed_all(const struct cw_settings *s, enum cw_input in, int32_t partition, const char *key,
              const char *value, int n)
{
    const struct cw_header header = {CW_STR("ce_id"), CW_STR("7")};
    const struct cw_logs_record r = {.topic = cw_topics_input(s, in),
                                     .partition = partition,
                                     .key = text_of(key),
                                     .value = text_of(value),
                                     .headers = &header,
                                     .n_headers = 1};
    struct cw_logs *logs;
    assert_ok(cw_logs_open(s, &logs, &said));
    for (int i = 0; i < n; i++)
        assert_ok(logs->ops->append(logs, &r, &said));
    assert_ok(logs->ops->flush(logs, &said));
    cw_logs_close(logs);
}

void feed(const struct cw_settings *s, enum cw_input in, int32_t partition, const char *key,
          const char *value)
{
    feed_all(s, in, partition, key, value, 1);
}

/* ---- a member ---- */

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

enum cw_bus_happening step(struct member *m, struct cw_bus_event *ev)
{
    assert_ok(m->bus->ops->poll(m->bus, WAIT_MS, ev, &said));
    if (ev->what == CW_BUS_FAILED)
        fail_msg("poll: %s", said.text);
    if (ev->what == CW_BUS_ASSIGNED)
        note_assigned(m, ev);
    if (ev->what == CW_BUS_REVOKED || ev->what == CW_BUS_LOST) {
        m->assigned = false;
        m->revoked++;
        m->lost += ev->what == CW_BUS_LOST;
    }
    return ev->what;
}

time_t deadline(void)
{
    return time(NULL) + PATIENCE_S;
}

void wait_assigned(struct member *m, size_t shards)
{
    struct cw_bus_event ev;
    for (time_t end = deadline(); !m->assigned || m->n_shards != shards;) {
        assert_true(time(NULL) < end);
        (void)step(m, &ev);
    }
}

/* Polls two members until each has its part of the shards. */
void share(struct member *a, struct member *b)
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

void start_reading(struct member *m, const struct cw_positions *at)
{
    assert_ok(m->bus->ops->seek(m->bus, at, &said));
}

struct cw_positions from_the_beginning(int32_t shard)
{
    struct cw_positions at = {.shard = shard};
    for (enum cw_input in = 0; in < CW_INPUTS; in++)
        at.next[in] = CW_OFFSET_NONE;
    return at;
}

/* The next message or end, whichever is wanted. */
void wait_for(struct member *m, enum cw_bus_happening what, struct cw_bus_event *ev)
{
    for (time_t end = deadline(); step(m, ev) != what;)
        assert_true(time(NULL) < end);
}

/* ---- pieces of a transaction ---- */

void append(struct cw_bus *b, enum cw_log log, int32_t partition, const char *value)
{
    const struct cw_header header = {CW_STR("cw_detail"), CW_STR("why")};
    const struct cw_record r = {.log = log,
                                .partition = partition,
                                .key = CW_STR("key"),
                                .value = {value, strlen(value)},
                                .headers = &header,
                                .n_headers = 1};
    assert_ok(b->ops->append(b, &r, &said));
}

struct cw_positions billing_at(int32_t shard, int64_t next)
{
    struct cw_positions at = from_the_beginning(shard);
    at.next[CW_IN_BILLING] = next;
    return at;
}

/* A transaction with one state record and a position, left open. */
void begin_work(struct member *m, int32_t shard, const char *value, int64_t next)
{
    const struct cw_positions at = billing_at(shard, next);
    assert_ok(m->bus->ops->begin(m->bus, m->token, &said));
    append(m->bus, CW_LOG_STATE, shard, value);
    assert_ok(m->bus->ops->send_positions(m->bus, &at, 1, m->token, &said));
}

void assert_committed(struct cw_bus *b, int32_t shard, int64_t billing)
{
    struct cw_positions at;
    assert_ok(b->ops->committed(b, shard, &at, &said));
    assert_int_equal(at.shard, shard);
    assert_int_equal(at.next[CW_IN_BILLING], billing);
    assert_int_equal(at.next[CW_IN_SERVICE], CW_OFFSET_NONE);
}

int hear(void *arg, const struct cw_message *m)
{
    struct heard *h = arg;
    size_t n = strlen(h->text);
    assert_true(m->offset > h->last);
    h->last = m->offset;
    (void)snprintf(h->text + n, sizeof h->text - n, "%.*s;", (int)m->value.n, m->value.p);
    return 0;
}

int64_t end_of(struct cw_bus *b, enum cw_log log, int32_t partition)
{
    int64_t first = -1, end = -1;
    assert_ok(b->ops->end(b, log, partition, &first, &end, &said));
    assert_int_equal(first, 0);
    return end;
}

void assert_log(struct cw_bus *b, enum cw_log log, int32_t partition, const char *expected)
{
    struct heard h = {.last = -1};
    assert_ok(b->ops->read(b, log, partition, 0, end_of(b, log, partition), hear, &h, &said));
    assert_string_equal(h.text, expected);
}
