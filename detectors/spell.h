/* The score of a spell of days that ends today: the sum of their z over the root of their number
 * (Stouffer 1949). In a noisy client a bill shock that lasts stands out where none of its days
 * does.
 *
 * Part of a detector's slice; all zero is "knows nothing".
 */
#ifndef CW_DETECTORS_SPELL_H
#define CW_DETECTORS_SPELL_H

#include <math.h>

#include "churnwatch/detector.h"

enum { SPELL_DAYS_BEFORE = 2 };
#define SPELL_DAY_LEAST 1.0 /* sigma: a day below is in no spell */
/* Days that follow each other are alike; so much less does their sum say, at a correlation of 0.4.
 */
#define SPELL_FOLLOWING 0.85
#define SPELL_Z_MOST 12.0 /* no day counts for more */

struct spell_past {
    int32_t last;                  /* the last day that was judged, since 1970 */
    float z[SPELL_DAYS_BEFORE];    /* its z and the day before's, what all share taken out */
    float over[SPELL_DAYS_BEFORE]; /* amount above what was usual */
};

/* Days that end with the one looked at. */
struct spell {
    double score, over;
};

static inline struct spell spell_of(const struct spell_past *p, cw_day day,
                                    const struct cw_channel_day *d)
{
    double z = fmin(d->z, SPELL_Z_MOST), over = d->amount - d->expected;
    struct spell best = {d->z, over};
    bool goes_on = p->last == day - 1 && d->z > SPELL_DAY_LEAST;
    for (int k = 0; k < SPELL_DAYS_BEFORE && goes_on && p->z[k] > (float)SPELL_DAY_LEAST; k++) {
        z += (double)p->z[k];
        over += (double)p->over[k];
        double score = SPELL_FOLLOWING * z / sqrt(k + 2);
        if (score > best.score)
            best = (struct spell){score, over};
    }
    return best;
}

/* The day is over: the next one's spell may go on from it. */
static inline void spell_remember(struct spell_past *p, cw_day day, const struct cw_channel_day *d)
{
    bool follows = p->last == day - 1;
    p->z[1] = follows ? p->z[0] : 0;
    p->over[1] = follows ? p->over[0] : 0;
    p->z[0] = (float)fmin(d->z, SPELL_Z_MOST);
    p->over[0] = (float)(d->amount - d->expected);
    p->last = day;
}

#endif
