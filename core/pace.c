/* Shares of a day by the hour; see pace.h. */
#include "core/pace.h"

#include <math.h>
#include <string.h>

#define FADE_DAYS 14.0
/* So many shares tell their mean to a sixth of their spread, and the spread to a tenth. */
#define KNOWN_BY 40.0
/* Less than a thousandth of a day is as good as a thousandth: one cent must not outweigh a day. */
#define SHARE_LEAST 0.001

unsigned cw_pace_asked(uint32_t client_hash, cw_day day)
{
    return (client_hash + (uint32_t)day) % CW_PACE_STEPS;
}

void cw_pace_note(struct cw_pace *p, unsigned like, unsigned step, double by, double all)
{
    struct cw_pace_cell *c = &p->today[like].step[step];
    double share = log(fmin(fmax(by / all, SHARE_LEAST), 1));
    c->n += 1;
    c->sum += (float)share;
    c->squares += (float)(share * share);
}

static void fold(struct cw_pace_cell *c, const struct cw_pace_cell *today, float kept)
{
    c->n = c->n * kept + today->n;
    c->sum = c->sum * kept + today->sum;
    c->squares = c->squares * kept + today->squares;
}

void cw_pace_close(struct cw_pace *p, bool working)
{
    float kept = (float)exp2(-1 / FADE_DAYS);
    for (int like = 0; like < CW_PACE_LIKE; like++)
        for (int i = 0; i < CW_PACE_STEPS; i++) {
            const struct cw_pace_cell *today = &p->today[like].step[i];
            if (today->n > 0) /* A step that nothing was told of ages nothing. */
                fold(&p->row[working][like].step[i], today, kept);
        }
    memset(p->today, 0, sizeof p->today);
}

struct cw_pace_by cw_pace_by(const struct cw_pace *p, unsigned like, bool working, unsigned step)
{
    const struct cw_pace_cell *c = &p->row[working][like].step[step];
    double n = (double)c->n;
    if (n < KNOWN_BY)
        return (struct cw_pace_by){0, 0};
    double mean = (double)c->sum / n;
    return (struct cw_pace_by){mean, sqrt(fmax((double)c->squares / n - mean * mean, 0))};
}
