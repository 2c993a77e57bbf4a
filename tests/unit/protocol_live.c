/* Settings that change under the protocol's hands: live ones from the control log, files read anew.
 * What a run did, its own records repeat.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "board/log.h"
#include "config/load.h"
#include "engine/follow.h"
#include "engine/protocol.h"
#include "engine/shard_run.h"
#include "engine/statelog.h"
#include "tests/support/bus_memory.h"

#define SHARD 0
#define TURNS_MOST 5000
#define BASE (INT64_C(1772380800) * CW_SECOND) /* 2026-03-02T00:00:00+08:00 */

/* ---- the world: one shard, complaints 45 minutes apart, each of a client of its own ---- */

struct desk {
    struct mem *m;
    const struct cw_settings *s;
    struct cw_board *board;
    struct cw_bus *bus;
    struct cw_protocol *p;
    int events, version;
};

static struct cw_settings *settings_of(const char *one, const char *other)
{
    char *items[] = {(char *)"language=en", (char *)one, (char *)other};
    struct cw_list overrides = {items, other ? 3 : 2};
    struct cw_settings *s = NULL;
    struct cw_buf complaints = {0};
    assert_int_equal(cw_settings_load(NULL, &overrides, &s, &complaints), 0);
    cw_buf_free(&complaints);
    return s;
}

static void begin(struct desk *d)
{
    d->board = cw_board_new();
    d->bus = mem_open(d->m);
    d->p = cw_protocol_new(d->s, d->bus, d->board, mem_env(d->m));
    assert_non_null(d->board);
    assert_non_null(d->p);
}

static void end(struct desk *d)
{
    cw_protocol_free(d->p);
    d->bus->ops->close(d->bus);
    cw_board_free(d->board);
}

static void set_up(struct desk *d)
{
    *d = (struct desk){.m = mem_new(1), .s = settings_of("engine.batch_messages=7", NULL)};
    begin(d);
}

static void tear_down(struct desk *d)
{
    end(d);
    cw_settings_free(d->s);
    mem_free(d->m);
}

static void put_complaints(struct desk *d, int n)
{
    for (; n > 0; n--, d->events++) {
        char json[512], time[40], client[16];
        cw_event_time t = BASE + d->events * 45 * CW_MINUTE;
        struct cw_date day = cw_date_of((cw_day)(t / CW_DAY));
        (void)snprintf(client, sizeof client, "g-%03d", d->events);
        (void)snprintf(time, sizeof time, "%04d-%02d-%02dT%02d:%02d:00Z", day.year, day.month,
                       day.mday, (int)(t / CW_HOUR % 24), (int)(t / CW_MINUTE % 60));
        (void)snprintf(json, sizeof json,
                       "{\"specversion\":\"1.0\",\"id\":\"e%d\",\"source\":\"/t\",\"type\":"
                       "\"care.complaint\",\"time\":\"%s\",\"subject\":\"%s\",\"data\":"
                       "{\"severity\":%d,\"topic\":\"bill\",\"ticket\":\"T\"}}",
                       d->events, time, client, 1 + d->events % 4);
        (void)mem_put(d->m, CW_IN_SERVICE, client, json, NULL, 0);
    }
}

static void put_record(struct desk *d, int version, const char *key, const char *value)
{
    char json[400];
    (void)snprintf(json, sizeof json,
                   "{\"version\":%d,\"at\":\"2026-03-02T09:00:00+08:00\",\"author\":\"wang\","
                   "\"reason\":\"a test\",\"changes\":[{\"key\":\"detectors.complaint.%s\","
                   "\"segment\":null,\"value\":%s}]}",
                   version, key, value);
    mem_put_log(d->m, CW_LOG_CONTROL, 0, CW_STR("thresholds"), (struct cw_str){json, strlen(json)});
}

static void set(struct desk *d, const char *key, const char *value)
{
    put_record(d, ++d->version, key, value);
}

static void turn(struct desk *d, int times)
{
    for (; times > 0; times--)
        assert_int_equal(cw_protocol_turn(d->p), 0);
}

static void drain(struct desk *d)
{
    for (int i = 0; !mem_all_read(d->m); i++) {
        assert_true(i < TURNS_MOST);
        turn(d, 1);
    }
}

static void wait_for_version(struct desk *d, int version)
{
    for (int i = 0; cw_protocol_version(d->p) != version; i++) {
        assert_true(i < TURNS_MOST);
        turn(d, 1);
    }
}

/* ---- what came out ---- */

static int settings_of_task(const struct cw_message *m)
{
    const char *at = memmem(m->value.p, m->value.n, "\"settings\":", 11);
    assert_non_null(at);
    return (int)strtol(at + 11, NULL, 10);
}

/* How many tasks were opened under each version, 0 to 3; these never fall. */
static void count_versions(const struct desk *d, int ret_n[4])
{
    const struct cw_message *m;
    int last = 0;
    memset(ret_n, 0, 4 * sizeof *ret_n);
    for (size_t i = 0; (m = mem_record(d->m, CW_LOG_TASKS, SHARD, i)); i++) {
        int version = settings_of_task(m);
        assert_in_range(version, last, 3);
        ret_n[last = version] += memmem(m->value.p, m->value.n, "\"version\":1,", 12) != NULL;
    }
}

static struct cw_buf tasks_of(const struct desk *d)
{
    struct cw_buf b = {0};
    const struct cw_message *m;
    for (size_t i = 0; (m = mem_record(d->m, CW_LOG_TASKS, SHARD, i)); i++)
        cw_buf_printf(&b, "%.*s\n", (int)m->value.n, m->value.p);
    return b;
}

/* ---- the same again, from the position records ---- */

static int collect(struct cw_bus *bus, const struct cw_record *r, struct cw_errbuf *eb);
static const struct cw_bus_ops collecting = {.append = collect};
struct collector {
    struct cw_bus bus; /* first, so that the one is the other */
    struct cw_buf text;
};

static int collect(struct cw_bus *bus, const struct cw_record *r, struct cw_errbuf *eb)
{
    (void)eb;
    cw_buf_printf(&((struct collector *)bus)->text, "%.*s\n", (int)r->value.n, r->value.p);
    return 0;
}

/* The settings as the log has them at that version. */
static struct cw_settings *at_version(const struct desk *d, int32_t version)
{
    struct cw_live *l = cw_live_new();
    struct cw_live_record r;
    struct cw_settings *s = NULL;
    const struct cw_message *m;
    for (size_t i = 0; l->version < version; i++) {
        assert_non_null(m = mem_record(d->m, CW_LOG_CONTROL, 0, i));
        if (cw_live_record_read(m->value, &r, NULL) != 0)
            continue;
        (void)cw_live_take(l, &r, NULL);
        cw_live_record_free(&r);
    }
    assert_int_equal(cw_live_lay_over(l, d->s, &s), 0);
    cw_live_free(l);
    return s;
}

/* One cut: the messages it took in, judged as one batch. */
static void repeat_cut(const struct desk *d, struct cw_run *run, const struct cw_cut *cut)
{
    size_t n;
    cw_mono_time now = 1000 * CW_SECOND;
    for (enum cw_input in = 0; in < CW_INPUTS; in++) {
        for (int64_t o = run->expected[in]; o < cut->next[in]; o++)
            assert_int_equal(cw_run_take(run, in, mem_input(d->m, in, SHARD, o), 0), 0);
        cw_run_end(run, in, cut->next[in], 0);
    }
    assert_int_equal(cw_run_judge(run, 100000, now, &n), 0);
    assert_true(cw_shard_clock(run->core) == cut->clock);
    run->n_cuts = 0;
}

static struct cw_buf repeat(const struct desk *d)
{
    struct collector out = {.bus = {&collecting}};
    struct cw_link link = {.bus = &out.bus, .env = mem_env(d->m)};
    struct cw_taken_pool pool = {0};
    struct cw_board *board = cw_board_new();
    struct cw_run_common common = {
        .settings = d->s, .board = board, .limits = {65536, 65536, CW_DAY}, .pool = &pool};
    struct cw_run *run = cw_run_new(&common, SHARD);
    const struct cw_settings *used[8] = {NULL};
    const struct cw_message *m;
    struct cw_position first = {.clock = CW_NO_TIME};
    for (enum cw_input in = 0; in < CW_INPUTS; in++) {
        first.next[in] = CW_OFFSET_NONE;
        first.greatest[in] = CW_NO_TIME;
    }
    cw_run_at(run, &first);
    for (size_t i = 0; (m = mem_record(d->m, CW_LOG_STATE, SHARD, i)); i++) {
        struct cw_state_record rec;
        assert_int_equal(cw_statelog_decode(m->value, &rec, NULL), 0);
        int32_t v = rec.position.settings;
        assert_in_range(v, 0, 7);
        if (!used[v])
            used[v] = at_version(d, v);
        common.settings = used[v];
        cw_shard_settings(run->core, used[v]);
        for (uint32_t c = 0; c < rec.position.n_cuts; c++)
            repeat_cut(d, run, &rec.position.cuts[c]);
        assert_int_equal(cw_pending_append(&run->pending, &link, NULL), 0);
        cw_pending_clear(&run->pending);
    }
    cw_run_free(run);
    cw_taken_pool_free(&pool);
    cw_board_free(board);
    for (int v = 0; v < 8; v++)
        cw_settings_free(used[v]);
    return out.text;
}

/* ---- the tests ---- */

static void a_change_is_in_force_between_two_batches(void **state)
{
    struct desk d;
    int n[4];
    (void)state;
    set_up(&d);
    put_complaints(&d, 20);
    drain(&d);
    assert_int_equal(cw_protocol_version(d.p), 0);
    set(&d, "mode", "\"dry\"");
    wait_for_version(&d, 1);
    count_versions(&d, n);
    assert_int_equal(n[0], 20);
    put_complaints(&d, 20);
    drain(&d);
    count_versions(&d, n);
    assert_int_equal(n[0] + n[1], 20); /* dry: not one more */
    set(&d, "mode", "null");
    wait_for_version(&d, 2);
    put_complaints(&d, 20);
    drain(&d);
    count_versions(&d, n);
    assert_int_equal(n[2], 20);
    tear_down(&d);
}

/* A turn; who crashed starts anew. */
static void step(struct desk *d)
{
    if (cw_protocol_turn(d->p) == 0)
        return;
    end(d);
    begin(d);
}

/* So long a backlog that three changes fall into the middle of it. */
static void tell_story(struct desk *d)
{
    static const char *const changes[][2] = {
        {"leave", "3.5"}, {"mode", "\"off\""}, {"mode", "null"}};
    put_complaints(d, 40);
    for (int c = 0; c < 3; c++) {
        for (int i = 0; i < 4; i++)
            step(d);
        set(d, changes[c][0], changes[c][1]);
        for (int i = 0; cw_protocol_version(d->p) != d->version; i++) {
            assert_true(i < TURNS_MOST);
            put_complaints(d, 7);
            mem_env(d->m)->rest(d->m, 200); /* a backlog takes no time here */
            step(d);
        }
        put_complaints(d, 20);
    }
    for (int i = 0; !mem_all_read(d->m); i++) {
        assert_true(i < TURNS_MOST);
        step(d);
    }
}

static void assert_repeats(const struct desk *d, enum mem_fault what, unsigned nth)
{
    struct cw_buf was = tasks_of(d), again = repeat(d);
    if (was.n != again.n || memcmp(was.p, again.p, was.n) != 0)
        fail_msg("fault %d at call %u: the records give other tasks", (int)what, nth);
    cw_buf_free(&was);
    cw_buf_free(&again);
}

static void a_backlog_is_repeated_from_its_records(void **state)
{
    struct desk d;
    int n[4];
    (void)state;
    set_up(&d);
    tell_story(&d);
    count_versions(&d, n);
    assert_true(n[0] > 0 && n[1] > 0 && n[3] > 0);
    assert_repeats(&d, MEM_NONE, 0);
    tear_down(&d);
}

/* Whatever fails, wherever: what is judged again may be judged by newer settings, and what was
 * committed stands for what its record says. */
static void faults_do_not_mix_versions(void **state)
{
    (void)state;
    for (enum mem_fault what = MEM_ABORT; what < MEM_FAULTS; what++) {
        bool reached = true;
        for (unsigned nth = 1; reached; nth += 11) {
            struct desk d;
            set_up(&d);
            mem_fault(d.m, what, nth);
            tell_story(&d);
            reached = mem_calls(d.m) >= nth;
            assert_repeats(&d, what, nth);
            tear_down(&d);
        }
    }
}

/* Charges make no task and wait for the interval; but no commit stands for two versions. */
static void what_was_judged_before_is_committed_first(void **state)
{
    static const char charge[] =
        "{\"specversion\":\"1.0\",\"id\":\"c\",\"source\":\"/t\",\"type\":\"billing.charge\","
        "\"time\":\"2026-03-02T00:00:00Z\",\"subject\":\"g\",\"data\":{\"msisdn\":"
        "\"8613500000001\",\"amount\":12.5,\"category\":\"voice\"}}";
    struct desk d;
    struct cw_state_record rec;
    (void)state;
    d = (struct desk){.m = mem_new(1), .s = settings_of("engine.commit_interval_ms=10000", NULL)};
    begin(&d);
    wait_for_version(&d, 0);
    (void)mem_put(d.m, CW_IN_BILLING, "g", charge, NULL, 0);
    turn(&d, 5);
    assert_false(mem_all_read(d.m));
    set(&d, "leave", "3.5");
    wait_for_version(&d, 1);
    assert_true(mem_all_read(d.m));
    const struct cw_message *m = mem_record(d.m, CW_LOG_STATE, SHARD, 0);
    assert_int_equal(cw_statelog_decode(m->value, &rec, NULL), 0);
    assert_int_equal(rec.position.settings, 0);
    tear_down(&d);
}

static void a_restart_keeps_what_is_set(void **state)
{
    struct desk d;
    int n[4];
    (void)state;
    set_up(&d);
    set(&d, "mode", "\"dry\"");
    wait_for_version(&d, 1);
    end(&d);
    put_complaints(&d, 20);
    begin(&d);
    drain(&d);
    assert_int_equal(cw_protocol_version(d.p), 1);
    count_versions(&d, n);
    assert_int_equal(n[0] + n[1], 0); /* judged by it from the first message on */
    tear_down(&d);
}

static void what_is_refused_is_counted_and_changes_nothing(void **state)
{
    struct desk d;
    (void)state;
    set_up(&d);
    set(&d, "leave", "3.5");
    put_record(&d, 1, "mode", "\"off\"");  /* too late: 1 is taken */
    put_record(&d, 3, "mode", "\"off\"");  /* too early */
    put_record(&d, 2, "mode", "\"loud\""); /* wrong */
    mem_put_log(d.m, CW_LOG_CONTROL, 0, CW_STR("epoch"), CW_STR("{\"epoch\":\"e\"}"));
    set(&d, "leave", "4.5");
    wait_for_version(&d, 2);
    assert_int_equal(cw_board_counter(d.board, CW_COUNT_live_changes_refused), 3);
    put_complaints(&d, 10);
    drain(&d);
    int n[4];
    count_versions(&d, n);
    assert_true(n[2] > 0);
    tear_down(&d);
}

static void a_file_read_anew_is_in_force_with_what_is_live(void **state)
{
    struct desk d;
    int n[4];
    (void)state;
    set_up(&d);
    set(&d, "leave", "3.5");
    put_complaints(&d, 20);
    drain(&d);
    struct cw_settings *fresh =
        settings_of("engine.batch_messages=7", "detectors.complaint.mode=off");
    cw_protocol_settings(d.p, fresh);
    cw_settings_free(fresh); /* the protocol holds it */
    put_complaints(&d, 20);
    drain(&d);
    count_versions(&d, n);
    assert_int_equal(n[0] + n[1], 20);
    set(&d, "mode", "\"on\""); /* live wins over the file */
    wait_for_version(&d, 2);
    put_complaints(&d, 20);
    drain(&d);
    count_versions(&d, n);
    assert_true(n[2] > 0);
    cw_protocol_settings(d.p, d.s); /* twice before the next turn */
    cw_protocol_settings(d.p, d.s);
    turn(&d, 1);
    assert_int_equal(cw_protocol_version(d.p), 2);
    tear_down(&d);
}

/* The version alone would say that nothing is new. */
static void a_log_made_anew_is_in_force_under_the_same_version(void **state)
{
    struct desk d;
    int n[4];
    (void)state;
    set_up(&d);
    mem_put_log(d.m, CW_LOG_CONTROL, 0, CW_STR("epoch"), CW_STR("{\"epoch\":\"e\"}"));
    set(&d, "mode", "\"dry\"");
    wait_for_version(&d, 1);
    mem_log_anew(d.m, CW_LOG_CONTROL, 0);
    put_record(&d, 1, "leave", "3.5");
    mem_env(d.m)->rest(d.m, 10000);
    turn(&d, 2); /* it is looked at, then in force */
    put_complaints(&d, 20);
    drain(&d);
    assert_int_equal(cw_protocol_version(d.p), 1);
    count_versions(&d, n);
    assert_int_equal(n[1], 20);
    tear_down(&d);
}

/* A log that is cut short in the middle of a reading. */
struct broken {
    struct cw_bus bus; /* first, so that the one is the other */
    const char *const *values;
    int n, fail_at;
};

static int end_of(struct cw_bus *bus, enum cw_log log, int32_t partition, int64_t *ret_first,
                  int64_t *ret_end, struct cw_errbuf *eb)
{
    (void)partition, (void)eb;
    *ret_first = 0;
    *ret_end = log == CW_LOG_CONTROL ? ((struct broken *)bus)->n : 0;
    return 0;
}

static int partitions(struct cw_bus *bus, enum cw_log log, int32_t *ret_n, struct cw_errbuf *eb)
{
    (void)bus, (void)log, (void)eb;
    *ret_n = 1;
    return 0;
}

static int read_some(struct cw_bus *bus, enum cw_log log, int32_t partition, int64_t from,
                     int64_t to, int (*each)(void *arg, const struct cw_message *m), void *arg,
                     struct cw_errbuf *eb)
{
    struct broken *b = (struct broken *)bus;
    (void)log, (void)partition, (void)eb;
    for (int64_t i = from; i < to; i++) {
        if (i == b->fail_at)
            return -CW_E_RETRY;
        struct cw_message m = {.key = CW_STR("thresholds"),
                               .value = {b->values[i], strlen(b->values[i])},
                               .offset = i};
        int err = each(arg, &m);
        if (err)
            return err;
    }
    return 0;
}

/* Read again from its beginning, a log gives the same: what came too early is not taken later. */
static void a_reading_cut_short_decides_nothing(void **state)
{
#define RECORD(version, leave)                                                                     \
    "{\"version\":" version ",\"at\":\"2026-03-02T09:00:00Z\",\"author\":\"w\",\"reason\":\"r\","  \
    "\"changes\":[{\"key\":\"detectors.complaint.leave\",\"segment\":null,\"value\":" leave "}]}"
    static const char *const values[] = {RECORD("2", "9"), RECORD("1", "3"), RECORD("2", "4"),
                                         RECORD("3", "5")};
    static const struct cw_bus_ops ops = {
        .end = end_of, .partitions = partitions, .read = read_some};
    static char *const everybody[CW_SEGMENT_LEVELS];
    const struct cw_decode_limits limits = {65536, 65536, CW_DAY};
    (void)state;
    for (int fail_at = 0; fail_at < 4; fail_at++) {
        struct broken b = {.bus = {&ops}, .values = values, .n = 4, .fail_at = fail_at};
        struct cw_board *board = cw_board_new();
        struct mem *m = mem_new(1);
        struct cw_link link = {.bus = &b.bus, .env = mem_env(m)};
        struct cw_follow f;
        struct cw_errbuf eb = {""};
        assert_int_equal(cw_follow_init(&f, &limits, board), 0);
        assert_int_equal(cw_follow_catch_up(&f, &link, &eb), -CW_E_ABORT);
        b.fail_at = -1;
        assert_int_equal(cw_follow_catch_up(&f, &link, &eb), 0);
        assert_int_equal(f.live->version, 3);
        assert_true(cw_live_part(f.live, everybody)->overlays[0].value == 5);
        assert_int_equal(cw_board_counter(board, CW_COUNT_live_changes_refused), 1);
        cw_follow_free(&f);
        mem_free(m);
        cw_board_free(board);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_change_is_in_force_between_two_batches),
        cmocka_unit_test(a_backlog_is_repeated_from_its_records),
        cmocka_unit_test(faults_do_not_mix_versions),
        cmocka_unit_test(what_was_judged_before_is_committed_first),
        cmocka_unit_test(a_restart_keeps_what_is_set),
        cmocka_unit_test(what_is_refused_is_counted_and_changes_nothing),
        cmocka_unit_test(a_log_made_anew_is_in_force_under_the_same_version),
        cmocka_unit_test(a_file_read_anew_is_in_force_with_what_is_live),
        cmocka_unit_test(a_reading_cut_short_decides_nothing),
    };
    cw_log_level_set(CW_LOG_NONE); /* refusals are what these tests are made of */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
