/* A fast mean against a slow one, in units of what their ratio usually does for this client: sees a
 * slow decline that no single day shows, and stays quiet for clients who are always restless.
 *
 * Part of a detector's slice; all zero is "knows nothing". Amounts come with what all clients share
 * already taken out, so that a holiday is nobody's decline. What a day's ratio says of the client's
 * restlessness counts from the next day on, when the day itself has been judged by it; so that what
 * was judged can be read again from what is kept. (Slices written when it was counted at once
 * count one day twice, which is a sixtieth.)
 *
 * The unit is learned over many months, and no day moves it by more than half of what it is: a
 * decline must not soon count as the client's habit, or it hides itself. On sales of a shop that
 * finds .84 of the streams that stop instead of .70, at as many false alarms (docs/quality.md).
 */
#ifndef CW_DETECTORS_TWO_SCALE_H
#define CW_DETECTORS_TWO_SCALE_H

#include <math.h>
#include <stdint.h>

#include "detectors/fixed.h"

struct two_scale {
    float fast, slow;  /* mean amount a day */
    uint16_t restless; /* mean size of the log ratio; 1/20000, see two_scale_unit */
    uint16_t days;     /* capped */
};
#define TWO_SCALE_RESTLESS_STEPS 20000.0 /* a unit; there is no larger ratio than the log of 21 */

/* As it lay in slices before. */
struct two_scale_wide {
    float fast, slow, restless;
    uint32_t days;
};
static inline struct two_scale two_scale_of_wide(const struct two_scale_wide *w)
{
    return (struct two_scale){w->fast, w->slow,
                              fixed_pack((double)w->restless, TWO_SCALE_RESTLESS_STEPS),
                              (uint16_t)(w->days < UINT16_MAX ? w->days : UINT16_MAX)};
}

enum { TWO_SCALE_FAST = 10, TWO_SCALE_SLOW = 60, TWO_SCALE_RESTLESS = 200 }; /* days */
#define TWO_SCALE_RESTLESS_LEAST 0.15
#define TWO_SCALE_RESTLESS_DAY 1.5 /* units; a day's ratio counts for no more */
#define TWO_SCALE_FLOOR 0.05       /* of the slow mean: nothing at all is a fall to a twentieth */

static inline double two_scale_unit(const struct two_scale *s)
{
    return fmax(s->restless / TWO_SCALE_RESTLESS_STEPS, TWO_SCALE_RESTLESS_LEAST);
}

static inline double two_scale_log_ratio(const struct two_scale *s)
{
    double slow = (double)s->slow;
    if (slow <= 0)
        return 0;
    return log(((double)s->fast + TWO_SCALE_FLOOR * slow) / ((1 + TWO_SCALE_FLOOR) * slow));
}

/* Units by which the fast mean is below the slow one after the last day; negative when above. */
static inline double two_scale_score(const struct two_scale *s)
{
    return -two_scale_log_ratio(s) / two_scale_unit(s);
}

/* How restless the client is, the last day's ratio counted in. */
static inline uint16_t two_scale_restless(const struct two_scale *s)
{
    if (s->days <= TWO_SCALE_FAST)
        return s->restless;
    double n = fmin(s->days - TWO_SCALE_FAST, TWO_SCALE_RESTLESS),
           was = s->restless / TWO_SCALE_RESTLESS_STEPS;
    double most = TWO_SCALE_RESTLESS_DAY * two_scale_unit(s);
    double now = was + (fmin(fabs(two_scale_log_ratio(s)), most) - was) / n;
    return fixed_pack(now, TWO_SCALE_RESTLESS_STEPS);
}

/* One more day. */
static inline void two_scale_step(struct two_scale *s, double amount)
{
    s->restless = two_scale_restless(s);
    s->days = (uint16_t)(s->days + (s->days < UINT16_MAX));
    double n = s->days, most = 3 * (double)s->slow;
    double x = amount < 0 ? 0 : n > 14 && amount > most ? most : amount;
    s->fast = (float)((double)s->fast + (x - (double)s->fast) / fmin(n, TWO_SCALE_FAST));
    s->slow = (float)((double)s->slow + (x - (double)s->slow) / fmin(n, TWO_SCALE_SLOW));
}

/* The fast mean that lies so many units under the slow one. */
static inline double two_scale_limit(const struct two_scale *s, double units)
{
    double ratio = (1 + TWO_SCALE_FLOOR) * exp(-units * two_scale_unit(s)) - TWO_SCALE_FLOOR;
    return (double)s->slow * (ratio > 0 ? ratio : 0);
}

#endif
