/* Limits that follow the population: how scores lay in the shard's own clients over the last weeks,
 * so that a limit can be "as rare as so many of a thousand client-days". When season or noise
 * change, the limit moves, and the rate of alarms stays. Private to the core; detectors reach it by
 * cw_rate_note and cw_rate_limit of churnwatch/detector.h.
 *
 * A histogram a score, with steps of a tenth of an octave from 2 to 18, where limits lie; older
 * days fade by half in two weeks. A day's scores count from the next day on, so that all clients of
 * a day are judged alike, in whatever order.
 */
#ifndef CW_CORE_RATES_H
#define CW_CORE_RATES_H

#include "churnwatch/detector.h"

enum { CW_RATE_STEPS = 32 };
struct cw_rates {
    float days[CW_RATED];                 /* client-days, faded */
    float steps[CW_RATED][CW_RATE_STEPS]; /* of these, by score; the last step has no end */
    uint32_t today_days[CW_RATED];        /* noted since the last close */
    uint32_t today[CW_RATED][CW_RATE_STEPS];
};

/* A client's day. */
void cw_rates_note(struct cw_rates *r, enum cw_rated what, double score);
/* The day is over for all clients. */
void cw_rates_close(struct cw_rates *r);
/* The score that per_thousand of a thousand client-days reach; 0 while too few are known to tell.
 */
double cw_rates_limit(const struct cw_rates *r, enum cw_rated what, double per_thousand);

#endif
