/* Days of amounts; see daily.h. */
#include "ctl/score/daily.h"

#include <math.h>

#include "churnwatch/civil.h"

enum { WARMUP = 28, WARMUP_SPIKE = 21, KNOWN = 10, SILENCE_LEAST = 5 }; /* days */
/* From where a sign is an alarm. Of spend alone, and with nobody to compare with, a limit that
 * follows the population is not to be had: these are reached about once in 190 days of a shop's
 * products (docs/quality.md).
 */
#define FALL_FIRES 4.5  /* units */
#define GAPS 2.5        /* own gaps */
#define SPIKE_FIRES 2.7 /* sigma */

static double silence_of(const struct own_gap *g)
{
    return g->known < KNOWN ? 0 : own_gap_run(g) / fmax(SILENCE_LEAST, GAPS * own_gap_gap(g));
}

static double fall_of(const struct cw_trend *s)
{
    return s->days < WARMUP ? 0 : fmax(0, cw_trend_score(s) / FALL_FIRES);
}

static double spike_of(struct cw_daily *d, cw_day day, double amount)
{
    static const struct cw_shock none = {0, 1};
    struct cw_channel_day v;
    int weekday = d->step_days == 1 ? cw_weekday(day) : 0;
    cw_day step = (cw_day)((day - d->begin) / d->step_days);
    bool working = weekday < 5;
    cw_baseline_view(&d->baseline, weekday, working, amount, none, WARMUP_SPIKE, &v);
    double spike = v.warm ? fmax(0, spell_of(&d->spells, step, &v).score / SPIKE_FIRES) : 0;
    if (v.warm)
        spell_remember(&d->spells, step, &v);
    cw_baseline_learn(&d->baseline, weekday, working, amount, none);
    return spike;
}

struct cw_daily_signs cw_daily_step(struct cw_daily *d, cw_day day, double amount)
{
    if (d->decline.days == 0)
        d->begin = day;
    own_gap_count(&d->silence, amount > 0, 1);
    cw_trend_step(&d->decline, amount);
    return (struct cw_daily_signs){.fall = fall_of(&d->decline),
                                   .silence = silence_of(&d->silence),
                                   .spike = spike_of(d, day, amount)};
}

double cw_daily_score(const struct cw_daily_signs *signs)
{
    double most = fmax(signs->fall, fmax(signs->silence, signs->spike));
    return most / (most + 1);
}
