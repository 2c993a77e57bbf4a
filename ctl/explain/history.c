/* Gathering a client's history. See history.h. */
#include "ctl/explain/history.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "churnwatch/task.h"
#include "ctl/explain/explain_words.h"

#define BAND_DEVIATIONS 2

/* ---- days ---- */

static struct cw_history_band band_of(const struct cw_channel_day *d)
{
    double by = exp(BAND_DEVIATIONS * d->scale);
    return (struct cw_history_band){.amount = d->amount,
                                    .expected = d->expected,
                                    .low = d->expected / by,
                                    .high = d->expected * by,
                                    .known = d->warm && d->expected > 0};
}

/* Room for one more at the end of a list, the oldest giving way. */
static void *next(void *list, size_t *n, size_t most, size_t size)
{
    char *p = list;
    if (*n == most) {
        memmove(p, p + size, (most - 1) * size);
        --*n;
    }
    return p + (*n)++ * size;
}

void cw_history_day(void *arg, const struct cw_client *cl, const struct cw_day_view *v)
{
    struct cw_history *h = arg;
    struct cw_history_day *d = next(h->days, &h->n_days, CW_HISTORY_DAYS_MOST, sizeof *d);
    (void)cl;
    *d = (struct cw_history_day){
        .day = v->day, .spend = band_of(&v->spend), .usage = band_of(&v->usage)};
}

/* ---- bills ---- */

static struct cw_history_bill *bill_of(struct cw_history *h, cw_cycle cycle)
{
    for (size_t i = 0; i < h->n_bills; i++)
        if (h->bills[i].cycle == cycle)
            return &h->bills[i];
    struct cw_history_bill *b = next(h->bills, &h->n_bills, CW_HISTORY_BILLS_MOST, sizeof *b);
    *b = (struct cw_history_bill){.cycle = cycle, .told_at = CW_NO_TIME};
    return b;
}

static double yuan_of(const struct cw_reading *r, enum cw_fact_key k)
{
    const struct cw_fact *f = cw_explain_fact(&r->s, k);
    return f ? (double)f->u.money / CW_YUAN : 0;
}

/* What the detector says of the newest bill, looked at from above or from below. */
static void note_limit(struct cw_history_bill *b, const struct cw_reading *r)
{
    double limit = yuan_of(r, CW_FACT_limit_yuan);
    b->known = true;
    b->usual = yuan_of(r, CW_FACT_expected_yuan);
    *(limit < b->usual ? &b->low : &b->high) = limit;
    if (r->standing == CW_STANDS_fired)
        b->told_at = r->open->at;
}

/* The first two slots are of the newest bill, the others of the cycle so far. */
static void note_limits(struct cw_history_bill *b, const struct cw_explanation *x)
{
    for (size_t i = 0; i < x->n; i++)
        if (x->of[i].s.slot < 2 && x->of[i].warmup_days <= 0)
            note_limit(b, &x->of[i]);
}

/* All that are known anew: an older one may have been billed again. */
static void note_amounts(struct cw_history *h, const struct cw_client *cl)
{
    for (int i = cl->n_bills - 1; i >= 0; i--)
        bill_of(h, cw_client_bill_cycle(cl, i))->amount = (double)cw_client_bill(cl, i) / CW_YUAN;
}

void cw_history_bill(void *arg, const struct cw_client *cl)
{
    struct cw_history *h = arg;
    struct cw_explained *x = calloc(1, sizeof *x);
    if (x && cw_shard_explain(h->shard, h->client, x) == 0) {
        note_amounts(h, cl);
        note_limits(bill_of(h, cw_client_bill_cycle(cl, 0)), &x->detectors[CW_DET_bill_change]);
    } else {
        h->failed = true;
    }
    free(x);
}

/* ---- task versions ---- */

/* A sign that is seen again is fresh again, and its time moves on: the mark stays where it was. */
static bool is_noted(const struct cw_history *h, const struct cw_history_mark *m)
{
    for (size_t i = 0; i < h->n_marks; i++) {
        const struct cw_history_mark *k = &h->marks[i];
        if (k->s.detector == m->s.detector && k->s.line == m->s.line && k->s.slot == m->s.slot &&
            k->s.step == m->s.step && strcmp(k->task, m->task) == 0)
            return true;
    }
    return false;
}

static void note_signal(struct cw_history *h, const struct cw_task_signal *g, const char *task)
{
    struct cw_history_mark m = {.at = g->at};
    cw_task_signal_told(g, &m.s);
    (void)snprintf(m.task, sizeof m.task, "%s", task);
    if (!is_noted(h, &m))
        *(struct cw_history_mark *)next(h->marks, &h->n_marks, CW_HISTORY_MARKS_MOST, sizeof m) = m;
}

static struct cw_history_task *task_of(struct cw_history *h, const char *id)
{
    for (size_t i = 0; i < h->n_tasks; i++)
        if (strcmp(h->tasks[i].id, id) == 0)
            return &h->tasks[i];
    struct cw_history_task *t = next(h->tasks, &h->n_tasks, CW_HISTORY_TASKS_MOST, sizeof *t);
    *t = (struct cw_history_task){.to = CW_NO_TIME};
    (void)snprintf(t->id, sizeof t->id, "%s", id);
    return t;
}

void cw_history_version(void *arg, const struct cw_task_version *v)
{
    struct cw_history *h = arg;
    if (v->client_id.n != h->client.n || memcmp(v->client_id.p, h->client.p, h->client.n) != 0)
        return;
    char id[20];
    (void)snprintf(id, sizeof id, "%.*s", (int)v->task_id.n, v->task_id.p);
    struct cw_history_task *t = task_of(h, id);
    t->from = v->task->created_at;
    t->to = v->ended ? v->task->updated_at : CW_NO_TIME;
    for (size_t i = 0; i < v->task->n_signals; i++)
        note_signal(h, &v->task->signals[i], id);
}
