/* A fast mean of a client's daily amounts against a slow one, in units of what their ratio usually
 * does for this client: sees a slow decline that no single day shows, and stays quiet for clients
 * who are always restless.
 *
 * Kept for each client and channel by the core, since several detectors look at it. Amounts come
 * with what all clients share already taken out, so that a holiday is nobody's decline. What a
 * day's ratio says of the client's restlessness counts from the next day on, when the day itself
 * has been judged by it; so that what was judged can be read again from what is kept.
 *
 * The unit is learned over many months, and no day moves it by more than half of what it is: a
 * decline must not soon count as the client's habit, or it hides itself. On sales of a shop that
 * finds .84 of the streams that stop instead of .70, at as many false alarms (docs/quality.md).
 */
#ifndef CHURNWATCH_TREND_H
#define CHURNWATCH_TREND_H

#include <math.h>

#include "churnwatch/packed.h"

/* All zero is "knows nothing". */
struct cw_trend {
    float fast, slow;  /* mean amount a day */
    uint16_t restless; /* mean size of the log ratio; 1/20000, see cw_trend_unit */
    uint16_t days;     /* capped */
};
#define CW_TREND_RESTLESS_STEPS 20000.0 /* a unit; there is no larger ratio than the log of 21 */

enum { CW_TREND_FAST = 10, CW_TREND_SLOW = 60, CW_TREND_RESTLESS = 200 }; /* days */
#define CW_TREND_RESTLESS_LEAST 0.15
#define CW_TREND_RESTLESS_DAY 1.5 /* units; a day's ratio counts for no more */
#define CW_TREND_FLOOR 0.05       /* of the slow mean: nothing at all is a fall to a twentieth */

static inline double cw_trend_unit(const struct cw_trend *s)
{
    return fmax(s->restless / CW_TREND_RESTLESS_STEPS, CW_TREND_RESTLESS_LEAST);
}

static inline double cw_trend_log_ratio(const struct cw_trend *s)
{
    double slow = (double)s->slow;
    if (slow <= 0)
        return 0;
    return log(((double)s->fast + CW_TREND_FLOOR * slow) / ((1 + CW_TREND_FLOOR) * slow));
}

/* Units by which the fast mean is below the slow one after the last day; negative when above. */
static inline double cw_trend_score(const struct cw_trend *s)
{
    return -cw_trend_log_ratio(s) / cw_trend_unit(s);
}

/* How restless the client is, the last day's ratio counted in. */
static inline uint16_t cw_trend_restless(const struct cw_trend *s)
{
    if (s->days <= CW_TREND_FAST)
        return s->restless;
    double n = fmin(s->days - CW_TREND_FAST, CW_TREND_RESTLESS),
           was = s->restless / CW_TREND_RESTLESS_STEPS;
    double most = CW_TREND_RESTLESS_DAY * cw_trend_unit(s);
    double now = was + (fmin(fabs(cw_trend_log_ratio(s)), most) - was) / n;
    return cw_fixed_pack(now, CW_TREND_RESTLESS_STEPS);
}

/* One more day. */
static inline void cw_trend_step(struct cw_trend *s, double amount)
{
    s->restless = cw_trend_restless(s);
    s->days = (uint16_t)(s->days + (s->days < UINT16_MAX));
    double n = s->days, most = 3 * (double)s->slow;
    double x = amount < 0 ? 0 : n > 14 && amount > most ? most : amount;
    s->fast = (float)((double)s->fast + (x - (double)s->fast) / fmin(n, CW_TREND_FAST));
    s->slow = (float)((double)s->slow + (x - (double)s->slow) / fmin(n, CW_TREND_SLOW));
}

/* The fast mean that lies so many units under the slow one. */
static inline double cw_trend_limit(const struct cw_trend *s, double units)
{
    double ratio = (1 + CW_TREND_FLOOR) * exp(-units * cw_trend_unit(s)) - CW_TREND_FLOOR;
    return (double)s->slow * (ratio > 0 ? ratio : 0);
}

#endif
