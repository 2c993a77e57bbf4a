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
#include "churnwatch/packed.h"

struct cycle_part {
    cw_small_float above;    /* yuan spent but fees, less what is usual for the same days */
    cw_small_float refunded; /* yuan, in `above` as less */
    /* By which changed plans move the bill of this cycle and of the next; may be negative. */
    cw_small_float fees, fees_next;
    uint16_t cycle : 14; /* since CYCLE_PART_FIRST; see cycle_part_cycle */
    uint16_t told : 2;   /* a bit per side that was told of in this cycle */
};
#define CYCLE_PART_FIRST (1970 * 12)
enum { CYCLE_PART_MOST = (1 << 14) - 1 };

/* 0: none yet. None before 1970 is kept, and none after 3335. */
static inline cw_cycle cycle_part_cycle(const struct cycle_part *p)
{
    return p->cycle ? p->cycle + CYCLE_PART_FIRST : 0;
}
static inline void cycle_part_set_cycle(struct cycle_part *p, cw_cycle cycle)
{
    cw_cycle since = cycle - CYCLE_PART_FIRST;
    uint32_t kept = since < 0 ? 0 : since < CYCLE_PART_MOST ? (uint32_t)since : CYCLE_PART_MOST;
    p->cycle = kept & CYCLE_PART_MOST;
}

/* As it lay in slices before, at first and then. */
struct cycle_part_wide {
    int32_t cycle;
    float spent, expected, refunded, fees, fees_next;
    uint32_t told;
};
struct cycle_part_half {
    float above;
    cw_small_float refunded, fees, fees_next;
    uint16_t cycle : 14, told : 2;
};
static inline struct cycle_part cycle_part_of_half(const struct cycle_part_half *w)
{
    return (struct cycle_part){
        cw_float_pack((double)w->above), w->refunded, w->fees, w->fees_next, w->cycle, w->told};
}
static inline struct cycle_part cycle_part_of_wide(const struct cycle_part_wide *w)
{
    struct cycle_part p = {.above = cw_float_pack((double)w->spent - (double)w->expected),
                           .refunded = cw_float_pack((double)w->refunded),
                           .fees = cw_float_pack((double)w->fees),
                           .fees_next = cw_float_pack((double)w->fees_next),
                           .told = w->told & 3U};
    cycle_part_set_cycle(&p, w->cycle);
    return p;
}

static inline void cycle_part_begin(struct cycle_part *p, cw_cycle cycle)
{
    cw_cycle before = cycle_part_cycle(p);
    if (cycle <= before)
        return;
    *p = (struct cycle_part){.fees = cycle == before + 1 ? p->fees_next : 0};
    cycle_part_set_cycle(p, cycle);
}

/* Adds to one that is kept in 16 bits. */
static inline void cycle_part_add(cw_small_float *sum, double yuan)
{
    *sum = cw_float_pack(cw_float_unpack(*sum) + yuan);
}

static inline void cycle_part_day(struct cycle_part *p, cw_day day, const struct cw_channel_day *d)
{
    cycle_part_begin(p, cw_cycle_of(day));
    if (cw_cycle_of(day) == cycle_part_cycle(p) && d->judged)
        cycle_part_add(&p->above, d->amount - d->mean);
}

static inline void cycle_part_refund(struct cycle_part *p, cw_day day, double yuan)
{
    cycle_part_begin(p, cw_cycle_of(day));
    if (cw_cycle_of(day) == cycle_part_cycle(p))
        cycle_part_add(&p->refunded, yuan);
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
    if (cycle != cycle_part_cycle(p))
        return;
    cycle_part_add(&p->fees, fee_more * cycle_part_left(cycle, from));
    cycle_part_add(&p->fees_next, fee_more * cycle_part_left(cycle + 1, from));
}

/* Spent above what is usual for these days; below, refunds left out, it is negative. */
static inline double cycle_part_above(const struct cycle_part *p)
{
    return cw_float_unpack(p->above);
}
static inline double cycle_part_below(const struct cycle_part *p)
{
    return -cw_float_unpack(p->above) - cw_float_unpack(p->refunded);
}

#endif
