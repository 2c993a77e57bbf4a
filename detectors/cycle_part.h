/* A cycle so far: what was spent but the fees on its closed days, and what is usual for these very
 * days, so that a bill far from the earlier ones is known before it comes.
 *
 * Fees stand apart: a plan moves the bill by the fee's difference for the days from which it is in
 * force, this cycle's and the next's, which is nobody's surprise. A refund lowers the bill and is
 * no fall of use. A record told after its day was closed, such as roaming billed late, is in
 * neither sum: it belongs to a day that has been judged. Days on which the feed was silent are in
 * neither either.
 *
 * Part of a detector's slice; all zero is "knows nothing".
 */
#ifndef CW_DETECTORS_CYCLE_PART_H
#define CW_DETECTORS_CYCLE_PART_H

#include <math.h>

#include "churnwatch/detector.h"

struct cycle_part {
    uint16_t cycle;
    uint16_t told;         /* a bit per side that was told of in this cycle */
    float spent, expected; /* yuan but fees, on the same days */
    float refunded;        /* yuan, in spent as less */
    /* By which changed plans move the bill of this cycle and of the next; may be negative. */
    float fees, fees_next;
};

/* As it lay in slices before. */
struct cycle_part_wide {
    int32_t cycle;
    float spent, expected, refunded, fees, fees_next;
    uint32_t told;
};
static inline struct cycle_part cycle_part_of_wide(const struct cycle_part_wide *w)
{
    return (struct cycle_part){(uint16_t)w->cycle, (uint16_t)w->told, w->spent,    w->expected,
                               w->refunded,        w->fees,           w->fees_next};
}

static inline void cycle_part_begin(struct cycle_part *p, cw_cycle cycle)
{
    if (cycle > p->cycle)
        *p = (struct cycle_part){.cycle = (uint16_t)cycle,
                                 .fees = cycle == p->cycle + 1 ? p->fees_next : 0};
}

static inline void cycle_part_day(struct cycle_part *p, cw_day day, const struct cw_channel_day *d)
{
    cycle_part_begin(p, cw_cycle_of(day));
    if (cw_cycle_of(day) != p->cycle || !d->judged)
        return;
    p->spent += (float)d->amount;
    p->expected += (float)d->mean;
}

static inline void cycle_part_refund(struct cycle_part *p, cw_day day, double yuan)
{
    cycle_part_begin(p, cw_cycle_of(day));
    if (cw_cycle_of(day) == p->cycle)
        p->refunded += (float)yuan;
}

/* The share of a cycle's days on which something is in force from that day on. */
static inline double cycle_part_left(cw_cycle cycle, cw_day from)
{
    double first = cw_cycle_first_day(cycle), next = cw_cycle_first_day(cycle + 1);
    return fmin(fmax((next - from) / (next - first), 0), 1);
}

/* Today a plan was told of that is in force from that day on, before or after today. */
static inline void cycle_part_plan(struct cycle_part *p, cw_day today, cw_day from, double fee_more)
{
    cw_cycle cycle = cw_cycle_of(today);
    cycle_part_begin(p, cycle);
    if (cycle != p->cycle)
        return;
    p->fees += (float)(fee_more * cycle_part_left(cycle, from));
    p->fees_next += (float)(fee_more * cycle_part_left(cycle + 1, from));
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
