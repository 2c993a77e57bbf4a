/* Fitting weights to made-up leavings whose weights are known. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ctl/fit/fit_judge.h"
#include "ctl/fit/steps_fit.h"

enum { ROWS = 600000 };

static uint64_t next(uint64_t *x)
{
    *x ^= *x << 13;
    *x ^= *x >> 7;
    return *x ^= *x << 17;
}

static double chance(uint64_t *x)
{
    return (double)(next(x) >> 11) / 9007199254740992.0;
}

/* Two detectors speak: the first is worth twice what it says, the second half. */
static struct cw_fit_row *made_up(double base, uint64_t seed)
{
    struct cw_fit_row *rows = calloc(ROWS, sizeof *rows);
    assert_non_null(rows);
    for (int i = 0; i < ROWS; i++) {
        struct cw_fit_row *r = &rows[i];
        r->kind = chance(&seed) < 0.3;
        r->told[3] = chance(&seed) < 0.3 ? 1.0F : 0;
        r->told[7] = chance(&seed) < 0.3 ? 2.0F : 0;
        double x = base - r->kind + 2 * (double)r->told[3] + 0.5 * (double)r->told[7];
        r->left = chance(&seed) < 1 / (1 + exp(-x));
    }
    return rows;
}

static const double now[CW_FIT_KINDS] = {-3, -3};

static void known_weights_are_found(void **state)
{
    (void)state;
    struct cw_weights w;
    struct cw_fit_row *rows = made_up(-3, 88172645463325252);
    assert_int_equal(cw_weights_fit(rows, ROWS, now, &w), 0);
    assert_true(fabs(w.times[3] - 2) < 0.1);
    assert_true(fabs(w.times[7] - 0.5) < 0.06);
    assert_true(fabs(w.base[0] + 3) < 0.1 && fabs(w.base[1] + 4) < 0.15);
    assert_true(w.kept[0] && w.times[0] == 1);
    assert_false(w.kept[3]);
    free(rows);
}

static void little_changes_little(void **state)
{
    (void)state;
    struct cw_weights few, none;
    struct cw_fit_row *rows = made_up(-3, 12345);
    assert_int_equal(cw_weights_fit(rows, 400, now, &few), 0);
    assert_true(few.kept[3] && few.times[3] == 1); /* not a hundred mornings */
    assert_int_equal(cw_weights_fit(rows, 4000, now, &few), 0);
    assert_true(few.times[3] > 1.05 && few.times[3] < 1.6);
    assert_int_equal(cw_weights_fit(rows, 0, now, &none), 0);
    for (int d = 0; d < CW_DETECTORS; d++)
        assert_true(none.kept[d] && none.times[d] == 1);
    assert_true(none.base[0] == -3 && none.base[1] == -3);
    free(rows);
}

static void fitted_is_better_judged(void **state)
{
    (void)state;
    struct cw_weights w, before = {.base = {-3, -3}};
    struct cw_fit_quality was, is;
    struct cw_fit_row *rows = made_up(-4, 777);
    for (int d = 0; d < CW_DETECTORS; d++)
        before.times[d] = 1;
    assert_int_equal(cw_weights_fit(rows, ROWS, now, &w), 0);
    assert_int_equal(cw_fit_judge(&before, rows, ROWS, &was), 0);
    assert_int_equal(cw_fit_judge(&w, rows, ROWS, &is), 0);
    assert_true(is.brier_skill > was.brier_skill);
    assert_true(is.error < was.error / 2);
    assert_true(is.precision > was.precision);
    free(rows);
}

/* Four mornings, told and left by hand: precision over the leavers is (1/1 + 2/3) / 2. */
static void precision_is_as_worked_out_by_hand(void **state)
{
    (void)state;
    struct cw_weights w = {.base = {0, 0}};
    struct cw_fit_quality q;
    struct cw_fit_row rows[4] = {
        {.told = {4}, .left = true}, {.told = {3}}, {.told = {2}, .left = true}, {.told = {1}}};
    w.times[0] = 1;
    assert_int_equal(cw_fit_judge(&w, rows, 4, &q), 0);
    assert_true(fabs(q.precision - (1.0 + 2.0 / 3) / 2) < 1e-12);
}

/* The second detector speaks with the first more often than not, and against what it says: fitted
 * freely it would be below nothing. Held at nothing, the first must be what it is without it. */
static void one_at_its_bound_leaves_the_others_right(void **state)
{
    (void)state;
    struct cw_weights both, alone;
    uint64_t seed = 4711;
    struct cw_fit_row *rows = calloc(ROWS, sizeof *rows);
    assert_non_null(rows);
    for (int i = 0; i < ROWS; i++) {
        struct cw_fit_row *r = &rows[i];
        bool first = chance(&seed) < 0.3;
        r->told[3] = first ? 1.0F : 0;
        r->told[7] = chance(&seed) < (first ? 0.7 : 0.1) ? 1.0F : 0;
        double x = -3 + (double)r->told[3] - 0.8 * (double)r->told[7];
        r->left = chance(&seed) < 1 / (1 + exp(-x));
    }
    assert_int_equal(cw_weights_fit(rows, ROWS, now, &both), 0);
    for (int i = 0; i < ROWS; i++)
        rows[i].told[7] = 0;
    assert_int_equal(cw_weights_fit(rows, ROWS, now, &alone), 0);
    assert_true(both.held[7] && both.times[7] == 0);
    assert_false(both.held[3]);
    assert_true(fabs(both.times[3] - alone.times[3]) < 1e-6);
    assert_true(fabs(both.base[0] - alone.base[0]) < 1e-6);
    free(rows);
}

/* Clients without a task as one row of many mornings are the same as row by row. */
static void many_alike_are_counted_each(void **state)
{
    (void)state;
    enum { QUIET = 50000, LEFT = 300 };
    struct cw_weights w, v;
    struct cw_fit_quality p, q;
    struct cw_fit_row *rows = made_up(-3, 2025);
    struct cw_fit_row *more = calloc(20000 + QUIET, sizeof *more);
    assert_non_null(more);
    memcpy(more, rows, 20000 * sizeof *rows);
    for (int i = 0; i < QUIET; i++)
        more[20000 + i].left = i < LEFT;
    rows[20000] = (struct cw_fit_row){.more = QUIET - LEFT - 1};
    rows[20001] = (struct cw_fit_row){.more = LEFT - 1, .left = true};
    assert_int_equal(cw_weights_fit(rows, 20002, now, &w), 0);
    assert_int_equal(cw_weights_fit(more, 20000 + QUIET, now, &v), 0);
    assert_true(fabs(w.base[0] - v.base[0]) < 1e-9 && fabs(w.times[3] - v.times[3]) < 1e-9);
    assert_int_equal(cw_fit_judge(&w, rows, 20002, &p), 0);
    assert_int_equal(cw_fit_judge(&w, more, 20000 + QUIET, &q), 0);
    assert_true(fabs(p.brier_skill - q.brier_skill) < 1e-9 && fabs(p.error - q.error) < 1e-9);
    assert_true(fabs(p.precision - q.precision) < 1e-9);
    free(rows);
    free(more);
}

/* A detector tells one of all its steps; of the second that is two too little. */
static void a_step_that_is_told_too_little_shows(void **state)
{
    (void)state;
    struct cw_weights w = {.base = {-3, -3}};
    struct cw_fit_steps s;
    uint64_t seed = 31;
    struct cw_fit_row *rows = calloc(ROWS, sizeof *rows);
    assert_non_null(rows);
    for (int d = 0; d < CW_DETECTORS; d++)
        w.times[d] = 1;
    for (int i = 0; i < ROWS; i++) {
        struct cw_fit_row *r = &rows[i];
        r->told[5] = chance(&seed) < 0.5 ? 1.0F : 0;
        r->step[5] = chance(&seed) < 0.2;
        double x = -3 + (double)r->told[5] * (r->step[5] ? 3 : 1);
        r->left = chance(&seed) < 1 / (1 + exp(-x));
    }
    rows[0] = (struct cw_fit_row){.told = {[5] = 1000}, .left = true}; /* as sure as can be */
    cw_fit_steps(&w, rows, ROWS, &s);
    assert_true(fabs(s.of[5][0].more) < 0.05);
    assert_true(s.of[5][1].more > 1.8 && s.of[5][1].more < 2.05);
    assert_int_equal(cw_fit_steps_seen(s.of[5]), 2);
    assert_int_equal(cw_fit_steps_seen(s.of[4]), 0);
    cw_fit_steps(&w, rows, 2000, &s);
    assert_true(s.of[5][1].left < CW_FIT_LEFT_LEAST || s.of[5][1].more < 1);
    assert_true(s.of[5][0].left >= CW_FIT_LEFT_LEAST || s.of[5][0].more == 0);
    free(rows);
}

static void the_same_twice(void **state)
{
    (void)state;
    struct cw_weights one, two;
    struct cw_fit_row *rows = made_up(-3, 99);
    assert_int_equal(cw_weights_fit(rows, ROWS, now, &one), 0);
    assert_int_equal(cw_weights_fit(rows, ROWS, now, &two), 0);
    assert_memory_equal(one.times, two.times, sizeof one.times);
    assert_memory_equal(one.base, two.base, sizeof one.base);
    free(rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_weights_are_found),
        cmocka_unit_test(little_changes_little),
        cmocka_unit_test(fitted_is_better_judged),
        cmocka_unit_test(precision_is_as_worked_out_by_hand),
        cmocka_unit_test(one_at_its_bound_leaves_the_others_right),
        cmocka_unit_test(many_alike_are_counted_each),
        cmocka_unit_test(a_step_that_is_told_too_little_shows),
        cmocka_unit_test(the_same_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
