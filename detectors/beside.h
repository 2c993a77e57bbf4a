/* What other open signs of a client do to the limit of a fall: one that would not be told of alone
 * is one more reason beside them.
 */
#ifndef CW_DETECTORS_BESIDE_H
#define CW_DETECTORS_BESIDE_H

#include <math.h>

#include "churnwatch/detector.h"

/* The threshold of a detector that heeds them; its place is what limit_beside is given. */
#define SIGNS_SHARE                                                                                \
    {                                                                                              \
        "signs_share", "ratio", 0.1, 0, 1,                                                         \
            "Other open signs lower the limit by this share for each log-odds they add; to half "  \
            "at most."                                                                             \
    }

/* Each log-odds that the other signs add takes the share off the limit, to half at most. */
#define LIMIT_LEAST 0.5
static inline double limit_beside(const struct cw_judge *j, double limit, uint8_t share)
{
    return limit * fmax(LIMIT_LEAST, 1 - j->t[share] * j->signs);
}

/* What a score counts for. One that is told only because of other signs has been lent a part of
 * what they say, and they are counted already: what it is short of its own limit is taken off. */
static inline double counted_beside(double score, double limit)
{
    return fmax(0, score - fmax(0, limit - score));
}

#endif
