/* What the detectors say of themselves, held against what they do: over random histories, a signal
 * is raised exactly when its reading is past its limit.
 *
 * After each message the readings are compared with the client's open signals. What only the next
 * day's close will tell ("would fire") must be told by it.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "churnwatch/explain.h"
#include "churnwatch/task.h"
#include "tests/support/rehearsal.h"

#define BEGIN "2026-01-05"
#define GROUP "g-580-0001"
#define PERSON "i-580-0002"

enum { DAYS = 130, HISTORIES = 24, OPEN_MOST = CW_TASK_SIGNALS_MOST };

struct identity {
    uint8_t detector, slot;
    cw_number line;
};
struct history {
    struct rehearsal *r;
    uint64_t random;
    struct identity open[2][OPEN_MOST]; /* by client, before the message */
    size_t n_open[2];
    uint64_t task[2];
    int day, ended[2];              /* the last day on which the client's task ended */
    int inhibited[2][CW_DETECTORS]; /* and on which a stronger fact held something back */
    struct cw_explained *now;
};
static const char *const clients[2] = {GROUP, PERSON};
static unsigned raised[CW_DETECTORS], quiet[CW_DETECTORS];

/* ---- chance ---- */

static uint32_t below(struct history *h, uint32_t n)
{
    h->random = h->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(h->random >> 33) % n;
}

static bool one_in(struct history *h, uint32_t n)
{
    return below(h, n) == 0;
}

/* ---- what must hold ---- */

static bool was_open(const struct history *h, int c, const struct cw_bare_signal *s)
{
    for (size_t i = 0; i < h->n_open[c]; i++) {
        const struct identity *o = &h->open[c][i];
        if (o->detector == s->detector && o->slot == s->slot && o->line == s->line)
            return true;
    }
    return false;
}

static bool is_read(const struct history *h, const struct cw_task_signal *g)
{
    const struct cw_explanation *x = &h->now->detectors[g->s.detector];
    for (size_t i = 0; i < x->n; i++)
        if (x->of[i].open == g)
            return true;
    return x->left_out > 0;
}

/* What time alone brings past its limit, told by the day's close. */
static bool waits_for_close(const struct cw_reading *r)
{
    return (r->s.detector == CW_DET_suspension && r->s.slot == 2) ||
           r->s.detector == CW_DET_contract_end || r->s.detector == CW_DET_arrears;
}

/* Another sign, maybe of this moment, has lowered the limit of what judges at the day's close. */
static bool looks_closer(const struct cw_reading *r)
{
    const struct cw_need *n = &r->gauge.need[0];
    return r->gauge.n > 0 && n->by != CW_BY_RULE &&
           strcmp(cw_detectors[r->s.detector]->thresholds[n->by].name, "signs_share") == 0;
}

/* Past its limit and not told: waiting, held back when it was last judged, or gone with a task that
 * ended and to be told anew. */
static bool may_wait(const struct history *h, int c, const struct cw_reading *r)
{
    return waits_for_close(r) || looks_closer(r) || h->day - h->inhibited[c][r->s.detector] <= 1 ||
           h->day - h->ended[c] <= 1;
}

/* Outages told by care are remembered by their signal alone; complaints of several lines have one
 * gauge between them. */
static const struct cw_gauge *gauge_of(const struct history *h, const struct cw_task_signal *g)
{
    static const struct cw_gauge none;
    const struct cw_explanation *x = &h->now->detectors[g->s.detector];
    for (size_t i = 0; i < x->n; i++)
        if (x->of[i].open == g ? x->of[i].gauge.n > 0 : x->of[i].any_line)
            return &x->of[i].gauge;
    return g->s.detector == CW_DET_outage && g->s.slot == 1 ? &none : NULL;
}

/* A dear day that only its usage made a spike was told at its close, and the reading is of the day
 * after it. */
static bool is_of_a_day_before(const struct cw_task_signal *g)
{
    return g->s.detector == CW_DET_spend_spike && g->offset < 0;
}

static void check_signals(const struct history *h, int c)
{
    const struct cw_task *t = cw_client_task(h->now->client);
    for (size_t i = 0; t && i < t->n_signals; i++) {
        const struct cw_task_signal *g = &t->signals[i];
        const char *name = cw_detectors[g->s.detector]->name;
        if (g->cleared_at != CW_NO_TIME)
            continue;
        if (!is_read(h, g))
            fail_msg("%s: an open signal without a reading", name);
        if (was_open(h, c, &g->s))
            continue;
        raised[g->s.detector]++;
        if (is_of_a_day_before(g))
            continue;
        const struct cw_gauge *gauge = gauge_of(h, g);
        if (!gauge)
            fail_msg("%s slot %d raised a signal and has no gauge", name, g->s.slot);
        if (!cw_gauge_met(gauge))
            fail_msg("%s slot %d raised a signal short of its limit: %g of %g %s", name, g->s.slot,
                     cw_gauge_furthest(gauge)->is, cw_gauge_furthest(gauge)->limit,
                     cw_gauge_furthest(gauge)->unit);
    }
}

static void check_readings(struct history *h, int c)
{
    uint64_t task = cw_client_task(h->now->client) ? cw_client_task(h->now->client)->id : 0;
    if (h->task[c] && task != h->task[c])
        h->ended[c] = h->day;
    h->task[c] = task;
    for (int d = 0; d < CW_DETECTORS; d++)
        for (size_t i = 0; i < h->now->detectors[d].n; i++) {
            const struct cw_reading *r = &h->now->detectors[d].of[i];
            bool met = cw_gauge_met(&r->gauge);
            assert_int_equal(r->s.detector, d);
            quiet[d] += r->standing == CW_STANDS_quiet;
            if (r->standing == CW_STANDS_inhibited)
                h->inhibited[c][d] = h->day;
            if (r->standing == CW_STANDS_would_fire && !may_wait(h, c, r))
                fail_msg("%s slot %d is past its limit and was not told", cw_detectors[d]->name,
                         r->s.slot);
            if (r->standing == CW_STANDS_quiet && (met || r->open))
                fail_msg("%s slot %d is not quiet", cw_detectors[d]->name, r->s.slot);
            if ((r->standing == CW_STANDS_fired) && (!r->open || r->share != 0))
                fail_msg("%s slot %d did not fire", cw_detectors[d]->name, r->s.slot);
        }
}

static void note_open(struct history *h, int c)
{
    const struct cw_task *t = cw_client_task(h->now->client);
    h->n_open[c] = 0;
    for (size_t i = 0; t && i < t->n_signals; i++) {
        const struct cw_bare_signal *s = &t->signals[i].s;
        if (t->signals[i].cleared_at == CW_NO_TIME)
            h->open[c][h->n_open[c]++] = (struct identity){s->detector, s->slot, s->line};
    }
}

static bool ask(struct history *h, int c)
{
    struct cw_str id = {clients[c], strlen(clients[c])};
    return cw_shard_explain(r_shard(h->r), id, h->now) == 0;
}

static void check(struct history *h, int c)
{
    if (!ask(h, c))
        return;
    check_signals(h, c);
    check_readings(h, c);
    note_open(h, c);
}

/* What would fire does, when the day closes. */
static void close_day(struct history *h, const char *at)
{
    static struct cw_signal would[2][64];
    size_t n[2] = {0, 0};
    for (int c = 0; c < 2; c++) {
        if (!ask(h, c))
            continue;
        check(h, c);
        for (int d = 0; d < CW_DETECTORS; d++)
            for (size_t i = 0; i < h->now->detectors[d].n && n[c] < 64; i++)
                if (h->now->detectors[d].of[i].standing == CW_STANDS_would_fire &&
                    waits_for_close(&h->now->detectors[d].of[i]))
                    would[c][n[c]++] = h->now->detectors[d].of[i].s;
    }
    r_tick(h->r, at);
    for (int c = 0; c < 2; c++) {
        if (!ask(h, c))
            continue;
        check(h, c);
        for (size_t i = 0; i < n[c]; i++)
            if (!was_open(h, c, &would[c][i].bare))
                fail_msg("%s slot %d said it would fire and did not",
                         cw_detectors[would[c][i].detector]->name, would[c][i].slot);
    }
}

/* ---- random histories ---- */

static void event(struct history *h, int c, const char *type, const char *at, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));
static void event(struct history *h, int c, const char *type, const char *at, const char *fmt, ...)
{
    char data[256];
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(data, sizeof data, fmt, ap);
    va_end(ap);
    r_event(h->r, type, at, clients[c], data);
    check(h, c);
}

/* What a line does on its usual day; `level` is what is left of it, in percent. */
static void usual_day(struct history *h, int c, int day, int line, unsigned level)
{
    unsigned yuan = (800 + below(h, 400)) * level / 100,
             minutes = (60 + below(h, 30)) * level / 100;
    if (yuan)
        event(h, c, "billing.charge", r_at(BEGIN, day, "10:00"),
              "{'msisdn':'86135%d%07d','amount':%u.%02u,'category':'voice'}", c, line, yuan / 100,
              yuan % 100);
    if (minutes)
        event(h, c, "service.usage", r_at(BEGIN, day, "11:00"),
              "{'msisdn':'86135%d%07d','voice_min':%u,'data_mb':100,'sms':0}", c, line, minutes);
}

/* Once a month, a bill; now and then one out of the ordinary. */
static void bill(struct history *h, int c, int day)
{
    cw_day today;
    (void)cw_parse_date((struct cw_str){r_day(BEGIN, day), 10}, &today);
    struct cw_date d = cw_date_of(today);
    if (d.mday != 2)
        return;
    unsigned yuan = one_in(h, 3) ? 40 + below(h, 900) : 280 + below(h, 40);
    struct cw_date before = cw_date_of(today - 3);
    event(h, c, "billing.bill", r_at(BEGIN, day, "12:00"),
          "{'cycle':'%04d-%02d','amount':%u,'due_date':'%s'}", before.year, before.month, yuan,
          r_day(BEGIN, day + 20));
}

static void rare_event(struct history *h, int c, int day, int line)
{
    static const char *const reasons[] = {"arrears", "customer_request", "lost", "fraud", "other"};
    static const char *const stages[] = {"inquiry", "code_issued", "requested", "completed",
                                         "cancelled"};
    static const char *const conditions[] = {"CFU", "CFB", "CFNRy", "CFNRc"};
    const char *at = r_at(BEGIN, day, "13:00");
    char of[20];
    (void)snprintf(of, sizeof of, "86135%d%07d", c, line);
    switch (below(h, 13)) {
    case 0:
        event(h, c, "service.suspended", at, "{'msisdn':'%s','direction':'%s','reason':'%s'}", of,
              one_in(h, 2) ? "both" : "outgoing", reasons[below(h, 5)]);
        break;
    case 1:
    case 2:
        event(h, c, "service.resumed", at, "{'msisdn':'%s'}", of);
        break;
    case 3:
        event(h, c, "billing.arrears", at, "{'amount':%u,'days_overdue':%u}", below(h, 400),
              below(h, 9));
        break;
    case 4:
        event(h, c, "billing.payment", at, "{'amount':%u}", below(h, 600));
        break;
    case 5:
        event(h, c, "billing.balance", at, "{'balance':%d}", (int)below(h, 100) - 60);
        break;
    case 6:
        event(h, c, "service.call_forwarding", at,
              "{'msisdn':'%s','condition':'%s','active':%s,'target':'1390000000%u'}", of,
              conditions[below(h, 4)], one_in(h, 3) ? "false" : "true", below(h, 2));
        break;
    case 7:
        event(h, c, "service.call", at,
              "{'msisdn':'%s','direction':'outgoing','peer':'%s','duration_s':%u}", of,
              one_in(h, 2) ? "10010" : "13800000000", below(h, 90));
        break;
    case 8:
        event(h, c, "service.plan_changed", at,
              "{'msisdn':'%s','from':{'id':'a','monthly_fee':%u},'to':{'id':'b','monthly_fee':%u},"
              "'effective':'%s'}",
              of, 20 + below(h, 80), 20 + below(h, 80), r_day(BEGIN, day + 1));
        break;
    case 9:
        event(h, c, "service.port_out", at, "{'msisdn':'%s','stage':'%s'}", of,
              stages[one_in(h, 6) ? 3 : below(h, 5) % 3 + (one_in(h, 4) ? 2 : 0)]);
        break;
    case 10:
        event(h, c, one_in(h, 8) ? "service.terminated" : "care.complaint", at,
              "{'msisdn':'%s','reason':'other','severity':%u,'topic':'bill','ticket':'t%u'}", of,
              1 + below(h, 4), below(h, 6));
        break;
    case 11:
        event(h, c, "service.contract", at, "{'ends':'%s','action':'%s'}",
              r_day(BEGIN, day + (int)below(h, 60) - 10), one_in(h, 3) ? "ended" : "signed");
        break;
    default:
        event(h, c, "care.outage", at, "{'area':'north','minutes':%u}", below(h, 120));
    }
}

/* Stretches in which a client is as usual, falls, dwindles, is silent, or shoots up. */
static unsigned level_of(struct history *h, unsigned mood, int since)
{
    switch (mood) {
    case 1:
        return 20;
    case 2:
        return since < 40 ? 100 - 2 * (unsigned)since : 20;
    case 3:
        return one_in(h, 5) ? 3 : 0;
    case 4:
        return since == 3 ? 900 : 100;
    default:
        return 100;
    }
}

static void live(struct history *h)
{
    unsigned mood[2] = {0, 0};
    int since[2] = {0, 0};
    for (int day = 0; day < DAYS; day++) {
        h->day = day;
        for (int c = 0; c < 2; c++) {
            if (day > 45 && ++since[c] > 25 && one_in(h, 4)) {
                mood[c] = below(h, 5);
                since[c] = 0;
            }
            int lines = c == 0 ? 5 : 1;
            for (int line = 0; line < lines; line++)
                usual_day(h, c, day, line, level_of(h, mood[c], since[c]));
            if (one_in(h, 40))
                event(h, c, "billing.charge", r_at(BEGIN, day, "11:30"),
                      "{'msisdn':'86135%d%07d','amount':%u,'category':'roaming'}", c, 0,
                      below(h, 200));
            bill(h, c, day);
            if (day > 30 && one_in(h, 3))
                rare_event(h, c, day, (int)below(h, (uint32_t)lines));
        }
        close_day(h, r_at(BEGIN, day + 1, "02:30"));
    }
}

static struct history begin(uint64_t seed)
{
    /* Nothing comes back after an expired task: it would be told without being raised. */
    static const char *const settings[] = {"watched_numbers=10010",
                                           "operators.competitor_prefixes=139",
                                           "tasks.quiet.expired=365d", NULL};
    struct history h = {.r = r_new(settings), .random = seed, .now = calloc(1, sizeof *h.now)};
    assert_non_null(h.now);
    for (int c = 0; c < 2; c++) {
        h.ended[c] = -DAYS;
        for (int d = 0; d < CW_DETECTORS; d++)
            h.inhibited[c][d] = -DAYS;
    }
    r_profile(h.r, "{'client_id':'" GROUP "','kind':'group','class':'A2','manager':'am1',"
                   "'contract_ends':'2026-03-20'}");
    return h;
}

static void readings_agree_with_signals(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= HISTORIES; seed++) {
        struct history h = begin(seed);
        live(&h);
        r_free(h.r);
        free(h.now);
    }
    for (int d = 0; d < CW_DETECTORS; d++) {
        if (!raised[d])
            fail_msg("no history made %s speak", cw_detectors[d]->name);
        if (!quiet[d])
            fail_msg("no history left %s quiet", cw_detectors[d]->name);
    }
}

/* ---- single states ---- */

static const struct cw_reading *first(struct history *h, int c, int d)
{
    assert_true(ask(h, c));
    assert_true(h->now->detectors[d].n > 0);
    return &h->now->detectors[d].of[0];
}

static void standings_say_why(void **state)
{
    (void)state;
    struct history h = begin(1);
    for (int day = 0; day < 5; day++) {
        usual_day(&h, 1, day, 0, 100);
        close_day(&h, r_at(BEGIN, day + 1, "02:30"));
    }
    const struct cw_reading *r = first(&h, 1, CW_DET_spend_drop);
    assert_int_equal(r->standing, CW_STANDS_warming_up);
    assert_true(r->warmup_days > 0 && r->warmup_days < 60);
    assert_int_equal(first(&h, 1, CW_DET_port_out)->standing, CW_STANDS_quiet);
    assert_true(h.now->detectors[CW_DET_port_out].of[0].share == 1);
    event(&h, 1, "service.suspended", r_at(BEGIN, 6, "10:00"),
          "{'msisdn':'8613510000000','direction':'both','reason':'other'}");
    r = first(&h, 1, CW_DET_spend_drop);
    assert_int_equal(r->standing, CW_STANDS_inhibited);
    assert_string_equal(r->inhibited_by, "all_stopped");
    assert_int_equal(first(&h, 1, CW_DET_suspension)->standing, CW_STANDS_fired);
    r_free(h.r);
    free(h.now);
}

static void modes_have_standings(void **state)
{
    (void)state;
    static const char *const off[] = {"detectors.complaint.mode=off", NULL},
                             *const dry[] = {"detectors.complaint.mode=dry", NULL};
    static const struct {
        const char *const *settings;
        enum cw_standing standing;
    } rows[] = {{off, CW_STANDS_off}, {dry, CW_STANDS_dry}, {NULL, CW_STANDS_fired}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct history h = {.r = r_new(rows[i].settings), .now = calloc(1, sizeof *h.now)};
        assert_non_null(h.now);
        r_event(h.r, "care.complaint", r_at(BEGIN, 0, "10:00"), PERSON,
                "{'severity':4,'topic':'bill','ticket':'t1'}");
        assert_int_equal(first(&h, 1, CW_DET_complaint)->standing, rows[i].standing);
        r_free(h.r);
        free(h.now);
    }
}

/* The reading names the share, and the limit it leaves beside an inquiry of 4.7 log-odds. */
static void other_signs_lower_the_limit(void **state)
{
    (void)state;
    struct history h = {.r = r_new(NULL), .now = malloc(sizeof *h.now)};
    assert_non_null(h.now);
    for (int day = 0; day < 30; day++)
        r_event(h.r, "billing.charge", r_at("2026-01-05", day, "10:00"), PERSON,
                "{'msisdn':'8613500000021','amount':10,'category':'voice'}");
    assert_true(ask(&h, 1));
    assert_true(fabs(h.now->detectors[CW_DET_spend_drop].of[0].gauge.need[0].limit - 11) < 0.001);
    assert_false(looks_closer(&h.now->detectors[CW_DET_spend_drop].of[0]));
    r_event(h.r, "service.port_out", r_at("2026-01-05", 30, "10:00"), PERSON,
            "{'msisdn':'8613500000021','stage':'inquiry'}");
    assert_true(ask(&h, 1));
    const struct cw_reading *r = &h.now->detectors[CW_DET_spend_drop].of[0];
    assert_true(fabs(r->gauge.need[0].limit - 11 * (1 - 0.47)) < 0.001);
    assert_true(looks_closer(r));
    free(h.now);
    r_free(h.r);
}

static void nobody_is_explained(void **state)
{
    (void)state;
    struct history h = begin(1);
    assert_int_equal(cw_shard_explain(r_shard(h.r), CW_STR("nobody"), h.now), -CW_E_NOTFOUND);
    r_free(h.r);
    free(h.now);
}

/* ---- gauges ---- */

static void needs_are_measured(void **state)
{
    (void)state;
    struct cw_gauge g = {.n = 0};
    assert_true(cw_gauge_met(&g));
    cw_need_least(&g, 0, "score", 3, 12);
    cw_need_most(&g, 1, "yuan", 8, 6);
    assert_false(cw_gauge_met(&g));
    assert_true(cw_need_distance(&g.need[0]) == 9 && cw_need_share(&g.need[0]) == 0.75);
    assert_true(cw_need_distance(&g.need[1]) == 2 && cw_need_share(&g.need[1]) == 0.25);
    assert_ptr_equal(cw_gauge_furthest(&g), &g.need[0]);
    g.need[0].is = 12;
    g.need[1].is = 6;
    assert_true(cw_gauge_met(&g) && cw_need_share(&g.need[0]) == 0);
    g.need[0].is = -5;
    assert_true(cw_need_share(&g.need[0]) == 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(needs_are_measured),
        cmocka_unit_test(standings_say_why),
        cmocka_unit_test(modes_have_standings),
        cmocka_unit_test(nobody_is_explained),
        cmocka_unit_test(other_signs_lower_the_limit),
        cmocka_unit_test(readings_agree_with_signals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
