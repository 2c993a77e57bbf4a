/* The health of the inputs: when a pause is a silence, and what a week of watching teaches. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "daemon/feeds.h"

#define BEGAN (INT64_C(1772388000) * CW_SECOND)
#define SILENT_AFTER (6 * CW_HOUR)

struct watch {
    struct cw_board *board;
    struct cw_feeds feeds;
    bool spoken[CW_INPUTS];
    cw_wall_time now;
};

static void begin(struct watch *w)
{
    *w = (struct watch){.board = cw_board_new(), .now = BEGAN};
    assert_non_null(w->board);
    cw_feeds_begin(&w->feeds, SILENT_AFTER, BEGAN);
    w->spoken[CW_IN_BILLING] = true;
}

static const struct cw_feed *billing(struct watch *w)
{
    return &w->feeds.of[CW_IN_BILLING];
}

static void look(struct watch *w, int64_t later)
{
    w->now += later;
    cw_feeds_look(&w->feeds, w->board, w->spoken, w->now);
}

/* A message each so often, for so long. */
static void speak(struct watch *w, int64_t each, int64_t during)
{
    for (int64_t t = 0; t < during; t += each) {
        cw_board_taken(w->board, CW_IN_BILLING, w->now);
        look(w, each);
    }
}

static void test_before_a_day_the_setting_holds(void **state)
{
    struct watch w;
    (void)state;
    begin(&w);
    speak(&w, CW_MINUTE, CW_HOUR);
    assert_int_equal(billing(&w)->usual, -1);
    assert_int_equal(billing(&w)->limit, SILENT_AFTER);
    look(&w, SILENT_AFTER);
    assert_false(billing(&w)->silent);
    look(&w, CW_SECOND);
    assert_true(billing(&w)->silent);
    assert_false(w.feeds.of[CW_IN_SERVICE].silent); /* it never said a word */
    assert_false(w.feeds.of[CW_IN_PROFILES].judged);
    speak(&w, CW_MINUTE, CW_MINUTE);
    assert_false(billing(&w)->silent);
    cw_board_free(w.board);
}

static void test_a_steady_feed_is_missed_soon(void **state)
{
    struct watch w;
    (void)state;
    begin(&w);
    speak(&w, 3 * CW_MINUTE, 25 * CW_HOUR);
    assert_int_equal(billing(&w)->usual, 3 * CW_MINUTE);
    assert_int_equal(billing(&w)->limit, 30 * CW_MINUTE);
    look(&w, 30 * CW_MINUTE);
    assert_false(billing(&w)->silent);
    look(&w, CW_SECOND);
    assert_true(billing(&w)->silent);
    look(&w, 5 * CW_HOUR);
    speak(&w, 3 * CW_MINUTE, 2 * CW_HOUR); /* the incident did not become what is usual */
    assert_int_equal(billing(&w)->usual, 3 * CW_MINUTE);
    cw_board_free(w.board);
}

static void test_the_limit_keeps_its_bounds(void **state)
{
    struct watch w;
    (void)state;
    begin(&w);
    speak(&w, CW_SECOND, CW_DAY + CW_HOUR);
    assert_int_equal(billing(&w)->limit, CW_FEEDS_LEAST);
    cw_board_free(w.board);
    begin(&w);
    speak(&w, 5 * CW_HOUR, 2 * CW_DAY);
    assert_int_equal(billing(&w)->limit, SILENT_AFTER);
    cw_board_free(w.board);
}

static void test_a_week_later_it_is_forgotten(void **state)
{
    struct watch w;
    (void)state;
    begin(&w);
    speak(&w, 2 * CW_HOUR, 2 * CW_DAY);
    assert_int_equal(billing(&w)->usual, 2 * CW_HOUR);
    speak(&w, CW_MINUTE, 5 * CW_DAY);
    assert_int_equal(billing(&w)->usual, 2 * CW_HOUR);
    speak(&w, CW_MINUTE, 3 * CW_DAY);
    assert_int_equal(billing(&w)->usual, CW_MINUTE);
    cw_board_free(w.board);
}

static void test_refusals_of_an_hour(void **state)
{
    struct watch w;
    (void)state;
    begin(&w);
    for (int i = 0; i < 5; i++) {
        cw_board_reject(w.board, CW_IN_BILLING, CW_REJECT_NOT_JSON);
        look(&w, 10 * CW_MINUTE);
    }
    assert_int_equal(billing(&w)->refused_hour, 5);
    look(&w, 30 * CW_MINUTE);
    assert_int_equal(billing(&w)->refused_hour, 3);
    look(&w, 2 * CW_HOUR);
    assert_int_equal(billing(&w)->refused_hour, 0);
    assert_int_equal(billing(&w)->refused, 5);
    cw_board_free(w.board);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_before_a_day_the_setting_holds),
        cmocka_unit_test(test_a_steady_feed_is_missed_soon),
        cmocka_unit_test(test_the_limit_keeps_its_bounds),
        cmocka_unit_test(test_a_week_later_it_is_forgotten),
        cmocka_unit_test(test_refusals_of_an_hour),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
