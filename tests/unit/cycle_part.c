/* A cycle so far against the same days as they usually are: what is told before the bill comes, and
 * what is not, because it is a plan's, a refund, or of a day long gone. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "detectors/cycle_part.h"
#include "tests/support/rehearsal.h"

#define BEGIN "2025-12-01"
#define CLIENT "i-580-0001"
enum { MARCH = 90 }; /* days from the beginning to the first of it */

static void charge(struct rehearsal *r, const char *time, double yuan, const char *category)
{
    char data[160];
    (void)snprintf(data, sizeof data, "{'msisdn':'8613500000011','amount':%.2f,'category':'%s'}",
                   yuan, category);
    r_event(r, "billing.charge", time, CLIENT, data);
}

static void play_days(struct rehearsal *r, int from, int to, double yuan)
{
    for (int day = from; day < to; day++) {
        if (yuan > 0)
            charge(r, r_at(BEGIN, day, "10:00"), yuan * (0.9 + 0.1 * (day % 3)), "voice");
        r_tick(r, r_at(BEGIN, day + 1, "03:00"));
    }
}

static void bill(struct rehearsal *r, const char *cycle, const char *time, double yuan)
{
    char data[120];
    (void)snprintf(data, sizeof data, "{'cycle':'%s','amount':%.2f,'due_date':'2026-06-20'}", cycle,
                   yuan);
    r_event(r, "billing.bill", time, CLIENT, data);
}

static void plan(struct rehearsal *r, const char *time, int from, int to)
{
    char data[200];
    (void)snprintf(data, sizeof data,
                   "{'msisdn':'8613500000011','from':{'id':'a','monthly_fee':%d},"
                   "'to':{'id':'b','monthly_fee':%d},'effective':'2026-03-05'}",
                   from, to);
    r_event(r, "service.plan_changed", time, CLIENT, data);
}

/* Ten yuan a day and a plan of thirty a month, with three bills: bills of about 330. */
static struct rehearsal *at_march(void)
{
    static const char *const settings[] = {"detectors.bill_change.half_life_days=90",
                                           "tasks.open_for=300d", NULL};
    struct rehearsal *r = r_new(settings);
    play_days(r, 0, 33, 10);
    bill(r, "2025-12", r_at(BEGIN, 33, "04:00"), 332);
    play_days(r, 33, 64, 10);
    bill(r, "2026-01", r_at(BEGIN, 64, "04:00"), 335);
    play_days(r, 64, MARCH, 10);
    bill(r, "2026-02", r_at(BEGIN, MARCH, "04:00"), 318);
    return r;
}

static json_t *told(const struct rehearsal *r)
{
    return r_signal(r, CLIENT, "bill_change", "");
}

static void a_usual_cycle_is_not_told(void **state)
{
    (void)state;
    struct rehearsal *r = at_march();
    play_days(r, MARCH, MARCH + 30, 10);
    assert_null(told(r));
    r_free(r);
}

/* Nine days at fifty bring 360 more than usual, past the limit of 264; the bill then says itself
 * what it is. */
static void a_dear_cycle_is_told_before_its_bill(void **state)
{
    (void)state;
    for (int usual_bill = 0; usual_bill < 2; usual_bill++) {
        struct rehearsal *r = at_march();
        play_days(r, MARCH, MARCH + 5, 50);
        assert_null(told(r));
        r_restore(r);
        play_days(r, MARCH + 5, MARCH + 9, 50);
        json_t *s = told(r);
        assert_non_null(s);
        assert_true(r_evidence(s, "observed") > r_evidence(s, "limit"));
        assert_true(r_evidence(s, "limit") > r_evidence(s, "expected"));
        play_days(r, MARCH + 9, MARCH + 33, 10);
        assert_non_null(told(r)); /* two days into the next */
        bill(r, "2026-03", r_at(BEGIN, MARCH + 33, "04:00"), usual_bill ? 340 : 700);
        assert_true((told(r) == NULL) == usual_bill);
        r_free(r);
    }
}

/* The bill of the cycle before, when it comes late, says nothing of this one. */
static void the_last_cycles_bill_leaves_this_one_told(void **state)
{
    (void)state;
    struct rehearsal *r = at_march();
    play_days(r, MARCH, MARCH + 31, 10);
    play_days(r, MARCH + 31, MARCH + 40, 50);
    assert_non_null(told(r));
    bill(r, "2026-03", r_at(BEGIN, MARCH + 40, "04:00"), 340);
    json_t *s = told(r);
    assert_non_null(s);
    assert_true(r_evidence(s, "observed") > r_evidence(s, "limit"));
    bill(r, "2026-04", r_at(BEGIN, MARCH + 61, "04:00"), 340);
    assert_null(told(r));
    r_free(r);
}

/* What the cycle before was told of goes with its bill, though the next has begun. */
static void the_last_cycles_bill_speaks_for_it(void **state)
{
    (void)state;
    struct rehearsal *r = at_march();
    play_days(r, MARCH, MARCH + 9, 50);
    play_days(r, MARCH + 9, MARCH + 40, 10);
    assert_non_null(told(r));
    bill(r, "2026-03", r_at(BEGIN, MARCH + 40, "04:00"), 340);
    assert_null(told(r));
    r_free(r);
}

static void a_cycle_of_nothing_is_told_before_its_bill(void **state)
{
    (void)state;
    struct rehearsal *r = at_march();
    play_days(r, MARCH, MARCH + 12, 0);
    assert_null(told(r));
    play_days(r, MARCH + 12, MARCH + 22, 0);
    json_t *s = told(r);
    assert_non_null(s);
    assert_true(r_evidence(s, "observed") < r_evidence(s, "limit"));
    r_free(r);
}

/* A refund that is most of a bill is no fall of use. */
static void a_refund_is_no_fall(void **state)
{
    (void)state;
    struct rehearsal *r = at_march();
    play_days(r, MARCH, MARCH + 10, 10);
    charge(r, r_at(BEGIN, MARCH + 10, "12:00"), -300, "other");
    play_days(r, MARCH + 10, MARCH + 30, 10);
    assert_null(told(r));
    r_free(r);
}

/* And what is refunded is dear no more. */
static void a_refund_takes_a_rise_back(void **state)
{
    (void)state;
    struct rehearsal *r = at_march();
    play_days(r, MARCH, MARCH + 9, 50);
    assert_non_null(told(r));
    charge(r, r_at(BEGIN, MARCH + 9, "12:00"), -350, "other");
    play_days(r, MARCH + 9, MARCH + 11, 10);
    assert_null(told(r));
    r_free(r);
}

/* Roaming of last month and of a day already judged, billed late. */
static void a_late_record_makes_no_cycle_dear(void **state)
{
    (void)state;
    struct rehearsal *r = at_march();
    play_days(r, MARCH, MARCH + 10, 10);
    charge(r, r_at(BEGIN, MARCH - 12, "12:00"), 900, "roaming");
    charge(r, r_at(BEGIN, MARCH + 2, "12:00"), 900, "roaming");
    play_days(r, MARCH + 10, MARCH + 30, 10);
    assert_null(told(r));
    r_free(r);
}

static void a_changed_plan_is_no_change_of_use(void **state)
{
    (void)state;
    for (int up = 0; up < 2; up++) {
        struct rehearsal *r = at_march();
        play_days(r, MARCH, MARCH + 4, 10);
        plan(r, r_at(BEGIN, MARCH + 4, "12:00"), up ? 30 : 530, up ? 530 : 30);
        charge(r, r_at(BEGIN, MARCH + 4, "12:30"), up ? 435 : 30, "monthly_fee");
        play_days(r, MARCH + 4, MARCH + 30, 10);
        assert_null(told(r));
        r_free(r);
    }
}

/* With a plan of 435 more the bill is about 770, and a rise is 616: not what it was without. */
static void a_dear_cycle_is_one_for_its_plan(void **state)
{
    (void)state;
    struct rehearsal *r = at_march();
    play_days(r, MARCH, MARCH + 4, 10);
    plan(r, r_at(BEGIN, MARCH + 4, "12:00"), 30, 530);
    play_days(r, MARCH + 4, MARCH + 16, 40);
    assert_null(told(r));
    play_days(r, MARCH + 16, MARCH + 28, 40);
    json_t *s = told(r);
    assert_non_null(s);
    double usual = r_evidence(s, "expected"), limit = r_evidence(s, "limit");
    assert_true(usual > 750 && usual < 790);
    assert_true(fabs(limit - 1.8 * usual) < 1);
    r_free(r);
}

/* By the days from which the plan is in force, whenever it is told of: from the eleventh of thirty
 * days, two thirds of the difference, and all of it in the next cycle. */
static void fees_go_by_the_days_in_force(void **state)
{
    (void)state;
    struct cycle_part p = {0};
    cw_day first;
    assert_int_equal(cw_parse_date((struct cw_str)CW_STR("2026-04-01"), &first), 0);
    cycle_part_plan(&p, first + 10, first + 10, 60);
    assert_true(cw_float_unpack(p.fees) == 40 && cw_float_unpack(p.fees_next) == 60);
    cycle_part_plan(&p, first + 12, first + 20, -60);
    assert_true(cw_float_unpack(p.fees) == 20 && cw_float_unpack(p.fees_next) == 0);
    cycle_part_plan(&p, first + 12, first + 30, 90); /* from the next cycle on */
    assert_true(cw_float_unpack(p.fees) == 20 && cw_float_unpack(p.fees_next) == 90);
    cycle_part_plan(&p, first + 13, first - 40, 30); /* since long ago */
    assert_true(cw_float_unpack(p.fees) == 50 && cw_float_unpack(p.fees_next) == 120);
    cycle_part_begin(&p, cw_cycle_of(first + 30));
    assert_true(cw_float_unpack(p.fees) == 120 && cw_float_unpack(p.fees_next) == 0);
    cycle_part_plan(&p, first, first, 60); /* told in a cycle that is over */
    assert_true(cw_float_unpack(p.fees) == 120);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_usual_cycle_is_not_told),
        cmocka_unit_test(a_dear_cycle_is_told_before_its_bill),
        cmocka_unit_test(the_last_cycles_bill_leaves_this_one_told),
        cmocka_unit_test(the_last_cycles_bill_speaks_for_it),
        cmocka_unit_test(a_cycle_of_nothing_is_told_before_its_bill),
        cmocka_unit_test(a_refund_is_no_fall),
        cmocka_unit_test(a_refund_takes_a_rise_back),
        cmocka_unit_test(a_late_record_makes_no_cycle_dear),
        cmocka_unit_test(a_changed_plan_is_no_change_of_use),
        cmocka_unit_test(a_dear_cycle_is_one_for_its_plan),
        cmocka_unit_test(fees_go_by_the_days_in_force),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
