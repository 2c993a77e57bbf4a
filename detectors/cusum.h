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
    float sum;
    float usual;              /* mean log-likelihood ratio of a day */
    float observed, expected; /* amounts since the sum last left zero */
    uint16_t days;            /* since then */
    uint16_t seen;            /* days in all, capped */
};
#define CUSUM_GAIN 0.03
#define CUSUM_MARGIN 0.3 /* the sum falls by at least so much on a usual day */

static inline void cusum_step(struct cusum *c, const struct cw_channel_day *d, double cap)
{
    double over = (double)c->usual + CUSUM_MARGIN;
    double sum = (double)c->sum + d->llr - (over > 0 ? over : 0);
    c->seen = (uint16_t)(c->seen + (c->seen < UINT16_MAX));
    double gain = 1.0 / c->seen > CUSUM_GAIN ? 1.0 / c->seen : CUSUM_GAIN;
    c->usual = (float)((double)c->usual + gain * (d->llr - (double)c->usual));
    if (sum <= 0) {
        c->sum = c->observed = c->expected = 0;
        c->days = 0;
        return;
    }
    c->sum = (float)(sum < cap ? sum : cap);
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
