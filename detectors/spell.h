/* The score of a spell of days that ends today: the sum of their z over the root of their number
 * (Stouffer 1949). In a noisy client a bill shock that lasts stands out where none of its days
 * does.
 *
 * A day's z here is not the plain one. A scale learned from one client's days is itself uncertain,
 * and a quiet past makes any day look odd: so it is widened by what may have been missed
 * (SPELL_DOUBT). And where days often have nothing, anything at all says something too: the chance
 * of so much is the chance of any times that of so much given any, whose z is near the root of
 * z^2 - 2 ln p (the tail of a normal falls as e^(-z^2/2)). On sales of a shop that finds .40 of the
 * days of eight times the usual instead of .25, at as many false alarms (docs/quality.md).
 *
 * Part of a detector's slice; all zero is "knows nothing".
 */
#ifndef CW_DETECTORS_SPELL_H
#define CW_DETECTORS_SPELL_H

#include <math.h>

#include "churnwatch/detector.h"
#include "churnwatch/packed.h"

enum { SPELL_DAYS_BEFORE = 2 };
#define SPELL_DAY_LEAST 1.0 /* sigma: a day below is in no spell */
/* Days that follow each other are alike; so much less does their sum say, at a correlation of 0.4.
 */
#define SPELL_FOLLOWING 0.85
#define SPELL_Z_MOST 12.0 /* no day counts for more */
#define SPELL_DOUBT 0.5   /* of the log amount, added to the scale as independent errors are */

struct spell_past {
    cw_small_float over[SPELL_DAYS_BEFORE]; /* yuan above usual, of the last day and before */
    int16_t z[SPELL_DAYS_BEFORE]; /* z of them, what all share taken out; 1/2048, see spell_z_of */
    cw_small_day last;            /* the last day that was judged */
};
#define SPELL_Z_STEPS 2048.0

/* As it lay in slices before. */
struct spell_past_wide {
    int32_t last;
    float z[SPELL_DAYS_BEFORE], over[SPELL_DAYS_BEFORE];
};
static inline struct spell_past spell_of_wide(const struct spell_past_wide *w)
{
    struct spell_past p = {.last = w->last ? cw_day_pack(w->last) : 0};
    for (int k = 0; k < SPELL_DAYS_BEFORE; k++) {
        p.over[k] = cw_float_pack((double)w->over[k]);
        p.z[k] = cw_fixed_pack_signed((double)w->z[k], SPELL_Z_STEPS);
    }
    return p;
}

static inline double spell_z_of(const struct spell_past *p, int k)
{
    return p->z[k] / SPELL_Z_STEPS;
}
static inline bool spell_follows(const struct spell_past *p, cw_day day)
{
    return p->last && cw_day_unpack(p->last) == day - 1;
}

/* Days that end with the one looked at. */
struct spell {
    double score, over;
};

static inline double spell_scale(const struct cw_channel_day *d)
{
    return sqrt(d->scale * d->scale + SPELL_DOUBT * SPELL_DOUBT);
}

/* What the chance of a day with anything adds to the square of z. */
static inline double spell_rare(const struct cw_channel_day *d)
{
    return d->p_any > 0 ? -2 * log(d->p_any) : 0;
}

static inline double spell_z(const struct cw_channel_day *d)
{
    double z = d->z * d->scale / spell_scale(d);
    return z > 0 ? sqrt(z * z + fmin(z, 1) * spell_rare(d)) : z;
}

/* The day's amount whose z is that, one or more. */
static inline double spell_limit(const struct cw_channel_day *d, double z)
{
    double by_amount = fmax(z * z - spell_rare(d), 0);
    return d->expected * exp(spell_scale(d) * sqrt(by_amount));
}

static inline struct spell spell_of(const struct spell_past *p, cw_day day,
                                    const struct cw_channel_day *d)
{
    double of_day = spell_z(d), z = fmin(of_day, SPELL_Z_MOST), over = d->amount - d->expected;
    struct spell best = {of_day, over};
    bool goes_on = spell_follows(p, day) && of_day > SPELL_DAY_LEAST;
    for (int k = 0; k < SPELL_DAYS_BEFORE && goes_on && spell_z_of(p, k) > SPELL_DAY_LEAST; k++) {
        z += spell_z_of(p, k);
        over += cw_float_unpack(p->over[k]);
        double score = SPELL_FOLLOWING * z / sqrt(k + 2);
        if (score > best.score)
            best = (struct spell){score, over};
    }
    return best;
}

/* The day is over: the next one's spell may go on from it. */
static inline void spell_remember(struct spell_past *p, cw_day day, const struct cw_channel_day *d)
{
    bool follows = spell_follows(p, day);
    p->z[1] = follows ? p->z[0] : 0;
    p->over[1] = follows ? p->over[0] : 0;
    p->z[0] = cw_fixed_pack_signed(fmin(spell_z(d), SPELL_Z_MOST), SPELL_Z_STEPS);
    p->over[0] = cw_float_pack(d->amount - d->expected);
    p->last = cw_day_pack(day);
}

#endif
