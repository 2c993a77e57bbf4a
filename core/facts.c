/* The facts an event or a profile leaves at its client and lines: some of an event's before the
 * detectors look (so that they see what is), some after (so that they still see what was): the
 * table in shard.c's opening says which. */
#include <string.h>

#include "core/baseline.h"
#include "core/bills.h"
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
    if (cl->open_day[day & 1] != cw_day_pack(day))
        *d = (struct cw_day_sums){.spend = 0};
    cl->open_day[day & 1] = cw_day_pack(day);
    return d;
}

static void add_money(cw_small_money *sum, cw_money amount)
{
    *sum = cw_money_pack(cw_money_add(cw_money_unpack(*sum), amount));
}

static void add_roaming(struct cw_shard *sh, struct cw_client *cl, cw_day day, cw_money amount,
                        bool night)
{
    struct cw_roamed r = {.day = {0}};
    unsigned i = day & 1;
    const void *known = cw_rare_find(cl->rare, CW_RARE_ROAMED, false);
    if (known)
        memcpy(&r, known, sizeof r);
    if (r.day[i] != cw_day_pack(day))
        r.all[i] = r.night[i] = 0;
    r.day[i] = cw_day_pack(day);
    add_money(&r.all[i], amount);
    if (night)
        add_money(&r.night[i], amount);
    (void)cw_clients_fact(sh, cl, CW_RARE_ROAMED, &r);
}

static void add_charge(struct cw_shard *sh, struct cw_client *cl, const struct cw_event *ev,
                       cw_day day, bool late)
{
    cw_money amount = ev->u.charge.amount;
    if (ev->u.charge.category == CW_CAT_MONTHLY_FEE)
        return;
    if (late) {
        cw_baseline_amend(&cl->spend, cw_weekday(day), (double)amount / CW_YUAN);
        return;
    }
    cw_feed_count(&sh->feed, CW_CH_SPEND, day);
    struct cw_day_sums *d = sums_of(cl, day);
    add_money(&d->spend, amount);
    int hour = cw_zone_second(sh->settings->zone, ev->time) / 3600;
    if (cw_pace_step(hour) <= cw_pace_asked(cw_index_hash(cw_client_id(cl)), day))
        d->by_hour += (float)((double)amount / CW_YUAN);
    if (ev->u.charge.category == CW_CAT_ROAMING)
        add_roaming(sh, cl, day, amount, hour < 6);
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
    d->usage += (float)usage_of(ev);
}

static void add_bill(struct cw_client *cl, const struct cw_event *ev)
{
    struct cw_bills known;
    cw_bills_unpack(cl, &known);
    int at = 0;
    while (at < known.n && known.of[at].cycle > ev->u.bill.cycle)
        at++;
    if (at == CW_BILLS_KEPT)
        return;
    bool anew = at < known.n && known.of[at].cycle == ev->u.bill.cycle;
    for (int i = CW_BILLS_KEPT - 1; i > at && !anew; i--)
        known.of[i] = known.of[i - 1];
    known.n += !anew && known.n < CW_BILLS_KEPT;
    known.of[at] = (struct cw_bill){ev->u.bill.cycle, ev->u.bill.amount};
    cw_bills_pack(&known, cl);
}

/* An end that is told again moves the time of the last news, by which older ones are known, and not
 * the time since which the line is gone: from then on that is kept apart. */
static void set_gone_at(struct cw_shard *sh, struct cw_line *ln, const struct cw_event *ev)
{
    bool apart = cw_rare_find(cw_rare_of(NULL, ln), CW_RARE_GONE_AT, true);
    bool again = ln->status == CW_LINE_GONE;
    cw_small_time at = cw_time_pack(again ? cw_line_status_at(ln) : ev->time);
    if (apart != again)
        (void)cw_clients_line_fact(sh, ln, CW_RARE_GONE_AT, &at);
}

/* False when it is older news than what is known. */
static bool set_status(struct cw_shard *sh, struct cw_client *cl, struct cw_line *ln,
                       const struct cw_event *ev, enum cw_line_status status)
{
    cw_event_time at = cw_line_status_at(ln);
    if (at != CW_NO_TIME && ev->time < at)
        return false;
    if (status == CW_LINE_GONE)
        set_gone_at(sh, ln, ev);
    if (status == CW_LINE_GONE && ln->status != CW_LINE_GONE)
        cl->lines_gone++;
    else if (status != CW_LINE_GONE && ln->status == CW_LINE_GONE)
        cl->lines_gone--; /* Came back, or the news of its leaving was wrong. */
    ln->status = (uint8_t)status;
    cw_small_time now = cw_time_pack(ev->time);
    return cw_clients_line_fact(sh, ln, CW_RARE_STATUS_AT, &now);
}

static void line_before(struct cw_shard *sh, struct cw_client *cl, struct cw_line *ln,
                        const struct cw_event *ev)
{
    switch (ev->type) {
    case CW_EV_SUSPENDED:
        (void)set_status(sh, cl, ln, ev,
                         ev->u.suspended.two_way ? CW_LINE_TWO_WAY : CW_LINE_ONE_WAY);
        break;
    case CW_EV_RESUMED:
        (void)set_status(sh, cl, ln, ev, CW_LINE_ACTIVE);
        break;
    case CW_EV_TERMINATED:
        if (set_status(sh, cl, ln, ev, CW_LINE_GONE))
            ln->end_reason = (uint8_t)ev->u.terminated.reason;
        break;
    case CW_EV_PORT_OUT:
        if (ev->u.port.stage == CW_PORT_COMPLETED && set_status(sh, cl, ln, ev, CW_LINE_GONE))
            ln->end_reason = CW_END_PORT_OUT;
        break;
    default:
        break;
    }
}

void cw_clients_before(struct cw_shard *sh, struct cw_client *cl, struct cw_line *ln,
                       const struct cw_event *ev, cw_day day, bool late)
{
    if (!cl->first_day)
        cl->first_day = cw_day_pack(late ? sh->open_day : day);
    else if (day < cw_day_unpack(cl->first_day) && !late)
        cl->first_day = cw_day_pack(day);
    if (is_use(ev)) {
        cw_small_day used = cw_day_pack(day);
        if (used > cl->active_day)
            cl->active_day = used;
        if (ln && used > ln->active_day)
            ln->active_day = used;
    }
    if (ln)
        line_before(sh, cl, ln, ev);
    if (ev->type == CW_EV_CHARGE)
        add_charge(sh, cl, ev, day, late);
    else if (ev->type == CW_EV_USAGE)
        add_usage(sh, cl, ev, day, late);
    else if (ev->type == CW_EV_BILL)
        add_bill(cl, ev);
}

/* When the account was last stated is kept apart only once a part of a debt was paid after that:
 * what is paid otherwise leaves nothing from which another payment could be taken. */
static void set_stated(struct cw_shard *sh, struct cw_client *cl, const struct cw_event *ev,
                       const struct cw_owed *was, cw_money owed)
{
    bool apart = cl->rare.there >> CW_RARE_STATED_AT & 1, payment = ev->type == CW_EV_PAYMENT;
    cw_small_time stated = cw_time_pack(payment ? was->stated : ev->time);
    if (apart ? !payment : payment && owed > 0)
        (void)cw_clients_fact(sh, cl, CW_RARE_STATED_AT, &stated);
}

/* News of what is owed that is older than what is known says nothing: a bill in arrears told late,
 * after its payment, would otherwise stand for ever. But payments are differences, in whichever
 * order they come: only what was paid before the account was stated is in it already.
 *
 * Since when is billing's to say, each time: a rest too small to matter does not make the next
 * debt as old as the first. */
static void set_owed(struct cw_shard *sh, struct cw_client *cl, const struct cw_event *ev,
                     cw_money owed, cw_event_time since)
{
    struct cw_owed was = cw_client_owed(cl);
    cw_event_time before = ev->type == CW_EV_PAYMENT ? was.stated : was.at;
    if (before != CW_NO_TIME && ev->time < before)
        return;
    struct cw_small_owed now = {.amount = 0};
    bool newest = was.at == CW_NO_TIME || ev->time > was.at;
    cw_small_time at = cw_time_pack(newest ? ev->time : was.at);
    if (owed > 0) {
        now.amount = cw_money_pack(owed);
        bool told = ev->type == CW_EV_ARREARS || was.amount <= 0;
        now.since = cw_time_pack(told ? since : was.since);
    }
    set_stated(sh, cl, ev, &was, owed);
    (void)cw_clients_fact(sh, cl, CW_RARE_OWED_AT, &at);
    if (owed > 0 || was.amount > 0)
        (void)cw_clients_fact(sh, cl, CW_RARE_OWED, &now);
}

/* Contracts likewise: one signed before a renewal and told after it is no news. */
static void set_contract(struct cw_shard *sh, struct cw_client *cl, const struct cw_event *ev)
{
    cw_event_time at = cw_client_contract_at(cl);
    if (at != CW_NO_TIME && ev->time < at)
        return;
    cw_small_time now = cw_time_pack(ev->time);
    (void)cw_clients_fact(sh, cl, CW_RARE_CONTRACT_AT, &now);
    if (ev->u.contract.action != CW_CONTRACT_ENDED || !cl->contract_ends)
        cl->contract_ends = cw_day_pack(ev->u.contract.ends);
}

void cw_clients_after(struct cw_shard *sh, struct cw_client *cl, struct cw_line *ln,
                      const struct cw_event *ev)
{
    switch (ev->type) {
    case CW_EV_ARREARS:
        set_owed(sh, cl, ev, ev->u.arrears.amount, ev->time - ev->u.arrears.days_overdue * CW_DAY);
        break;
    case CW_EV_PAYMENT:
        set_owed(sh, cl, ev, cw_client_owed(cl).amount - ev->u.payment.amount, ev->time);
        break;
    case CW_EV_BALANCE:
        set_owed(sh, cl, ev, -(ev->u.balance.balance + ev->u.balance.credit_limit), ev->time);
        break;
    case CW_EV_PLAN_CHANGED:
        if (ln)
            ln->monthly_fee = cw_money_pack(ev->u.plan.to.monthly_fee);
        break;
    case CW_EV_CONTRACT:
        set_contract(sh, cl, ev);
        break;
    default:
        break;
    }
}

/* ---- profiles ---- */

static void profile_lines(struct cw_shard *sh, struct cw_client *cl, const struct cw_profile *p)
{
    for (size_t i = 0; i < p->n_lines && !sh->failed; i++) {
        struct cw_line *ln = cw_clients_line(sh, cl, p->lines[i].msisdn);
        if (!ln)
            return; /* More lines than are kept. */
        if (p->lines[i].monthly_fee >= 0)
            ln->monthly_fee = cw_money_pack(p->lines[i].monthly_fee);
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
    cl->kind = (p->deleted ? CW_INDIVIDUAL : p->kind) & 3U;
    cl->class_ = (p->deleted ? CW_CLASS_NONE : p->class_) & 7U;
    cl->vip = (p->deleted ? CW_VIP_NONE : p->vip) & 3U;
    cl->snapshot = !p->deleted && p->snapshot;
    if (!p->deleted && p->contract_ends != CW_NO_DAY)
        cl->contract_ends = cw_day_pack(p->contract_ends);
    else if (cw_client_contract_at(cl) == CW_NO_TIME)
        cl->contract_ends = 0; /* An earlier profile's word, which is taken back. */
    profile_lines(sh, cl, p);
}
