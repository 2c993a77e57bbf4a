/* The surprise of a series' values. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "core/series.h"

enum { MINUTES_5 = 300, DAY = 86400, MANY = 2000 };

/* A wave over the day with a wiggle that does not repeat, the same on every machine. */
static double usual(int i)
{
    double day = (double)(i * MINUTES_5 % DAY) / DAY;
    return 100 + 20 * sin(2 * M_PI * day) + (double)(i * 7919 % 101) / 25;
}

static double step(struct cw_series *s, int i, double value)
{
    return cw_series_step(s, i * MINUTES_5 % DAY, value);
}

/* Values as usual, up to the i-th; returns the highest score. */
static double learn(struct cw_series *s, int from, int to)
{
    double most = 0;
    for (int i = from; i < to; i++)
        most = fmax(most, step(s, i, usual(i)));
    return most;
}

static void as_usual_is_no_alarm(void **state)
{
    (void)state;
    struct cw_series s = {0};
    assert_true(learn(&s, 0, MANY) < CW_SERIES_ALARM);
}

static void nothing_is_said_while_it_is_new(void **state)
{
    (void)state;
    struct cw_series s = {0};
    learn(&s, 0, 200);
    assert_true(step(&s, 200, 1000) == 0);
}

static void a_spike_is_an_alarm(void **state)
{
    (void)state;
    struct cw_series s = {0};
    learn(&s, 0, MANY);
    assert_true(step(&s, MANY, 400) > 0.8);
}

static void a_shift_is_one_alarm(void **state)
{
    (void)state;
    struct cw_series s = {0};
    int alarms = 0;
    learn(&s, 0, MANY);
    for (int i = MANY; i < MANY + 500; i++)
        alarms += step(&s, i, usual(i) - 60) >= CW_SERIES_ALARM;
    assert_int_equal(alarms, 1);
}

/* Rest is a share of the past: 60 values after 2000. What comes within it is the same event. */
static void it_rests_after_an_alarm(void **state)
{
    (void)state;
    struct cw_series s = {0};
    learn(&s, 0, MANY);
    assert_true(step(&s, MANY, 400) >= CW_SERIES_ALARM);
    for (int i = MANY + 1; i < MANY + 60; i++)
        assert_true(step(&s, i, i == MANY + 50 ? 4000 : usual(i)) == 0);
    learn(&s, MANY + 60, MANY + 600);
    assert_true(step(&s, MANY + 600, 4000) >= CW_SERIES_ALARM);
}

/* The same value is at home at noon and odd at night. */
static void the_time_of_day_is_learned(void **state)
{
    (void)state;
    struct cw_series s = {0};
    int days = 20, per_day = DAY / MINUTES_5, noon = days * per_day + 100;
    for (int i = 0; i < noon; i++)
        step(&s, i, 100 + 50 * sin(2 * M_PI * (i % per_day) / per_day) + i * 7919 % 101 / 50.0);
    struct cw_series at_night = s;
    double high = 100 + 50 * sin(2 * M_PI * 100 / per_day);
    assert_true(step(&s, noon, high) < CW_SERIES_ALARM);
    at_night.last = high; /* so that it is not the step that speaks */
    assert_true(cw_series_step(&at_night, 216 * MINUTES_5, high) >= CW_SERIES_ALARM);
}

/* A unit is no matter: cents or thousands of yuan, the scores are the same but for rounding. */
static void the_unit_is_no_matter(void **state)
{
    (void)state;
    struct cw_series a = {0}, b = {0};
    for (int i = 0; i < MANY; i++) {
        double v = i % 700 == 699 ? 300 : usual(i);
        assert_true(fabs(step(&a, i, v) - step(&b, i, v * 1e-12)) < 1e-6);
    }
}

static void a_flat_line_that_moves_is_an_alarm(void **state)
{
    (void)state;
    struct cw_series s = {0};
    for (int i = 0; i < MANY; i++)
        assert_true(step(&s, i, 7) == 0);
    assert_true(step(&s, MANY, 8) >= CW_SERIES_ALARM);
}

static void the_largest_values_overflow_nothing(void **state)
{
    (void)state;
    struct cw_series s = {0};
    for (int i = 0; i < MANY; i++) {
        double score = step(&s, i, i % 3 ? CW_SERIES_MOST : -CW_SERIES_MOST);
        assert_true(score >= 0 && score <= 1);
    }
    s = (struct cw_series){0};
    for (int i = 0; i < MANY; i++)
        step(&s, i, 0);
    assert_true(step(&s, MANY, CW_SERIES_MOST) >= CW_SERIES_ALARM);
    assert_true(isfinite(s.usual) && isfinite(s.variance) && isfinite(s.level));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_usual_is_no_alarm),
        cmocka_unit_test(nothing_is_said_while_it_is_new),
        cmocka_unit_test(a_spike_is_an_alarm),
        cmocka_unit_test(a_shift_is_one_alarm),
        cmocka_unit_test(it_rests_after_an_alarm),
        cmocka_unit_test(the_time_of_day_is_learned),
        cmocka_unit_test(the_unit_is_no_matter),
        cmocka_unit_test(a_flat_line_that_moves_is_an_alarm),
        cmocka_unit_test(the_largest_values_overflow_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
