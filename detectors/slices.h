/* Words the slices and signals of several detectors are made of. Slices hold four-byte members at
 * most, so that they lie one behind another without gaps. */
#ifndef CW_DETECTORS_SLICES_H
#define CW_DETECTORS_SLICES_H

#include <string.h>

#include "churnwatch/explain.h"

/* For reading what an older version wrote: takes a slice that has as many bytes as that version's.
 */
static inline bool cw_slice_taken(void *to, size_t size, const void *from, size_t n)
{
    if (n == size)
        memcpy(to, from, n);
    return n == size;
}

/* Seconds since 1970, at least 1, so that 0 can say "never"; enough until 2106. */
static inline uint32_t cw_stamp(cw_event_time t)
{
    int64_t s = t / CW_SECOND;
    return s < 1 ? 1 : s > UINT32_MAX ? UINT32_MAX : (uint32_t)s;
}

/* Whether a stamp is set and no older than so many days. */
static inline bool cw_stamp_within(uint32_t stamp, cw_event_time now, double days)
{
    return stamp && (double)cw_stamp(now) - (double)stamp <= days * 86400;
}

/* For signs that come by events: past its limit, one was told on the event that made it so. */
static inline void cw_explain_told(const struct cw_judge *j, struct cw_explanation *x,
                                   struct cw_reading *r)
{
    r->hold = CW_HOLD_TOLD;
    cw_explain_add(j, x, r);
}

/* Severity as people read it, 0..1, so that it follows the weights when they are tuned. */
static inline float cw_severity_of(double leave)
{
    return (float)(leave <= 0 ? 0 : leave >= 6 ? 1 : leave / 6);
}

/* The event is the latest word on its line, and it ended it. Without line state the event alone
 * decides. */
static inline bool cw_ends_line(const struct cw_judge *j)
{
    const struct cw_event *ev = j->event;
    bool says = ev->type == CW_EV_TERMINATED ||
                (ev->type == CW_EV_PORT_OUT && ev->u.port.stage == CW_PORT_COMPLETED);
    return says &&
           (!j->line || (j->line->status == CW_LINE_GONE && cw_line_status_at(j->line) <= j->now));
}

#endif
