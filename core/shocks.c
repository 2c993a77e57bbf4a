/* What all share on a day; see shocks.h. All sums run over clients in byte order of their ids, and
 * medians are of sorted values: nothing depends on how the clients came to lie. */
#include "core/shocks.h"

#include <math.h>
#include <stdlib.h>

/* A client's part of the day. */
struct part {
    double residual; /* of the log amount, where there was any */
    double expected; /* chance of any */
    uint32_t county;
    uint8_t like;
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

/* Those with any first, by residual. */
static int by_value(const struct part *x, const struct part *y)
{
    if (x->any != y->any)
        return x->any ? -1 : 1;
    if (x->residual != y->residual)
        return x->residual < y->residual ? -1 : 1;
    return (x->expected > y->expected) - (x->expected < y->expected); /* sums go in this order */
}

static int by_like(const void *a, const void *b)
{
    const struct part *x = a, *y = b;
    return x->like != y->like ? x->like - y->like : by_value(x, y);
}

static int by_county(const void *a, const void *b)
{
    const struct part *x = a, *y = b;
    return x->county != y->county ? (x->county < y->county ? -1 : 1) : by_value(x, y);
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

/* ---- collecting ---- */

static bool speaks(const struct cw_shard *sh, const struct cw_client *cl, enum cw_channel ch,
                   cw_day day)
{
    const struct cw_baseline *b = cw_clients_baseline(cl, ch);
    return cw_clients_takes_part(cl, day) && cw_baseline_is_warm(b, sh->settings->warmup_days) &&
           !cw_client_all_stopped(cl);
}

static size_t collect(const struct cw_shard *sh, enum cw_channel ch, cw_day day, bool working,
                      struct part *parts)
{
    size_t n = 0;
    for (size_t i = 0; i < sh->clients.n; i++) {
        const struct cw_client *cl = cw_index_at(&sh->clients, i);
        cw_clients_expect_after(sh, i);
        if (!speaks(sh, cl, ch, day))
            continue;
        const struct cw_baseline *b = cw_clients_baseline(cl, ch);
        double amount = cw_clients_amount(cl, ch, day);
        struct part *p = &parts[n++];
        *p = (struct part){.expected = cw_baseline_p(b, working),
                           .county = cl->county,
                           .like = (uint8_t)cw_shocks_like(cl, ch),
                           .any = amount > 0};
        if (p->any)
            p->residual = cw_baseline_residual(b, cw_weekday(day), amount);
    }
    return n;
}

static void share_likes(struct cw_shocks *s, struct part *parts, size_t n, double least)
{
    qsort(parts, n, sizeof *parts, by_like);
    for (size_t from = 0, to = 0; from < n; from = to) {
        while (to < n && parts[to].like == parts[from].like)
            to++;
        s->like[parts[from].like] = share(&parts[from], to - from, least);
    }
}

/* Those that have a county, and what is left of them when their likes' part is taken out. */
static size_t leave_likes(const struct cw_shocks *s, struct part *parts, size_t n)
{
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        struct part p = parts[i];
        if (!p.county)
            continue;
        p.expected = fmin(p.expected * s->like[p.like].activity, 1);
        if (p.any)
            p.residual -= s->like[p.like].shift;
        parts[kept++] = p;
    }
    return kept;
}

static int share_counties(struct cw_shocks *s, struct part *parts, size_t n, double least)
{
    size_t most = (size_t)((double)n / least);
    s->counties = most ? calloc(most, sizeof *s->counties) : NULL;
    if (most && !s->counties)
        return -CW_E_NOMEM;
    qsort(parts, n, sizeof *parts, by_county);
    for (size_t from = 0, to = 0; from < n; from = to) {
        while (to < n && parts[to].county == parts[from].county)
            to++;
        if ((double)(to - from) >= least)
            s->counties[s->n_counties++] =
                (struct cw_county_shock){parts[from].county, share(&parts[from], to - from, least)};
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
    size_t n = collect(sh, ch, day, working, parts);
    share_likes(ret, parts, n, least);
    n = leave_likes(ret, parts, n);
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

static int is_county(const void *key, const void *item)
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
            ? bsearch(&cl->county, s->counties, s->n_counties, sizeof *s->counties, is_county)
            : NULL;
    if (!c)
        return all;
    double activity = all.activity * c->shock.activity;
    return (struct cw_shock){all.shift + c->shock.shift,
                             fmin(fmax(activity, ACTIVITY_LEAST), ACTIVITY_MOST)};
}
