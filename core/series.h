/* How surprising each value of a series is, given all that came before it: any series, such as a
 * server's load or a shop's sales, of which nothing is known but its values and the time of day.
 *
 * Method. A level, learned with clipped updates, and an offset for each half-hour of the day, which
 * is used while it makes the errors clearly smaller. A value's surprise is the log of its distance
 * from what was expected or of its step from the last value, whichever is the more, each in units
 * of what is usual; a mean of about four values. How rare such a surprise is in the series' own
 * long history, as the tail of a Gaussian, makes the score: a series that is always restless is not
 * surprising. After an alarm the series rests, for what follows is the same event.
 *
 * Source: the tail of the surprise's own history is that of Ahmad, Lavin, Purdy, Agha (2017),
 * "Unsupervised real-time anomaly detection for streaming data"; clipped updates are Huber's
 * (1964). The constants were chosen on the Numenta Anomaly Benchmark (docs/quality.md).
 *
 * Pure; a state of fixed size. Equal values give equal scores.
 */
#ifndef CW_CORE_SERIES_H
#define CW_CORE_SERIES_H

#include <stdint.h>

enum { CW_SERIES_SLOTS = 48 }; /* half-hours of the day */
/* At this score and above a value is an alarm: one so odd in 6,000, were surprises Gaussian. */
#define CW_SERIES_ALARM 0.5
/* No value may be larger, so that no sum overflows. */
#define CW_SERIES_MOST 1e100

/* Zero it to begin. */
struct cw_series {
    uint64_t seen;              /* values */
    uint64_t rests_to;          /* the value up to which nothing is an alarm */
    double level;               /* in the series' own unit, as all up to `last` */
    double scale, scale_by_day; /* usual distance from the level; from level and offset */
    double error, error_by_day; /* the same, slower, by which the two are compared */
    double amplitude;           /* usual distance from the level over all the past */
    double step;                /* usual step */
    double last;                /* value */
    double offset[CW_SERIES_SLOTS];
    uint32_t days[CW_SERIES_SLOTS]; /* values in each */
    double surprise;                /* mean of the last few, log */
    double usual, variance;         /* of the surprise, over the long history */
};

/* Judges a value, at most CW_SERIES_MOST either way, then learns it. second: of the day, from 0,
 * where the series lives. Returns 0 to 1: 0 while it is new or rests. */
double cw_series_step(struct cw_series *s, int32_t second, double value);

#endif
