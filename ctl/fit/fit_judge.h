/* How well weights do on what happened: skill, calibration and order. Pure. */
#ifndef CW_CTL_FIT_JUDGE_H
#define CW_CTL_FIT_JUDGE_H

#include "ctl/fit/weights_fit.h"

/* How well probabilities fit what happened. */
#define CW_FIT_BINS 9
struct cw_fit_quality {
    double brier_skill; /* 1: as an oracle; 0: as the mean of all */
    double error;       /* mean distance of a bin's mean from its share that left */
    double precision;   /* mean precision over the leavers, by falling risk (PR-AUC) */
    struct cw_fit_bin {
        double to; /* upper end of the told risk */
        double risk, left;
        uint64_t n; /* mornings */
    } bins[CW_FIT_BINS];
};
/* 0, or -CW_E_NOMEM. */
int cw_fit_judge(const struct cw_weights *w, const struct cw_fit_row *rows, size_t n,
                 struct cw_fit_quality *ret);

#endif
