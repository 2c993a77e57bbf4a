/* Histograms of scores; see rates.h. */
#include "core/rates.h"

#include <math.h>
#include <string.h>

#define FIRST_SCORE 2.0
#define STEPS_AN_OCTAVE 10.0
#define FADE_DAYS 14.0
/* So many days beyond the limit make it known to about a third of their number. */
#define KNOWN_BY 10.0

static double begin_of(int step)
{
    return FIRST_SCORE * exp2(step / STEPS_AN_OCTAVE);
}

void cw_rates_note(struct cw_rates *r, enum cw_rated what, double score)
{
    r->today_days[what]++;
    if (score < FIRST_SCORE)
        return;
    int step = (int)(STEPS_AN_OCTAVE * log2(score / FIRST_SCORE));
    r->today[what][step < CW_RATE_STEPS ? step : CW_RATE_STEPS - 1]++;
}

void cw_rates_close(struct cw_rates *r)
{
    float kept = (float)exp2(-1 / FADE_DAYS);
    for (int what = 0; what < CW_RATED; what++) {
        if (!r->today_days[what])
            continue; /* A day that told nothing, as of a feed that stood still, ages nothing. */
        r->days[what] = r->days[what] * kept + (float)r->today_days[what];
        for (int i = 0; i < CW_RATE_STEPS; i++)
            r->steps[what][i] = r->steps[what][i] * kept + (float)r->today[what][i];
    }
    memset(r->today_days, 0, sizeof r->today_days);
    memset(r->today, 0, sizeof r->today);
}

double cw_rates_limit(const struct cw_rates *r, enum cw_rated what, double per_thousand)
{
    double left = (double)r->days[what] * per_thousand / 1000;
    if (left < KNOWN_BY)
        return 0;
    for (int i = CW_RATE_STEPS - 1; i >= 0; i--) {
        double n = (double)r->steps[what][i];
        if (n >= left) /* Evenly spread over the step, in the logarithm. */
            return begin_of(i) * exp2((1 - left / n) / STEPS_AN_OCTAVE);
        left -= n;
    }
    return 0;
}

/* ---- as detectors have it ---- */

void cw_rate_note(struct cw_judge *j, enum cw_rated what, double score)
{
    if (j->noted)
        cw_rates_note(j->noted, what, score);
}

struct cw_limit cw_rate_limit(const struct cw_judge *j, enum cw_rated what, uint8_t rate,
                              uint8_t floor)
{
    struct cw_limit l = {.score = j->t[floor], .by = floor};
    double of_rate = j->rates && j->t[rate] > 0 ? cw_rates_limit(j->rates, what, j->t[rate]) : 0;
    if (of_rate > l.score)
        l = (struct cw_limit){.score = of_rate, .by = rate};
    return l;
}
