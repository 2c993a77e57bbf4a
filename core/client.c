/* Reading a client: its profile, lines and bills. Writing is core/clients.c. */
#include "churnwatch/client.h"

#include <string.h>

struct cw_str cw_client_profile(const struct cw_client *cl)
{
    uint32_t n;
    if (!cl->packed)
        return (struct cw_str){0};
    memcpy(&n, cl->packed, sizeof n);
    return (struct cw_str){cl->packed + sizeof n, n};
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
    for (int i = skip; i < CW_BILLS_KEPT && found < n && cl->bill_cycles[i]; i++, found++)
        sum += cl->bills[i];
    /* To the fen: a mean is no amount of any bill, and people read it. */
    return found ? sum / found / (CW_YUAN / 100) * (CW_YUAN / 100) : -1;
}

cw_money cw_client_fees(const struct cw_client *cl)
{
    cw_money sum = 0;
    for (uint32_t i = 0; i < cl->n_lines; i++) {
        const struct cw_line *ln = cw_client_line_at(cl, i);
        if (ln->status != CW_LINE_GONE && ln->monthly_fee > 0)
            sum = cw_money_add(sum, ln->monthly_fee);
    }
    return sum;
}
