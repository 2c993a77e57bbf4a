/* A cycle so far: what was spent but the fees on its closed days, and what is usual for these very
 * days, so that a bill far from the earlier ones is known before it comes.
 *
 * Fees stand apart: a plan changed within the cycle moves the bill by the fee's difference for the
 * days that are left, which is nobody's surprise. A refund lowers the bill and is no fall of use. A
 * record told after its day was closed, such as roaming billed late, is in neither sum: it belongs
 * to a day that has been judged. Days on which the feed was silent are in neither either.
 *
 * Part of a detector's slice; all zero is "knows nothing".
 */
#ifndef CW_DETECTORS_CYCLE_PART_H
#define CW_DETECTORS_CYCLE_PART_H

#include "churnwatch/detector.h"

struct cycle_part {
    int32_t cycle;
    float spent, expected; /* yuan but fees, on the same days */
    float refunded;        /* yuan, in spent as less */
    float fees;            /* by which a changed plan moves this cycle's bill; may be negative */
    uint16_t days;
    uint16_t told; /* a bit per side that was told of in this cycle */
};

static inline void cycle_part_begin(struct cycle_part *p, cw_cycle cycle)
{
    if (cycle > p->cycle)
        *p = (struct cycle_part){.cycle = cycle};
}

static inline void cycle_part_day(struct cycle_part *p, cw_day day, const struct cw_channel_day *d)
{
    cycle_part_begin(p, cw_cycle_of(day));
    if (cw_cycle_of(day) != p->cycle || !d->judged)
        return;
    p->spent += (float)d->amount;
    p->expected += (float)d->mean;
    p->days++;
}

static inline void cycle_part_refund(struct cycle_part *p, cw_day day, double yuan)
{
    cycle_part_begin(p, cw_cycle_of(day));
    if (cw_cycle_of(day) == p->cycle)
        p->refunded += (float)yuan;
}

/* A plan changed on that day: for the days that are left, of the cycle's. */
static inline void cycle_part_plan(struct cycle_part *p, cw_day day, double fee_more)
{
    cw_cycle cycle = cw_cycle_of(day);
    double first = cw_cycle_first_day(cycle), next = cw_cycle_first_day(cycle + 1);
    cycle_part_begin(p, cycle);
    if (cycle == p->cycle)
        p->fees += (float)(fee_more * (next - day) / (next - first));
}

/* Spent above what is usual for these days; below, refunds left out, it is negative. */
static inline double cycle_part_above(const struct cycle_part *p)
{
    return (double)p->spent - (double)p->expected;
}
static inline double cycle_part_below(const struct cycle_part *p)
{
    return (double)p->expected - (double)p->spent - (double)p->refunded;
}

#endif
