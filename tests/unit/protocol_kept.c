/* Shards that are taken away and come back: what was kept of them, brought up to date, is to the
 * byte what a fresh instance restores, and nothing is told twice.
 *
 * Random histories, in which another instance has the shards now and then; a failure names its
 * seed and step. Then what must not be taken up, case by case.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "board/log.h"
#include "config/load.h"
#include "core/image.h"
#include "engine/protocol.h"
#include "engine/shards.h"
#include "tests/support/bus_memory.h"

#define PARTITIONS 2
#define CLIENTS 12
#define SEEDS 40
#define STEPS 60
#define TURNS_MOST 3000
#define BASE (INT64_C(1772380800) * CW_SECOND) /* 2026-03-02T00:00:00+08:00 */

/* ---- the world ---- */

struct instance {
    struct cw_board *board;
    struct cw_bus *bus;
    struct cw_protocol *p;
};
struct world {
    struct mem *m;
    struct cw_settings *settings;
    struct instance x; /* whose shards come and go */
    uint64_t random;
    int seed, step, messages, minute;
    size_t told; /* of the outbox, per world: where outcomes look for a task */
};

static unsigned roll(struct world *w, unsigned n)
{
    w->random ^= w->random << 13;
    w->random ^= w->random >> 7;
    w->random ^= w->random << 17;
    return (unsigned)(w->random >> 33) % n;
}

static struct cw_settings *settings_of(void)
{
    char *items[] = {"language=en", "engine.batch_messages=7", "engine.cold_least=1",
                     "tasks.open_for=12d"};
    struct cw_list overrides = {items, sizeof items / sizeof *items};
    struct cw_settings *s = NULL;
    struct cw_buf complaints = {0};
    assert_int_equal(cw_settings_load(NULL, &overrides, &s, &complaints), 0);
    cw_buf_free(&complaints);
    return s;
}

static void start(struct instance *x, const struct world *w)
{
    x->board = cw_board_new();
    x->bus = mem_open(w->m);
    x->p = cw_protocol_new(w->settings, x->bus, x->board, mem_env(w->m));
    assert_non_null(x->board);
    assert_non_null(x->p);
}

static void end(struct instance *x)
{
    cw_protocol_free(x->p);
    x->bus->ops->close(x->bus);
    cw_board_free(x->board);
}

static void open_world(struct world *w, int seed)
{
    *w = (struct world){.m = mem_new(PARTITIONS), .settings = settings_of(), .seed = seed};
    w->random = UINT64_C(0x9E3779B97F4A7C15) * (uint64_t)(seed + 1);
    start(&w->x, w);
}

static void close_world(struct world *w)
{
    end(&w->x);
    mem_free(w->m);
    cw_settings_free(w->settings);
}

static void turn(struct instance *x, int times)
{
    for (; times > 0; times--)
        assert_int_equal(cw_protocol_turn(x->p), 0);
}

static bool all_run(const struct instance *x)
{
    for (int32_t p = 0; p < PARTITIONS; p++)
        if (!cw_protocol_shard(x->p, p))
            return false;
    return true;
}

static void until_running(struct instance *x)
{
    for (int i = 0; !all_run(x); i++) {
        assert_true(i < TURNS_MOST);
        turn(x, 1);
    }
}

static void drain(const struct world *w, struct instance *x)
{
    for (int i = 0; !mem_all_read(w->m) || !all_run(x); i++) {
        assert_true(i < TURNS_MOST);
        turn(x, 1);
    }
}

static uint64_t counted(const struct instance *x, enum cw_counter what)
{
    return cw_board_counter(x->board, what);
}

/* ---- what happens ---- */

static const char *now(const struct world *w)
{
    static char text[40];
    cw_event_time t = BASE + w->minute * CW_MINUTE;
    struct cw_date d = cw_date_of((cw_day)(t / CW_DAY));
    int64_t s = t / CW_SECOND % 86400;
    (void)snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02dZ", d.year, d.month, d.mday,
                   (int)(s / 3600), (int)(s / 60 % 60), (int)(s % 60));
    return text;
}

static const char *client(struct world *w)
{
    static char id[16];
    (void)snprintf(id, sizeof id, "g-%02u", roll(w, CLIENTS));
    return id;
}

static void put_event(struct world *w)
{
    static const struct {
        enum cw_input in;
        const char *type, *data;
    } kinds[] = {
        {CW_IN_BILLING, "billing.charge",
         "{\"msisdn\":\"8613500000001\",\"amount\":12.5,\"category\":\"voice\"}"},
        {CW_IN_SERVICE, "service.suspended",
         "{\"msisdn\":\"8613500000001\",\"direction\":\"outgoing\",\"reason\":\"other\"}"},
        {CW_IN_BILLING, "billing.arrears", "{\"amount\":900,\"days_overdue\":40}"},
        {CW_IN_SERVICE, "service.port_out", "{\"msisdn\":\"8613500000002\",\"stage\":\"inquiry\"}"},
        {CW_IN_SERVICE, "care.complaint", "{\"severity\":4,\"topic\":\"bill\",\"ticket\":\"T\"}"},
        {CW_IN_SERVICE, "care.complaint", "{\"severity\":9,\"topic\":\"bill\",\"ticket\":\"T\"}"},
        {CW_IN_BILLING, "billing.payment", "{\"amount\":900}"},
        {CW_IN_SERVICE, "service.resumed", "{\"msisdn\":\"8613500000001\"}"},
    };
    char json[512];
    unsigned k = roll(w, sizeof kinds / sizeof kinds[0]);
    const char *id = client(w);
    w->minute += (int)roll(w, 90) + (roll(w, 30) ? 0 : 1440);
    (void)snprintf(json, sizeof json,
                   "{\"specversion\":\"1.0\",\"id\":\"e%d\",\"source\":\"/t\",\"type\":\"%s\","
                   "\"time\":\"%s\",\"subject\":\"%s\",\"data\":%s}",
                   w->messages++, kinds[k].type, now(w), id, kinds[k].data);
    (void)mem_put(w->m, kinds[k].in, id, json, NULL, 0);
}

static void put_profile(struct world *w)
{
    char json[256];
    const char *id = client(w);
    (void)snprintf(json, sizeof json,
                   "{\"client_id\":\"%s\",\"kind\":\"group\",\"manager\":\"am%u\"}", id,
                   roll(w, 3));
    /* Now and then it is deleted: a client without a profile. */
    (void)mem_put(w->m, CW_IN_PROFILES, id, roll(w, 5) ? json : NULL, NULL, 0);
}

/* The text of a member of a task's record. */
static const char *member(const struct cw_message *task, const char *name, char room[40])
{
    char key[40];
    (void)snprintf(key, sizeof key, "\"%s\":\"", name);
    const char *at = memmem(task->value.p, task->value.n, key, strlen(key));
    assert_non_null(at);
    at += strlen(key);
    size_t n = strcspn(at, "\"");
    assert_true(n < 40);
    memcpy(room, at, n);
    room[n] = '\0';
    return room;
}

/* Something is done with the next task of the outbox that nothing was done with yet. */
static void put_outcome(struct world *w)
{
    static const char *const acts[] = {
        "\"claim\"", "\"done\",\"version\":1,\"result\":\"retained\"", "\"note\",\"note\":\"x\"",
        "\"done\",\"version\":1,\"result\":\"unreachable\"", "\"escalate\""};
    char json[512], id[40], manager[40], of[40];
    const struct cw_message *task = mem_record(w->m, CW_LOG_TASKS, 0, w->told);
    if (!task)
        return;
    w->told++;
    (void)member(task, "client_id", of);
    (void)snprintf(json, sizeof json,
                   "{\"id\":\"o%d\",\"task_id\":\"%s\",\"client_id\":\"%s\",\"manager\":\"%s\","
                   "\"at\":\"%s\",\"action\":%s}",
                   w->messages++, member(task, "task_id", id), of, member(task, "manager", manager),
                   now(w), acts[roll(w, sizeof acts / sizeof acts[0])]);
    (void)mem_put(w->m, CW_IN_OUTCOMES, of, json, NULL, 0);
}

static void put_some(struct world *w)
{
    for (unsigned n = roll(w, 12); n; n--)
        switch (roll(w, 8)) {
        case 0:
            put_profile(w);
            break;
        case 1:
            put_outcome(w);
            break;
        default:
            put_event(w);
            break;
        }
}

/* ---- what is in memory ---- */

static int by_id(const void *a, const void *b)
{
    return cw_client_compare(*(struct cw_client *const *)a, *(struct cw_client *const *)b);
}

/* All that is stored of a shard, in one order; and the order in which it was written, of which the
 * next commits depend. */
static struct cw_buf portrait_of(const struct cw_shard *sh)
{
    struct cw_buf b = {0};
    struct cw_client *all[CLIENTS];
    assert_true(sh->clients.n <= CLIENTS);
    for (size_t i = 0; i < sh->clients.n; i++)
        all[i] = cw_index_at(&sh->clients, i);
    qsort(all, sh->clients.n, sizeof all[0], by_id);
    cw_buf_i64(&b, sh->clock);
    cw_buf_i32(&b, sh->open_day);
    cw_buf_i64(&b, sh->closes_at);
    cw_buf_put(&b, &sh->feed, sizeof sh->feed);
    cw_buf_u64(&b, sh->n_tasks);
    for (size_t i = 0; i < sh->clients.n; i++)
        cw_image_put_client(&b, all[i]);
    cw_image_put_accuracy(&b, sh);
    cw_buf_u32(&b, sh->accuracy_written);
    for (const struct cw_client *cl = sh->oldest; cl; cl = cw_clients_newer(cl)) {
        cw_buf_str(&b, cw_client_id(cl));
        cw_buf_u32(&b, cl->written);
    }
    assert_false(b.failed);
    return b;
}

/* What a fresh instance makes of the logs. */
static void same_as_fresh(struct world *w)
{
    struct instance fresh;
    struct cw_buf mine[PARTITIONS];
    drain(w, &w->x);
    for (int32_t p = 0; p < PARTITIONS; p++)
        mine[p] = portrait_of(cw_protocol_shard(w->x.p, p));
    start(&fresh, w);
    until_running(&fresh);
    for (int32_t p = 0; p < PARTITIONS; p++) {
        struct cw_buf b = portrait_of(cw_protocol_shard(fresh.p, p));
        if (b.n != mine[p].n || memcmp(b.p, mine[p].p, b.n) != 0)
            fail_msg("seed %d, step %d: shard %d is not what is restored", w->seed, w->step, p);
        cw_buf_free(&b);
        cw_buf_free(&mine[p]);
    }
    end(&fresh);
    mem_return(w->x.bus);
}

/* Each version of each task was told once. */
static void nothing_twice(const struct world *w)
{
    for (int32_t p = 0; p < PARTITIONS; p++) {
        const struct cw_message *a, *b;
        for (size_t i = 0; (a = mem_record(w->m, CW_LOG_TASKS, p, i)); i++)
            for (size_t k = 0; k < i && (b = mem_record(w->m, CW_LOG_TASKS, p, k)); k++)
                if (a->value.n == b->value.n && memcmp(a->value.p, b->value.p, a->value.n) == 0)
                    fail_msg("seed %d: a version was told twice: %.*s", w->seed, (int)a->value.n,
                             a->value.p);
    }
}

/* ---- random histories ---- */

/* Until it has heard of it. */
static void take_away(struct world *w)
{
    mem_revoke(w->x.bus, roll(w, 2));
    while (all_run(&w->x))
        turn(&w->x, 1);
}

static void somebody_else_has_them(struct world *w)
{
    struct instance other;
    start(&other, w);
    for (unsigned n = 1 + roll(w, 3); n; n--) {
        put_some(w);
        turn(&other, (int)roll(w, 12));
    }
    if (roll(w, 2))
        assert_int_equal(cw_protocol_finish(other.p), 0);
    end(&other);
    mem_return(w->x.bus);
}

/* A commit under way fails, at whichever of its calls. */
static void fail_a_commit(struct world *w)
{
    static const enum mem_fault faults[] = {MEM_ABORT, MEM_REVOKE, MEM_LOSE};
    mem_fault(w->m, faults[roll(w, 3)], 1 + roll(w, 12));
}

static void play(struct world *w)
{
    for (w->step = 0; w->step < STEPS; w->step++) {
        put_some(w);
        if (roll(w, 4) == 0)
            fail_a_commit(w);
        turn(&w->x, (int)roll(w, 6));
        mem_fault(w->m, MEM_NONE, 0);
        if (roll(w, 3))
            continue;
        until_running(&w->x);
        take_away(w);
        if (roll(w, 2))
            somebody_else_has_them(w);
        until_running(&w->x);
        if (roll(w, 3) == 0)
            same_as_fresh(w);
    }
    same_as_fresh(w);
    nothing_twice(w);
}

static void what_comes_back_is_what_is_restored(void **state)
{
    (void)state;
    uint64_t restores = 0, takeups = 0;
    for (int seed = 0; seed < SEEDS; seed++) {
        struct world w;
        open_world(&w, seed);
        play(&w);
        restores += counted(&w.x, CW_COUNT_restores);
        takeups += counted(&w.x, CW_COUNT_takeups);
        close_world(&w);
    }
    /* That there was something to see: most came back, and some could not. */
    assert_true(takeups > SEEDS * 20);
    assert_true(restores - takeups > SEEDS * 4);
}

/* ---- case by case ---- */

static void put_events(struct world *w, int n)
{
    for (; n > 0; n--)
        put_event(w);
}

/* Something judged in some shard, and not committed. */
static void judge_a_little(struct world *w)
{
    size_t commits = mem_commits(w->m);
    until_running(&w->x);
    drain(w, &w->x);
    commits = mem_commits(w->m);
    put_events(w, 12);
    turn(&w->x, 2);
    assert_int_equal(mem_commits(w->m), commits);
    assert_false(mem_all_read(w->m));
}

static uint64_t takeups_after(struct world *w)
{
    uint64_t before = counted(&w->x, CW_COUNT_takeups);
    until_running(&w->x);
    return counted(&w->x, CW_COUNT_takeups) - before;
}

static void what_was_judged_is_not_judged_again(void **state)
{
    (void)state;
    struct world w;
    open_world(&w, 1);
    put_events(&w, 60);
    judge_a_little(&w);
    uint64_t taken = counted(&w.x, CW_COUNT_messages);
    take_away(&w);
    assert_int_equal(takeups_after(&w), PARTITIONS);
    drain(&w, &w.x);
    same_as_fresh(&w);
    /* Those taken in and not judged come again; of the twelve at least some were judged. */
    assert_true(counted(&w.x, CW_COUNT_messages) - taken < 12);
    close_world(&w);
}

static void what_was_judged_is_forgotten_when_others_went_on(void **state)
{
    (void)state;
    struct world w;
    struct instance other;
    open_world(&w, 2);
    put_events(&w, 60);
    judge_a_little(&w);
    take_away(&w);
    start(&other, &w);
    drain(&w, &other);
    end(&other);
    mem_return(w.x.bus);
    assert_true(takeups_after(&w) < PARTITIONS);
    same_as_fresh(&w);
    nothing_twice(&w);
    close_world(&w);
}

static void what_is_clean_catches_up(void **state)
{
    (void)state;
    struct world w;
    struct instance other;
    open_world(&w, 3);
    put_events(&w, 60);
    drain(&w, &w.x);
    take_away(&w);
    start(&other, &w);
    put_events(&w, 60);
    drain(&w, &other);
    end(&other);
    mem_return(w.x.bus);
    assert_int_equal(takeups_after(&w), PARTITIONS);
    same_as_fresh(&w);
    close_world(&w);
}

static void what_was_away_for_long_is_forgotten(void **state)
{
    (void)state;
    struct world w;
    open_world(&w, 4);
    put_events(&w, 60);
    drain(&w, &w.x);
    for (int later = 0; later < 2; later++) {
        take_away(&w);
        mem_env(w.m)->rest(w.m, later ? (int)(CW_SHARDS_KEPT_FOR / 1000) + 1000 : 1000);
        assert_int_equal(takeups_after(&w), later ? 0 : PARTITIONS);
        same_as_fresh(&w);
    }
    close_world(&w);
}

static void what_others_settings_judged_is_forgotten(void **state)
{
    (void)state;
    struct world w;
    open_world(&w, 5);
    put_events(&w, 60);
    judge_a_little(&w);
    take_away(&w);
    struct cw_settings *fresh = settings_of();
    cw_protocol_settings(w.x.p, fresh);
    assert_true(takeups_after(&w) < PARTITIONS);
    same_as_fresh(&w);
    close_world(&w);
    cw_settings_free(fresh);
}

/* A log that was put right by hand meanwhile has another commit of that number. */
static void another_commit_of_that_number_is_noticed(void **state)
{
    (void)state;
    struct world w;
    struct cw_state_record rec;
    struct cw_buf b = {0};
    const struct cw_message *last = NULL, *next;
    open_world(&w, 6);
    put_events(&w, 60);
    drain(&w, &w.x);
    take_away(&w);
    for (size_t i = 0; (next = mem_record(w.m, CW_LOG_STATE, 0, i)); i++)
        last = next;
    assert_int_equal(cw_statelog_decode(last->value, &rec, NULL), 0);
    rec.position.batch++;
    cw_statelog_encode(&b, &rec);
    assert_int_equal(b.n, last->value.n);
    memcpy((char *)(uintptr_t)last->value.p, b.p, b.n);
    cw_buf_free(&b);
    assert_int_equal(takeups_after(&w), PARTITIONS - 1);
    close_world(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_comes_back_is_what_is_restored),
        cmocka_unit_test(what_was_judged_is_not_judged_again),
        cmocka_unit_test(what_was_judged_is_forgotten_when_others_went_on),
        cmocka_unit_test(what_is_clean_catches_up),
        cmocka_unit_test(what_was_away_for_long_is_forgotten),
        cmocka_unit_test(what_others_settings_judged_is_forgotten),
        cmocka_unit_test(another_commit_of_that_number_is_noticed),
    };
    cw_log_level_set(CW_LOG_NONE); /* failures are what these tests are made of */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
