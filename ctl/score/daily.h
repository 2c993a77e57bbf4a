/* How odd a day's amount is in a stream of daily amounts, such as a client's spend or a product's
 * sales: by the very code with which the daemon judges a client's spend at the day's close, without
 * what clients share. A step may also be of several days, as a week: who buys every other week is
 * judged by weeks, and then a step is a day in all that is said of days. Pure.
 */
#ifndef CW_CTL_SCORE_DAILY_H
#define CW_CTL_SCORE_DAILY_H

#include "core/baseline.h"
#include "detectors/own_gap.h"
#include "detectors/spell.h"

/* Zero it to begin, but for step_days. */
struct cw_daily {
    struct cw_baseline baseline;
    struct cw_trend decline;
    struct own_gap silence;
    struct spell_past spells;
    int64_t step_days; /* to be set: of how many days a step is; of 1 there are weekdays */
    cw_day begin;      /* of the first step */
};

/* Each as a share of what is told of: from 1 it is an alarm, up to about 20. */
struct cw_daily_signs {
    double fall;    /* the fast mean under the slow one (spend_decline) */
    double silence; /* a run of nothing against the stream's own (inactivity) */
    double spike;   /* a day or up to three far above (spend_spike) */
};

/* Judges a step, later than all before it, by the day it begins; then learns it. amount: 0 or more.
 */
struct cw_daily_signs cw_daily_step(struct cw_daily *d, cw_day day, double amount);
/* The greatest of them, made a score: 0.5 where it is an alarm. */
double cw_daily_score(const struct cw_daily_signs *signs);

#endif
