/* How much of a day's spend is usual by an hour, so that a day can be judged before it is over.
 * Private to the core; detectors have it in the day so far, see churnwatch/detector.h.
 *
 * The shard learns it from its own clients, apart for like ones (core/shocks.h) and for working and
 * other days: mean and spread of the log of the share that was spent by the end of every second
 * hour, older days fading by half in two weeks. Of each client's day one of these hours is looked
 * at, another one each day, so that a client keeps one sum more and no history. A day counts from
 * the next on, so that all clients of a day are judged alike.
 */
#ifndef CW_CORE_PACE_H
#define CW_CORE_PACE_H

#include <stdbool.h>

#include "churnwatch/detector.h"

enum { CW_PACE_LIKE = 8, CW_PACE_STEPS = 12, CW_PACE_STEP_HOURS = 24 / CW_PACE_STEPS };
struct cw_pace_cell {
    float n, sum, squares; /* of log shares; sums fade, and n with them */
};
enum { CW_PACE_CELL = sizeof(struct cw_pace_cell) / sizeof(float) };
struct cw_pace_row {
    struct cw_pace_cell step[CW_PACE_STEPS];
};
struct cw_pace {
    struct cw_pace_row row[2][CW_PACE_LIKE]; /* other days, working days */
    struct cw_pace_row today[CW_PACE_LIKE];  /* noted since the last close */
};

/* The step that an hour, 0 to 23, is in. */
static inline unsigned cw_pace_step(int hour)
{
    return (unsigned)(hour / CW_PACE_STEP_HOURS);
}
/* The step whose share of that day this client is asked for. */
unsigned cw_pace_asked(uint32_t client_hash, cw_day day);
/* A client's day: what it had spent by the end of the step, and in all; both more than nothing. */
void cw_pace_note(struct cw_pace *p, unsigned like, unsigned step, double by, double all);
/* The day is over for all clients. */
void cw_pace_close(struct cw_pace *p, bool working);
/* What is usual by the end of the step; the whole day, {0, 0}, while too few days tell. */
struct cw_pace_by cw_pace_by(const struct cw_pace *p, unsigned like, bool working, unsigned step);

#endif
