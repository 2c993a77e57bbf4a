/* What all share on a day; see shocks.h. All sums run over clients in byte order of their ids, and
 * medians are of sorted values: nothing depends on how the clients came to lie. */
#include "core/shocks.h"

#include <math.h>
#include <stdlib.h>

/* A client's part of the day. */
struct part {
    double residual; /* of the log amount, where there was any */
    double expected; /* chance of any */
    uint32_t group;  /* bucket, then county */
    bool any;
};
#define ACTIVITY_LEAST 0.05
#define ACTIVITY_MOST 2.0
/* Weekend against working days, of the mean amount: the steps' upper ends. */
static const double quiet_ends[CW_SHOCK_QUIET - 1] = {0.3, 0.65, 1.0};

unsigned cw_shocks_like(const struct cw_client *cl, enum cw_channel ch)
{
    const struct cw_baseline *b = cw_clients_baseline(cl, ch);
    double quiet = cw_baseline_weekend(b);
    unsigned step = 0;
    while (step < CW_SHOCK_QUIET - 1 && quiet > quiet_ends[step])
        step++;
    return cl->kind * (unsigned)CW_SHOCK_QUIET + step;
}

/* ---- one step ---- */

static int by_group_and_value(const void *a, const void *b)
{
    const struct part *x = a, *y = b;
    if (x->group != y->group)
        return x->group < y->group ? -1 : 1;
    if (x->any != y->any)
        return x->any ? -1 : 1;
    if (x->residual != y->residual)
        return x->residual < y->residual ? -1 : 1;
    return (x->expected > y->expected) - (x->expected < y->expected); /* sums go in this order */
}

/* Of the parts of one group, those with any first, by residual. */
static struct cw_shock share(const struct part *p, size_t n, double least)
{
    struct cw_shock s = {0, 1};
    size_t any = 0;
    double expected = 0;
    for (size_t i = 0; i < n; i++) {
        any += p[i].any;
        expected += p[i].expected;
    }
    if ((double)any >= least)
        s.shift = (p[(any - 1) / 2].residual + p[any / 2].residual) / 2;
    if (expected >= least)
        s.activity = fmin(fmax((double)any / expected, ACTIVITY_LEAST), ACTIVITY_MOST);
    return s;
}

static size_t end_of_group(const struct part *parts, size_t from, size_t n)
{
    size_t to = from;
    while (to < n && parts[to].group == parts[from].group)
        to++;
    return to;
}

/* ---- collecting ---- */

static bool speaks(const struct cw_shard *sh, const struct cw_client *cl, enum cw_channel ch,
                   cw_day day)
{
    const struct cw_baseline *b = cw_clients_baseline(cl, ch);
    return cw_clients_takes_part(cl, day) && b->days >= sh->settings->warmup_days &&
           b->days_any >= 5 && !cw_client_all_stopped(cl);
}

static size_t collect(const struct cw_shard *sh, enum cw_channel ch, cw_day day, bool working,
                      const struct cw_shocks *so_far, struct part *parts)
{
    size_t n = 0;
    for (size_t i = 0; i < sh->clients.n; i++) {
        const struct cw_client *cl = cw_index_at(&sh->clients, i);
        if (!speaks(sh, cl, ch, day) || (so_far && !cl->county))
            continue;
        const struct cw_baseline *b = cw_clients_baseline(cl, ch);
        double amount = cw_clients_amount(cl, ch, day);
        struct part *p = &parts[n++];
        unsigned like = cw_shocks_like(cl, ch);
        struct cw_shock known = so_far ? so_far->like[like] : (struct cw_shock){0, 1};
        *p = (struct part){.expected = fmin(cw_baseline_p(b, working) * known.activity, 1),
                           .group = so_far ? cl->county : like,
                           .any = amount > 0};
        if (p->any)
            p->residual = cw_baseline_residual(b, cw_weekday(day), amount) - known.shift;
    }
    qsort(parts, n, sizeof *parts, by_group_and_value);
    return n;
}

static void share_likes(struct cw_shocks *s, const struct part *parts, size_t n, double least)
{
    for (size_t from = 0, to; from < n; from = to) {
        to = end_of_group(parts, from, n);
        s->like[parts[from].group] = share(&parts[from], to - from, least);
    }
}

static int share_counties(struct cw_shocks *s, const struct part *parts, size_t n, double least)
{
    size_t most = (size_t)((double)n / least);
    s->counties = most ? calloc(most, sizeof *s->counties) : NULL;
    if (most && !s->counties)
        return -CW_E_NOMEM;
    for (size_t from = 0, to; from < n; from = to) {
        to = end_of_group(parts, from, n);
        if ((double)(to - from) >= least)
            s->counties[s->n_counties++] =
                (struct cw_county_shock){parts[from].group, share(&parts[from], to - from, least)};
    }
    return 0;
}

int cw_shocks_find(const struct cw_shard *sh, enum cw_channel ch, cw_day day, bool working,
                   struct cw_shocks *ret)
{
    double least = (double)sh->settings->shock_least;
    struct part *parts = calloc(sh->clients.n + 1, sizeof *parts);
    *ret = (struct cw_shocks){.n_counties = 0};
    if (!parts)
        return -CW_E_NOMEM;
    for (unsigned k = 0; k < CW_SHOCK_LIKE; k++)
        ret->like[k] = (struct cw_shock){0, 1};
    size_t n = collect(sh, ch, day, working, NULL, parts);
    share_likes(ret, parts, n, least);
    n = collect(sh, ch, day, working, ret, parts);
    int err = share_counties(ret, parts, n, least);
    free(parts);
    return err;
}

void cw_shocks_free(struct cw_shocks *s)
{
    free(s->counties);
    *s = (struct cw_shocks){.n_counties = 0};
}

/* ---- asking ---- */

static int by_county(const void *key, const void *item)
{
    uint32_t a = *(const uint32_t *)key, b = ((const struct cw_county_shock *)item)->county;
    return (a > b) - (a < b);
}

struct cw_shock cw_shocks_of(const struct cw_shocks *s, const struct cw_client *cl,
                             enum cw_channel ch)
{
    struct cw_shock all = s->like[cw_shocks_like(cl, ch)];
    const struct cw_county_shock *c =
        s->n_counties
            ? bsearch(&cl->county, s->counties, s->n_counties, sizeof *s->counties, by_county)
            : NULL;
    if (!c)
        return all;
    double activity = all.activity * c->shock.activity;
    return (struct cw_shock){all.shift + c->shock.shift,
                             fmin(fmax(activity, ACTIVITY_LEAST), ACTIVITY_MOST)};
}
