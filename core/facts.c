/* The facts an event or a profile leaves at its client and lines: some of an event's before the
 * detectors look (so that they see what is), some after (so that they still see what was): the
 * table in shard.c's opening says which. */
#include "core/baseline.h"
#include "core/profile.h"
#include "core/shard_state.h"

static const uint32_t own_use = CW_READS(CHARGE) | CW_READS(CALL) | CW_READS(USAGE);

static bool is_use(const struct cw_event *ev)
{
    if (ev->type == CW_EV_CHARGE)
        return ev->u.charge.category != CW_CAT_MONTHLY_FEE && ev->u.charge.amount > 0;
    if (ev->type == CW_EV_USAGE)
        return ev->u.usage.voice_min > 0 || ev->u.usage.data_mb > 0 || ev->u.usage.sms > 0;
    return (own_use >> ev->type & 1) && ev->u.call.outgoing;
}

static double usage_of(const struct cw_event *ev)
{
    return ev->u.usage.voice_min + ev->u.usage.data_mb / 40;
}

static struct cw_day_sums *sums_of(struct cw_client *cl, cw_day day)
{
    struct cw_day_sums *d = &cl->open[day & 1];
    if (d->day != day)
        *d = (struct cw_day_sums){.day = day};
    return d;
}

static void add_charge(struct cw_shard *sh, struct cw_client *cl, const struct cw_event *ev,
                       cw_day day, bool late)
{
    cw_cycle cycle = cw_cycle_of(day);
    if (cycle > cl->cycle) {
        cl->cycle = cycle;
        cl->cycle_spend = 0;
    }
    if (cycle == cl->cycle)
        cl->cycle_spend = cw_money_add(cl->cycle_spend, ev->u.charge.amount);
    if (ev->u.charge.category == CW_CAT_MONTHLY_FEE)
        return;
    if (late) {
        cw_baseline_amend(&cl->spend, cw_weekday(day), (double)ev->u.charge.amount / CW_YUAN);
        return;
    }
    cw_feed_count(&sh->feed, CW_CH_SPEND, day);
    struct cw_day_sums *d = sums_of(cl, day);
    d->spend = cw_money_add(d->spend, ev->u.charge.amount);
    d->charges++;
    int hour = cw_zone_second(sh->settings->zone, ev->time) / 3600;
    if (cw_pace_step(hour) <= cw_pace_asked(cl->hash, day))
        d->by_hour += (float)((double)ev->u.charge.amount / CW_YUAN);
    if (ev->u.charge.category != CW_CAT_ROAMING)
        return;
    d->roaming = cw_money_add(d->roaming, ev->u.charge.amount);
    if (hour < 6)
        d->roaming_night = cw_money_add(d->roaming_night, ev->u.charge.amount);
}

static void add_usage(struct cw_shard *sh, struct cw_client *cl, const struct cw_event *ev,
                      cw_day day, bool late)
{
    if (late) {
        cw_baseline_amend(&cl->usage, cw_weekday(day), usage_of(ev));
        return;
    }
    cw_feed_count(&sh->feed, CW_CH_USAGE, day);
    struct cw_day_sums *d = sums_of(cl, day);
    d->usage += usage_of(ev);
    d->usages++;
}

static void add_bill(struct cw_client *cl, const struct cw_event *ev)
{
    int at = 0;
    while (at < CW_BILLS_KEPT && cl->bill_cycles[at] > ev->u.bill.cycle)
        at++;
    if (at == CW_BILLS_KEPT)
        return;
    if (cl->bill_cycles[at] != ev->u.bill.cycle) /* else the same cycle is billed anew */
        for (int i = CW_BILLS_KEPT - 1; i > at; i--) {
            cl->bills[i] = cl->bills[i - 1];
            cl->bill_cycles[i] = cl->bill_cycles[i - 1];
        }
    cl->bills[at] = ev->u.bill.amount;
    cl->bill_cycles[at] = ev->u.bill.cycle;
}

/* False when it is older news than what is known. */
static bool set_status(struct cw_client *cl, struct cw_line *ln, const struct cw_event *ev,
                       enum cw_line_status status)
{
    if (ln->status_at != CW_NO_TIME && ev->time < ln->status_at)
        return false;
    if (status == CW_LINE_GONE && ln->status != CW_LINE_GONE)
        cl->lines_gone++;
    else if (status != CW_LINE_GONE && ln->status == CW_LINE_GONE)
        cl->lines_gone--; /* Came back, or the news of its leaving was wrong. */
    ln->status = (uint8_t)status;
    ln->status_at = ev->time;
    return true;
}

static void line_before(struct cw_client *cl, struct cw_line *ln, const struct cw_event *ev)
{
    switch (ev->type) {
    case CW_EV_SUSPENDED:
        if (set_status(cl, ln, ev, ev->u.suspended.two_way ? CW_LINE_TWO_WAY : CW_LINE_ONE_WAY))
            ln->suspend_reason = (uint8_t)ev->u.suspended.reason;
        break;
    case CW_EV_RESUMED:
        (void)set_status(cl, ln, ev, CW_LINE_ACTIVE);
        break;
    case CW_EV_TERMINATED:
        if (set_status(cl, ln, ev, CW_LINE_GONE))
            ln->end_reason = (uint8_t)ev->u.terminated.reason;
        break;
    case CW_EV_PORT_OUT:
        if (ev->u.port.stage == CW_PORT_COMPLETED && set_status(cl, ln, ev, CW_LINE_GONE))
            ln->end_reason = CW_END_PORT_OUT;
        break;
    default:
        break;
    }
}

void cw_clients_before(struct cw_shard *sh, struct cw_client *cl, struct cw_line *ln,
                       const struct cw_event *ev, cw_day day, bool late)
{
    if (cl->first_day == CW_NO_DAY)
        cl->first_day = late ? sh->open_day : day;
    else if (day < cl->first_day && !late)
        cl->first_day = day;
    if (ev->time > cl->last_event)
        cl->last_event = ev->time;
    if (ln && ln->first_day == CW_NO_DAY)
        ln->first_day = day;
    if (is_use(ev)) {
        if (day > cl->active_day)
            cl->active_day = day;
        if (ln && day > ln->active_day)
            ln->active_day = day;
    }
    if (ln)
        line_before(cl, ln, ev);
    if (ev->type == CW_EV_CHARGE)
        add_charge(sh, cl, ev, day, late);
    else if (ev->type == CW_EV_USAGE)
        add_usage(sh, cl, ev, day, late);
    else if (ev->type == CW_EV_BILL)
        add_bill(cl, ev);
}

/* News of what is owed that is older than what is known says nothing: a bill in arrears told late,
 * after its payment, would otherwise stand for ever. */
static void set_owed(struct cw_client *cl, const struct cw_event *ev, cw_money owed,
                     cw_event_time since)
{
    if (cl->owed_at != CW_NO_TIME && ev->time < cl->owed_at)
        return;
    cl->owed_at = ev->time;
    cl->owed_since = owed > 0 ? (cl->owed > 0 ? cl->owed_since : since) : CW_NO_TIME;
    cl->owed = owed > 0 ? owed : 0;
}

/* Contracts likewise: one signed before a renewal and told after it is no news. */
static void set_contract(struct cw_client *cl, const struct cw_event *ev)
{
    if (cl->contract_at != CW_NO_TIME && ev->time < cl->contract_at)
        return;
    cl->contract_at = ev->time;
    if (ev->u.contract.action != CW_CONTRACT_ENDED || cl->contract_ends == CW_NO_DAY)
        cl->contract_ends = ev->u.contract.ends;
}

void cw_clients_after(struct cw_client *cl, struct cw_line *ln, const struct cw_event *ev)
{
    switch (ev->type) {
    case CW_EV_ARREARS:
        set_owed(cl, ev, ev->u.arrears.amount, ev->time - ev->u.arrears.days_overdue * CW_DAY);
        break;
    case CW_EV_PAYMENT:
        set_owed(cl, ev, cl->owed - ev->u.payment.amount, ev->time);
        break;
    case CW_EV_BALANCE:
        set_owed(cl, ev, -(ev->u.balance.balance + ev->u.balance.credit_limit), ev->time);
        break;
    case CW_EV_PLAN_CHANGED:
        if (ln)
            ln->monthly_fee = ev->u.plan.to.monthly_fee;
        break;
    case CW_EV_CALL_FORWARDING:
        if (ln && ev->u.forwarding.active)
            ln->forwarding |= UINT32_C(1) << ev->u.forwarding.condition;
        else if (ln)
            ln->forwarding &= ~(UINT32_C(1) << ev->u.forwarding.condition);
        break;
    case CW_EV_CONTRACT:
        set_contract(cl, ev);
        break;
    default:
        break;
    }
}

/* ---- profiles ---- */

static void profile_lines(struct cw_shard *sh, struct cw_client *cl, const struct cw_profile *p)
{
    for (uint32_t i = 0; i < cl->n_lines; i++)
        cw_client_line_at(cl, i)->in_profile = false;
    if (!cw_clients_room(sh, cl, p->n_lines))
        return;
    for (size_t i = 0; i < p->n_lines && !sh->failed; i++) {
        struct cw_line *ln = cw_clients_line(sh, cl, p->lines[i].msisdn);
        if (!ln)
            return; /* More lines than are kept. */
        ln->in_profile = true;
        if (p->lines[i].monthly_fee >= 0)
            ln->monthly_fee = p->lines[i].monthly_fee;
    }
}

void cw_clients_profile(struct cw_shard *sh, struct cw_client *cl, const struct cw_profile *p)
{
    struct cw_buf packed = {0};
    if (!p->deleted)
        cw_profile_pack(&packed, p);
    if (packed.failed || cw_clients_set_profile(sh, cl, (struct cw_str){packed.p, packed.n}) != 0)
        sh->failed = true;
    cw_buf_free(&packed);
    cl->kind = (uint8_t)(p->deleted ? CW_INDIVIDUAL : p->kind);
    cl->class_ = (uint8_t)(p->deleted ? CW_CLASS_NONE : p->class_);
    cl->vip = (uint8_t)(p->deleted ? CW_VIP_NONE : p->vip);
    cl->snapshot = !p->deleted && p->snapshot;
    cl->phones = p->deleted ? -1 : p->phones;
    if (!p->deleted && p->contract_ends != CW_NO_DAY)
        cl->contract_ends = p->contract_ends;
    profile_lines(sh, cl, p);
}
