/* What all detectors of lasting changes share: fire at one limit, clear at a lower one, and do not
 * warn for ever of what has become the client's new usual.
 *
 * Part of a detector's slice; all zero is "off".
 */
#ifndef CW_DETECTORS_LATCH_H
#define CW_DETECTORS_LATCH_H

#include "churnwatch/explain.h"

enum latch_state { LATCH_OFF, LATCH_ON, LATCH_WORN };
struct latch {
    uint16_t state : 2; /* enum latch_state */
    uint16_t days : 14; /* judged days since it went on */
};
#define LATCH_DAYS_MOST ((1U << 14) - 1)

/* As it lay in slices before. */
struct latch_wide {
    uint16_t state, days;
};
static inline struct latch latch_of_wide(struct latch_wide w)
{
    return (struct latch){w.state & 3U, w.days & LATCH_DAYS_MOST};
}

/* One judged day. WORN is left only by falling under the clear limit, so a level that has lasted
 * must first come back before it can be warned of again. */
static inline enum latch_state latch_step(struct latch *l, double score, double fire, double clear,
                                          double most_days)
{
    if (score < clear)
        *l = (struct latch){LATCH_OFF, 0};
    else if (l->state == LATCH_OFF && score >= fire)
        *l = (struct latch){LATCH_ON, 1};
    else if (l->state == LATCH_ON && l->days + 1 > most_days)
        l->state = LATCH_WORN;
    else if (l->state == LATCH_ON)
        l->days++;
    return (enum latch_state)l->state;
}

/* Why a score past its limit is not told. */
static inline enum cw_hold latch_hold(const struct latch *l)
{
    return l->state == LATCH_WORN ? CW_HOLD_WORN : CW_HOLD_NONE;
}

/* How far past the fire limit: 0, 1 from one and a half times it, 2 from twice. */
static inline uint8_t step_of(double score, double fire)
{
    return (uint8_t)((score >= 1.5 * fire) + (score >= 2 * fire));
}

/* 0.4 at the fire limit, towards 1 at three times it. */
static inline float severity_of(double score, double fire)
{
    double s = 0.4 + 0.3 * (score / fire - 1);
    return (float)(s < 0.1 ? 0.1 : s > 1 ? 1 : s);
}

#endif
