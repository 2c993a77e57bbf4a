/* Task versions to mornings; see mornings.h. */
#include "ctl/fit/mornings.h"

#include <stdlib.h>
#include <string.h>

#include "churnwatch/civil.h"
#include "ctl/lines/json_lines.h"

#define AT_NINE (9 * CW_HOUR)
/* A version is taken for the client's standing no longer than this; the daemon tells one a week. */
#define TOLD_FOR (14 * CW_DAY)
enum { HORIZON = 30, YOUNG = 30 }; /* days */

struct version {
    char *client;
    cw_event_time at;
    size_t order;
    struct cw_fit_row row;
    bool open;
};
struct versions {
    struct version *all;
    size_t n, cap;
    cw_event_time first, last;
};

/* ---- reading ---- */

static void take_terms(struct version *v, const json_t *why)
{
    size_t i;
    const json_t *term;
    json_array_foreach(why, i, term)
    {
        const char *name = cw_json_text(term, "term");
        int d = cw_detector_find((struct cw_str){name, strlen(name)});
        if (d >= 0)
            v->row.told[d] += (float)json_number_value(json_object_get(term, "log_odds"));
    }
}

static void take_steps(struct version *v, const json_t *signals)
{
    size_t i;
    const json_t *signal;
    json_array_foreach(signals, i, signal)
    {
        const char *name = cw_json_text(signal, "detector");
        int d = cw_detector_find((struct cw_str){name, strlen(name)});
        json_int_t step = json_integer_value(json_object_get(signal, "step"));
        if (d < 0 || json_is_string(json_object_get(signal, "cleared_at")) || step <= 0)
            continue;
        uint8_t s = (uint8_t)(step < CW_FIT_STEPS ? step : CW_FIT_STEPS - 1);
        v->row.step[d] = v->row.step[d] > s ? v->row.step[d] : s;
    }
}

static int take(void *arg, json_t *task, struct cw_errbuf *eb)
{
    struct versions *all = arg;
    struct version v = {.order = all->n};
    const char *at = cw_json_text(task, "updated_at");
    if (strcmp(cw_json_text(task, "purpose"), "retention") != 0)
        return 0;
    if (!json_is_array(json_object_get(task, "why")) || !*cw_json_text(task, "client_id") ||
        cw_parse_rfc3339((struct cw_str){at, strlen(at)}, &v.at) != 0)
        return cw_fail(eb, CW_E_INVALID, "no task version with its `why`");
    v.row.kind = strcmp(cw_json_text(task, "kind"), "group") == 0 ? CW_GROUP : CW_INDIVIDUAL;
    v.open = strcmp(cw_json_text(task, "state"), "open") == 0;
    take_terms(&v, json_object_get(task, "why"));
    take_steps(&v, json_object_get(task, "signals"));
    if (all->n == all->cap) {
        all->cap = all->cap ? all->cap * 2 : 1024;
        struct version *p = realloc(all->all, all->cap * sizeof *p);
        if (!p)
            return -CW_E_NOMEM;
        all->all = p;
    }
    v.client = strdup(cw_json_text(task, "client_id"));
    if (!v.client)
        return -CW_E_NOMEM;
    all->first = all->n && all->first < v.at ? all->first : v.at;
    all->last = all->n && all->last > v.at ? all->last : v.at;
    all->all[all->n++] = v;
    return 0;
}

/* ---- mornings ---- */

static int by_client_and_time(const void *a, const void *b)
{
    const struct version *x = a, *y = b;
    int c = strcmp(x->client, y->client);
    if (c)
        return c;
    if (x->at != y->at)
        return x->at < y->at ? -1 : 1;
    return (x->order > y->order) - (x->order < y->order);
}

static int put(struct cw_mornings *m, const struct cw_fit_row *row, bool left)
{
    if (m->n == m->cap) {
        m->cap = m->cap ? m->cap * 2 : 4096;
        struct cw_fit_row *p = realloc(m->rows, m->cap * sizeof *p);
        if (!p)
            return -CW_E_NOMEM;
        m->rows = p;
    }
    m->rows[m->n] = *row;
    m->rows[m->n++].left = left;
    m->left += left;
    return 0;
}

/* Which mornings are looked at, and who left. */
struct look {
    const struct cw_zone *zone;
    const struct cw_leavers *leavers;
    cw_day from, to; /* the last one not counted */
};

/* One client's versions, of which there may be none. */
static int mornings_of(struct cw_mornings *m, const struct look *l, const char *client,
                       uint8_t kind, const struct version *v, size_t n)
{
    cw_event_time leaves = cw_leavers_find(l->leavers, client);
    size_t k = 0, before = m->left;
    int err = 0;
    for (cw_day day = l->from; day < l->to && !err; day++) {
        cw_event_time now = cw_zone_midnight(l->zone, day) + AT_NINE;
        if (leaves != CW_NO_TIME && now >= leaves)
            break;
        bool left = leaves != CW_NO_TIME && leaves - now <= HORIZON * CW_DAY;
        while (k < n && v[k].at <= now)
            k++;
        if (k && v[k - 1].open && now - v[k - 1].at <= TOLD_FOR)
            err = put(m, &v[k - 1].row, left);
        else
            m->quiet[kind][left]++;
    }
    m->leavers += m->left > before;
    return err;
}

/* The clients that no task was ever told of, up to the next one with versions (NULL: to the end).
 */
static int silent_ones(struct cw_mornings *m, const struct look *l,
                       const struct cw_fit_clients *clients, size_t *next, const char *up_to)
{
    int err = 0;
    while (clients && !err && *next < clients->n) {
        const struct cw_fit_client *c = &clients->all[*next];
        int order = up_to ? strcmp(c->client, up_to) : -1;
        if (order > 0)
            break;
        (*next)++;
        if (order < 0)
            err = mornings_of(m, l, c->client, c->kind, NULL, 0);
    }
    return err;
}

static int put_quiet(struct cw_mornings *m)
{
    int err = 0;
    for (uint8_t kind = 0; kind < CW_FIT_KINDS; kind++)
        for (int left = 0; left < 2; left++) {
            uint64_t n = m->quiet[kind][left];
            struct cw_fit_row row = {.kind = kind, .more = n ? n - 1 : 0};
            if (n && !err)
                err = put(m, &row, left);
        }
    return err;
}

static int all_mornings(struct versions *all, const struct look *l,
                        const struct cw_fit_clients *clients, struct cw_mornings *ret)
{
    size_t next = 0;
    int err = 0;
    qsort(all->all, all->n, sizeof *all->all, by_client_and_time);
    for (size_t i = 0, end; i < all->n && !err; i = end) {
        const struct version *v = &all->all[i];
        for (end = i; end < all->n && strcmp(all->all[end].client, v->client) == 0; end++)
            ;
        err = silent_ones(ret, l, clients, &next, v->client);
        if (!err)
            err = mornings_of(ret, l, v->client, v->row.kind, v, end - i);
    }
    if (!err)
        err = silent_ones(ret, l, clients, &next, NULL);
    ret->told = ret->n;
    return !err && clients ? put_quiet(ret) : err;
}

int cw_mornings_read(const char *path, const struct cw_zone *z, const struct cw_leavers *leavers,
                     bool whole, const struct cw_fit_clients *clients, struct cw_mornings *ret,
                     struct cw_errbuf *eb)
{
    struct versions all = {0};
    *ret = (struct cw_mornings){0};
    int err = cw_json_lines(path, take, &all, eb);
    struct look l = {.zone = z, .leavers = leavers};
    if (!err && all.n) {
        l.from = cw_zone_day(z, all.first) + YOUNG;
        l.to = cw_zone_day(z, all.last) + 1 - (whole ? 0 : HORIZON);
        err = all_mornings(&all, &l, clients, ret);
    }
    ret->versions = all.n;
    for (size_t i = 0; i < all.n; i++)
        free(all.all[i].client);
    free(all.all);
    return err;
}

void cw_mornings_free(struct cw_mornings *m)
{
    free(m->rows);
    *m = (struct cw_mornings){0};
}
