/* Newton's steps on a few parameters; see weights_fit.h. */
#include "ctl/fit/weights_fit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PARAMS = CW_FIT_KINDS + CW_DETECTORS, STEPS_MOST = 60 };
/* Bases are free but for this. */
#define RIDGE_BASE 0.1
#define TIMES_MOST 4.0
#define ENOUGH 1e-7

static double sigmoid(double x)
{
    return 1 / (1 + exp(-x));
}

static double log_odds(const double p[PARAMS], const struct cw_fit_row *r)
{
    double x = p[r->kind];
    for (int d = 0; d < CW_DETECTORS; d++)
        x += p[CW_FIT_KINDS + d] * (double)r->told[d];
    return x;
}

static void count(const struct cw_fit_row *rows, size_t n, struct cw_weights *w)
{
    for (size_t i = 0; i < n; i++)
        for (int d = 0; d < CW_DETECTORS; d++) {
            bool said = rows[i].told[d] != 0;
            w->days[d] += said; /* Rows of many mornings say nothing. */
            w->left[d] += said && rows[i].left;
        }
    for (int d = 0; d < CW_DETECTORS; d++)
        w->kept[d] = w->left[d] < CW_FIT_LEFT_LEAST;
}

/* What falls on each parameter, and how it bends. */
struct slope {
    double gradient[PARAMS], bend[PARAMS][PARAMS];
};

static void features(const struct cw_fit_row *r, double f[PARAMS])
{
    memset(f, 0, PARAMS * sizeof *f);
    f[r->kind] = 1;
    for (int d = 0; d < CW_DETECTORS; d++)
        f[CW_FIT_KINDS + d] = (double)r->told[d];
}

static void add_row(struct slope *s, const double p[PARAMS], const struct cw_fit_row *r)
{
    double f[PARAMS], risk = sigmoid(log_odds(p, r)), mornings = 1 + (double)r->more;
    double weight = mornings * risk * (1 - risk);
    features(r, f);
    for (int i = 0; i < PARAMS; i++) {
        if (f[i] == 0)
            continue;
        s->gradient[i] += mornings * ((r->left ? 1.0 : 0.0) - risk) * f[i];
        for (int k = 0; k <= i; k++)
            s->bend[i][k] += weight * f[i] * f[k];
    }
}

static void add_ridge(struct slope *s, const double p[PARAMS], const double at[PARAMS],
                      const double ridge[PARAMS])
{
    for (int i = 0; i < PARAMS; i++) {
        s->gradient[i] -= ridge[i] * (p[i] - at[i]);
        s->bend[i][i] += ridge[i];
    }
}

/* A parameter that is not to move, so that the others are fitted to where it is. */
static void hold(struct slope *s, int at)
{
    for (int k = 0; k < at; k++)
        s->bend[at][k] = 0;
    for (int i = at + 1; i < PARAMS; i++)
        s->bend[i][at] = 0;
    s->bend[at][at] = 1;
    s->gradient[at] = 0;
}

/* Holds what is kept, and multipliers at a bound that they would pass. */
static void hold_all(struct slope *s, const double p[PARAMS], struct cw_weights *w)
{
    for (int d = 0; d < CW_DETECTORS; d++) {
        int i = CW_FIT_KINDS + d;
        w->held[d] =
            (p[i] <= 0 && s->gradient[i] < 0) || (p[i] >= TIMES_MOST && s->gradient[i] > 0);
        if (w->kept[d] || w->held[d])
            hold(s, i);
    }
}

/* bend * step = gradient, by Cholesky: with a ridge bend is positive. */
static void solve(struct slope *s, double step[PARAMS])
{
    for (int i = 0; i < PARAMS; i++)
        for (int k = 0; k <= i; k++) {
            double sum = s->bend[i][k];
            for (int m = 0; m < k; m++)
                sum -= s->bend[i][m] * s->bend[k][m];
            s->bend[i][k] = i == k ? sqrt(sum) : sum / s->bend[k][k];
        }
    for (int i = 0; i < PARAMS; i++) {
        double sum = s->gradient[i];
        for (int m = 0; m < i; m++)
            sum -= s->bend[i][m] * step[m];
        step[i] = sum / s->bend[i][i];
    }
    for (int i = PARAMS - 1; i >= 0; i--) {
        double sum = step[i];
        for (int m = i + 1; m < PARAMS; m++)
            sum -= s->bend[m][i] * step[m];
        step[i] = sum / s->bend[i][i];
    }
}

/* At most one unit at a time; returns the longest move. */
static double move(double p[PARAMS], const double step[PARAMS])
{
    double most = 0;
    for (int i = 0; i < PARAMS; i++) {
        double to = p[i] + fmin(fmax(step[i], -1), 1);
        if (i >= CW_FIT_KINDS)
            to = fmin(fmax(to, 0), TIMES_MOST);
        most = fmax(most, fabs(to - p[i]));
        p[i] = to;
    }
    return most;
}

int cw_weights_fit(const struct cw_fit_row *rows, size_t n, const double now[CW_FIT_KINDS],
                   struct cw_weights *ret)
{
    double p[PARAMS], at[PARAMS], ridge[PARAMS], step[PARAMS];
    struct slope *s = malloc(sizeof *s);
    if (!s)
        return -CW_E_NOMEM;
    memset(ret, 0, sizeof *ret);
    count(rows, n, ret);
    for (int i = 0; i < PARAMS; i++) {
        bool base = i < CW_FIT_KINDS;
        p[i] = at[i] = base ? now[i] : 1;
        ridge[i] = base ? RIDGE_BASE : CW_FIT_RIDGE;
    }
    for (int k = 0; k < STEPS_MOST; k++) {
        memset(s, 0, sizeof *s);
        for (size_t i = 0; i < n; i++)
            add_row(s, p, &rows[i]);
        add_ridge(s, p, at, ridge);
        hold_all(s, p, ret);
        solve(s, step);
        if (move(p, step) < ENOUGH)
            break;
    }
    free(s);
    for (int i = 0; i < CW_FIT_KINDS; i++)
        ret->base[i] = p[i];
    for (int d = 0; d < CW_DETECTORS; d++)
        ret->times[d] = p[CW_FIT_KINDS + d];
    return 0;
}

double cw_weights_risk(const struct cw_weights *w, const struct cw_fit_row *r)
{
    double p[PARAMS];
    memcpy(p, w->base, sizeof w->base);
    memcpy(p + CW_FIT_KINDS, w->times, sizeof w->times);
    return sigmoid(log_odds(p, r));
}
