/* bill_change: a cycle's bill against the client's earlier bills; slot 0 above, slot 1 below; and,
 * before it comes, the cycle so far: slot 2 above, slot 3 below.
 *
 * A cycle is told of once what was spent beyond usual by now would by itself take the bill past its
 * limit, were the rest as usual. Its bill, when it comes, speaks in its place.
 *
 * Whole cycles only: the bill of the cycle in which the client joined is compared with nothing and
 * nothing with it. Runs in the shard's thread; pure.
 */
#include <math.h>

#include "detectors/cycle_part.h"
#include "detectors/slices.h"

enum {
    RISE,
    FALL,
    RESTLESS,
    LEAST_YUAN,
    LEAST_BILLS,
    RISE_INCIDENT,
    FALL_LOG_ODDS,
    HALF_LIFE,
    DUE
};
static const struct cw_threshold thresholds[] = {
    {"rise_share", "ratio", 0.8, 0.05, 20,
     "Higher: only larger rises over the usual bill are told."},
    {"fall_share", "ratio", 0.5, 0.05, 1,
     "Higher: only larger falls under the usual bill are told."},
    {"restless", "ratio", 3, 0, 20,
     "Higher: clients whose bills usually differ must differ by more of it."},
    {"least_yuan", "yuan", 50, 0, 1000000, "Higher: smaller changes are left alone."},
    {"least_bills", "count", 2, 1, 5, "Earlier bills of whole cycles needed."},
    {"rise_incident", "log-odds", 0.5, 0, 15, "Log-odds of an incident that a rise adds."},
    {"fall_log_odds", "log-odds", 0.4, 0, 5, "Log-odds of leaving that a fall adds."},
    {"half_life_days", "days", 5, 0.1, 365, "How fast the sign fades."},
    {"due_hours", "hours", 48, 1, 720, "How soon to call."},
};
enum { ABOVE, BELOW, SO_FAR }; /* SO_FAR + the side: of the cycle so far */

struct earlier {
    double usual, spread; /* yuan: the middle bill, the middle distance from it */
    int n;
};

/* The joining cycle is a part of one unless the client was there on its first day. */
static bool whole(const struct cw_client *cl, cw_cycle cycle)
{
    return !cl->first_day || cw_cycle_first_day(cycle) >= cw_day_unpack(cl->first_day);
}

static void insert(double *sorted, int n, double v)
{
    for (; n > 0 && sorted[n - 1] > v; n--)
        sorted[n] = sorted[n - 1];
    sorted[n] = v;
}

static double middle(const double *sorted, int n)
{
    return n == 0 ? 0 : (sorted[(n - 1) / 2] + sorted[n / 2]) / 2;
}

/* Middles, so that one odd bill among the earlier ones neither hides the next nor makes the ones
 * after it look odd. */
static struct earlier earlier_of(const struct cw_client *cl, int from)
{
    double bills[CW_BILLS_KEPT], distances[CW_BILLS_KEPT];
    struct earlier e = {0};
    for (int i = from; i < cl->n_bills; i++)
        if (whole(cl, cw_client_bill_cycle(cl, i)))
            insert(bills, e.n++, (double)cw_client_bill(cl, i) / CW_YUAN);
    e.usual = middle(bills, e.n);
    for (int i = 0; i < e.n; i++)
        insert(distances, i, fabs(bills[i] - e.usual));
    e.spread = middle(distances, e.n);
    return e;
}

/* A bill against the earlier ones, looked at from above or from below. */
struct verdict {
    struct earlier e;
    double bill, limit;
    struct cw_gauge gauge;
};

static void judge_change(const struct cw_judge *j, uint8_t side, double change, struct verdict *v)
{
    uint8_t share = side == ABOVE ? RISE : FALL, by = share;
    double least = j->t[share] * v->e.usual;
    double floor = fmax(j->t[LEAST_YUAN], j->t[RESTLESS] * v->e.spread);
    if (floor > least)
        by = j->t[LEAST_YUAN] >= floor ? LEAST_YUAN : RESTLESS;
    least = fmax(floor, least);
    v->limit = side == ABOVE ? v->e.usual + least : v->e.usual - least;
    cw_need_least(&v->gauge, by, "yuan", change, least);
}

/* The newest bill. */
static struct verdict look(const struct cw_judge *j, uint8_t side)
{
    const struct cw_client *cl = j->client;
    struct verdict v = {.e = earlier_of(cl, 1), .bill = (double)cw_client_bill(cl, 0) / CW_YUAN};
    judge_change(j, side, side == ABOVE ? v.bill - v.e.usual : v.e.usual - v.bill, &v);
    return v;
}

/* The bill that the cycle so far leads to, if the rest of it is as usual; what a changed plan makes
 * of it is usual too. */
static struct verdict look_so_far(const struct cw_judge *j, uint8_t side)
{
    const struct cycle_part *p = j->state;
    struct verdict v = {.e = earlier_of(j->client, 0)};
    double change = side == ABOVE ? cycle_part_above(p) : cycle_part_below(p);
    v.e.usual += cw_float_unpack(p->fees);
    judge_change(j, side, change, &v);
    v.bill = v.e.usual + (side == ABOVE ? change : -change);
    return v;
}

static bool known(const struct cw_judge *j, const struct earlier *e)
{
    return e->n >= j->t[LEAST_BILLS] && e->usual > 0;
}

static struct cw_signal signal_of(const struct cw_judge *j, uint8_t slot, const struct verdict *v)
{
    const struct earlier *e = &v->e;
    double change = fabs(v->bill - e->usual), least = fabs(v->limit - e->usual);
    uint8_t side = slot % SO_FAR;
    struct cw_signal s = {.slot = slot,
                          .severity = (float)fmin(0.3 + 0.2 * (change / least - 1), 1),
                          .leave = side == BELOW ? (float)j->t[FALL_LOG_ODDS] : 0,
                          .incident = side == ABOVE ? (float)j->t[RISE_INCIDENT] : 0,
                          .half_life_days = (float)j->t[HALF_LIFE],
                          .due_hours = (float)j->t[DUE]};
    cw_fact_day(&s, CW_FACT_day, j->today);
    cw_fact_yuan(&s, CW_FACT_observed_yuan, v->bill);
    cw_fact_yuan(&s, CW_FACT_expected_yuan, e->usual);
    cw_fact_yuan(&s, CW_FACT_limit_yuan, v->limit);
    cw_fact_number(&s, CW_FACT_span_days, 30.0 * e->n);
    return s;
}

/* A cycle's bill speaks in the place of what was told of the cycle so far, but not of a later one:
 * that is told once, and would be lost. */
static void clear_so_far(struct cw_judge *j, uint8_t side)
{
    const struct cycle_part *p = j->state;
    if (j->event->u.bill.cycle >= cycle_part_cycle(p) || !(p->told & 1U << side))
        cw_clear(j, 0, SO_FAR + side);
}

static void on_bill(struct cw_judge *j)
{
    const struct cw_client *cl = j->client;
    if (cw_client_bill_cycle(cl, 0) != j->event->u.bill.cycle)
        return; /* An older cycle billed anew. */
    clear_so_far(j, ABOVE);
    clear_so_far(j, BELOW);
    struct verdict v[] = {look(j, ABOVE), look(j, BELOW)};
    if (!known(j, &v[ABOVE].e))
        return;
    uint8_t slot = v[ABOVE].bill >= v[ABOVE].e.usual ? ABOVE : BELOW;
    cw_clear(j, 0, slot == ABOVE ? BELOW : ABOVE);
    if (!cw_gauge_met(&v[slot].gauge)) {
        cw_clear(j, 0, slot);
        return;
    }
    struct cw_signal s = signal_of(j, slot, &v[slot]);
    cw_raise(j, &s);
}

/* Refunds and new plans, of days not yet closed. */
static void on_event(struct cw_judge *j)
{
    const struct cw_event *ev = j->event;
    if (j->late)
        return;
    if (ev->type == CW_EV_PLAN_CHANGED)
        cycle_part_plan(j->state, j->today, ev->u.plan.effective,
                        (double)(ev->u.plan.to.monthly_fee - ev->u.plan.from.monthly_fee) /
                            CW_YUAN);
    else if (ev->u.charge.amount < 0 && ev->u.charge.category != CW_CAT_MONTHLY_FEE)
        cycle_part_refund(j->state, j->today, -(double)ev->u.charge.amount / CW_YUAN);
}

/* Each side once a cycle; half way back it is no longer so. It outlasts the cycle until the bill.
 */
static void tell_so_far(struct cw_judge *j, uint8_t side)
{
    struct cycle_part *p = j->state;
    struct verdict v = look_so_far(j, side);
    uint32_t bit = 1U << side;
    if (!known(j, &v.e))
        return;
    if (cw_gauge_met(&v.gauge) && !(p->told & bit)) {
        struct cw_signal s = signal_of(j, SO_FAR + side, &v);
        cw_raise(j, &s);
        p->told = (p->told | bit) & 3U;
    } else if ((p->told & bit) && v.gauge.need[0].is < v.gauge.need[0].limit / 2) {
        cw_clear(j, 0, SO_FAR + side);
    }
}

static void on_day_close(struct cw_judge *j)
{
    const struct cw_channel_day *d = &j->day->spend;
    if (!d->warm || cw_client_all_stopped(j->client))
        return;
    cycle_part_day(j->state, j->today, d);
    tell_so_far(j, ABOVE);
    tell_so_far(j, BELOW);
}

/* Both sides are read, of the last bill and of the cycle so far: how far up and how far down it
 * might still have gone. */
static void explain(const struct cw_judge *j, struct cw_explanation *x)
{
    for (uint8_t slot = ABOVE; slot <= SO_FAR + BELOW; slot++) {
        struct verdict v = slot < SO_FAR ? look(j, slot) : look_so_far(j, slot % SO_FAR);
        struct cw_reading r = {.s = signal_of(j, slot, &v), .gauge = v.gauge, .hold = CW_HOLD_TOLD};
        if (!known(j, &v.e)) { /* A bill a month, and nothing to compare with until then. */
            r.warmup_days = fmax(30, 30 * (j->t[LEAST_BILLS] - v.e.n));
            r.s.n_facts = r.gauge.n = 0;
            cw_need_least(&r.gauge, LEAST_BILLS, "times", v.e.n, j->t[LEAST_BILLS]);
        }
        cw_explain_add(j, x, &r);
    }
}

/* Version 2 was wide, 3 half so. */
static bool older(uint8_t version, bool line, const void *from, size_t n, void *to)
{
    struct cycle_part_wide second;
    struct cycle_part_half third;
    if (version == 2 && !line && cw_slice_taken(&second, sizeof second, from, n)) {
        *(struct cycle_part *)to = cycle_part_of_wide(&second);
        return true;
    }
    if (version != 3 || line || !cw_slice_taken(&third, sizeof third, from, n))
        return false;
    *(struct cycle_part *)to = cycle_part_of_half(&third);
    return true;
}

const struct cw_detector cw_det_bill_change = {
    .name = "bill_change",
    .finds = "a bill, or a cycle so far, far above or below the client's earlier bills",
    .thresholds = thresholds,
    .n_thresholds = sizeof thresholds / sizeof *thresholds,
    .state_version = 4,
    .state_size = sizeof(struct cycle_part),
    .older = older,
    .reads = CW_READS(CHARGE) | CW_READS(PLAN_CHANGED),
    .on_event = on_event,
    .on_day_close = on_day_close,
    .on_bill = on_bill,
    .explain = explain,
};
