/* Newton's steps on a few parameters, and what came of them; see weights_fit.h. */
#include "ctl/fit/weights_fit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PARAMS = CW_FIT_KINDS + CW_DETECTORS, STEPS_MOST = 60 };
/* A leaver counts on up to 30 mornings, which are much the same. So a multiplier of 2 costs as much
 * as 5 leavers' worth of log-likelihood: ten who tell of it clearly move it, two or three hardly.
 * Bases are free but for that. */
#define RIDGE (10.0 * 30)
#define RIDGE_BASE 0.1
#define KEPT 1e9 /* ridge of what is not to move */
#define TIMES_MOST 4.0
#define LEFT_LEAST                                                                                 \
    100 /* mornings before a leaving, for a detector to be fitted: of four leavers or more */
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
            w->days[d] += said;
            w->left[d] += said && rows[i].left;
        }
    for (int d = 0; d < CW_DETECTORS; d++)
        w->kept[d] = w->left[d] < LEFT_LEAST;
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
    double f[PARAMS], risk = sigmoid(log_odds(p, r)), weight = risk * (1 - risk);
    features(r, f);
    for (int i = 0; i < PARAMS; i++) {
        if (f[i] == 0)
            continue;
        s->gradient[i] += ((r->left ? 1.0 : 0.0) - risk) * f[i];
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
        ridge[i] = base ? RIDGE_BASE : ret->kept[i - CW_FIT_KINDS] ? KEPT : RIDGE;
    }
    for (int k = 0; k < STEPS_MOST; k++) {
        memset(s, 0, sizeof *s);
        for (size_t i = 0; i < n; i++)
            add_row(s, p, &rows[i]);
        add_ridge(s, p, at, ridge);
        solve(s, step);
        if (move(p, step) < ENOUGH)
            break;
    }
    free(s);
    for (int i = 0; i < CW_FIT_KINDS; i++)
        ret->base[i] = p[i];
    for (int d = 0; d < CW_DETECTORS; d++)
        ret->times[d] = ret->kept[d] ? 1 : p[CW_FIT_KINDS + d];
    return 0;
}

double cw_weights_risk(const struct cw_weights *w, const struct cw_fit_row *r)
{
    double p[PARAMS];
    memcpy(p, w->base, sizeof w->base);
    memcpy(p + CW_FIT_KINDS, w->times, sizeof w->times);
    return sigmoid(log_odds(p, r));
}

/* ---- how well ---- */

struct judged {
    double risk;
    bool left;
};

static int by_falling_risk(const void *a, const void *b)
{
    const struct judged *x = a, *y = b;
    if (x->risk != y->risk)
        return x->risk < y->risk ? 1 : -1;
    return (int)y->left - (int)x->left;
}

/* Equal risks are one step. */
static double mean_precision(struct judged *j, size_t n, double leavers)
{
    double sum = 0, hits = 0;
    qsort(j, n, sizeof *j, by_falling_risk);
    for (size_t i = 0; i < n;) {
        double before = hits;
        double risk = j[i].risk;
        for (; i < n && j[i].risk == risk; i++)
            hits += j[i].left;
        sum += (hits - before) * hits / (double)i;
    }
    return leavers > 0 ? sum / leavers : 0;
}

int cw_fit_judge(const struct cw_weights *w, const struct cw_fit_row *rows, size_t n,
                 struct cw_fit_quality *ret)
{
    static const double ends[CW_FIT_BINS] = {0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 1};
    struct judged *j = malloc((n + 1) * sizeof *j);
    if (!j)
        return -CW_E_NOMEM;
    *ret = (struct cw_fit_quality){0};
    double brier = 0, leavers = 0;
    for (size_t i = 0; i < n; i++) {
        double risk = cw_weights_risk(w, &rows[i]), left = rows[i].left ? 1 : 0;
        int k = 0;
        while (k < CW_FIT_BINS - 1 && risk >= ends[k])
            k++;
        j[i] = (struct judged){risk, rows[i].left};
        ret->bins[k].n++;
        ret->bins[k].risk += risk;
        ret->bins[k].left += left;
        brier += (risk - left) * (risk - left);
        leavers += left;
    }
    for (int k = 0; k < CW_FIT_BINS; k++) {
        struct cw_fit_bin *b = &ret->bins[k];
        ret->error += n ? fabs(b->risk - b->left) / (double)n : 0;
        b->to = ends[k];
        b->risk = b->n ? b->risk / (double)b->n : 0;
        b->left = b->n ? b->left / (double)b->n : 0;
    }
    double share = n ? leavers / (double)n : 0;
    ret->brier_skill = leavers > 0 ? 1 - brier / ((double)n * share * (1 - share)) : 0;
    ret->precision = mean_precision(j, n, leavers);
    free(j);
    return 0;
}
