/* What of a day's spend is usual by an hour, and shocks told by it. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "core/pace.h"
#include "tests/support/rehearsal.h"

/* ---- learning ---- */

static void days(struct cw_pace *p, int many, int clients, double share)
{
    for (int day = 0; day < many; day++) {
        for (int i = 0; i < clients; i++)
            cw_pace_note(p, 1, 4, (i % 2 ? share * 1.1 : share / 1.1) * 80, 80);
        cw_pace_close(p, true);
    }
}

static void shares_are_known_after_some_days(void **state)
{
    (void)state;
    struct cw_pace p = {0};
    days(&p, 3, 10, 0.4);
    struct cw_pace_by by = cw_pace_by(&p, 1, true, 4);
    assert_true(by.share == 0 && by.spread == 0); /* thirty are too few */
    days(&p, 3, 10, 0.4);
    by = cw_pace_by(&p, 1, true, 4);
    assert_true(fabs(exp(by.share) - 0.4) < 0.001);
    assert_true(fabs(by.spread - log(1.1)) < 0.001);
}

static void neither_other_days_nor_others_clients_count(void **state)
{
    (void)state;
    struct cw_pace p = {0};
    days(&p, 10, 10, 0.4);
    assert_true(cw_pace_by(&p, 1, false, 4).share == 0);
    assert_true(cw_pace_by(&p, 2, true, 4).share == 0);
    assert_true(cw_pace_by(&p, 1, true, 5).share == 0);
}

static void older_days_fade(void **state)
{
    (void)state;
    struct cw_pace p = {0};
    days(&p, 30, 10, 0.2);
    days(&p, 60, 10, 0.6);
    assert_true(exp(cw_pace_by(&p, 1, true, 4).share) > 0.55);
}

static void what_is_noted_counts_from_the_next_day_on(void **state)
{
    (void)state;
    struct cw_pace p = {0};
    days(&p, 10, 10, 0.4);
    struct cw_pace_by before = cw_pace_by(&p, 1, true, 4);
    for (int i = 0; i < 100; i++)
        cw_pace_note(&p, 1, 4, 80, 80);
    assert_true(cw_pace_by(&p, 1, true, 4).share == before.share);
    cw_pace_close(&p, true);
    assert_true(cw_pace_by(&p, 1, true, 4).share > before.share);
}

static void each_step_is_asked_for_in_turn(void **state)
{
    (void)state;
    unsigned asked = 0;
    for (cw_day day = 20000; day < 20000 + CW_PACE_STEPS; day++)
        asked |= 1U << cw_pace_asked(12345, day);
    assert_int_equal(asked, (1U << CW_PACE_STEPS) - 1);
}

/* ---- telling ---- */

#define BEGIN "2026-01-05" /* a Monday */
enum { CROWD = 60, DAYS = 46, SHOCKED = 7 };

static const char *member(int i)
{
    static char id[16];
    (void)snprintf(id, sizeof id, "i-%03d", i % CROWD);
    return id;
}

static void spend(struct rehearsal *r, int i, int day, const char *hhmm, double yuan)
{
    char data[120];
    (void)snprintf(data, sizeof data, "{'msisdn':'8613500000011','amount':%.2f,'category':'voice'}",
                   yuan);
    r_event(r, "billing.charge", r_at(BEGIN, day, hhmm), member(i), data);
}

/* Everybody spends a little every second hour, each with an hour of its own that is dearer; less at
 * weekends, so that all are like clients. */
static void play(struct rehearsal *r, int day, int hours, int shocked, double factor)
{
    static const char *const at[] = {"08:30", "10:30", "12:30", "14:30", "16:30", "18:30", "20:30"};
    double week = day % 7 < 5 ? 1 : 0.8;
    for (int h = 0; h < hours; h++)
        for (int i = 0; i < CROWD; i++)
            spend(r, i, day, at[h],
                  (i == shocked ? factor : 1) * week * (0.9 + 0.1 * ((day + i) % 3)) *
                      ((h + i) % 7 ? 1 : 1.5));
}

static struct rehearsal *after_days(void)
{
    struct rehearsal *r = r_new(NULL);
    for (int day = 0; day < DAYS; day++) {
        play(r, day, 7, -1, 1);
        r_tick(r, r_at(BEGIN, day + 1, "03:00"));
    }
    return r;
}

/* Five times the usual is told by one o'clock, by what is usual by then, and of nobody else. By the
 * whole day it would be known in the evening. */
static void a_shock_is_told_before_the_day_is_over(void **state)
{
    (void)state;
    for (int restored = 0; restored < 2; restored++) {
        struct rehearsal *r = after_days();
        if (restored)
            r_restore(r);
        play(r, DAYS, 3, SHOCKED, 5);
        json_t *told = r_signal(r, member(SHOCKED), "spend_spike", "");
        assert_non_null(told);
        assert_true(r_evidence(told, "by_hour") <= 14);
        assert_true(r_evidence(told, "observed") > r_evidence(told, "limit"));
        assert_true(r_evidence(told, "limit") > r_evidence(told, "expected"));
        for (int i = 0; i < CROWD; i++)
            assert_true(i == SHOCKED || !r_signal(r, member(i), "spend_spike", ""));
        r_free(r);
    }
}

/* The whole day's spend in the morning is only early, and so is half as much again. */
static void a_day_that_is_early_is_no_shock(void **state)
{
    (void)state;
    struct rehearsal *r = after_days();
    spend(r, SHOCKED, DAYS, "08:30", 3);
    assert_null(r_signal(r, member(SHOCKED), "spend_spike", ""));
    r_free(r);
}

/* The same day, of clients who are all billed in one piece, waits for no hour and gains none. */
static void one_charge_a_day_says_what_it_says(void **state)
{
    (void)state;
    struct rehearsal *r = r_new(NULL);
    for (int day = 0; day < DAYS; day++) {
        for (int i = 0; i < CROWD; i++)
            spend(r, i, day, "09:10", 7 * (0.9 + 0.1 * ((day + i) % 3)));
        r_tick(r, r_at(BEGIN, day + 1, "03:00"));
    }
    spend(r, SHOCKED, DAYS, "09:10", 70);
    json_t *told = r_signal(r, member(SHOCKED), "spend_spike", "");
    assert_non_null(told);
    assert_null(json_object_get(json_object_get(told, "evidence"), "by_hour"));
    r_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shares_are_known_after_some_days),
        cmocka_unit_test(neither_other_days_nor_others_clients_count),
        cmocka_unit_test(older_days_fade),
        cmocka_unit_test(what_is_noted_counts_from_the_next_day_on),
        cmocka_unit_test(each_step_is_asked_for_in_turn),
        cmocka_unit_test(a_shock_is_told_before_the_day_is_over),
        cmocka_unit_test(a_day_that_is_early_is_no_shock),
        cmocka_unit_test(one_charge_a_day_says_what_it_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
