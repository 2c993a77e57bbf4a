/* The protocol on a bus in memory, with the real core: whatever fails, wherever, the same task
 * versions and dead letters come out, once each.
 */
#include <inttypes.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "board/log.h"
#include "config/load.h"
#include "engine/protocol.h"
#include "engine/repair_order.h"
#include "engine/statelog.h"
#include "tests/support/bus_memory.h"

#define PARTITIONS 2
#define CLIENTS 12
#define TURNS_MOST 5000
#define BASE (INT64_C(1772380800) * CW_SECOND) /* 2026-03-02T00:00:00+08:00 */

/* ---- the world ---- */

static struct cw_settings *settings_of(const char *batch)
{
    char *items[] = {(char *)"language=en", (char *)batch};
    struct cw_list overrides = {items, 2};
    struct cw_settings *s = NULL;
    struct cw_buf complaints = {0};
    assert_int_equal(cw_settings_load(NULL, &overrides, &s, &complaints), 0);
    cw_buf_free(&complaints);
    return s;
}

static void put_event(struct mem *m, enum cw_input in, int i, const char *client, cw_event_time t,
                      const char *type, const char *data)
{
    char json[512], time[40];
    struct cw_date d = cw_date_of((cw_day)(t / CW_DAY));
    int64_t s = t / CW_SECOND % 86400;
    (void)snprintf(time, sizeof time, "%04d-%02d-%02dT%02d:%02d:%02dZ", d.year, d.month, d.mday,
                   (int)(s / 3600), (int)(s / 60 % 60), (int)(s % 60));
    (void)snprintf(json, sizeof json,
                   "{\"specversion\":\"1.0\",\"id\":\"e%d\",\"source\":\"/t\",\"type\":\"%s\","
                   "\"time\":\"%s\",\"subject\":\"%s\",\"data\":%s}",
                   i, type, time, client, data);
    (void)mem_put(m, in, client, json, NULL, 0);
}

static const struct kind {
    enum cw_input in;
    const char *type, *data;
} kinds[] = {
    {CW_IN_BILLING, "billing.charge",
     "{\"msisdn\":\"8613500000001\",\"amount\":12.5,\"category\":\"voice\"}"},
    {CW_IN_SERVICE, "service.suspended",
     "{\"msisdn\":\"8613500000001\",\"direction\":\"outgoing\",\"reason\":\"other\"}"},
    {CW_IN_BILLING, "billing.arrears", "{\"amount\":900,\"days_overdue\":40}"},
    {CW_IN_SERVICE, "service.port_out", "{\"msisdn\":\"8613500000001\",\"stage\":\"inquiry\"}"},
    {CW_IN_SERVICE, "care.complaint", "{\"severity\":4,\"topic\":\"bill\",\"ticket\":\"T\"}"},
    {CW_IN_SERVICE, "care.complaint", "{\"severity\":9,\"topic\":\"bill\",\"ticket\":\"T\"}"},
    {CW_IN_BILLING, "billing.of_tomorrow", "{}"},
    {CW_IN_BILLING, "billing.payment", "{\"amount\":900}"},
    {CW_IN_SERVICE, "service.resumed", "{\"msisdn\":\"8613500000001\"}"},
};
#define KINDS ((int)(sizeof kinds / sizeof kinds[0]))

/* Messages from..to of one endless story: three quarters of an hour apart, some late, some bad. */
static void put_story(struct mem *m, int from, int to)
{
    for (int i = from; i < to; i++) {
        char client[16];
        const struct kind *k = &kinds[i % KINDS];
        (void)snprintf(client, sizeof client, "g-%02d", i * 5 % CLIENTS);
        cw_event_time t = BASE + i * 45 * CW_MINUTE - (i % 5 == 0 ? CW_HOUR : 0);
        put_event(m, k->in, i, client, t, k->type, k->data);
    }
}

static void put_profiles(struct mem *m, int n, int step)
{
    for (int i = 0; i < n; i += step) {
        char client[16], json[256];
        (void)snprintf(client, sizeof client, "g-%02d", i);
        (void)snprintf(json, sizeof json,
                       "{\"client_id\":\"%s\",\"kind\":\"group\",\"manager\":\"am%d\"}", client, i);
        (void)mem_put(m, CW_IN_PROFILES, client, json, NULL, 0);
    }
}

static struct mem *world(int messages)
{
    static const char manager[] = "{\"manager_id\":\"am2\",\"chief_manager\":\"chief\"}";
    struct mem *m = mem_new(PARTITIONS);
    mem_put_log(m, CW_LOG_MANAGERS, 1, CW_STR("am2"), (struct cw_str){manager, strlen(manager)});
    put_profiles(m, CLIENTS, 2);
    put_story(m, 0, messages);
    return m;
}

/* ---- an instance ---- */

struct instance {
    struct cw_settings *settings;
    struct cw_board *board;
    struct cw_bus *bus;
    struct cw_protocol *p;
    int restarts;
};

static void start(struct instance *x, struct mem *m, struct cw_settings *s)
{
    x->settings = s;
    x->board = cw_board_new();
    x->bus = mem_open(m);
    x->p = cw_protocol_new(s, x->bus, x->board, mem_env(m));
    assert_non_null(x->board);
    assert_non_null(x->p);
}

static void end(struct instance *x)
{
    cw_protocol_free(x->p);
    x->bus->ops->close(x->bus);
    cw_board_free(x->board);
}

static void restart(struct instance *x, struct mem *m)
{
    struct cw_settings *s = x->settings;
    end(x);
    start(x, m, s);
}

/* Turns until all input is committed, starting anew after each crash. */
static void drain(struct instance *x, struct mem *m)
{
    x->restarts = 0;
    for (int i = 0; i < TURNS_MOST; i++) {
        if (mem_all_read(m))
            return;
        if (cw_protocol_turn(x->p) != 0) {
            restart(x, m);
            x->restarts++;
        }
    }
    fail_msg("the input is not read after %d turns", TURNS_MOST);
}

static void turn(struct instance *x, int times)
{
    for (; times > 0; times--)
        assert_int_equal(cw_protocol_turn(x->p), 0);
}

static const struct cw_shard_status *standing(struct instance *x, int32_t shard)
{
    static struct cw_shard_status all[PARTITIONS];
    assert_int_equal(cw_board_shards(x->board, all, PARTITIONS), PARTITIONS);
    return &all[shard];
}

/* A shard whose state does not fit is looked at again for half a minute, and stops then. */
static void outlast_doubt(struct instance *x, struct mem *m)
{
    turn(x, 5);
    for (int i = 0; i < TURNS_MOST; i++) {
        bool doubted = false;
        for (int32_t p = 0; p < PARTITIONS; p++)
            doubted |= standing(x, p)->standing == CW_SHARD_ASSIGNED;
        if (!doubted)
            return;
        mem_env(m)->rest(mem_env(m)->arg, 1000);
        turn(x, 1);
    }
    fail_msg("a shard is doubted for %d turns", TURNS_MOST);
}

/* ---- what came out ---- */

static void put_headers(struct cw_buf *b, const struct cw_message *m)
{
    for (size_t i = 0; i < m->n_headers; i++) {
        const struct cw_header *h = &m->headers[i];
        cw_buf_printf(b, " %.*s=%.*s", (int)h->name.n, h->name.p, (int)h->value.n, h->value.p);
    }
}

/* Everything committed to tasks and dead letters, in order, as text. */
static struct cw_buf outcome_of(const struct mem *m)
{
    struct cw_buf b = {0};
    static const enum cw_log logs[] = {CW_LOG_TASKS, CW_LOG_DEAD_LETTERS};
    for (size_t k = 0; k < 2; k++)
        for (int32_t p = 0; p < PARTITIONS; p++) {
            const struct cw_message *r;
            for (size_t i = 0; (r = mem_record(m, logs[k], p, i)); i++) {
                cw_buf_printf(&b, "%d/%d %.*s %.*s", (int)logs[k], p, (int)r->key.n, r->key.p,
                              (int)r->value.n, r->value.p);
                put_headers(&b, r);
                cw_buf_puts(&b, "\n");
            }
        }
    assert_false(b.failed);
    return b;
}

static void same_outcome(const struct mem *m, const struct cw_buf *reference, const char *when)
{
    struct cw_buf b = outcome_of(m);
    if (b.n != reference->n || memcmp(b.p, reference->p, b.n) != 0)
        fail_msg("%s: other tasks came out:\n%.*s\n--- instead of\n%.*s", when, (int)b.n, b.p,
                 (int)reference->n, reference->p);
    cw_buf_free(&b);
}

static struct cw_buf reference_of(struct cw_settings *s, int messages)
{
    struct instance x;
    struct mem *m = world(messages);
    start(&x, m, s);
    drain(&x, m);
    struct cw_buf b = outcome_of(m);
    assert_true(b.n > 1000);
    end(&x);
    mem_free(m);
    return b;
}

/* ---- the tests ---- */

static const char *const fault_names[MEM_FAULTS] = {"none", "abort",        "retry",      "revoke",
                                                    "lose", "crash before", "crash after"};

/* Returns false when the run had fewer calls than nth. What a fault did to the state log shows in
 * what an instance restored from it makes of further messages. */
static bool one_fault(struct cw_settings *s, enum mem_fault what, unsigned nth, int looks,
                      const struct cw_buf *reference)
{
    struct instance x;
    struct mem *m = world(60);
    char when[64];
    (void)snprintf(when, sizeof when, "%s at call %u", fault_names[what], nth);
    if (looks)
        mem_hand_set(m, looks);
    mem_fault(m, what, nth);
    start(&x, m, s);
    drain(&x, m);
    bool reached = mem_calls(m) >= nth;
    if (x.restarts != (reached && what >= MEM_CRASH_BEFORE))
        fail_msg("%s: %d restarts", when, x.restarts);
    mem_fault(m, MEM_NONE, 0);
    restart(&x, m);
    put_story(m, 60, 90);
    drain(&x, m);
    assert_true((looks > 0) == (mem_hand_works(m) > 3));
    same_outcome(m, reference, when);
    end(&x);
    mem_free(m);
    return reached;
}

static void each_fault(int looks)
{
    struct cw_settings *s = settings_of("engine.batch_messages=7");
    struct cw_buf reference = reference_of(s, 90);
    for (enum mem_fault what = MEM_ABORT; what < MEM_FAULTS; what++) {
        unsigned nth = 1;
        while (one_fault(s, what, nth, looks, &reference))
            nth++;
        assert_true(nth > 50); /* there were that many places to fail at */
    }
    cw_buf_free(&reference);
    cw_settings_free(s);
}

static void faults_change_nothing(void **state)
{
    (void)state;
    each_fault(0);
}

/* What was judged meanwhile is neither lost nor told twice. */
static void faults_change_nothing_while_a_commit_is_under_way(void **state)
{
    (void)state;
    each_fault(1);
    each_fault(3);
}

/* An instance with a commit under way that does not end by itself. */
static struct cw_settings *begin_a_commit(struct instance *x, struct mem *m)
{
    struct cw_settings *s = settings_of("engine.batch_messages=5000");
    s->commit_interval_backlog = s->commit_interval_history = 1;
    mem_hand_set(m, INT_MAX);
    start(x, m, s);
    for (int i = 0; mem_hand_works(m) == 0; i++) {
        assert_true(i < TURNS_MOST);
        turn(x, 1);
    }
    return s;
}

static void the_next_batch_is_judged_while_a_commit_is_under_way(void **state)
{
    (void)state;
    struct instance x;
    struct mem *m = world(200);
    struct cw_settings *s = begin_a_commit(&x, m);
    cw_event_time clock = cw_shard_clock(cw_protocol_shard(x.p, 0));
    put_story(m, 200, 300);
    turn(&x, 20);
    assert_true(cw_shard_clock(cw_protocol_shard(x.p, 0)) > clock);
    assert_int_equal(mem_commits(m), 0);
    assert_int_equal(cw_protocol_finish(x.p), 0);
    assert_int_equal(mem_commits(m), 2);
    assert_true(mem_all_read(m));
    end(&x);
    mem_free(m);
    cw_settings_free(s);
}

static void a_revocation_waits_for_the_commit_under_way(void **state)
{
    (void)state;
    struct instance x;
    struct mem *m = world(200);
    struct cw_settings *s = begin_a_commit(&x, m);
    struct cw_hand *hand = mem_env(m)->hand;
    mem_revoke(x.bus, false);
    turn(&x, 20);
    assert_int_equal(standing(&x, 0)->standing, CW_SHARD_RUNNING);
    hand->finish(hand);
    for (int i = 0; cw_protocol_assigned(x.p); i++) {
        assert_true(i < TURNS_MOST);
        turn(&x, 1);
    }
    end(&x);
    mem_free(m);
    cw_settings_free(s);
}

static void batch_size_changes_nothing(void **state)
{
    (void)state;
    struct cw_settings *seven = settings_of("engine.batch_messages=7");
    struct cw_settings *many = settings_of("engine.batch_messages=5000");
    struct cw_buf reference = reference_of(seven, 60), other = reference_of(many, 60);
    assert_int_equal(reference.n, other.n);
    assert_memory_equal(reference.p, other.p, other.n);
    cw_buf_free(&reference);
    cw_buf_free(&other);
    cw_settings_free(seven);
    cw_settings_free(many);
}

/* The first billing message is far too late: its place is that of the greatest time before it,
 * which only the position record knows after a restart; so the other one opens this client's task.
 */
static void put_late_start(struct mem *m)
{
    put_event(m, CW_IN_BILLING, 9001, "g-new", BASE, kinds[2].type, kinds[2].data);
    put_event(m, CW_IN_SERVICE, 9002, "g-new", BASE + CW_HOUR, kinds[1].type, kinds[1].data);
}

static void restart_goes_on_byte_for_byte(void **state)
{
    (void)state;
    struct cw_settings *s = settings_of("engine.batch_messages=5000");
    struct cw_buf b[2];
    for (int stop = 0; stop < 2; stop++) {
        struct instance x;
        struct mem *m = world(100);
        start(&x, m, s);
        drain(&x, m);
        size_t before = mem_commits(m);
        if (stop) {
            assert_int_equal(cw_protocol_finish(x.p), 0);
            restart(&x, m);
        }
        put_late_start(m);
        put_story(m, 100, 200);
        drain(&x, m);
        assert_true(mem_commits(m) > before);
        b[stop] = outcome_of(m);
        assert_int_equal(cw_board_counter(x.board, CW_COUNT_restores), PARTITIONS);
        end(&x);
        mem_free(m);
    }
    assert_int_equal(b[0].n, b[1].n);
    assert_memory_equal(b[0].p, b[1].p, b[0].n);
    cw_buf_free(&b[0]);
    cw_buf_free(&b[1]);
    cw_settings_free(s);
}

static void finish_commits_what_was_judged(void **state)
{
    (void)state;
    struct cw_settings *s = settings_of("engine.commit_interval_ms=10000");
    struct instance x;
    struct mem *m = world(0);
    start(&x, m, s);
    drain(&x, m);
    /* No task comes of it, so it waits for the interval. */
    put_event(m, CW_IN_BILLING, 0, "g-00", BASE, kinds[0].type, kinds[0].data);
    turn(&x, 10);
    assert_false(mem_all_read(m));
    assert_int_equal(cw_protocol_finish(x.p), 0);
    assert_true(mem_all_read(m));
    end(&x);
    mem_free(m);
    cw_settings_free(s);
}

static void revocations_between_calls(void **state)
{
    (void)state;
    struct cw_settings *s = settings_of("engine.batch_messages=7");
    struct cw_buf reference = reference_of(s, 60);
    for (int lost = 0; lost < 2; lost++) {
        struct instance x;
        struct mem *m = world(60);
        start(&x, m, s);
        for (int i = 0; i < 12; i++) {
            turn(&x, 3);
            mem_revoke(x.bus, lost);
        }
        drain(&x, m);
        same_outcome(m, &reference, lost ? "lost" : "revoked");
        assert_int_equal(cw_board_counter(x.board, CW_COUNT_rebalances), 13);
        end(&x);
        mem_free(m);
    }
    cw_buf_free(&reference);
    cw_settings_free(s);
}

static void a_bad_message_goes_to_the_dead_letters(void **state)
{
    (void)state;
    static const struct cw_header trace = {CW_STR("trace"), CW_STR("a\0b")};
    struct cw_settings *s = settings_of("engine.batch_messages=7");
    struct instance x;
    struct mem *m = world(0);
    int64_t offset = mem_put(m, CW_IN_SERVICE, "g-01", "{\"no json", &trace, 1);
    start(&x, m, s);
    drain(&x, m);
    int32_t p = cw_partition_of(CW_STR("g-01"), PARTITIONS);
    const struct cw_message *dead = mem_record(m, CW_LOG_DEAD_LETTERS, p, 0);
    assert_non_null(dead);
    assert_null(mem_record(m, CW_LOG_DEAD_LETTERS, p, 1));
    assert_int_equal(dead->key.n, 4);
    assert_memory_equal(dead->key.p, "g-01", 4);
    assert_int_equal(dead->value.n, 9);
    assert_memory_equal(dead->value.p, "{\"no json", 9);
    assert_int_equal(dead->n_headers, 6);
    assert_int_equal(dead->headers[0].value.n, 3);
    assert_memory_equal(dead->headers[0].value.p, "a\0b", 3);
    char expected[128];
    struct cw_buf told = {0};
    put_headers(&told, dead);
    cw_buf_u8(&told, 0);
    (void)snprintf(expected, sizeof expected,
                   " cw_topic=service.events cw_partition=%d cw_offset=%lld", p, (long long)offset);
    assert_non_null(memmem(told.p, told.n, " cw_error=not-json cw_detail=", 29));
    assert_non_null(memmem(told.p, told.n, expected, strlen(expected)));
    assert_int_equal(cw_board_rejects(x.board, CW_IN_SERVICE, CW_REJECT_NOT_JSON), 1);
    cw_buf_free(&told);
    end(&x);
    mem_free(m);
    cw_settings_free(s);
}

/* Shard 0 is tampered with while nobody runs; shard 1 must go on as if nothing had happened. */
static void stops_alone(void (*tamper)(struct mem *m), const char *reason)
{
    struct cw_settings *s = settings_of("engine.batch_messages=7");
    struct instance x;
    struct mem *m = world(60);
    start(&x, m, s);
    drain(&x, m);
    tamper(m);
    restart(&x, m);
    outlast_doubt(&x, m);
    assert_int_equal(standing(&x, 0)->standing, CW_SHARD_STOPPED);
    if (!strstr(standing(&x, 0)->reason, reason))
        fail_msg("reason: %s", standing(&x, 0)->reason);
    assert_int_equal(standing(&x, 1)->standing, CW_SHARD_RUNNING);
    int64_t at = mem_committed(m, 0)->next[CW_IN_BILLING];
    put_story(m, 60, 120);
    turn(&x, 300);
    for (enum cw_input in = CW_IN_BILLING; in <= CW_IN_SERVICE; in++)
        assert_int_equal(mem_committed(m, 1)->next[in], mem_input_end(m, in, 1));
    assert_int_equal(mem_committed(m, 0)->next[CW_IN_BILLING], at);
    end(&x);
    mem_free(m);
    cw_settings_free(s);
}

static void move_back(struct mem *m)
{
    mem_committed(m, 0)->next[CW_IN_BILLING]--;
}

static void torn_state_stops_that_shard_alone(void **state)
{
    (void)state;
    stops_alone(move_back, "torn: billing");
}

/* The messages of a batch that failed are counted against its room; when the failure leaves one
 * shard stopped, they must not be held against the other for ever. */
static void a_shard_stopped_by_a_failure_leaves_its_room(void **state)
{
    (void)state;
    struct cw_settings *s = settings_of("engine.batch_messages=1");
    struct instance x;
    struct mem *m = world(60);
    start(&x, m, s);
    drain(&x, m);
    move_back(m);
    mem_fault(m, MEM_ABORT, 1);
    put_story(m, 60, 120);
    outlast_doubt(&x, m);
    turn(&x, 1000);
    assert_int_equal(standing(&x, 0)->standing, CW_SHARD_STOPPED);
    for (enum cw_input in = CW_IN_BILLING; in <= CW_IN_SERVICE; in++)
        assert_int_equal(mem_committed(m, 1)->next[in], mem_input_end(m, in, 1));
    end(&x);
    mem_free(m);
    cw_settings_free(s);
}

static struct cw_message *last_state(struct mem *m)
{
    const struct cw_message *r = NULL, *next;
    for (size_t i = 0; (next = mem_record(m, CW_LOG_STATE, 0, i)); i++)
        r = next;
    return (struct cw_message *)r;
}

static void flip_a_bit(struct mem *m)
{
    struct cw_str value = last_state(m)->value;
    ((char *)value.p)[value.n / 2] ^= 1;
}

static void damaged_state_stops_that_shard_alone(void **state)
{
    (void)state;
    stops_alone(flip_a_bit, "checksum");
}

static void lie_unreadable(struct mem *m)
{
    mem_damage_state(m, 0, last_state(m)->offset, true);
}

static void unreadable_state_stops_that_shard_alone(void **state)
{
    (void)state;
    stops_alone(lie_unreadable, "cannot be read");
}

/* Damaged on its way, that is all. */
static void state_that_can_be_read_again_is_restored(void **state)
{
    (void)state;
    struct cw_settings *s = settings_of("engine.batch_messages=7");
    struct instance x;
    struct mem *m = world(60);
    start(&x, m, s);
    drain(&x, m);
    lie_unreadable(m);
    restart(&x, m);
    turn(&x, 20);
    assert_int_equal(standing(&x, 0)->standing, CW_SHARD_ASSIGNED);
    assert_int_equal(standing(&x, 1)->standing, CW_SHARD_RUNNING);
    mem_damage_state(m, 0, last_state(m)->offset, false);
    outlast_doubt(&x, m);
    assert_int_equal(standing(&x, 0)->standing, CW_SHARD_RUNNING);
    end(&x);
    mem_free(m);
    cw_settings_free(s);
}

static void skip_a_commit(struct mem *m)
{
    struct cw_state_record rec;
    struct cw_message *last = last_state(m);
    struct cw_buf b = {0};
    assert_int_equal(cw_statelog_decode(last->value, &rec, NULL), 0);
    rec.commit++;
    cw_statelog_encode(&b, &rec);
    assert_int_equal(b.n, last->value.n);
    memcpy((char *)last->value.p, b.p, b.n);
    cw_buf_free(&b);
}

static void a_hole_in_the_state_log_stops_that_shard_alone(void **state)
{
    (void)state;
    stops_alone(skip_a_commit, "hole");
}

/* Deleted before they were read: shard 0 had them still to come. */
static void lose_messages(struct mem *m)
{
    mem_first_input_set(m, CW_IN_BILLING, 0, mem_committed(m, 0)->next[CW_IN_BILLING] + 3);
}

static void messages_deleted_unread_stop_that_shard_alone(void **state)
{
    (void)state;
    stops_alone(lose_messages, "lost: 3 messages of billing were deleted unread");
}

/* Committed offset and position record agree, and the topic ends before them. */
static void make_the_topic_anew(struct mem *m)
{
    struct cw_state_record rec;
    struct cw_message *last = last_state(m);
    struct cw_buf b = {0};
    assert_int_equal(cw_statelog_decode(last->value, &rec, NULL), 0);
    rec.position.next[CW_IN_SERVICE] += 1000;
    cw_statelog_encode(&b, &rec);
    memcpy((char *)last->value.p, b.p, b.n);
    cw_buf_free(&b);
    mem_committed(m, 0)->next[CW_IN_SERVICE] += 1000;
}

static void a_topic_made_anew_stops_that_shard_alone(void **state)
{
    (void)state;
    stops_alone(make_the_topic_anew, "the topic was made anew");
}

/* ---- a client larger than a record ---- */

enum { LINES = 2000, NOTE = 850000 };

/* Lines, and so much that somebody has noted that the profile is as long as one may be. */
static void put_large_group(struct mem *m)
{
    struct cw_buf b = {0};
    cw_buf_puts(&b, "{\"client_id\":\"g-00\",\"kind\":\"group\",\"manager\":\"am0\",\"lines\":[");
    for (int i = 0; i < LINES; i++)
        cw_buf_printf(&b, "%s{\"msisdn\":\"86135%08d\"}", i ? "," : "", i + 1);
    cw_buf_printf(&b, "],\"notes\":\"%0*d\"}%c", NOTE, 7, 0);
    assert_false(b.failed);
    (void)mem_put(m, CW_IN_PROFILES, "g-00", b.p, NULL, 0);
    cw_buf_free(&b);
}

/* Returns how many records of the state log end within an image. */
static int are_small_enough(struct mem *m)
{
    struct cw_state_record rec;
    int going_on = 0;
    for (int32_t shard = 0; shard < PARTITIONS; shard++) {
        const struct cw_message *r;
        for (size_t i = 0; (r = mem_record(m, CW_LOG_STATE, shard, i)); i++) {
            assert_true(r->value.n < 1000000); /* what brokers and librdkafka take */
            assert_int_equal(cw_statelog_decode(r->value, &rec, NULL), 0);
            going_on += rec.goes_on;
        }
    }
    return going_on;
}

static struct cw_buf outcome_of_a_large_group(struct cw_settings *s, bool restarted)
{
    struct instance x;
    struct mem *m = world(0);
    put_large_group(m);
    start(&x, m, s);
    drain(&x, m);
    assert_true(are_small_enough(m) > 0);
    if (restarted)
        restart(&x, m);
    put_story(m, 0, 60);
    drain(&x, m);
    assert_int_equal(standing(&x, 0)->standing, CW_SHARD_RUNNING);
    assert_int_equal(standing(&x, 1)->standing, CW_SHARD_RUNNING);
    struct cw_buf b = outcome_of(m);
    end(&x);
    mem_free(m);
    return b;
}

static void a_client_larger_than_a_record_comes_back(void **state)
{
    (void)state;
    struct cw_settings *s = settings_of("engine.batch_messages=20");
    struct cw_buf whole = outcome_of_a_large_group(s, false);
    struct cw_buf restored = outcome_of_a_large_group(s, true);
    assert_true(whole.n > 1000);
    assert_int_equal(restored.n, whole.n);
    assert_memory_equal(restored.p, whole.p, whole.n);
    cw_buf_free(&whole);
    cw_buf_free(&restored);
    cw_settings_free(s);
}

/* ---- orders to mend ---- */

static struct cw_repair order_for_now(struct instance *x, struct mem *m)
{
    struct cw_repair r = {.shard = 0};
    struct cw_errbuf eb;
    int64_t first;
    assert_int_equal(x->bus->ops->end(x->bus, CW_LOG_STATE, 0, &first, &r.state_end, &eb), 0);
    memcpy(r.committed, mem_committed(m, 0)->next, sizeof r.committed);
    return r;
}

static void give(struct mem *m, const struct cw_repair *r)
{
    struct cw_buf b = {0};
    cw_repair_write(&b, r, "2026-03-02T09:00:00+08:00", "op", "why");
    assert_false(b.failed);
    mem_put_log(m, CW_LOG_CONTROL, 0, CW_STR(CW_REPAIR_KEY), (struct cw_str){b.p, b.n});
    cw_buf_free(&b);
}

static void started_stopped(struct instance *x, struct mem *m, struct cw_settings *s,
                            void (*tamper)(struct mem *m))
{
    start(x, m, s);
    drain(x, m);
    tamper(m);
    restart(x, m);
    outlast_doubt(x, m);
    assert_int_equal(standing(x, 0)->standing, CW_SHARD_STOPPED);
}

/* Without a restart, and what comes out is what an undisturbed run gives. */
static void an_order_mends_a_torn_shard(void **state)
{
    (void)state;
    struct cw_settings *s = settings_of("engine.batch_messages=7");
    struct cw_buf reference = reference_of(s, 120);
    struct mem *m = world(60);
    struct cw_state_record rec;
    struct instance x;
    started_stopped(&x, m, s, move_back);
    struct cw_repair r = order_for_now(&x, m);
    assert_int_equal(cw_statelog_decode(last_state(m)->value, &rec, NULL), 0);
    memcpy(r.next, rec.position.next, sizeof r.next);
    r.state_end--; /* For another moment: it must not count. */
    give(m, &r);
    turn(&x, 50);
    outlast_doubt(&x, m);
    assert_int_equal(standing(&x, 0)->standing, CW_SHARD_STOPPED);
    r.state_end++;
    give(m, &r);
    turn(&x, 50);
    assert_int_equal(standing(&x, 0)->standing, CW_SHARD_RUNNING);
    assert_int_equal(mem_committed(m, 0)->next[CW_IN_BILLING], r.next[CW_IN_BILLING]);
    put_story(m, 60, 120);
    drain(&x, m);
    same_outcome(m, &reference, "mended");
    restart(&x, m);
    turn(&x, 5);
    assert_int_equal(standing(&x, 0)->standing, CW_SHARD_RUNNING);
    end(&x);
    mem_free(m);
    cw_buf_free(&reference);
    cw_settings_free(s);
}

static void assert_reads(const struct instance *x, int32_t shard, bool expected)
{
    for (enum cw_input in = 0; in < CW_INPUTS; in++)
        assert_int_equal(mem_is_read(x->bus, in, shard), expected);
}

/* What comes for one that had run is not fetched to be thrown away, until it is mended. */
static void a_shard_that_stands_still_is_not_read(void **state)
{
    (void)state;
    struct cw_settings *s = settings_of("engine.batch_messages=7");
    struct mem *m = world(60);
    struct cw_state_record rec;
    struct instance x;
    start(&x, m, s);
    drain(&x, m);
    assert_int_equal(cw_statelog_decode(last_state(m)->value, &rec, NULL), 0);
    move_back(m);
    mem_fault(m, MEM_ABORT, 1);
    put_story(m, 60, 120);
    for (int i = 0; standing(&x, 0)->standing == CW_SHARD_RUNNING; i++) {
        assert_true(i < TURNS_MOST);
        turn(&x, 1);
    }
    turn(&x, 3);
    assert_int_equal(standing(&x, 0)->standing, CW_SHARD_ASSIGNED);
    assert_reads(&x, 0, false);
    outlast_doubt(&x, m);
    assert_int_equal(standing(&x, 0)->standing, CW_SHARD_STOPPED);
    assert_reads(&x, 0, false);
    assert_reads(&x, 1, true);
    struct cw_repair r = order_for_now(&x, m);
    memcpy(r.next, rec.position.next, sizeof r.next);
    give(m, &r);
    turn(&x, 50);
    assert_int_equal(standing(&x, 0)->standing, CW_SHARD_RUNNING);
    assert_reads(&x, 0, true);
    drain(&x, m);
    end(&x);
    mem_free(m);
    cw_settings_free(s);
}

/* The order is there before the daemon, and the damage stays in the log for good. */
static void begins_anew(void (*damage)(struct mem *m))
{
    struct cw_settings *s = settings_of("engine.batch_messages=7");
    struct mem *m = world(60);
    struct instance x;
    started_stopped(&x, m, s, damage);
    struct cw_repair r = order_for_now(&x, m);
    r.anew = true;
    memcpy(r.next, r.committed, sizeof r.next);
    r.next[CW_IN_PROFILES] = CW_OFFSET_NONE;
    give(m, &r);
    for (int i = 0; i < 2; i++) {
        restart(&x, m);
        put_story(m, 60 + 30 * i, 90 + 30 * i);
        drain(&x, m);
        assert_int_equal(standing(&x, 0)->standing, CW_SHARD_RUNNING);
    }
    assert_true(standing(&x, 0)->clients > 0);
    end(&x);
    mem_free(m);
    cw_settings_free(s);
}

static void an_order_begins_a_damaged_shard_anew(void **state)
{
    (void)state;
    begins_anew(flip_a_bit);
}

static void an_order_begins_a_shard_anew_behind_what_cannot_be_read(void **state)
{
    (void)state;
    begins_anew(lie_unreadable);
}

static void expired_offsets_are_not_torn(void **state)
{
    (void)state;
    struct cw_settings *s = settings_of("engine.batch_messages=7");
    struct cw_buf reference = reference_of(s, 60);
    struct instance x;
    struct mem *m = world(60);
    start(&x, m, s);
    drain(&x, m);
    for (int32_t p = 0; p < PARTITIONS; p++)
        for (enum cw_input in = 0; in < CW_INPUTS; in++)
            mem_committed(m, p)->next[in] = CW_OFFSET_NONE;
    restart(&x, m);
    turn(&x, 50);
    assert_int_equal(standing(&x, 0)->standing, CW_SHARD_RUNNING);
    same_outcome(m, &reference, "offsets expired");
    end(&x);
    mem_free(m);
    cw_buf_free(&reference);
    cw_settings_free(s);
}

static void positions_without_state_are_torn(void **state)
{
    (void)state;
    struct cw_settings *s = settings_of("engine.batch_messages=7");
    struct instance x;
    struct mem *m = world(60);
    mem_committed(m, 1)->next[CW_IN_SERVICE] = 4;
    start(&x, m, s);
    outlast_doubt(&x, m);
    assert_int_equal(standing(&x, 1)->standing, CW_SHARD_STOPPED);
    assert_int_equal(standing(&x, 0)->standing, CW_SHARD_RUNNING);
    end(&x);
    mem_free(m);
    cw_settings_free(s);
}

/* As a coordinator tells them whose high watermark is of its disk. */
static void offsets_of_a_while_ago_are_asked_for_again(void **state)
{
    (void)state;
    struct cw_settings *s = settings_of("engine.batch_messages=7");
    struct cw_buf reference = reference_of(s, 120);
    struct instance x;
    struct mem *m = world(60);
    start(&x, m, s);
    drain(&x, m);
    mem_committed(m, 0)->next[CW_IN_BILLING] -= 3;
    restart(&x, m);
    put_story(m, 60, 120);
    turn(&x, 5);
    assert_int_equal(standing(&x, 0)->standing, CW_SHARD_ASSIGNED);
    assert_int_equal(standing(&x, 1)->standing, CW_SHARD_RUNNING);
    assert_true(cw_board_counter(x.board, CW_COUNT_doubts) > 0);
    mem_committed(m, 0)->next[CW_IN_BILLING] += 3;
    outlast_doubt(&x, m);
    assert_int_equal(standing(&x, 0)->standing, CW_SHARD_RUNNING);
    drain(&x, m);
    same_outcome(m, &reference, "doubted");
    end(&x);
    mem_free(m);
    cw_buf_free(&reference);
    cw_settings_free(s);
}

/* The other works as fast as ever and then rests; what is polled for takes 20 ms here. */
static void a_doubted_shard_keeps_nobody_waiting(void **state)
{
    (void)state;
    struct cw_settings *s = settings_of("engine.batch_messages=5000");
    struct instance x;
    struct mem *m = world(60);
    start(&x, m, s);
    drain(&x, m);
    move_back(m);
    restart(&x, m);
    turn(&x, 3);
    put_story(m, 60, 400);
    turn(&x, 20);
    assert_int_equal(standing(&x, 0)->standing, CW_SHARD_ASSIGNED);
    for (enum cw_input in = CW_IN_BILLING; in <= CW_IN_SERVICE; in++)
        assert_int_equal(mem_committed(m, 1)->next[in], mem_input_end(m, in, 1));
    cw_mono_time began = mem_env(m)->mono(mem_env(m)->arg);
    turn(&x, 20);
    assert_true(mem_env(m)->mono(mem_env(m)->arg) - began > CW_SECOND);
    assert_int_equal(standing(&x, 0)->standing, CW_SHARD_ASSIGNED);
    outlast_doubt(&x, m);
    assert_int_equal(standing(&x, 0)->standing, CW_SHARD_STOPPED);
    end(&x);
    mem_free(m);
    cw_settings_free(s);
}

/* Its images are many, and whether it is torn shows without them. */
static void a_doubted_shard_is_not_read_whole(void **state)
{
    (void)state;
    struct cw_settings *s = settings_of("engine.batch_messages=1");
    struct instance x;
    struct mem *m = world(600);
    start(&x, m, s);
    drain(&x, m);
    move_back(m);
    restart(&x, m);
    turn(&x, 20);
    assert_int_equal(standing(&x, 0)->standing, CW_SHARD_ASSIGNED);
    size_t before = mem_state_reads(m);
    mem_env(m)->rest(mem_env(m)->arg, 1000);
    turn(&x, 1);
    assert_in_range(mem_state_reads(m) - before, 1, 64);
    end(&x);
    mem_free(m);
    cw_settings_free(s);
}

/* A message in the middle of what shard 0 has still to judge. */
static int64_t damage_an_input(struct mem *m)
{
    int64_t at = mem_input_end(m, CW_IN_SERVICE, 0) - 3;
    mem_damage_input(m, CW_IN_SERVICE, 0, at, true);
    return at;
}

static void assert_others_are_through(struct instance *x, struct mem *m)
{
    assert_int_equal(standing(x, 1)->standing, CW_SHARD_RUNNING);
    for (enum cw_input in = CW_IN_BILLING; in <= CW_IN_SERVICE; in++)
        assert_int_equal(mem_committed(m, 1)->next[in], mem_input_end(m, in, 1));
}

static void a_damaged_input_keeps_its_shard_alone(void **state)
{
    (void)state;
    struct cw_settings *s = settings_of("engine.batch_messages=7");
    struct instance x;
    struct cw_buf reference = reference_of(s, 200);
    struct mem *m = world(200);
    int64_t at = damage_an_input(m);
    start(&x, m, s);
    turn(&x, 150);
    assert_int_equal(standing(&x, 0)->standing, CW_SHARD_ASSIGNED);
    assert_others_are_through(&x, m);
    assert_true(mem_committed(m, 0)->next[CW_IN_SERVICE] <= at);
    mem_damage_input(m, CW_IN_SERVICE, 0, at, false);
    drain(&x, m);
    assert_int_equal(x.restarts, 0);
    same_outcome(m, &reference, "damaged on its way");
    end(&x);
    cw_buf_free(&reference);
    mem_free(m);
    cw_settings_free(s);
}

static void rest(struct instance *x, struct mem *m, int seconds)
{
    for (; seconds > 0; seconds--) {
        mem_env(m)->rest(mem_env(m)->arg, 1000);
        turn(x, 20);
    }
}

static void an_input_that_stays_damaged_stops_its_shard(void **state)
{
    (void)state;
    struct cw_settings *s = settings_of("engine.batch_messages=7");
    struct instance x;
    struct mem *m = world(200);
    int64_t at = damage_an_input(m);
    start(&x, m, s);
    rest(&x, m, 40);
    assert_int_equal(standing(&x, 0)->standing, CW_SHARD_STOPPED);
    assert_string_equal(standing(&x, 0)->reason, "cannot be read");
    assert_others_are_through(&x, m);
    mem_damage_input(m, CW_IN_SERVICE, 0, at, false);
    restart(&x, m);
    drain(&x, m);
    end(&x);
    mem_free(m);
    cw_settings_free(s);
}

/* A client that cannot seek any more takes the process with it, but only once it is of use. */
static void an_input_that_cannot_be_sought(bool stays)
{
    struct cw_settings *s = settings_of("engine.batch_messages=7");
    struct instance x;
    struct mem *m = world(200);
    int64_t at = damage_an_input(m);
    start(&x, m, s);
    turn(&x, 3);
    mem_stuck_set(m, true);
    rest(&x, m, stays ? 40 : 10);
    assert_others_are_through(&x, m);
    if (stays) {
        assert_int_equal(standing(&x, 0)->standing, CW_SHARD_STOPPED);
    } else {
        assert_int_equal(standing(&x, 0)->standing, CW_SHARD_ASSIGNED);
        mem_damage_input(m, CW_IN_SERVICE, 0, at, false);
        mem_env(m)->rest(mem_env(m)->arg, 1000);
        assert_int_equal(cw_protocol_turn(x.p), -CW_E_FATAL);
        mem_stuck_set(m, false);
        restart(&x, m);
        drain(&x, m);
    }
    end(&x);
    mem_free(m);
    cw_settings_free(s);
}

static void an_input_that_cannot_be_sought_ends_the_process_once(void **state)
{
    (void)state;
    an_input_that_cannot_be_sought(false);
}

static void an_input_that_cannot_be_sought_and_stays_damaged_stops_its_shard(void **state)
{
    (void)state;
    an_input_that_cannot_be_sought(true);
}

static void stale_offsets_are_skipped(void **state)
{
    (void)state;
    struct cw_settings *s = settings_of("engine.batch_messages=7");
    struct cw_buf reference = reference_of(s, 60);
    struct instance x;
    struct mem *m = world(60);
    start(&x, m, s);
    drain(&x, m);
    mem_redeliver(x.bus, CW_IN_SERVICE, 1, 3);
    turn(&x, 50);
    assert_int_equal(cw_board_counter(x.board, CW_COUNT_stale_offsets), 3);
    same_outcome(m, &reference, "stale offsets");
    end(&x);
    mem_free(m);
    cw_buf_free(&reference);
    cw_settings_free(s);
}

static void the_position_record_tells_all(void **state)
{
    (void)state;
    struct cw_settings *s = settings_of("engine.batch_messages=7");
    struct instance x;
    struct mem *m = world(60);
    struct cw_state_record rec;
    start(&x, m, s);
    drain(&x, m);
    assert_int_equal(cw_statelog_decode(last_state(m)->value, &rec, NULL), 0);
    assert_true(rec.last);
    assert_memory_equal(rec.position.next, mem_committed(m, 0)->next, sizeof rec.position.next);
    assert_int_equal(rec.position.managers, 1);
    assert_int_equal(rec.position.control, 0);
    assert_true(rec.position.clock > BASE);
    assert_true(rec.position.n_cuts > 0);
    assert_memory_equal(rec.position.cuts[rec.position.n_cuts - 1].next, rec.position.next,
                        sizeof rec.position.next);
    assert_true(rec.position.greatest[CW_IN_BILLING] > BASE);
    assert_true(rec.position.greatest[CW_IN_OUTCOMES] == CW_NO_TIME);
    end(&x);
    mem_free(m);
    cw_settings_free(s);
}

static void nothing_to_commit_is_no_transaction(void **state)
{
    (void)state;
    struct cw_settings *s = settings_of("engine.batch_messages=7");
    struct instance x;
    struct mem *m = world(60);
    start(&x, m, s);
    drain(&x, m);
    turn(&x, 20);
    size_t commits = mem_commits(m);
    turn(&x, 100);
    assert_int_equal(mem_commits(m), commits);
    /* But a round of rewriting goes on, however quiet it is: ten minutes later there is one. */
    turn(&x, 6000);
    assert_true(mem_commits(m) > commits);
    assert_true(mem_commits(m) <= commits + 2 * PARTITIONS);
    end(&x);
    mem_free(m);
    cw_settings_free(s);
}

static void an_idle_clock_follows_the_wall(void **state)
{
    (void)state;
    struct cw_settings *s = settings_of("engine.batch_messages=7");
    struct instance x;
    struct mem *m = world(60);
    start(&x, m, s);
    drain(&x, m);
    cw_event_time clock = standing(&x, 0)->clock;
    mem_wall_set(m, clock + 49 * CW_HOUR); /* history: stands still */
    turn(&x, 700);
    assert_true(standing(&x, 0)->clock == clock);
    mem_wall_set(m, clock + 24 * CW_HOUR);
    turn(&x, 700);
    cw_event_time late = mem_env(m)->wall(m) - standing(&x, 0)->clock;
    assert_true(late >= s->idle_after && late <= s->idle_after + 12 * CW_SECOND);
    assert_int_equal(standing(&x, 0)->counters.day_closes > 0, 1);
    struct cw_state_record rec;
    assert_int_equal(cw_statelog_decode(last_state(m)->value, &rec, NULL), 0);
    assert_int_equal(rec.position.n_cuts, 1); /* a tick is a step of the record */
    assert_true(rec.position.cuts[0].clock == rec.position.clock);
    restart(&x, m); /* and is remembered */
    turn(&x, 5);
    late = mem_env(m)->wall(m) - standing(&x, 0)->clock;
    assert_true(late <= s->idle_after + 24 * CW_SECOND);
    end(&x);
    mem_free(m);
    cw_settings_free(s);
}

static void too_much_is_held_back(void **state)
{
    (void)state;
    struct cw_settings *s = settings_of("engine.batch_messages=50000");
    struct instance x;
    struct mem *m = mem_new(PARTITIONS);
    for (int i = 0; i < 6000; i++)
        put_event(m, CW_IN_BILLING, i, "g-00", BASE + i * CW_SECOND, kinds[0].type, kinds[0].data);
    start(&x, m, s);
    drain(&x, m);
    assert_true(mem_was_paused(x.bus));
    assert_int_equal(cw_board_counter(x.board, CW_COUNT_messages), 6000);
    end(&x);
    mem_free(m);
    cw_settings_free(s);
}

/* The bus falls silent at each turn, for what it has is held back; tasks are waiting: it is a
 * backlog all the same, and a commit at each turn would be most of the work. */
static void held_back_is_a_backlog(void **state)
{
    (void)state;
    struct cw_settings *s = settings_of("engine.batch_messages=50000");
    struct instance x;
    struct mem *m = mem_new(PARTITIONS);
    for (int i = 0; i < 12000; i++) {
        char client[16];
        (void)snprintf(client, sizeof client, "g-%05d", i);
        put_event(m, kinds[2].in, i, client, BASE + i * CW_SECOND, kinds[2].type, kinds[2].data);
    }
    start(&x, m, s);
    turn(&x, 3);
    size_t before = mem_commits(m);
    for (int i = 0; i < 4; i++) {
        mem_env(m)->rest(m, 20);
        turn(&x, 1);
    }
    assert_true(mem_was_paused(x.bus));
    assert_true(mem_commits(m) <= before + 1);
    drain(&x, m);
    end(&x);
    mem_free(m);
    cw_settings_free(s);
}

/* A backlog of so many events, each of which makes a task. */
static struct mem *backlog_of_tasks(int n)
{
    struct mem *m = mem_new(PARTITIONS);
    for (int i = 0; i < n; i++) {
        char client[16];
        (void)snprintf(client, sizeof client, "g-%05d", i);
        put_event(m, kinds[2].in, i, client, BASE + i, kinds[2].type, kinds[2].data);
    }
    return m;
}

/* Commits of ten turns of a backlog, 100 ms apart, the wall clock being so far ahead of its events.
 */
static size_t commits_of_a_second(cw_event_time ahead)
{
    struct cw_settings *s = settings_of("engine.batch_messages=50000");
    struct instance x;
    struct mem *m = backlog_of_tasks(12000);
    mem_wall_set(m, BASE + ahead);
    start(&x, m, s);
    turn(&x, 3);
    size_t before = mem_commits(m);
    for (int i = 0; i < 10; i++) {
        mem_env(m)->rest(mem_env(m)->arg, 100);
        turn(&x, 1);
    }
    size_t n = mem_commits(m) - before;
    drain(&x, m);
    end(&x);
    mem_free(m);
    cw_settings_free(s);
    return n;
}

/* A task of last month can wait for a second; of a minute ago it cannot. */
static void the_further_behind_the_rarer_are_commits(void **state)
{
    (void)state;
    size_t now = commits_of_a_second(CW_MINUTE), quarter = commits_of_a_second(15 * CW_MINUTE),
           month = commits_of_a_second(30 * CW_DAY);
    assert_in_range(now, 4, 10);
    assert_in_range(quarter, 1, 2);
    assert_in_range(month, 0, 1);
}

/* No time passes and the batch has room, but what waits has grown large. */
static void a_storm_of_tasks_is_committed_in_parts(void **state)
{
    (void)state;
    struct cw_settings *s = settings_of("engine.batch_messages=1000000");
    s->merge_wait = 0;
    struct instance x;
    struct mem *m = backlog_of_tasks(60000);
    start(&x, m, s);
    while (mem_commits(m) == 0)
        turn(&x, 1);
    uint64_t tasks = cw_board_counter(x.board, CW_COUNT_outbox_records);
    assert_in_range(tasks, 12000, 20000);
    drain(&x, m);
    end(&x);
    mem_free(m);
    cw_settings_free(s);
}

/* Outcomes are read to their end, which is told far beyond the last of them: markers, or all of it
 * deleted by retention. A task does not wait as in a backlog for that. */
static void an_end_that_was_read_is_no_backlog(void **state)
{
    (void)state;
    struct cw_settings *s = settings_of("engine.backlog_commit_interval_ms=10000");
    struct instance x;
    struct mem *m = world(0);
    for (int32_t p = 0; p < PARTITIONS; p++)
        mem_beyond_set(m, CW_IN_OUTCOMES, p, 100000);
    start(&x, m, s);
    drain(&x, m);
    mem_env(m)->rest(mem_env(m)->arg, 1000);
    turn(&x, 5); /* The ends are heard of. */
    put_event(m, kinds[1].in, 1, "g-00", BASE, kinds[1].type, kinds[1].data);
    turn(&x, 20);
    assert_true(mem_all_read(m));
    end(&x);
    mem_free(m);
    cw_settings_free(s);
}

/* One message that makes a task, until it is committed. */
static void commit_a_task(struct instance *x, struct mem *m, int i)
{
    char client[16];
    (void)snprintf(client, sizeof client, "g-%02d", i);
    size_t before = mem_commits(m);
    put_event(m, kinds[1].in, i, client, BASE + i * CW_SECOND, kinds[1].type, kinds[1].data);
    for (int k = 0; k < 20 && mem_commits(m) == before; k++)
        turn(x, 1);
    assert_int_equal(mem_commits(m), before + 1);
}

/* Commits of 10 ms leave the broker 30 ms of rest, though a task waits for the second one. */
static void a_dear_commit_is_not_followed_closely(void **state)
{
    (void)state;
    struct cw_settings *s = settings_of("engine.commit_interval_ms=10000");
    struct instance x;
    struct mem *m = world(0);
    const struct cw_env *env = mem_env(m);
    start(&x, m, s);
    drain(&x, m);
    mem_commit_takes_set(m, 10);
    commit_a_task(&x, m, 1);
    cw_mono_time first = env->mono(env->arg);
    commit_a_task(&x, m, 2);
    assert_true(env->mono(env->arg) - first >= 40 * CW_SECOND / 1000);
    end(&x);
    mem_free(m);
    cw_settings_free(s);
}

/* Both shards' queues are full, of billing that waited for service: the batches go to both, not to
 * the first until it has nothing left. */
static void shards_share_the_batches(void **state)
{
    (void)state;
    struct cw_settings *s = settings_of("engine.batch_messages=50");
    s->merge_wait = CW_HOUR;
    struct instance x;
    struct mem *m = mem_new(PARTITIONS);
    for (int i = 0; i < 3000; i++) {
        char client[16];
        (void)snprintf(client, sizeof client, "g-%02d", i % CLIENTS);
        put_event(m, CW_IN_BILLING, i, client, BASE + i * CW_SECOND, kinds[0].type, kinds[0].data);
    }
    start(&x, m, s);
    turn(&x, 100);
    for (int i = 0; i < CLIENTS; i++) {
        char client[16];
        (void)snprintf(client, sizeof client, "g-%02d", i);
        put_event(m, CW_IN_SERVICE, 3000 + i, client, BASE + CW_DAY, kinds[3].type, kinds[3].data);
    }
    turn(&x, 10);
    for (int32_t shard = 0; shard < PARTITIONS; shard++) {
        int64_t next = mem_committed(m, shard)->next[CW_IN_BILLING];
        assert_in_range(next, 100, mem_input_end(m, CW_IN_BILLING, shard) - 100);
    }
    end(&x);
    mem_free(m);
    cw_settings_free(s);
}

/* So many commits that the log is trimmed; what is left must still be a whole shard. */
static void a_trimmed_log_restores_the_whole(void **state)
{
    (void)state;
    struct cw_settings *s = settings_of("engine.cold_least=1");
    struct cw_buf b[2];
    for (int stop = 0; stop < 2; stop++) {
        struct instance x;
        struct mem *m = world(0);
        put_profiles(m, 300, 1); /* so that a round takes many commits */
        start(&x, m, s);
        for (int i = 0; i < 1500; i++) {
            put_story(m, i, i + 1);
            drain(&x, m);
            if (stop && i % 50 == 0)
                restart(&x, m);
        }
        assert_true(mem_first_state(m, 0) > 0);
        put_story(m, 1500, 1600);
        drain(&x, m);
        assert_int_equal(standing(&x, 0)->clients + standing(&x, 1)->clients, 300);
        b[stop] = outcome_of(m);
        end(&x);
        mem_free(m);
    }
    assert_int_equal(b[0].n, b[1].n);
    assert_memory_equal(b[0].p, b[1].p, b[0].n);
    cw_buf_free(&b[0]);
    cw_buf_free(&b[1]);
    cw_settings_free(s);
}

/* Profiles so large that a commit's images need several records. */
static void put_large_profiles(struct mem *m)
{
    static char json[400000];
    for (int i = 0; i < CLIENTS; i++) {
        char client[16];
        (void)snprintf(client, sizeof client, "g-%02d", i);
        int n = snprintf(
            json, sizeof json,
            "{\"client_id\":\"%s\",\"kind\":\"group\",\"manager\":\"am1\",\"notes\":\"", client);
        memset(json + n, 'x', 300000);
        (void)snprintf(json + n + 300000, 3, "\"}");
        (void)mem_put(m, CW_IN_PROFILES, client, json, NULL, 0);
    }
}

static void large_state_goes_in_parts(void **state)
{
    (void)state;
    struct cw_settings *s = settings_of("engine.batch_messages=5000");
    struct instance x;
    struct mem *m = mem_new(PARTITIONS);
    struct cw_state_record rec;
    unsigned parts = 0;
    put_large_profiles(m);
    start(&x, m, s);
    drain(&x, m);
    for (const struct cw_message *r; (r = mem_record(m, CW_LOG_STATE, 0, parts)); parts++) {
        assert_int_equal(cw_statelog_decode(r->value, &rec, NULL), 0);
        assert_int_equal(rec.part, parts);
        assert_true(r->value.n < CW_STATE_RECORD_MOST + 10000);
    }
    assert_true(parts >= 3);
    assert_true(rec.last);
    size_t clients = standing(&x, 0)->clients;
    restart(&x, m);
    turn(&x, 5);
    assert_int_equal(standing(&x, 0)->standing, CW_SHARD_RUNNING);
    assert_int_equal(standing(&x, 0)->clients, clients);
    assert_int_equal(standing(&x, 0)->restored, parts);
    end(&x);
    mem_free(m);
    cw_settings_free(s);
}

/* Few commits that hold much: a restore needs the last ones alone. */
static void a_restore_does_not_read_all_that_was_ever_written(void **state)
{
    (void)state;
    struct cw_settings *s = settings_of("engine.batch_messages=5000");
    struct instance x;
    struct mem *m = mem_new(PARTITIONS);
    unsigned records = 0;
    start(&x, m, s);
    for (int i = 0; i < 24; i++) {
        put_large_profiles(m);
        drain(&x, m);
    }
    while (mem_record(m, CW_LOG_STATE, 0, records))
        records++;
    size_t clients = standing(&x, 0)->clients;
    restart(&x, m);
    turn(&x, 5);
    assert_int_equal(standing(&x, 0)->standing, CW_SHARD_RUNNING);
    assert_int_equal(standing(&x, 0)->clients, clients);
    assert_true(standing(&x, 0)->restored * 2 < records);
    end(&x);
    mem_free(m);
    cw_settings_free(s);
}

static void failing_for_ever_is_fatal(void **state)
{
    (void)state;
    struct cw_settings *s = settings_of("engine.batch_messages=7");
    struct instance x;
    struct mem *m = world(60);
    char reason[256] = "";
    int err = 0;
    start(&x, m, s);
    for (int i = 0; i < 100 && !err; i++) {
        mem_fault(m, MEM_ABORT, 1);
        err = cw_protocol_turn(x.p);
    }
    assert_int_equal(err, -CW_E_FATAL);
    assert_true(cw_board_is_fatal(x.board, reason));
    assert_string_equal(reason, "fault: abort");
    assert_int_equal(mem_commits(m), 0);
    end(&x);
    mem_free(m);
    cw_settings_free(s);
}

static size_t commits_after(uint64_t failures)
{
    struct cw_settings *s = settings_of("engine.batch_messages=32");
    struct instance x;
    struct mem *m = world(60);
    s->commit_interval_backlog = s->commit_interval_history = 10000;
    start(&x, m, s);
    while (cw_board_counter(x.board, CW_COUNT_aborts) < failures) {
        mem_fault(m, MEM_ABORT, 1);
        assert_int_equal(cw_protocol_turn(x.p), 0);
    }
    mem_fault(m, MEM_NONE, 0);
    drain(&x, m);
    size_t n = mem_commits(m);
    end(&x);
    mem_free(m);
    cw_settings_free(s);
    return n;
}

/* Of 32 messages one, two, four and so on, until all is well again. */
static void what_failed_is_tried_in_smaller_parts(void **state)
{
    (void)state;
    size_t usual = commits_after(0), after = commits_after(5);
    assert_true(after >= usual + 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(faults_change_nothing),
        cmocka_unit_test(faults_change_nothing_while_a_commit_is_under_way),
        cmocka_unit_test(the_next_batch_is_judged_while_a_commit_is_under_way),
        cmocka_unit_test(a_revocation_waits_for_the_commit_under_way),
        cmocka_unit_test(batch_size_changes_nothing),
        cmocka_unit_test(restart_goes_on_byte_for_byte),
        cmocka_unit_test(finish_commits_what_was_judged),
        cmocka_unit_test(revocations_between_calls),
        cmocka_unit_test(a_bad_message_goes_to_the_dead_letters),
        cmocka_unit_test(torn_state_stops_that_shard_alone),
        cmocka_unit_test(a_shard_stopped_by_a_failure_leaves_its_room),
        cmocka_unit_test(damaged_state_stops_that_shard_alone),
        cmocka_unit_test(unreadable_state_stops_that_shard_alone),
        cmocka_unit_test(state_that_can_be_read_again_is_restored),
        cmocka_unit_test(a_client_larger_than_a_record_comes_back),
        cmocka_unit_test(a_hole_in_the_state_log_stops_that_shard_alone),
        cmocka_unit_test(messages_deleted_unread_stop_that_shard_alone),
        cmocka_unit_test(a_topic_made_anew_stops_that_shard_alone),
        cmocka_unit_test(an_order_mends_a_torn_shard),
        cmocka_unit_test(a_shard_that_stands_still_is_not_read),
        cmocka_unit_test(an_order_begins_a_damaged_shard_anew),
        cmocka_unit_test(an_order_begins_a_shard_anew_behind_what_cannot_be_read),
        cmocka_unit_test(expired_offsets_are_not_torn),
        cmocka_unit_test(positions_without_state_are_torn),
        cmocka_unit_test(offsets_of_a_while_ago_are_asked_for_again),
        cmocka_unit_test(a_doubted_shard_keeps_nobody_waiting),
        cmocka_unit_test(a_doubted_shard_is_not_read_whole),
        cmocka_unit_test(a_damaged_input_keeps_its_shard_alone),
        cmocka_unit_test(an_input_that_stays_damaged_stops_its_shard),
        cmocka_unit_test(an_input_that_cannot_be_sought_ends_the_process_once),
        cmocka_unit_test(an_input_that_cannot_be_sought_and_stays_damaged_stops_its_shard),
        cmocka_unit_test(stale_offsets_are_skipped),
        cmocka_unit_test(the_position_record_tells_all),
        cmocka_unit_test(nothing_to_commit_is_no_transaction),
        cmocka_unit_test(an_idle_clock_follows_the_wall),
        cmocka_unit_test(too_much_is_held_back),
        cmocka_unit_test(held_back_is_a_backlog),
        cmocka_unit_test(the_further_behind_the_rarer_are_commits),
        cmocka_unit_test(a_storm_of_tasks_is_committed_in_parts),
        cmocka_unit_test(an_end_that_was_read_is_no_backlog),
        cmocka_unit_test(a_dear_commit_is_not_followed_closely),
        cmocka_unit_test(shards_share_the_batches),
        cmocka_unit_test(a_trimmed_log_restores_the_whole),
        cmocka_unit_test(large_state_goes_in_parts),
        cmocka_unit_test(a_restore_does_not_read_all_that_was_ever_written),
        cmocka_unit_test(what_failed_is_tried_in_smaller_parts),
        cmocka_unit_test(failing_for_ever_is_fatal),
    };
    cw_log_level_set(CW_LOG_NONE); /* failures are what these tests are made of */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
