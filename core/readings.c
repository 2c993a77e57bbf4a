/* Gauges, and the places of readings, as detectors use them. Pure; see churnwatch/explain.h. */
#include <math.h>
#include <string.h>

#include "churnwatch/explain.h"
#include "churnwatch/settings.h"
#include "churnwatch/task.h"

/* ---- gauges ---- */

/* More than fit are a mistake of the detector's that its tests find: the last one is overwritten.
 */
static void add(struct cw_gauge *g, struct cw_need need)
{
    g->n = (uint8_t)(g->n + (g->n < CW_NEEDS_MOST));
    g->need[g->n - 1] = need;
}

void cw_need_least(struct cw_gauge *g, uint8_t by, const char *unit, double is, double limit)
{
    add(g, (struct cw_need){.is = is, .limit = limit, .unit = unit, .by = by});
}

void cw_need_most(struct cw_gauge *g, uint8_t by, const char *unit, double is, double limit)
{
    add(g, (struct cw_need){.is = is, .limit = limit, .unit = unit, .by = by, .at_most = true});
}

bool cw_need_met(const struct cw_need *n)
{
    return n->at_most ? n->is <= n->limit : n->is >= n->limit;
}

bool cw_gauge_met(const struct cw_gauge *g)
{
    for (unsigned i = 0; i < g->n; i++)
        if (!cw_need_met(&g->need[i]))
            return false;
    return true;
}

double cw_need_distance(const struct cw_need *n)
{
    return cw_need_met(n) ? 0 : fabs(n->limit - n->is);
}

double cw_need_share(const struct cw_need *n)
{
    double whole = n->at_most ? n->is : n->limit;
    if (cw_need_met(n))
        return 0;
    return whole > 0 ? fmin(cw_need_distance(n) / whole, 1) : 1;
}

const struct cw_need *cw_gauge_furthest(const struct cw_gauge *g)
{
    const struct cw_need *best = NULL;
    for (unsigned i = 0; i < g->n; i++)
        if (!best || cw_need_share(&g->need[i]) > cw_need_share(best))
            best = &g->need[i];
    return best;
}

/* ---- readings ---- */

const char *cw_standing_name(enum cw_standing s)
{
    static const char *const names[] = {
#define X(name) #name,
        CW_STANDINGS(X)
#undef X
    };
    return names[s];
}

double cw_explain_warmup(const struct cw_judge *j, const struct cw_channel_day *d)
{
    return d->warm ? 0 : fmax(1, (double)(j->settings->warmup_days - d->days));
}

const struct cw_task_signal *cw_explain_open(const struct cw_judge *j, const struct cw_reading *r)
{
    const struct cw_task *t = cw_client_task(j->client);
    for (size_t i = 0; t && i < t->n_signals; i++) {
        const struct cw_task_signal *g = &t->signals[i];
        if (g->cleared_at == CW_NO_TIME && g->s.detector == j->self && g->s.slot == r->s.slot &&
            (r->any_line || g->s.line == r->s.line))
            return g;
    }
    return NULL;
}

static bool goes_before(const struct cw_reading *a, const struct cw_reading *b)
{
    if (!a->open != !b->open)
        return a->open != NULL;
    return a->share < b->share;
}

void cw_explain_add(const struct cw_judge *j, struct cw_explanation *x, const struct cw_reading *r)
{
    struct cw_reading now = *r;
    const struct cw_need *furthest = cw_gauge_furthest(&r->gauge);
    now.s.detector = j->self;
    now.open = cw_explain_open(j, r);
    if (now.open)
        now.s.line = now.open->s.line;
    now.share = furthest && !now.open ? cw_need_share(furthest) : 0;
    size_t at = x->n;
    while (at > 0 && goes_before(&now, &x->of[at - 1]))
        at--;
    bool full = x->n == CW_READINGS_MOST;
    x->left_out += full;
    if (at == CW_READINGS_MOST)
        return;
    memmove(&x->of[at + 1], &x->of[at], (x->n - at - full) * sizeof *x->of);
    x->of[at] = now;
    x->n += !full;
}
