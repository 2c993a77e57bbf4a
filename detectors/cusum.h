/* Evidence of a sudden fall, added up over days: the log-likelihood ratio of "everything at a
 * third" against "as usual" (Page 1954), reflected at zero and capped, so that an old fall is
 * forgotten.
 *
 * Part of a detector's slice; all zero is "knows nothing". A client whose days often look like
 * falls must fall further: its usual ratio is taken off.
 */
#ifndef CW_DETECTORS_CUSUM_H
#define CW_DETECTORS_CUSUM_H

#include "churnwatch/detector.h"

struct cusum {
    float observed, expected; /* amounts since the sum last left zero */
    uint16_t sum;             /* 1/256, see cusum_sum */
    int16_t usual;            /* mean log-likelihood ratio of a day; 1/8192 */
    uint16_t days;            /* since the sum last left zero */
    uint16_t seen;            /* days in all, capped */
};
#define CUSUM_SUM_STEPS 256.0 /* a unit; the cap has room for 255 */
#define CUSUM_USUAL_STEPS 8192.0
#define CUSUM_GAIN 0.03

/* As it lay in slices before. */
struct cusum_wide {
    float sum, usual, observed, expected;
    uint16_t days, seen;
};
static inline struct cusum cusum_of_wide(const struct cusum_wide *w)
{
    return (struct cusum){w->observed,
                          w->expected,
                          cw_fixed_pack((double)w->sum, CUSUM_SUM_STEPS),
                          cw_fixed_pack_signed((double)w->usual, CUSUM_USUAL_STEPS),
                          w->days,
                          w->seen};
}

static inline double cusum_sum(const struct cusum *c)
{
    return c->sum / CUSUM_SUM_STEPS;
}
#define CUSUM_MARGIN 0.3 /* the sum falls by at least so much on a usual day */

static inline void cusum_step(struct cusum *c, const struct cw_channel_day *d, double cap)
{
    double usual = c->usual / CUSUM_USUAL_STEPS, over = usual + CUSUM_MARGIN;
    double sum = cusum_sum(c) + d->llr - (over > 0 ? over : 0);
    c->seen = (uint16_t)(c->seen + (c->seen < UINT16_MAX));
    double gain = 1.0 / c->seen > CUSUM_GAIN ? 1.0 / c->seen : CUSUM_GAIN;
    c->usual = cw_fixed_pack_signed(usual + gain * (d->llr - usual), CUSUM_USUAL_STEPS);
    c->sum = cw_fixed_pack(sum < cap ? sum : cap, CUSUM_SUM_STEPS);
    if (c->sum == 0) {
        c->observed = c->expected = 0;
        c->days = 0;
        return;
    }
    c->days = (uint16_t)(c->days + (c->days < UINT16_MAX));
    c->observed += (float)d->amount;
    c->expected += (float)d->mean;
}

/* Amounts a day since the sum left zero. */
static inline double cusum_observed(const struct cusum *c)
{
    return c->days ? (double)c->observed / c->days : 0;
}
static inline double cusum_expected(const struct cusum *c)
{
    return c->days ? (double)c->expected / c->days : 0;
}
/* From this share of the usual down a day speaks for a fall more than against it: half way, in the
 * log, to a third. */
#define CUSUM_HALF_WAY 0.59
static inline double cusum_limit(const struct cusum *c)
{
    return CUSUM_HALF_WAY * cusum_expected(c);
}

#endif
