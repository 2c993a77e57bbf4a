/* Whether a detector's steps stand rightly to each other: of each step, by how many log-odds more
 * or less it would have to be told for its mornings to have been told right, given the fitted
 * weights; one step at a time, pulled to nothing as multipliers are to 1. To be looked at: which
 * thresholds make a step is the detector's own affair. Pure.
 */
#ifndef CW_CTL_FIT_STEPS_FIT_H
#define CW_CTL_FIT_STEPS_FIT_H

#include "ctl/fit/weights_fit.h"

struct cw_fit_step {
    uint32_t mornings, left;
    double more; /* log-odds; 0 where fewer than a hundred mornings came before a leaving */
};
struct cw_fit_steps {
    struct cw_fit_step of[CW_DETECTORS][CW_FIT_STEPS];
};
void cw_fit_steps(const struct cw_weights *w, const struct cw_fit_row *rows, size_t n,
                  struct cw_fit_steps *ret);
/* How many of a detector's steps were seen; with one alone there is nothing to compare. */
unsigned cw_fit_steps_seen(const struct cw_fit_step of[CW_FIT_STEPS]);

#endif
