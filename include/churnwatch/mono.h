/* The monotonic clock, for time-outs and bounds: it runs on whatever is done to the machine's time.
 */
#ifndef CHURNWATCH_MONO_H
#define CHURNWATCH_MONO_H

#include <time.h>

#include "churnwatch/types.h"

static inline cw_mono_time cw_mono_now(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (cw_mono_time)t.tv_sec * CW_SECOND + t.tv_nsec / 1000;
}

#endif
