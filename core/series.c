/* Surprise of a series' values; see series.h. */
#include "core/series.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>

#include "core/clipped.h"

enum {
    NEW = 20,    /* values that are taken as they come: there is no scale to clip them by */
    WARM = 250,  /* values before anything is said */
    SHORT = 4,   /* values that a surprise is the mean of */
    REST = 10,   /* least rest after an alarm, in values */
    DAY = 86400, /* seconds */
};
#define REST_SHARE 0.03 /* rest after an alarm, as a share of the past */
#define CLIP 3          /* scales */
/* Steady gains, reached when the young one has fallen to them. */
#define LEVEL_GAIN 0.006
#define OFFSET_GAIN 0.1
#define SCALE_GAIN 0.001
#define ERROR_GAIN 0.002
#define STEP_GAIN 0.014
#define HISTORY_GAIN 0.0002
#define BY_DAY_SHARE 0.6 /* of the level's error: what an offset's must be under to be used */
/* What a distance and a step weigh, in their scales; a scale is at least so much of the amplitude.
 */
#define LEVEL_WEIGHT 3.5
#define STEP_WEIGHT 2.0
#define SCALE_FLOOR 0.125
#define LEVEL_FLOOR 1e-9  /* of the level: what rounding alone may do */
#define DISTANCE_MOST 1e6 /* scales */
#define VARIANCE_LEAST 1e-4
#define ALARM_DECADES 3.8 /* a tail of 10^-3.8 is an alarm */

static double gain(const struct cw_series *s, double steady)
{
    return fmax(cw_gain_young((double)s->seen), steady);
}

static void approach(double *mean, double value, double share)
{
    *mean += share * (value - *mean);
}

/* Learns a usual distance: far ones count as CLIP usual ones. */
static void learn_scale(const struct cw_series *s, double *scale, double distance, double unit,
                        double steady)
{
    double most = s->seen < NEW ? DBL_MAX : CLIP * unit;
    approach(scale, CW_CLIPPED_TO_SCALE * fmin(fabs(distance), most), gain(s, steady));
}

static double floor_of(const struct cw_series *s)
{
    return fmax(SCALE_FLOOR * s->amplitude, LEVEL_FLOOR * fabs(s->level)) + DBL_MIN;
}

static bool goes_by_day(const struct cw_series *s, int slot)
{
    return s->days[slot] > 1 && s->error_by_day < BY_DAY_SHARE * s->error;
}

/* ---- judging ---- */

static double distance_in(double distance, double unit)
{
    return fmin(fabs(distance) / unit, DISTANCE_MOST);
}

static double surprise_of(const struct cw_series *s, double error, double scale, double step)
{
    double least = floor_of(s);
    double off = LEVEL_WEIGHT * distance_in(error, fmax(scale, least));
    double moved = STEP_WEIGHT * distance_in(step, fmax(s->step, least));
    return log1p(fmax(off, moved));
}

/* The tail of the surprise's own history, as decades made a score. */
static double score_of(const struct cw_series *s)
{
    double z = fmax(0, (s->surprise - s->usual) / sqrt(s->variance + VARIANCE_LEAST));
    double decades = -log10(fmax(erfc(z / sqrt(2)), DBL_MIN));
    return decades / (decades + ALARM_DECADES);
}

static double rested(struct cw_series *s, double score)
{
    if (s->seen < WARM || s->seen < s->rests_to)
        return 0;
    if (score >= CW_SERIES_ALARM)
        s->rests_to = s->seen + (uint64_t)fmax(REST, REST_SHARE * (double)s->seen);
    return score;
}

/* ---- learning ---- */

static void learn_history(struct cw_series *s)
{
    double share = gain(s, HISTORY_GAIN), off = s->surprise - s->usual;
    s->usual += share * off;
    approach(&s->variance, off * off, share);
}

static void learn_offset(struct cw_series *s, int slot, double error, double unit)
{
    s->days[slot] += s->days[slot] < UINT32_MAX;
    double share = fmax(1.0 / (1.0 + s->days[slot]), OFFSET_GAIN);
    double most = s->seen < NEW ? DBL_MAX : CLIP * unit;
    s->offset[slot] += share * cw_clip(error, -most, most);
}

static void learn(struct cw_series *s, int slot, double value)
{
    double from_level = value - s->level, by_day = from_level - s->offset[slot];
    double least = floor_of(s), unit = fmax(s->scale, least),
           unit_by_day = fmax(s->scale_by_day, least);
    bool daily = goes_by_day(s, slot), known = s->days[slot] > 1;
    double most = s->seen < NEW ? DBL_MAX : CLIP * (daily ? unit_by_day : unit);

    learn_scale(s, &s->amplitude, from_level, s->amplitude, SCALE_GAIN);
    approach(&s->error, fmin(fabs(from_level), CLIP * unit), gain(s, ERROR_GAIN));
    if (known)
        approach(&s->error_by_day, fmin(fabs(by_day), CLIP * unit_by_day), gain(s, ERROR_GAIN));
    else
        s->error_by_day = s->error;
    s->level += gain(s, LEVEL_GAIN) * cw_clip(daily ? by_day : from_level, -most, most);
    learn_offset(s, slot, by_day, unit);
    learn_scale(s, &s->scale, from_level, unit, SCALE_GAIN);
    learn_scale(s, &s->scale_by_day, by_day, unit, SCALE_GAIN);
    learn_scale(s, &s->step, value - s->last, fmax(s->step, least), STEP_GAIN);
    s->last = value;
}

double cw_series_step(struct cw_series *s, int32_t second, double value)
{
    int slot = (int)((int64_t)second * CW_SERIES_SLOTS / DAY);
    if (s->seen++ == 0) {
        s->level = s->last = value;
        return 0;
    }
    bool daily = goes_by_day(s, slot);
    double error = value - s->level - (daily ? s->offset[slot] : 0);
    double surprise = surprise_of(s, error, daily ? s->scale_by_day : s->scale, value - s->last);
    approach(&s->surprise, surprise, 1.0 / SHORT);
    double score = rested(s, score_of(s));
    learn_history(s);
    learn(s, slot, value);
    return score;
}
