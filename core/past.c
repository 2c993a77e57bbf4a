/* What earlier calls left behind; see past.h. */
#include "core/past.h"

#include <string.h>

#include "core/evidence.h"
#include "core/fold.h"

/* A repeat of an outcome comes within minutes; after so long nobody sends one again. */
#define IDS_KEPT (30 * CW_DAY)

/* Detectors whose every message is another act of the client's, and worth another call: who asks
 * for a porting code again after being talked to has not been talked out of it. */
static const uint8_t acts[] = {
    CW_DET_port_out,    CW_DET_termination,    CW_DET_complaint,
    CW_DET_plan_change, CW_DET_watched_number, CW_DET_outage,
};

struct cw_past *cw_past_of(struct cw_shard *sh, struct cw_client *cl)
{
    struct cw_past *p = cw_client_past(cl);
    if (p)
        return p;
    p = cw_kept_take(sh, sizeof *p);
    if (!p || !cw_clients_set_past(sh, cl, p))
        return NULL;
    p->last = sh->clock;
    return p;
}

void cw_past_free(struct cw_shard *sh, struct cw_past *p)
{
    if (!p)
        return;
    for (size_t i = 0; i < p->n; i++)
        cw_evidence_free(sh, &p->rows[i].signal);
    cw_kept_give(sh, p->rows, p->cap * sizeof *p->rows);
    cw_kept_give(sh, p, sizeof *p);
}

/* ---- outcomes seen ---- */

bool cw_past_knows(const struct cw_client *cl, struct cw_str outcome_id)
{
    const struct cw_past *p = cw_client_past(cl);
    return p && cw_heard_has(&p->heard, outcome_id);
}

void cw_past_remember(struct cw_shard *sh, struct cw_client *cl, struct cw_str outcome_id)
{
    struct cw_past *p = cw_past_of(sh, cl);
    if (!p)
        return;
    cw_heard_add(&p->heard, outcome_id);
    p->last = sh->clock;
}

/* ---- signals settled ---- */

static bool same(const struct cw_bare_signal *a, const struct cw_bare_signal *b)
{
    return a->detector == b->detector && a->line == b->line && a->slot == b->slot;
}

static struct cw_settled *find(const struct cw_client *cl, const struct cw_bare_signal *s)
{
    struct cw_past *p = cw_client_past(cl);
    for (size_t i = 0; p && i < p->n; i++) {
        struct cw_settled *row = &p->rows[i];
        if (same(&row->signal.s, s))
            return row;
    }
    return NULL;
}

static void take_out(struct cw_past *p, struct cw_settled *row)
{
    p->n--;
    memmove(row, row + 1, (size_t)(&p->rows[p->n] - row) * sizeof *row);
}

static void drop(struct cw_shard *sh, struct cw_past *p, struct cw_settled *row)
{
    cw_evidence_free(sh, &row->signal);
    take_out(p, row);
}

static bool have_room(struct cw_shard *sh, struct cw_past *p)
{
    if (p->n == CW_SETTLED_MOST)
        drop(sh, p, p->rows);
    if (p->n < p->cap)
        return true;
    uint8_t cap = (uint8_t)(p->cap + 1); /* Rows are few. */
    struct cw_settled *rows = cw_kept_grow(sh, p->rows, p->cap * sizeof *rows, cap * sizeof *rows);
    if (!rows)
        return false;
    p->rows = rows;
    p->cap = cap;
    return true;
}

void cw_past_settle(struct cw_shard *sh, struct cw_client *cl, struct cw_task_signal *g,
                    cw_event_time until, bool reached)
{
    struct cw_past *p = cw_past_of(sh, cl);
    struct cw_settled *row = find(cl, &g->s);
    if (row)
        drop(sh, p, row);
    if (!p || !have_room(sh, p))
        return;
    row = &p->rows[p->n++];
    *row = (struct cw_settled){.until = until, .reached = reached};
    cw_evidence_move(sh, &row->signal, g);
    p->last = sh->clock;
}

static bool is_act(const struct cw_bare_signal *s, const struct cw_fold *f)
{
    for (size_t i = 0; f->origin && i < sizeof acts; i++)
        if (acts[i] == s->detector)
            return true;
    return false;
}

static bool is_news(const struct cw_shard *sh, const struct cw_settled *row,
                    const struct cw_bare_signal *s, const struct cw_fold *f)
{
    const struct cw_bare_signal *told = &row->signal.s;
    return f->now >= row->until || s->step > told->step || is_act(s, f) ||
           (double)s->severity - (double)told->severity >= sh->settings->worse_severity;
}

/* The evidence is kept up to date for when it is told again; what it is measured by is not, lest a
 * slow rise never counts. Only a message that tells of less sets a new measure: from there up again
 * is worse. */
static void freshen(struct cw_shard *sh, struct cw_settled *row, const struct cw_signal *s,
                    const struct cw_fold *f)
{
    uint8_t step = row->signal.s.step;
    float severity = row->signal.s.severity;
    row->signal.s = s->bare;
    cw_evidence_keep(sh, &row->signal, s);
    if (!f->origin || s->step >= step) {
        row->signal.s.step = step;
        row->signal.s.severity = severity;
    }
    if (f->at > row->signal.at)
        row->signal.at = f->at;
}

bool cw_past_holds_back(struct cw_shard *sh, struct cw_client *cl, const struct cw_signal *s,
                        const struct cw_fold *f)
{
    struct cw_settled *row = find(cl, &s->bare);
    if (!row)
        return false;
    if (is_news(sh, row, &s->bare, f)) {
        drop(sh, cw_client_past(cl), row);
        return false;
    }
    freshen(sh, row, s, f);
    return true;
}

static bool steps_down(const struct cw_bare_signal *told, const struct cw_findings *found, size_t i)
{
    for (size_t k = i + 1; k < found->n; k++)
        if (found->items[k].kind == CW_FOUND_RAISE && same(&found->items[k].s.bare, told))
            return found->items[k].s.step < told->step;
    return false;
}

void cw_past_clear(struct cw_shard *sh, struct cw_client *cl, const struct cw_findings *found,
                   size_t i)
{
    const struct cw_finding *item = &found->items[i];
    struct cw_past *p = cw_client_past(cl);
    for (size_t k = p ? p->n : 0; k > 0; k--) {
        struct cw_settled *row = &p->rows[k - 1];
        const struct cw_bare_signal *s = &row->signal.s;
        bool all = item->kind == CW_FOUND_CLEAR_ALL && s->detector == item->s.detector;
        if ((all || same(s, &item->s.bare)) && !steps_down(s, found, i))
            drop(sh, p, row);
    }
}

void cw_past_fade(struct cw_shard *sh, struct cw_client *cl, double half_lives, cw_event_time now)
{
    struct cw_past *p = cw_client_past(cl);
    for (size_t i = p->n; i > 0; i--)
        if (cw_fold_faded(&p->rows[i - 1].signal, half_lives, now))
            drop(sh, p, &p->rows[i - 1]);
}

bool cw_past_take_due(struct cw_client *cl, cw_event_time now, struct cw_settled *ret)
{
    struct cw_past *p = cw_client_past(cl);
    for (size_t i = 0; p && i < p->n; i++) {
        if (now < p->rows[i].until)
            continue;
        *ret = p->rows[i];
        take_out(p, &p->rows[i]);
        return true;
    }
    return false;
}

void cw_past_tidy(struct cw_shard *sh, struct cw_client *cl, cw_event_time now)
{
    struct cw_past *p = cw_client_past(cl);
    if (!p || p->n || now - p->last < IDS_KEPT)
        return;
    cw_past_free(sh, p);
    (void)cw_clients_set_past(sh, cl, NULL); /* there is room for it */
}
