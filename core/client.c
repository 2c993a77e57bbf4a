/* Reading a client: its profile, facts, lines and bills. Writing is core/clients.c. */
#include "churnwatch/client.h"

#include <string.h>

#include "core/profile.h"
#include "core/rare.h"

struct cw_str cw_client_profile(const struct cw_client *cl)
{
    const char *p = cw_at(cl->packed);
    uint32_t n;
    if (!p)
        return (struct cw_str){0};
    memcpy(&n, p, sizeof n);
    return (struct cw_str){p + sizeof n, n};
}

/* ---- facts that lie apart ---- */

/* Copied, since they lie at any four bytes. */
static bool fact(const struct cw_client *cl, enum cw_rare_fact kind, void *ret, size_t n)
{
    const void *p = cw_rare_find(cl->rare, kind, false);
    if (p)
        memcpy(ret, p, n);
    return p;
}

struct cw_owed cw_client_owed(const struct cw_client *cl)
{
    struct cw_small_owed o = {.amount = 0};
    cw_small_time at = 0, stated = 0;
    (void)fact(cl, CW_RARE_OWED, &o, sizeof o);
    (void)fact(cl, CW_RARE_OWED_AT, &at, sizeof at);
    if (!fact(cl, CW_RARE_STATED_AT, &stated, sizeof stated))
        stated = at;
    return (struct cw_owed){cw_money_unpack(o.amount), cw_time_unpack(o.since), cw_time_unpack(at),
                            cw_time_unpack(stated)};
}

cw_event_time cw_client_contract_at(const struct cw_client *cl)
{
    cw_small_time at = 0;
    (void)fact(cl, CW_RARE_CONTRACT_AT, &at, sizeof at);
    return cw_time_unpack(at);
}

int32_t cw_client_phones(const struct cw_client *cl)
{
    return cl->packed ? cw_profile_phones(cw_client_profile(cl)) : -1;
}

static struct cw_calls calls_of(const struct cw_client *cl)
{
    struct cw_calls calls = {0, 0};
    (void)fact(cl, CW_RARE_CALLS, &calls, sizeof calls);
    return calls;
}

struct cw_task *cw_client_task(const struct cw_client *cl)
{
    return cw_at(calls_of(cl).task);
}

struct cw_past *cw_client_past(const struct cw_client *cl)
{
    return cw_at(calls_of(cl).past);
}

struct cw_roaming cw_client_roaming(const struct cw_client *cl, cw_day day)
{
    struct cw_roamed r;
    if (!fact(cl, CW_RARE_ROAMED, &r, sizeof r) || r.day[day & 1] != cw_day_pack(day))
        return (struct cw_roaming){0, 0};
    return (struct cw_roaming){cw_money_unpack(r.all[day & 1]), cw_money_unpack(r.night[day & 1])};
}

static cw_event_time line_time(const struct cw_line *ln, enum cw_rare_fact kind)
{
    cw_small_time at = 0;
    const void *p = cw_rare_find(cw_rare_of(NULL, ln), kind, true);
    if (p)
        memcpy(&at, p, sizeof at);
    return cw_time_unpack(at);
}

cw_event_time cw_line_status_at(const struct cw_line *ln)
{
    return line_time(ln, CW_RARE_STATUS_AT);
}

cw_event_time cw_line_gone_at(const struct cw_line *ln)
{
    cw_event_time at = line_time(ln, CW_RARE_GONE_AT);
    return at != CW_NO_TIME ? at : cw_line_status_at(ln);
}

/* ---- what is reckoned ---- */

cw_cycle cw_client_bill_cycle(const struct cw_client *cl, int i)
{
    cw_cycle cycle = cl->bill_cycle;
    if (i >= (int)cl->n_bills)
        return 0;
    for (uint32_t gaps = cl->bill_gaps; i > 0; i--, gaps >>= CW_BILL_GAP)
        cycle -= (cw_cycle)(gaps & CW_BILL_GAP_MOST);
    return cycle;
}

bool cw_client_all_stopped(const struct cw_client *cl)
{
    for (uint32_t i = 0; i < cl->n_lines; i++)
        if (cw_client_line_at(cl, i)->status < CW_LINE_TWO_WAY)
            return false;
    return cl->n_lines > 0;
}

cw_money cw_client_usual_bill(const struct cw_client *cl, int skip, int n)
{
    cw_money sum = 0;
    int found = 0;
    for (int i = skip; i < (int)cl->n_bills && found < n; i++, found++)
        sum += cw_client_bill(cl, i);
    /* To the fen: a mean is no amount of any bill, and people read it. */
    return found ? sum / found / (CW_YUAN / 100) * (CW_YUAN / 100) : -1;
}

cw_money cw_client_fees(const struct cw_client *cl)
{
    cw_money sum = 0;
    for (uint32_t i = 0; i < cl->n_lines; i++) {
        const struct cw_line *ln = cw_client_line_at(cl, i);
        cw_money fee = cw_money_unpack(ln->monthly_fee);
        if (ln->status != CW_LINE_GONE && fee > 0)
            sum = cw_money_add(sum, fee);
    }
    return sum;
}
