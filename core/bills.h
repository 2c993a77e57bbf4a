/* A client's last bills, unpacked to be changed; readers have cw_client_bill. Private to the core.
 */
#ifndef CW_CORE_BILLS_H
#define CW_CORE_BILLS_H

#include <string.h>

#include "churnwatch/client.h"

struct cw_bill {
    cw_cycle cycle;
    cw_money amount;
};
struct cw_bills {
    struct cw_bill of[CW_BILLS_KEPT]; /* newest first */
    int n;
};

static inline void cw_bills_unpack(const struct cw_client *cl, struct cw_bills *ret)
{
    *ret = (struct cw_bills){.n = cl->n_bills};
    for (int i = 0; i < ret->n; i++)
        ret->of[i] = (struct cw_bill){cw_client_bill_cycle(cl, i), cw_client_bill(cl, i)};
}

/* Those of more than 21 years before the newest are forgotten. A cycle that no calendar has (years
 * after 5400) is kept as the last one there is room for. */
static inline void cw_bills_pack(const struct cw_bills *b, struct cw_client *cl)
{
    cw_cycle newest = b->n == 0 ? 0 : b->of[0].cycle < UINT16_MAX ? b->of[0].cycle : UINT16_MAX;
    cl->bill_cycle = (uint16_t)newest;
    cl->n_bills = 0;
    memset(cl->bill_before, 0, sizeof cl->bill_before);
    memset(cl->bills, 0, sizeof cl->bills);
    for (int i = 0; i < b->n; i++) {
        cw_cycle before = i ? newest - b->of[i].cycle : 0;
        if (before > UINT8_MAX)
            return;
        before = before > 0 ? before : 0;
        if (i)
            cl->bill_before[i - 1] = (uint8_t)before;
        cl->bills[i] = cw_money_pack(b->of[i].amount);
        cl->n_bills++;
    }
}

#endif
