/* Newton's steps on one number at a time; see steps_fit.h. */
#include "ctl/fit/steps_fit.h"

#include <math.h>

enum { ROUNDS = 20 };

/* What falls on one step, and how it bends. */
struct slope {
    double gradient, bend;
};

static void count(const struct cw_fit_row *rows, size_t n, struct cw_fit_steps *s)
{
    for (size_t i = 0; i < n; i++)
        for (int d = 0; d < CW_DETECTORS; d++)
            if (rows[i].told[d] != 0) {
                struct cw_fit_step *of = &s->of[d][rows[i].step[d]];
                of->mornings++;
                of->left += rows[i].left;
            }
}

static void add_row(const struct cw_weights *w, const struct cw_fit_row *r,
                    const struct cw_fit_steps *s, struct slope slopes[CW_DETECTORS][CW_FIT_STEPS])
{
    double risk = cw_weights_risk(w, r), against = (1 - risk) / risk;
    for (int d = 0; d < CW_DETECTORS; d++) {
        if (r->told[d] == 0)
            continue;
        double p = 1 / (1 + against * exp(-s->of[d][r->step[d]].more));
        struct slope *of = &slopes[d][r->step[d]];
        of->gradient += (r->left ? 1 : 0) - p;
        of->bend += p * (1 - p);
    }
}

static void move(struct cw_fit_step *of, const struct slope *s)
{
    if (of->left < CW_FIT_LEFT_LEAST)
        return;
    double step = (s->gradient - CW_FIT_RIDGE * of->more) / (s->bend + CW_FIT_RIDGE);
    of->more += fmin(fmax(step, -1), 1);
}

void cw_fit_steps(const struct cw_weights *w, const struct cw_fit_row *rows, size_t n,
                  struct cw_fit_steps *ret)
{
    *ret = (struct cw_fit_steps){0};
    count(rows, n, ret);
    for (int k = 0; k < ROUNDS; k++) {
        struct slope slopes[CW_DETECTORS][CW_FIT_STEPS] = {0};
        for (size_t i = 0; i < n; i++)
            add_row(w, &rows[i], ret, slopes);
        for (int d = 0; d < CW_DETECTORS; d++)
            for (int step = 0; step < CW_FIT_STEPS; step++)
                move(&ret->of[d][step], &slopes[d][step]);
    }
}

unsigned cw_fit_steps_seen(const struct cw_fit_step of[CW_FIT_STEPS])
{
    unsigned seen = 0;
    for (int step = 0; step < CW_FIT_STEPS; step++)
        seen += of[step].mornings > 0;
    return seen;
}
