/* What is normal for a client's day: a two-part (hurdle) model of one channel.
 *
 * Part one is the chance that a day has anything at all, apart for working and other days. Part two
 * is the log of the amount on days that have: a level, a scale and seven weekday offsets, learned
 * with clipped updates, so that one odd day moves little and a new level is accepted after three
 * weeks (Cragg 1971 for the two parts; Huber 1964 for the clipping).
 */
#ifndef CW_CORE_BASELINE_H
#define CW_CORE_BASELINE_H

#include "churnwatch/client.h"

/* The model's numbers, which lie packed in it. Steps are so small that what a usual day moves is
 * many of them: a model does not stand still because its moves are rounded away. */
static inline double cw_baseline_chance(const struct cw_baseline *b, bool working)
{
    return (working ? b->p_work : b->p_rest) / 65535.0;
}
static inline double cw_baseline_level(const struct cw_baseline *b)
{
    return (b->level * 256 + b->level_rest) / 262144.0;
}
static inline double cw_baseline_scale(const struct cw_baseline *b)
{
    return b->scale / 4096.0;
}
static inline double cw_baseline_offset(const struct cw_baseline *b, int weekday)
{
    return b->weekday[weekday] / 4096.0;
}
void cw_baseline_set_chance(struct cw_baseline *b, bool working, double p);
void cw_baseline_set_level(struct cw_baseline *b, double level);
void cw_baseline_set_scale(struct cw_baseline *b, double scale);
void cw_baseline_set_offset(struct cw_baseline *b, int weekday, double offset);

/* What all clients of a bucket share on a day: a shift of the log amount and a factor on the chance
 * of any. {0, 1} shares nothing. */
struct cw_shock {
    double shift;
    double activity;
};

/* The day against the model; judged is left for the caller. warmup: days before warm. */
void cw_baseline_view(const struct cw_baseline *b, int weekday, bool working, double amount,
                      struct cw_shock shock, int64_t warmup, struct cw_channel_day *ret);
/* A day that is not over, of which no shock is known and llr says nothing. */
void cw_baseline_view_so_far(const struct cw_baseline *b, int weekday, bool working, double amount,
                             int64_t warmup, struct cw_channel_day *ret);
/* Log amount less what is expected; only for days with any and some history. */
double cw_baseline_residual(const struct cw_baseline *b, int weekday, double amount);
double cw_baseline_p(const struct cw_baseline *b, bool working);
/* The mean of a weekend's days as a share of that of a working day; 1 where nothing is known. */
double cw_baseline_weekend(const struct cw_baseline *b);
void cw_baseline_learn(struct cw_baseline *b, int weekday, bool working, double amount,
                       struct cw_shock shock);
/* An amount that came after its day was learned. */
void cw_baseline_amend(struct cw_baseline *b, int weekday, double amount);

#endif
