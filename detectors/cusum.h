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
#include "churnwatch/packed.h"

struct cusum {
    /* Of a day since the sum last left zero, the mean; in CUSUM_AMOUNT, see cusum_observed. */
    cw_small_float observed, expected;
    uint16_t sum;       /* 1/256, see cusum_sum */
    int16_t usual;      /* mean log-likelihood ratio of a day; 1/8192 */
    uint16_t days : 10; /* since the sum last left zero, capped */
    uint16_t seen : 6;  /* days in all, capped: more of them change nothing */
};
#define CUSUM_AMOUNT 16.0     /* a mean of up to 32 million yuan or minutes, from a hundredth on */
#define CUSUM_SUM_STEPS 256.0 /* a unit; the cap has room for 255 */
#define CUSUM_USUAL_STEPS 8192.0
#define CUSUM_GAIN 0.03
#define CUSUM_DAYS_MOST ((1U << 10) - 1)
#define CUSUM_SEEN_MOST ((1U << 6) - 1)

static inline double cusum_sum(const struct cusum *c)
{
    return c->sum / CUSUM_SUM_STEPS;
}
static inline double cusum_observed(const struct cusum *c)
{
    return cw_float_unpack(c->observed) * CUSUM_AMOUNT;
}
static inline double cusum_expected(const struct cusum *c)
{
    return cw_float_unpack(c->expected) * CUSUM_AMOUNT;
}

static inline void cusum_count_day(struct cusum *c, double observed, double expected)
{
    if (c->days < CUSUM_DAYS_MOST)
        c->days++;
    double is = cusum_observed(c), was = cusum_expected(c);
    c->observed = cw_float_pack((is + (observed - is) / c->days) / CUSUM_AMOUNT);
    c->expected = cw_float_pack((was + (expected - was) / c->days) / CUSUM_AMOUNT);
}

/* As it lay in slices before, with sums of amounts; at first and then. */
struct cusum_wide {
    float sum, usual, observed, expected;
    uint16_t days, seen;
};
struct cusum_sums {
    float observed, expected;
    uint16_t sum;
    int16_t usual;
    uint16_t days, seen;
};
static inline struct cusum cusum_of_sums(const struct cusum_sums *w)
{
    double days = w->days ? w->days : 1;
    return (struct cusum){
        .observed = cw_float_pack((double)w->observed / days / CUSUM_AMOUNT),
        .expected = cw_float_pack((double)w->expected / days / CUSUM_AMOUNT),
        .sum = w->sum,
        .usual = w->usual,
        .days = (w->days < CUSUM_DAYS_MOST ? w->days : CUSUM_DAYS_MOST) & CUSUM_DAYS_MOST,
        .seen = (w->seen < CUSUM_SEEN_MOST ? w->seen : CUSUM_SEEN_MOST) & CUSUM_SEEN_MOST};
}
static inline struct cusum cusum_of_wide(const struct cusum_wide *w)
{
    struct cusum_sums s = {w->observed,
                           w->expected,
                           cw_fixed_pack((double)w->sum, CUSUM_SUM_STEPS),
                           cw_fixed_pack_signed((double)w->usual, CUSUM_USUAL_STEPS),
                           w->days,
                           w->seen};
    return cusum_of_sums(&s);
}

#define CUSUM_MARGIN 0.3 /* the sum falls by at least so much on a usual day */

static inline void cusum_step(struct cusum *c, const struct cw_channel_day *d, double cap)
{
    double usual = c->usual / CUSUM_USUAL_STEPS, over = usual + CUSUM_MARGIN;
    double sum = cusum_sum(c) + d->llr - (over > 0 ? over : 0);
    if (c->seen < CUSUM_SEEN_MOST)
        c->seen++;
    double gain = 1.0 / c->seen > CUSUM_GAIN ? 1.0 / c->seen : CUSUM_GAIN;
    c->usual = cw_fixed_pack_signed(usual + gain * (d->llr - usual), CUSUM_USUAL_STEPS);
    c->sum = cw_fixed_pack(sum < cap ? sum : cap, CUSUM_SUM_STEPS);
    if (c->sum == 0) {
        c->observed = c->expected = 0;
        c->days = 0;
        return;
    }
    cusum_count_day(c, d->amount, d->mean);
}

/* From this share of the usual down a day speaks for a fall more than against it: half way, in the
 * log, to a third. */
#define CUSUM_HALF_WAY 0.59
static inline double cusum_limit(const struct cusum *c)
{
    return CUSUM_HALF_WAY * cusum_expected(c);
}

#endif
