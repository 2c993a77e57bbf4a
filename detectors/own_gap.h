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

struct own_gap {
    float run;      /* days of nothing, shared quiet ones counted in part */
    float gap;      /* nine in ten gaps are no longer than this, in days */
    uint16_t known; /* days of use */
    uint16_t spare;
};

/* Moves the ninth decile towards where nine in ten gaps are below it. */
static inline void own_gap_learn(struct own_gap *g)
{
    double step = 0.15 * ((double)g->gap + 1);
    double by = g->run > g->gap ? 0.9 * fmin(step, (double)(g->run - g->gap)) : -0.1 * step;
    double gap = (double)g->gap + by;
    g->gap = (float)(gap > 0 ? gap : 0);
}

/* One more day; weight: how much of one a day of nothing counts for. */
static inline void own_gap_count(struct own_gap *g, bool active, double weight)
{
    if (!active) {
        g->run += (float)weight;
        return;
    }
    if (g->known)
        own_gap_learn(g);
    g->known = (uint16_t)(g->known + (g->known < UINT16_MAX));
    g->run = 0;
}

#endif
