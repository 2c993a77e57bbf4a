/* Progress of a long run on standard error: a bar on a terminal, else a line now and then.
 *
 * One thread. Reads the clock only every so many ticks, so that ticking costs nothing.
 */
#ifndef CW_CTL_PROGRESS_H
#define CW_CTL_PROGRESS_H

#include "churnwatch/types.h"

struct cw_progress {
    const char *what; /* what is counted: "events" */
    bool terminal, shown;
    uint64_t count, unlooked;
    cw_mono_time began, told;
};

void cw_progress_begin(struct cw_progress *p, const char *what);
/* One more; share of the whole, 0 to 1, or negative when it is not known. */
static inline bool cw_progress_due(struct cw_progress *p)
{
    p->count++;
    return ++p->unlooked >= 1024;
}
void cw_progress_show(struct cw_progress *p, double share);
/* Wipes the bar; what follows on standard error begins on a fresh line. */
void cw_progress_end(struct cw_progress *p);
double cw_progress_seconds(const struct cw_progress *p);

#endif
