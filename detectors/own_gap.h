/* A run of days of nothing, and how long such runs are for this client or line: a quantile that
 * moves by steps (Robbins, Monro 1951), so that it needs no history.
 *
 * Part of a detector's slice, of a client and of a line alike; all zero is "knows nothing".
 */
#ifndef CW_DETECTORS_OWN_GAP_H
#define CW_DETECTORS_OWN_GAP_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

#include "churnwatch/packed.h"

struct own_gap {
    uint16_t run;   /* days of nothing, shared quiet ones counted in part; 1/128, up to 511 */
    uint16_t gap;   /* nine in ten gaps are no longer than this, in days; 1/256, up to 255 */
    uint16_t known; /* days of use */
};
#define OWN_GAP_RUN_STEPS 128.0
#define OWN_GAP_GAP_STEPS 256.0

/* As it lay in slices before. */
struct own_gap_wide {
    float run, gap;
    uint16_t known, spare;
};
static inline struct own_gap own_gap_of_wide(const struct own_gap_wide *w)
{
    return (struct own_gap){.run = cw_fixed_pack((double)w->run, OWN_GAP_RUN_STEPS),
                            .gap = cw_fixed_pack((double)w->gap, OWN_GAP_GAP_STEPS),
                            .known = w->known};
}

static inline double own_gap_run(const struct own_gap *g)
{
    return g->run / OWN_GAP_RUN_STEPS;
}
static inline double own_gap_gap(const struct own_gap *g)
{
    return g->gap / OWN_GAP_GAP_STEPS;
}

/* Moves the ninth decile towards where nine in ten gaps are below it. */
static inline void own_gap_learn(struct own_gap *g)
{
    double run = own_gap_run(g), gap = own_gap_gap(g), step = 0.15 * (gap + 1);
    double by = run > gap ? 0.9 * fmin(step, run - gap) : -0.1 * step;
    g->gap = cw_fixed_pack(gap + by, OWN_GAP_GAP_STEPS);
}

/* One more day; weight: how much of one a day of nothing counts for. */
static inline void own_gap_count(struct own_gap *g, bool active, double weight)
{
    if (!active) {
        g->run = cw_fixed_pack(own_gap_run(g) + weight, OWN_GAP_RUN_STEPS);
        return;
    }
    if (g->known)
        own_gap_learn(g);
    g->known = (uint16_t)(g->known + (g->known < UINT16_MAX));
    g->run = 0;
}

#endif
