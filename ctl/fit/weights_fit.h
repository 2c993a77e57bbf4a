/* How much each detector's word counts, fitted to who left: logistic regression of leaving on the
 * log-odds that tasks told, with a ridge that pulls every multiplier to 1, so that little data
 * change little (Hoerl, Kennard 1970; le Cessie, van Houwelingen 1992). A multiplier stays between
 * 0 and 4: one that would leave is held at its bound, and the others are fitted to that (projected
 * Newton steps, Bertsekas 1982). Deterministic. Pure.
 */
#ifndef CW_CTL_FIT_WEIGHTS_FIT_H
#define CW_CTL_FIT_WEIGHTS_FIT_H

#include "churnwatch/detector.h"

/* A leaver counts on up to 30 mornings, which are much the same. So to double what is told costs as
 * much as 5 leavers' worth of log-likelihood: ten who tell of it clearly move it, two or three
 * hardly. */
#define CW_FIT_RIDGE (10.0 * 30)
/* Mornings before a leaving, for anything to be fitted: of four leavers or more. */
enum { CW_FIT_LEFT_LEAST = 100 };
enum { CW_FIT_STEPS = 8 }; /* told apart; further ones count as the last */

/* One morning of a client with an open task, or many alike of clients without one. */
struct cw_fit_row {
    uint64_t more;              /* mornings of which the same is true */
    float told[CW_DETECTORS];   /* log-odds of leaving its signals add, by detector */
    uint8_t step[CW_DETECTORS]; /* the highest of its open signals */
    uint8_t kind;               /* enum cw_kind */
    bool left;                  /* within 30 days after it */
};
enum { CW_FIT_KINDS = 2 };
struct cw_weights {
    double base[CW_FIT_KINDS];   /* log-odds, by enum cw_kind */
    double times[CW_DETECTORS];  /* by which the detector's weights are multiplied */
    uint32_t days[CW_DETECTORS]; /* rows it said something in */
    uint32_t left[CW_DETECTORS]; /* of these, before somebody left */
    bool kept[CW_DETECTORS];     /* too little is known of it: it stays as it is */
    bool held[CW_DETECTORS];     /* at a bound, which it would pass */
};

/* now: the bases in force. 0, or -CW_E_NOMEM. */
int cw_weights_fit(const struct cw_fit_row *rows, size_t n, const double now[CW_FIT_KINDS],
                   struct cw_weights *ret);
/* The probability by these weights. */
double cw_weights_risk(const struct cw_weights *w, const struct cw_fit_row *r);

#endif
