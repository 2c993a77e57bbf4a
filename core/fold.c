/* One finding into one task: adding, climbing, clearing. What it says is whether there is news. */
#include "core/fold.h"

#include <string.h>

#include "core/evidence.h"

static struct cw_task_signal *find(struct cw_task *t, const struct cw_bare_signal *s)
{
    for (size_t i = 0; i < t->n_signals; i++) {
        struct cw_task_signal *g = &t->signals[i];
        if (g->s.detector == s->detector && g->s.line == s->line && g->s.slot == s->slot)
            return g;
    }
    return NULL;
}

/* By the weights alone: severities grow from day to day, and equals would drive out each other. */
static float strength(const struct cw_bare_signal *s)
{
    return s->leave + s->incident + 1;
}

/* The one to give up when the task is full: a cleared one, else the weakest; NULL when the new one
 * is no stronger than any. */
static struct cw_task_signal *weaker(struct cw_task *t, const struct cw_bare_signal *s,
                                     cw_event_time now)
{
    struct cw_task_signal *least = NULL;
    float least_strength = strength(s);
    for (size_t i = 0; i < t->n_signals; i++) {
        struct cw_task_signal *g = &t->signals[i];
        float is = g->cleared_at == CW_NO_TIME ? cw_signal_weight(g, now) * strength(&g->s) : -1e9F;
        if (is < least_strength) {
            least_strength = is;
            least = g;
        }
    }
    return least;
}

/* Room for one more signal, all zero; NULL when it has no place, or out of memory. */
static struct cw_task_signal *room(struct cw_shard *sh, struct cw_task *t,
                                   const struct cw_bare_signal *s, cw_event_time now,
                                   unsigned *left_out)
{
    if (t->n_signals == CW_TASK_SIGNALS_MOST) {
        struct cw_task_signal *g = weaker(t, s, now);
        ++*left_out;
        if (!g)
            return NULL;
        cw_evidence_free(sh, g);
        memmove(g, g + 1, (size_t)(&t->signals[t->n_signals] - (g + 1)) * sizeof *g);
        t->n_signals--;
    }
    if (t->n_signals == t->cap_signals) {
        /* One at a time: most tasks keep the one or two they began with. */
        uint8_t cap = (uint8_t)(t->cap_signals + 1);
        struct cw_task_signal *p =
            cw_kept_grow(sh, t->signals, t->cap_signals * sizeof *p, cap * sizeof *p);
        if (!p)
            return NULL;
        t->signals = p;
        t->cap_signals = cap;
    }
    struct cw_task_signal *g = &t->signals[t->n_signals++];
    *g = (struct cw_task_signal){.topic = 0};
    return g;
}

static void write_signal(struct cw_shard *sh, struct cw_task_signal *g, const struct cw_signal *s,
                         const struct cw_fold *f, uint8_t topic, int32_t version)
{
    g->s = s->bare;
    g->at = f->at;
    g->cleared_at = CW_NO_TIME;
    g->offset = f->origin ? f->origin->offset : -1;
    g->partition = f->origin ? f->origin->partition : -1;
    g->version = version;
    g->topic = topic;
    cw_evidence_keep(sh, g, s);
}

/* Does the message or day at work clear it too? The instant does not tell: several messages may
 * share one, each with a version of its own. */
static bool clears(const struct cw_findings *found, const struct cw_bare_signal *s)
{
    for (size_t i = 0; i < found->n; i++) {
        const struct cw_finding *item = &found->items[i];
        if (item->kind == CW_FOUND_RAISE || item->s.detector != s->detector)
            continue;
        if (item->kind == CW_FOUND_CLEAR_ALL ||
            (item->s.line == s->line && item->s.slot == s->slot))
            return true;
    }
    return false;
}

/* The same again: no news. A sign is fresh again; a state is what it is now, for its weight and for
 * who reads of it when the task is next told; only the step it has reached stays. */
static void refresh(struct cw_shard *sh, struct cw_task_signal *g, const struct cw_signal *s,
                    cw_event_time at)
{
    float severity = s->severity > g->s.severity ? s->severity : g->s.severity;
    if (s->holds) {
        uint8_t step = g->s.step;
        g->s = s->bare;
        g->s.step = step;
        cw_evidence_keep(sh, g, s);
    } else if (at > g->at) {
        g->at = at;
    }
    g->s.severity = severity;
}

enum cw_news cw_fold_raise(struct cw_shard *sh, struct cw_task *t, const struct cw_signal *s,
                           const struct cw_fold *f, uint8_t topic, unsigned *left_out)
{
    struct cw_task_signal *g = find(t, &s->bare);
    if (g && g->cleared_at == CW_NO_TIME && s->step <= g->s.step) {
        refresh(sh, g, s, f->at);
        return CW_NEWS_NONE;
    }
    enum cw_news news = g && g->cleared_at == CW_NO_TIME ? CW_NEWS_CLIMBED : CW_NEWS_ADDED;
    /* Cleared and raised in one go, a step lower: who has seen the worse has seen this. */
    bool is_less =
        g && g->cleared_at == f->now && s->step < g->s.step && clears(&sh->findings, &s->bare);
    int32_t version = is_less ? g->version : t->version + 1;
    if (!g)
        g = room(sh, t, &s->bare, f->now, left_out);
    if (!g)
        return CW_NEWS_OMITTED;
    write_signal(sh, g, s, f, topic, version);
    return news;
}

enum cw_news cw_fold_again(struct cw_shard *sh, struct cw_task *t, struct cw_task_signal *g,
                           cw_event_time now, unsigned *left_out)
{
    struct cw_task_signal *to = find(t, &g->s);
    if (to && to->cleared_at == CW_NO_TIME)
        return CW_NEWS_NONE;
    if (!to)
        to = room(sh, t, &g->s, now, left_out);
    if (!to)
        return CW_NEWS_OMITTED;
    cw_evidence_move(sh, to, g);
    to->version = t->version + 1;
    return CW_NEWS_ADDED;
}

static enum cw_news clear(struct cw_task_signal *g, cw_event_time now)
{
    if (!g || g->cleared_at != CW_NO_TIME)
        return CW_NEWS_NONE;
    g->cleared_at = now;
    return CW_NEWS_CLEARED;
}

enum cw_news cw_fold_clear(struct cw_task *t, const struct cw_finding *item, cw_event_time now)
{
    if (item->kind == CW_FOUND_CLEAR)
        return clear(find(t, &item->s.bare), now);
    enum cw_news news = CW_NEWS_NONE;
    for (size_t i = 0; i < t->n_signals; i++)
        if (t->signals[i].s.detector == item->s.detector && clear(&t->signals[i], now))
            news = CW_NEWS_CLEARED;
    return news;
}

bool cw_fold_faded(const struct cw_task_signal *g, double half_lives, cw_event_time now)
{
    double life = half_lives * (double)g->s.half_life_days * (double)CW_DAY;
    return !g->s.holds && (double)(now - g->at) > life;
}

enum cw_news cw_fold_fade(struct cw_task *t, double half_lives, cw_event_time now)
{
    enum cw_news news = CW_NEWS_NONE;
    for (size_t i = 0; i < t->n_signals; i++) {
        struct cw_task_signal *g = &t->signals[i];
        if (g->cleared_at == CW_NO_TIME && cw_fold_faded(g, half_lives, now) && clear(g, now))
            news = CW_NEWS_CLEARED;
    }
    return news;
}

bool cw_fold_any_open(const struct cw_task *t)
{
    for (size_t i = 0; i < t->n_signals; i++)
        if (t->signals[i].cleared_at == CW_NO_TIME)
            return true;
    return false;
}
