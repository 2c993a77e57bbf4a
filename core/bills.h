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
    *ret = (struct cw_bills){.n = (int)cl->n_bills};
    for (int i = 0; i < ret->n; i++)
        ret->of[i] = (struct cw_bill){cw_client_bill_cycle(cl, i), cw_client_bill(cl, i)};
}

/* Those of more than 15 cycles before the next one are forgotten. A cycle that no calendar has
 * (years after 5400) is kept as the last one there is room for. */
static inline void cw_bills_pack(const struct cw_bills *b, struct cw_client *cl)
{
    uint32_t n = 0, gaps = 0;
    cw_cycle newer = 0;
    memset(cl->bills, 0, sizeof cl->bills);
    cl->bill_cycle = 0;
    for (int i = 0; i < b->n; i++, n++) {
        cw_cycle cycle = b->of[i].cycle < UINT16_MAX ? b->of[i].cycle : UINT16_MAX;
        if (i == 0)
            cl->bill_cycle = (uint16_t)cycle;
        else if (newer - cycle > CW_BILL_GAP_MOST)
            break;
        else
            gaps |= (uint32_t)(newer - cycle) << CW_BILL_GAP * (i - 1);
        cl->bills[i] = cw_money_pack(b->of[i].amount);
        newer = cycle;
    }
    cl->n_bills = n & 7U;
    cl->bill_gaps = gaps & ((1U << CW_BILL_GAP * (CW_BILLS_KEPT - 1)) - 1);
}

#endif
