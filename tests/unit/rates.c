/* Limits that follow the population. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "core/rates.h"

enum { CLIENTS = 1000 };
#define WHAT CW_RATED_spend_spike

/* A day on which so many of a thousand clients score that, and the rest nothing. */
static void day(struct cw_rates *r, int n, double score)
{
    for (int i = 0; i < CLIENTS; i++)
        cw_rates_note(r, WHAT, i < n ? score : 0);
    cw_rates_close(r);
}

static void days(struct cw_rates *r, int many, int n, double score)
{
    for (int i = 0; i < many; i++)
        day(r, n, score);
}

static void nothing_is_known_at_first(void **state)
{
    (void)state;
    struct cw_rates r = {0};
    assert_true(cw_rates_limit(&r, WHAT, 5) == 0);
    day(&r, 50, 6);
    assert_true(cw_rates_limit(&r, WHAT, 5) == 0); /* five days beyond it are too few */
    days(&r, 3, 50, 6);
    assert_true(cw_rates_limit(&r, WHAT, 5) > 0);
}

/* Five of a thousand score 8, fifty score 4: ten of a thousand are to be told, so the limit lies
 * within the step of 4; two of a thousand, within that of 8. */
static void the_limit_is_where_so_many_are_beyond(void **state)
{
    (void)state;
    struct cw_rates r = {0};
    for (int d = 0; d < 30; d++) {
        for (int i = 0; i < CLIENTS; i++)
            cw_rates_note(&r, WHAT, i < 5 ? 8 : i < 55 ? 4 : 1);
        cw_rates_close(&r);
    }
    double step = exp2(0.1);
    double ten = cw_rates_limit(&r, WHAT, 10), two = cw_rates_limit(&r, WHAT, 2);
    assert_true(ten >= 4 / step && ten <= 4 * step);
    assert_true(two >= 8 / step && two <= 8 * step);
    assert_true(cw_rates_limit(&r, WHAT, 100) == 0); /* no hundred of them score two or more */
    assert_true(cw_rates_limit(&r, CW_RATED_spend_decline, 10) == 0);
}

static void a_louder_season_raises_the_limit(void **state)
{
    (void)state;
    struct cw_rates r = {0};
    days(&r, 40, 20, 4);
    double before = cw_rates_limit(&r, WHAT, 10);
    days(&r, 40, 20, 9);
    double after = cw_rates_limit(&r, WHAT, 10);
    assert_true(before < 4.5 && after > 8);
    days(&r, 60, 20, 4);
    assert_true(cw_rates_limit(&r, WHAT, 10) < 4.5); /* and it is forgotten */
}

/* All clients of a day are judged by the same limits. */
static void a_day_counts_from_its_close(void **state)
{
    (void)state;
    struct cw_rates r = {0};
    days(&r, 20, 20, 4);
    double before = cw_rates_limit(&r, WHAT, 10);
    for (int i = 0; i < CLIENTS; i++)
        cw_rates_note(&r, WHAT, 17);
    assert_true(cw_rates_limit(&r, WHAT, 10) == before);
    cw_rates_close(&r);
    assert_true(cw_rates_limit(&r, WHAT, 10) > before);
}

static void a_day_that_tells_nothing_ages_nothing(void **state)
{
    (void)state;
    struct cw_rates r = {0};
    days(&r, 20, 20, 4);
    struct cw_rates before = r;
    for (int i = 0; i < 60; i++)
        cw_rates_close(&r);
    assert_memory_equal(&r, &before, sizeof r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_known_at_first),
        cmocka_unit_test(the_limit_is_where_so_many_are_beyond),
        cmocka_unit_test(a_louder_season_raises_the_limit),
        cmocka_unit_test(a_day_counts_from_its_close),
        cmocka_unit_test(a_day_that_tells_nothing_ages_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
