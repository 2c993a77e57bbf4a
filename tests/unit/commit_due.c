/* When to commit: each row some facts, and the millisecond that must come of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "engine/commit_due.h"

#define MS (CW_SECOND / 1000)
#define WALL (60 * 365 * CW_DAY)
#define MIB ((size_t)1 << 20)

static const struct cw_settings settings = {.commit_interval = 100,
                                            .commit_interval_backlog = 200,
                                            .commit_interval_history = 1000,
                                            .batch_messages = 10};

static const struct row {
    const char *why;
    struct cw_commit_facts facts; /* clock: how far behind the wall */
    int64_t ms;
} rows[] = {
    {"at the inputs' ends each interval", {0}, 100},
    {"counted from the shard's last commit", {.committed_at = 70 * MS}, 170},
    {"whatever the thread commits besides", {.done = 70 * MS, .took = 90 * MS}, 100},
    {"the clock matters in a backlog alone", {.clock = 30 * CW_DAY}, 100},
    {"a bus with more to give is no backlog", {.more = true}, 100},

    {"a task waits for the gap", {.tasks = true}, 5},
    {"counted from the thread's last commit", {.tasks = true, .done = 40 * MS}, 45},
    {"a cheap commit asks for no more rest", {.tasks = true, .took = MS}, 5},
    {"a dearer one does", {.tasks = true, .took = 2 * MS}, 6},
    {"three times what it took", {.tasks = true, .took = 30 * MS}, 90},
    {"never longer than the interval", {.tasks = true, .took = 34 * MS}, 100},
    {"nor hurried while there is more", {.tasks = true, .more = true}, 100},
    {"nor in a backlog", {.tasks = true, .behind = true}, 200},

    {"a thousandth of how far behind", {.behind = true, .clock = 15 * CW_MINUTE}, 900},
    {"from the backlog's interval", {.behind = true, .clock = 200 * CW_SECOND}, 200},
    {"on", {.behind = true, .clock = 201 * CW_SECOND}, 201},
    {"never shorter", {.behind = true, .clock = 199 * CW_SECOND}, 200},
    {"not for a clock ahead of the wall", {.behind = true, .clock = -CW_HOUR}, 200},
    {"up to history's", {.behind = true, .clock = 999 * CW_SECOND}, 999},
    {"and never longer", {.behind = true, .clock = 30 * CW_DAY}, 1000},
    {"as where no event has come", {.behind = true, .clock = CW_NO_TIME}, 1000},
    {"counted as before", {.behind = true, .committed_at = 70 * MS}, 270},
};

static void commits_are_due(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct cw_commit_facts f = rows[i].facts;
        f.wall = WALL;
        f.clock = f.clock == CW_NO_TIME ? CW_NO_TIME : WALL - f.clock;
        cw_mono_time at = cw_commit_due_at(&settings, &f);
        if (at != rows[i].ms * MS)
            fail_msg("%s: due at %lld us", rows[i].why, (long long)at);
    }
}

/* Who sets history's interval below the backlog's does without it. */
static void the_backlogs_interval_is_the_least(void **state)
{
    (void)state;
    struct cw_settings s = {.commit_interval_backlog = 200, .commit_interval_history = 50};
    struct cw_commit_facts f = {.behind = true, .clock = WALL - 30 * CW_DAY, .wall = WALL};
    assert_int_equal(cw_commit_due_at(&s, &f), 200 * MS);
    f.clock = CW_NO_TIME;
    assert_int_equal(cw_commit_due_at(&s, &f), 200 * MS);
}

static void a_transaction_has_room(void **state)
{
    (void)state;
    static const struct {
        size_t judged, waiting, room;
    } of[] = {
        {0, 0, 10},           {9, 0, 1},        {10, 0, 0},       {11, 0, 0},
        {4, 16 * MIB - 1, 6}, {4, 16 * MIB, 0}, {0, 17 * MIB, 0},
    };
    for (size_t i = 0; i < sizeof of / sizeof of[0]; i++)
        assert_int_equal(cw_commit_due_room(&settings, 0, of[i].judged, of[i].waiting), of[i].room);
}

static void a_transaction_that_failed_gets_smaller(void **state)
{
    (void)state;
    static const bool failed[] = {true, true, true, true, true, false, false, true, false};
    static const size_t room[] = {5, 2, 1, 1, 1, 1, 1, 1, 1};
    unsigned halved = 0;
    for (size_t i = 0; i < sizeof room / sizeof *room; i++) {
        halved = cw_commit_due_halved(halved, failed[i]);
        assert_int_equal(cw_commit_due_room(&settings, halved, 0, 0), room[i]);
    }
    for (int i = 0; i < 30; i++)
        halved = cw_commit_due_halved(halved, true);
    for (int i = 0; i < 10; i++) {
        assert_int_not_equal(halved, 0);
        halved = cw_commit_due_halved(halved, false);
    }
    assert_int_equal(cw_commit_due_room(&settings, halved, 0, 0), 10);
    assert_int_equal(cw_commit_due_halved(0, false), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commits_are_due),
        cmocka_unit_test(the_backlogs_interval_is_the_least),
        cmocka_unit_test(a_transaction_has_room),
        cmocka_unit_test(a_transaction_that_failed_gets_smaller),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
