/* cw_apply in a real Redis, against a plain model of what docs/tasks.md says.
 *
 * The model keeps tasks in an array and every feed as text. After each step the whole of Redis is
 * compared with it: hashes, every sorted set's members and scores, feeds, the stored offset.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "churnwatch/buf.h"
#include "tests/support/redis_server.h"

#define TASKS 10
#define MANAGERS 4 /* the last one is the chief */
#define CHIEF 3
#define RETENTION "1000"

static const char *const managers[MANAGERS] = {"am1", "am2", "am.3", "chief"};
static const char *const desks[] = {"queued", "claimed", "snoozed", "closed"};
enum desk { QUEUED, CLAIMED, SNOOZED, CLOSED };

static struct redis_server server;
static redisContext *redis;

/* ---- calls ---- */

static redisReply *call(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static redisReply *call(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    redisReply *r = redisvCommand(redis, fmt, ap);
    va_end(ap);
    assert_non_null(r);
    return r;
}

static void done(redisReply *r)
{
    if (r->type == REDIS_REPLY_ERROR)
        fail_msg("%s", r->str);
    freeReplyObject(r);
}

/* ---- the versions sent ---- */

struct version {
    int id, manager, version, priority;
    long due; /* -1: none */
    const char *state;
    bool wake, chief;
};

/* Arguments of one cw_apply, each an owned text. */
struct args {
    char *text[4096];
    size_t length[4096];
    int n;
};
static struct args args;

static void arg(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static void arg(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int n = vasprintf(&args.text[args.n], fmt, ap);
    va_end(ap);
    assert_true(n >= 0);
    args.length[args.n++] = (size_t)n;
}

static void member(const char *name, const char *value)
{
    arg("%s", name);
    arg("%s", value);
}

static void number(const char *name, int value)
{
    arg("%s", name);
    arg("%d", value);
}

static void task_args(const struct version *v)
{
    if (v->due < 0)
        arg("%s", "");
    else
        arg("%ld", v->due);
    arg("11");
    arg("task_id");
    arg("t-%d", v->id);
    number("version", v->version);
    member("client_id", "g-1");
    member("manager", managers[v->manager]);
    member("state", v->state);
    number("priority", v->priority);
    member("wake", v->wake ? "true" : "false");
    member("escalated_to", v->chief ? managers[CHIEF] : "");
    member("headline", "a \"b\"\n\xe4\xb8\x89");
    member("risk", "0.6310");
    member("updated_at", "2026-03-02T02:00:00+08:00");
}

/* Returns the reply, to be freed. */
static redisReply *apply_as(const char *epoch, long prev, long next, const struct version *v,
                            size_t n)
{
    args.n = 0;
    const char *head[] = {"FCALL", "cw_apply", "1", "cw:delivery", epoch, "7"};
    for (size_t i = 0; i < sizeof head / sizeof *head; i++)
        arg("%s", head[i]);
    arg("%ld", prev);
    arg("%ld", next);
    arg("2026-03-02T02:00:01+08:00");
    arg(RETENTION);
    arg("100000");
    for (size_t i = 0; i < n; i++)
        task_args(&v[i]);
    redisReply *r = redisCommandArgv(redis, args.n, (const char **)args.text, args.length);
    for (int i = 0; i < args.n; i++)
        free(args.text[i]);
    assert_non_null(r);
    return r;
}

static void apply(long prev, long next, const struct version *v, size_t n, long stored,
                  long written)
{
    redisReply *r = apply_as("E", prev, next, v, n);
    if (r->type != REDIS_REPLY_ARRAY)
        fail_msg("%s", r->str);
    assert_int_equal(r->element[0]->integer, stored);
    assert_int_equal(r->element[1]->integer, written);
    freeReplyObject(r);
}

static void refused(redisReply *r, const char *text)
{
    assert_int_equal(r->type, REDIS_REPLY_ERROR);
    assert_string_equal(r->str, text);
    freeReplyObject(r);
}

/* ---- the model ---- */

struct known {
    bool known;
    struct version v;
    enum desk desk;
    int desk_rev;
    long until;
    const char *by, *note;
};
struct model {
    struct known task[TASKS];
    struct cw_buf feed[MANAGERS];
    long offset;
};

static void tell(struct model *m, int manager, const char *event, const struct version *v)
{
    cw_buf_printf(&m->feed[manager], "%s t-%d %d\n", event, v->id, v->version);
}

static const char *main_event(const struct known *k, const struct version *v, bool closed)
{
    if (strcmp(v->state, "open") != 0)
        return strcmp(v->state, "withdrawn") == 0 ? "withdrawn" : "closed";
    if (!closed && (!k->known || k->v.manager != v->manager))
        return "created";
    return v->priority > k->v.priority && !closed ? "raised" : "updated";
}

static enum desk desk_after(const struct known *k, const struct version *v)
{
    if (strcmp(v->state, "open") != 0)
        return CLOSED;
    if (!k->known)
        return QUEUED;
    if (k->desk == CLOSED)
        return CLOSED;
    if (k->v.manager != v->manager || (k->desk == SNOOZED && v->wake))
        return QUEUED;
    return k->desk;
}

static bool model_apply(struct model *m, const struct version *v)
{
    struct known *k = &m->task[v->id];
    if (k->known && v->version <= k->v.version)
        return false;
    enum desk desk = desk_after(k, v);
    if (k->known && k->v.manager != v->manager)
        tell(m, k->v.manager, "handed_over", v);
    tell(m, v->manager, main_event(k, v, desk == CLOSED), v);
    bool stays = k->known && k->v.manager == v->manager;
    if (stays && k->desk == SNOOZED && desk == QUEUED)
        tell(m, v->manager, "woken", v);
    if (v->chief && !(k->known && k->v.chief) && desk != CLOSED) {
        tell(m, v->manager, "escalated", v);
        if (v->manager != CHIEF)
            tell(m, CHIEF, "escalated", v);
    }
    if (!k->known)
        *k = (struct known){.by = "", .note = "", .desk_rev = 1};
    else if (desk != k->desk)
        k->desk_rev++;
    if (desk == QUEUED)
        k->by = "";
    if (desk != k->desk)
        k->until = 0;
    k->known = true;
    k->desk = desk;
    k->v = *v;
    return true;
}

/* ---- Redis held against the model ---- */

static void same_score(const char *manager, const char *set, const char *name, bool there,
                       long long score)
{
    redisReply *r = call("ZSCORE cw:%s:%s %s", manager, set, name);
    if (!there && r->type != REDIS_REPLY_NIL)
        fail_msg("%s is in %s of %s", name, set, manager);
    if (there && r->type != REDIS_REPLY_STRING)
        fail_msg("%s is not in %s of %s", name, set, manager);
    if (there)
        assert_int_equal(strtoll(r->str, NULL, 10), score);
    freeReplyObject(r);
}

static void same_task_places(const struct known *k, int id, int manager)
{
    char name[32], escalated[64];
    (void)snprintf(name, sizeof name, "t-%d", id);
    bool here = k->known && k->v.manager == manager && k->desk != CLOSED;
    long due = k->v.due < 0 ? 4294967295 : k->v.due;
    long long score = (long long)k->v.priority * 4294967296 + (4294967295 - due);
    same_score(managers[manager], "queue", name, here && k->desk == QUEUED, score);
    same_score(managers[manager], "claimed", name, here && k->desk == CLAIMED, k->until);
    same_score(managers[manager], "snoozed", name, here && k->desk == SNOOZED, k->until);
    same_score(managers[manager], "due", name, here && k->v.due >= 0, due);
    (void)snprintf(escalated, sizeof escalated, "%s/t-%d", managers[manager], id);
    same_score(managers[CHIEF], "escalated", escalated, here && k->v.chief, score);
}

static void same_member(const struct known *k, int id, const char *name, const char *value)
{
    redisReply *r = call("HGET cw:%s:task:t-%d %s", managers[k->v.manager], id, name);
    assert_int_equal(r->type, REDIS_REPLY_STRING);
    assert_string_equal(r->str, value);
    freeReplyObject(r);
}

static void same_number(const struct known *k, int id, const char *name, int value)
{
    char text[16];
    (void)snprintf(text, sizeof text, "%d", value);
    same_member(k, id, name, text);
}

static void same_hash(const struct known *k, int id)
{
    for (int manager = 0; manager < MANAGERS; manager++) {
        redisReply *r = call("EXISTS cw:%s:task:t-%d", managers[manager], id);
        assert_int_equal(r->integer, k->known && k->v.manager == manager);
        freeReplyObject(r);
    }
    if (!k->known)
        return;
    same_number(k, id, "version", k->v.version);
    same_number(k, id, "priority", k->v.priority);
    same_number(k, id, "desk_rev", k->desk_rev);
    same_member(k, id, "desk", desks[k->desk]);
    same_member(k, id, "desk_by", k->by);
    same_member(k, id, "note", k->note);
    same_member(k, id, "state", k->v.state);
    same_member(k, id, "risk", "0.6310");
    same_member(k, id, "headline", "a \"b\"\n\xe4\xb8\x89");
    same_member(k, id, "delivered_at", "2026-03-02T02:00:01+08:00");
    redisReply *r = call("TTL cw:%s:task:t-%d", managers[k->v.manager], id);
    if (strcmp(k->v.state, "open") == 0)
        assert_int_equal(r->integer, -1);
    else
        assert_in_range(r->integer, 1, 1000);
    freeReplyObject(r);
    r = call("HGET cw:tasks t-%d", id);
    assert_string_equal(r->str, managers[k->v.manager]);
    freeReplyObject(r);
}

static void same_feed(const struct model *m, int manager)
{
    struct cw_buf seen = {0};
    redisReply *r = call("XRANGE cw:%s:feed - +", managers[manager]);
    for (size_t i = 0; i < r->elements; i++) {
        redisReply *f = r->element[i]->element[1];
        cw_buf_printf(&seen, "%s %s %s\n", f->element[1]->str, f->element[3]->str,
                      f->element[5]->str);
    }
    freeReplyObject(r);
    cw_buf_put(&seen, "", 1);
    struct cw_buf expected = {0};
    cw_buf_put(&expected, m->feed[manager].p, m->feed[manager].n);
    cw_buf_put(&expected, "", 1);
    assert_string_equal(seen.p, expected.p);
    cw_buf_free(&seen);
    cw_buf_free(&expected);
}

static void same(const struct model *m)
{
    for (int id = 0; id < TASKS; id++) {
        for (int manager = 0; manager < MANAGERS; manager++)
            same_task_places(&m->task[id], id, manager);
        same_hash(&m->task[id], id);
    }
    for (int manager = 0; manager < MANAGERS; manager++)
        same_feed(m, manager);
    redisReply *r = call("HGET cw:delivery 7");
    assert_int_equal(r->str ? strtol(r->str, NULL, 10) : -1, m->offset);
    freeReplyObject(r);
}

static void begin(struct model *m)
{
    *m = (struct model){.offset = -1};
    done(call("FLUSHALL"));
    done(call("HSET cw:delivery epoch E"));
}

static void end(struct model *m)
{
    for (int manager = 0; manager < MANAGERS; manager++)
        cw_buf_free(&m->feed[manager]);
}

/* One batch to both, from the stored offset on. */
static void deliver(struct model *m, const struct version *v, size_t n)
{
    long written = 0, next = m->offset < 0 ? 3 : m->offset + (long)n + 2;
    for (size_t i = 0; i < n; i++)
        written += model_apply(m, &v[i]);
    apply(m->offset, next, v, n, next, written);
    m->offset = next;
}

/* ---- what people do, as the moves write it ---- */

static void person(struct model *m, int id, enum desk desk, long until)
{
    struct known *k = &m->task[id];
    const char *who = managers[k->v.manager], *by = desk == QUEUED ? "" : "somebody";
    for (int d = QUEUED; d <= SNOOZED; d++)
        done(call("ZREM cw:%s:%s t-%d", who, d == QUEUED ? "queue" : desks[d], id));
    if (desk == CLOSED) {
        done(call("ZREM cw:%s:due t-%d", who, id));
        done(call("ZREM cw:chief:escalated %s/t-%d", who, id));
    } else {
        done(call("ZADD cw:%s:%s %ld t-%d", who, desks[desk], until, id));
    }
    k->desk = desk;
    k->desk_rev++;
    k->by = by;
    k->note = "call her in the morning";
    k->until = until;
    done(call("HSET cw:%s:task:t-%d desk %s desk_by %s desk_rev %d note %s", who, id, desks[desk],
              by, k->desk_rev, k->note));
}

/* ---- the rules one by one ---- */

static const struct version first = {
    .id = 1, .manager = 0, .version = 1, .priority = 500, .due = 1772388000, .state = "open"};

static void test_offsets(void **state)
{
    (void)state;
    struct model m;
    begin(&m);
    struct version v = first;
    refused(apply_as("other", -1, 5, &v, 1), "CWEPOCH E");
    refused(apply_as("E", 0, 5, &v, 1), "CWGAP -1");
    same(&m);
    deliver(&m, &v, 1);
    same(&m);
    /* The same batch again, an older one, and one with a hole before it. */
    v.version = 2;
    apply(-1, m.offset, &v, 1, m.offset, 0);
    apply(-1, 1, &v, 1, m.offset, 0);
    refused(apply_as("E", m.offset + 1, m.offset + 2, &v, 1), "CWGAP 3");
    refused(apply_as("E", m.offset - 1, m.offset + 2, &v, 1), "CWGAP 3");
    same(&m);
    end(&m);
}

static void test_emptied_redis(void **state)
{
    (void)state;
    done(call("FLUSHALL"));
    refused(apply_as("E", -1, 5, &first, 1), "CWEPOCH ");
    redisReply *r = call("DBSIZE");
    assert_int_equal(r->integer, 0);
    freeReplyObject(r);
}

static void test_arguments(void **state)
{
    (void)state;
    struct model m;
    begin(&m);
    const char *const bad[][12] = {
        {"x"},
        {"", "1"},
        {"", "1", "task_id"},
        {"", "5", "task_id", "t-1", "version", "1", "manager", "am1", "priority", "1"},
        {"", "1", "task_id", "t-1"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const char *argv[32] = {"FCALL", "cw_apply", "1",   "cw:delivery", "E",  "7",
                                "-1",    "5",        "now", "1000",        "100"};
        int n = 11;
        for (int k = 0; bad[i][k]; k++)
            argv[n++] = bad[i][k];
        redisReply *r = redisCommandArgv(redis, n, argv, NULL);
        assert_int_equal(r->type, REDIS_REPLY_ERROR);
        assert_int_equal(strncmp(r->str, "CWARG ", 6), 0);
        freeReplyObject(r);
    }
    /* A good task before a bad one is not written either. */
    struct version v[2] = {first, first};
    v[1].id = 2;
    v[1].priority = -1;
    refused(apply_as("E", -1, 5, v, 2),
            "CWARG a task lacks task_id, manager, version, priority or state");
    same(&m);
    end(&m);
}

static void test_snoozed_wakes(void **state)
{
    (void)state;
    struct model m;
    begin(&m);
    struct version v = first;
    deliver(&m, &v, 1);
    person(&m, 1, SNOOZED, 1772400000);
    v.version = 2;
    deliver(&m, &v, 1);
    assert_int_equal(m.task[1].desk, SNOOZED);
    same(&m);
    v.version = 3;
    v.wake = true;
    deliver(&m, &v, 1);
    assert_int_equal(m.task[1].desk, QUEUED);
    same(&m);
    end(&m);
}

static void test_withdrawn_out_of_the_hand(void **state)
{
    (void)state;
    struct model m;
    begin(&m);
    for (int id = 0; id < 3; id++) {
        struct version v = first;
        v.id = id;
        v.chief = true;
        deliver(&m, &v, 1);
        if (id > 0)
            person(&m, id, id == 1 ? CLAIMED : SNOOZED, 1772400000);
    }
    for (int id = 1; id < 3; id++) {
        struct version v = first;
        v.id = id;
        v.version = 2;
        v.chief = true;
        v.state = "withdrawn";
        deliver(&m, &v, 1);
    }
    same(&m);
    end(&m);
}

static void test_another_manager(void **state)
{
    (void)state;
    struct model m;
    begin(&m);
    struct version v = first;
    v.chief = true;
    deliver(&m, &v, 1);
    person(&m, 1, CLAIMED, 1772400000);
    v.version = 2;
    v.manager = 1;
    deliver(&m, &v, 1);
    same(&m);
    /* The former manager is told without the client's name or number. */
    redisReply *r = call("XREVRANGE cw:am1:feed + - COUNT 1");
    redisReply *f = r->element[0]->element[1];
    assert_string_equal(f->element[6]->str, "client_id");
    assert_string_equal(f->element[7]->str, "");
    assert_string_equal(f->element[12]->str, "headline");
    assert_string_equal(f->element[13]->str, "");
    freeReplyObject(r);
    end(&m);
}

static void test_feed_is_capped(void **state)
{
    (void)state;
    struct model m;
    begin(&m);
    for (int i = 1; i <= 1000; i++) {
        char next[16], prev[16], version[16];
        (void)snprintf(prev, sizeof prev, "%d", i == 1 ? -1 : i - 1);
        (void)snprintf(next, sizeof next, "%d", i);
        (void)snprintf(version, sizeof version, "%d", i);
        done(call("FCALL cw_apply 1 cw:delivery E 7 %s %s now 1000 100 5 5 task_id t-1 version %s "
                  "manager am1 priority 5 state open",
                  prev, next, version));
    }
    redisReply *r = call("XLEN cw:am1:feed");
    assert_in_range(r->integer, 100, 300);
    freeReplyObject(r);
    end(&m);
}

/* The index loses a task some time after its record has expired. */
static void test_expired_leaves_the_index(void **state)
{
    (void)state;
    struct model m;
    begin(&m);
    struct version v = first;
    deliver(&m, &v, 1);
    v.version = 2;
    v.state = "done";
    deliver(&m, &v, 1);
    done(call("DEL cw:am1:task:t-1"));
    done(call("ZADD cw:ended 1 t-1"));
    v.id = 2;
    v.version = 1;
    v.state = "open";
    deliver(&m, &v, 1);
    redisReply *r = call("HEXISTS cw:tasks t-1");
    assert_int_equal(r->integer, 0);
    freeReplyObject(r);
    end(&m);
}

/* ---- anything in any order ---- */

static uint32_t dice_state;

static int dice(int sides)
{
    dice_state = dice_state * 1664525u + 1013904223u;
    return (int)((dice_state >> 8) % (uint32_t)sides);
}

/* Of a task as it will be when the versions before this one have been applied. */
static struct version any_version(struct known *tasks)
{
    struct version v = {.id = dice(TASKS)};
    struct known *k = &tasks[v.id];
    v.version = k->known ? k->v.version + dice(4) - 1 : 1 + dice(2);
    v.manager = k->known && dice(6) ? k->v.manager : dice(MANAGERS);
    v.priority = dice(1000);
    v.due = dice(5) ? 1772388000 + dice(1000000) : -1;
    v.wake = dice(4) == 0;
    v.chief = dice(3) == 0;
    /* Nothing reopens. */
    bool ended = k->known && strcmp(k->v.state, "open") != 0;
    const char *const ends[] = {"done", "withdrawn", "expired"};
    v.state = ended ? k->v.state : dice(8) ? "open" : ends[dice(3)];
    if (!k->known || v.version > k->v.version) {
        k->known = true;
        k->v = v;
    }
    return v;
}

static void any_batch(struct model *m)
{
    struct version v[6];
    struct known ahead[TASKS];
    size_t n = 1 + (size_t)dice(6);
    memcpy(ahead, m->task, sizeof ahead);
    for (size_t i = 0; i < n; i++)
        v[i] = any_version(ahead);
    long prev = m->offset;
    if (dice(4) == 0)
        freeReplyObject(apply_as("E", prev + 1 + dice(3), prev + 9, v, n));
    deliver(m, v, n);
    /* An answer that was not heard: the same batch comes again. */
    if (dice(3) == 0)
        apply(prev, m->offset, v, n, m->offset, 0);
}

static void any_move(struct model *m)
{
    int id = dice(TASKS);
    if (m->task[id].known && m->task[id].desk == QUEUED)
        person(m, id, (enum desk)(1 + dice(3)), 1772388000 + dice(100000));
}

static void crash(void)
{
    redisFree(redis);
    redis_server_kill(&server);
    redis_server_again(&server);
    redis = redis_server_connect(&server);
}

static void test_any_order(void **state)
{
    (void)state;
    for (uint32_t seed = 1; seed <= 16; seed++) {
        struct model m;
        dice_state = seed;
        begin(&m);
        print_message("seed %u\n", seed);
        for (int step = 0; step < 60; step++) {
            if (dice(3))
                any_batch(&m);
            else
                any_move(&m);
            if (seed % 4 == 0 && dice(20) == 0)
                crash();
            if (step % 3 == 2)
                same(&m);
        }
        end(&m);
    }
}

static int group_setup(void **state)
{
    (void)state;
    redis = redis_server_connect(&server);
    redis_server_load(redis);
    return 0;
}

static int group_teardown(void **state)
{
    (void)state;
    redisFree(redis);
    redis_server_stop(&server);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_offsets),
        cmocka_unit_test(test_emptied_redis),
        cmocka_unit_test(test_arguments),
        cmocka_unit_test(test_snoozed_wakes),
        cmocka_unit_test(test_withdrawn_out_of_the_hand),
        cmocka_unit_test(test_another_manager),
        cmocka_unit_test(test_feed_is_capped),
        cmocka_unit_test(test_expired_leaves_the_index),
        cmocka_unit_test(test_any_order),
    };
    if (!redis_server_start(&server)) {
        (void)fputs("no redis-server here: skipped\n", stderr);
        redis_server_stop(&server);
        return 77;
    }
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
