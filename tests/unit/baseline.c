/* The two-part model of a client's day, and the guard that looks at the feed. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "core/baseline.h"
#include "core/shard_state.h"

static const struct cw_shock none = {0, 1};
enum { WARMUP = 21 };

static bool working(int day)
{
    return day % 7 < 5;
}

static double wiggle(int day)
{
    static const double by[] = {1.0, 1.1, 0.95, 1.05, 0.9, 1.02, 0.98};
    return by[(day * 5) % 7];
}

/* Days alike, from `from` on; weekends at a share of the amount. */
static int learn(struct cw_baseline *b, int from, int days, double amount, double weekend)
{
    for (int day = from; day < from + days; day++)
        cw_baseline_learn(b, day % 7, working(day),
                          amount * (working(day) ? 1 : weekend) * wiggle(day), none);
    return from + days;
}

static struct cw_channel_day view(const struct cw_baseline *b, int day, double amount,
                                  struct cw_shock shock)
{
    struct cw_channel_day d;
    cw_baseline_view(b, day % 7, working(day), amount, shock, WARMUP, &d);
    return d;
}

static void nothing_is_known_of_nobody(void **state)
{
    (void)state;
    struct cw_baseline b = {0};
    struct cw_channel_day d = view(&b, 0, 10, none);
    assert_false(d.warm);
    assert_true(d.expected == 0 && d.z == 0 && d.llr == 0);
    assert_true(d.any);
}

static void warm_after_days_and_days_with_any(void **state)
{
    (void)state;
    struct cw_baseline daily = {0}, rare = {0};
    (void)learn(&daily, 0, WARMUP - 1, 10, 1);
    assert_false(view(&daily, 0, 10, none).warm);
    (void)learn(&daily, WARMUP - 1, 1, 10, 1);
    assert_true(view(&daily, 0, 10, none).warm);
    (void)learn(&rare, 0, 60, 0, 1);
    assert_false(view(&rare, 0, 10, none).warm);
}

static void the_level_and_the_chance_are_learned(void **state)
{
    (void)state;
    struct cw_baseline b = {0};
    (void)learn(&b, 0, 56, 10, 1);
    struct cw_channel_day d = view(&b, 56, 10, none);
    assert_true(d.expected > 9 && d.expected < 11);
    assert_true(d.p_any > 0.95);
    assert_true(fabs(d.z) < 1);
    assert_true(d.scale >= 0.15 && d.scale < 0.3);
    assert_true(d.mean > 9 && d.mean < 11.5);
}

static void weekdays_have_their_own_level(void **state)
{
    (void)state;
    struct cw_baseline b = {0};
    (void)learn(&b, 0, 112, 10, 0.4);
    assert_true(view(&b, 112, 10, none).expected > 8.5);
    assert_true(view(&b, 117, 4, none).expected < 5.5);
    assert_true(view(&b, 117, 4, none).z > -1.5);
}

static void days_off_have_their_own_chance(void **state)
{
    (void)state;
    struct cw_baseline b = {0};
    (void)learn(&b, 0, 56, 10, 0);
    assert_true(view(&b, 56, 0, none).p_any > 0.95);
    assert_true(view(&b, 61, 0, none).p_any < 0.1);
    assert_true(view(&b, 56, 0, none).llr > 1.5);
    assert_true(fabs(view(&b, 61, 0, none).llr) < 0.2);
}

static void up_and_down_are_told_apart(void **state)
{
    (void)state;
    struct cw_baseline b = {0};
    (void)learn(&b, 0, 56, 10, 1);
    assert_true(view(&b, 56, 30, none).z > 4);
    assert_true(view(&b, 56, 3, none).z < -4);
    assert_true(view(&b, 56, 3, none).llr > 3);
    assert_true(view(&b, 56, 10, none).llr < -3);
    assert_true(view(&b, 56, 30, none).llr < -3);
}

static void looking_learns_nothing(void **state)
{
    (void)state;
    struct cw_baseline b = {0};
    (void)learn(&b, 0, 40, 10, 1);
    struct cw_baseline before = b;
    for (int i = 0; i < 50; i++)
        (void)view(&b, 40, 5000, none);
    assert_memory_equal(&b, &before, sizeof b);
}

static void one_odd_day_moves_little(void **state)
{
    (void)state;
    struct cw_baseline b = {0};
    int day = learn(&b, 0, 56, 10, 1);
    double before = view(&b, day, 10, none).expected;
    (void)learn(&b, day, 1, 10000, 1);
    double after = view(&b, day, 10, none).expected;
    assert_true(after > before && after < 1.1 * before);
}

static void a_new_level_is_accepted_after_three_weeks(void **state)
{
    (void)state;
    struct cw_baseline b = {0};
    int day = learn(&b, 0, 56, 10, 1);
    day = learn(&b, day, 14, 100, 1);
    assert_true(view(&b, day, 100, none).expected < 30);
    day = learn(&b, day, 28, 100, 1);
    assert_true(view(&b, day, 100, none).expected > 60);
    assert_true(fabs(view(&b, day, 100, none).z) < 2);
}

static void what_is_shared_is_taken_out(void **state)
{
    (void)state;
    struct cw_baseline b = {0}, same;
    int day = learn(&b, 0, 56, 10, 1);
    struct cw_shock half = {log(0.5), 1}, rare = {0, 0.2};
    struct cw_channel_day d = view(&b, day, 5, half);
    assert_true(fabs(d.z) < 1 && d.llr < 0);
    assert_true(fabs(d.shared - 0.5) < 1e-9);
    assert_true(d.expected > 4 && d.expected < 6);
    d = view(&b, day, 0, rare);
    assert_true(d.llr < 0.3 && d.p_any < 0.25);
    assert_true(fabs(d.shared - 0.2) < 1e-9);
    same = b;
    cw_baseline_learn(&b, day % 7, working(day), 5, half);
    cw_baseline_learn(&same, day % 7, working(day), 5, none);
    assert_true(cw_baseline_level(&b) >
                cw_baseline_level(&same)); /* everybody's half is not this client's */
}

static void late_amounts_amend_upward_and_a_little(void **state)
{
    (void)state;
    struct cw_baseline b = {0};
    cw_baseline_amend(&b, 0, 10);
    assert_true(b.days == 0 && cw_baseline_level(&b) == 0);
    (void)learn(&b, 0, 56, 10, 1);
    double level = cw_baseline_level(&b);
    cw_baseline_amend(&b, 0, -5);
    assert_true(cw_baseline_level(&b) == level);
    cw_baseline_amend(&b, 0, 1000000);
    assert_true(cw_baseline_level(&b) > level && cw_baseline_level(&b) < level + 0.05);
}

/* ---- the feed ---- */

static bool close_feed(struct cw_feed *f, const struct cw_settings *s, cw_day day, unsigned events)
{
    for (unsigned i = 0; i < events; i++)
        cw_feed_count(f, CW_CH_SPEND, day);
    return cw_feed_close(f, CW_CH_SPEND, day, working(day), s);
}

static int with_settings(void **state)
{
    struct cw_settings *s = NULL;
    int err = cw_settings_default(&s, NULL);
    *state = s;
    return err;
}

static int without_settings(void **state)
{
    cw_settings_free(*state);
    return 0;
}

static void a_silent_feed_is_seen(void **state)
{
    struct cw_feed f = {0};
    cw_day day = 0;
    for (; day < 14; day++)
        assert_true(close_feed(&f, *state, day, working(day) ? 1000 : 300));
    assert_true(close_feed(&f, *state, day++, 220));
    assert_false(close_feed(&f, *state, day++, 100));
    assert_false(close_feed(&f, *state, day++, 0));
    assert_true(close_feed(&f, *state, day++, 1000));
    assert_true(f.silent[CW_CH_SPEND] == 0);
}

static void a_small_or_new_feed_is_not_judged(void **state)
{
    struct cw_feed small = {0}, young = {0};
    for (cw_day day = 0; day < 20; day++)
        assert_true(close_feed(&small, *state, day, 40));
    assert_true(close_feed(&small, *state, 20, 0));
    for (cw_day day = 0; day < 5; day++)
        assert_true(close_feed(&young, *state, day, 1000));
    assert_true(close_feed(&young, *state, 5, 0));
}

static void a_feed_that_stays_small_is_the_new_usual(void **state)
{
    struct cw_feed f = {0};
    cw_day day = 0;
    for (; day < 14; day++)
        (void)close_feed(&f, *state, day, 1000);
    int silent = 0;
    for (; day < 14 + 60; day++)
        silent += !close_feed(&f, *state, day, 100);
    assert_true(silent >= 14 && silent <= 21);
    assert_true(close_feed(&f, *state, day, 100));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_known_of_nobody),
        cmocka_unit_test(warm_after_days_and_days_with_any),
        cmocka_unit_test(the_level_and_the_chance_are_learned),
        cmocka_unit_test(weekdays_have_their_own_level),
        cmocka_unit_test(days_off_have_their_own_chance),
        cmocka_unit_test(up_and_down_are_told_apart),
        cmocka_unit_test(looking_learns_nothing),
        cmocka_unit_test(one_odd_day_moves_little),
        cmocka_unit_test(a_new_level_is_accepted_after_three_weeks),
        cmocka_unit_test(what_is_shared_is_taken_out),
        cmocka_unit_test(late_amounts_amend_upward_and_a_little),
        cmocka_unit_test(a_silent_feed_is_seen),
        cmocka_unit_test(a_small_or_new_feed_is_not_judged),
        cmocka_unit_test(a_feed_that_stays_small_is_the_new_usual),
    };
    return cmocka_run_group_tests(tests, with_settings, without_settings);
}
