/* How well weights do; see fit_judge.h. */
#include "ctl/fit/fit_judge.h"

#include <math.h>
#include <stdlib.h>

struct judged {
    double risk, mornings;
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
    double sum = 0, hits = 0, all = 0;
    qsort(j, n, sizeof *j, by_falling_risk);
    for (size_t i = 0; i < n;) {
        double before = hits;
        double risk = j[i].risk;
        for (; i < n && j[i].risk == risk; i++) {
            hits += j[i].left ? j[i].mornings : 0;
            all += j[i].mornings;
        }
        sum += (hits - before) * hits / all;
    }
    return leavers > 0 ? sum / leavers : 0;
}

/* One row into its bin. */
static void count(struct cw_fit_quality *q, double risk, double mornings, bool left)
{
    static const double ends[CW_FIT_BINS] = {0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 1};
    int k = 0;
    while (k < CW_FIT_BINS - 1 && risk >= ends[k])
        k++;
    for (int i = 0; i < CW_FIT_BINS; i++)
        q->bins[i].to = ends[i];
    q->bins[k].n += (uint64_t)mornings;
    q->bins[k].risk += risk * mornings;
    q->bins[k].left += left ? mornings : 0;
}

/* Sums to means. */
static void settle(struct cw_fit_quality *q, double mornings)
{
    for (int k = 0; k < CW_FIT_BINS; k++) {
        struct cw_fit_bin *b = &q->bins[k];
        q->error += mornings > 0 ? fabs(b->risk - b->left) / mornings : 0;
        b->risk = b->n ? b->risk / (double)b->n : 0;
        b->left = b->n ? b->left / (double)b->n : 0;
    }
}

int cw_fit_judge(const struct cw_weights *w, const struct cw_fit_row *rows, size_t n,
                 struct cw_fit_quality *ret)
{
    struct judged *j = malloc((n + 1) * sizeof *j);
    double brier = 0, leavers = 0, all = 0;
    if (!j)
        return -CW_E_NOMEM;
    *ret = (struct cw_fit_quality){0};
    for (size_t i = 0; i < n; i++) {
        double risk = cw_weights_risk(w, &rows[i]), left = rows[i].left ? 1 : 0;
        double mornings = 1 + (double)rows[i].more;
        j[i] = (struct judged){risk, mornings, rows[i].left};
        count(ret, risk, mornings, rows[i].left);
        brier += mornings * (risk - left) * (risk - left);
        leavers += mornings * left;
        all += mornings;
    }
    settle(ret, all);
    double share = all > 0 ? leavers / all : 0;
    ret->brier_skill = leavers > 0 && share < 1 ? 1 - brier / (all * share * (1 - share)) : 0;
    ret->precision = mean_precision(j, n, leavers);
    free(j);
    return 0;
}
