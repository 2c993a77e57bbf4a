/* What earlier calls left behind at a client: the outcomes already taken in, and the signals a call
 * has settled. Private to the core.
 *
 * A signal that a manager was told of and has dealt with does not come back at the next day's close
 * just because its cause lasts. It is held back until there is new evidence: a higher step, a
 * clearing before it is raised again, a clearly larger severity, another act of the client's, or
 * the end of the quiet time that the call's result gives. Then a state that still holds is told
 * again, and where nobody was reached, any sign. Signs fade here as they do in a task.
 *
 * Belongs to its client, and lies in the shard's memory as tasks do (kept.c); made by the first
 * outcome or expiry, NULL at all others.
 */
#ifndef CW_CORE_PAST_H
#define CW_CORE_PAST_H

#include "churnwatch/client.h"
#include "churnwatch/task.h"
#include "core/heard.h"

struct cw_shard;
struct cw_fold;
struct cw_findings;

#define CW_SETTLED_MOST 32

struct cw_settled {
    struct cw_task_signal signal; /* as last found; step and severity as last told */
    cw_event_time until;          /* end of the quiet time */
    bool reached;                 /* somebody spoke with the client, or the task expired */
};
struct cw_past {
    struct cw_heard heard; /* outcomes taken in */
    uint8_t n, cap;
    cw_event_time last;      /* the latest instant anything was added */
    struct cw_settled *rows; /* owned; in the order settled */
};

/* Is that identity settled and not cleared since? */
static inline bool cw_past_stands(const struct cw_client *cl, uint8_t detector, cw_number line,
                                  uint8_t slot)
{
    const struct cw_past *p = cw_client_past(cl);
    for (size_t i = 0; p && i < p->n; i++) {
        const struct cw_bare_signal *s = &p->rows[i].signal.s;
        if (s->detector == detector && s->line == line && s->slot == slot)
            return true;
    }
    return false;
}

/* The client's past, made when there is none; NULL when out of memory. */
struct cw_past *cw_past_of(struct cw_shard *sh, struct cw_client *cl);
void cw_past_free(struct cw_shard *sh, struct cw_past *p);

/* True when an outcome of this id was taken in. */
bool cw_past_knows(const struct cw_client *cl, struct cw_str outcome_id);
void cw_past_remember(struct cw_shard *sh, struct cw_client *cl, struct cw_str outcome_id);

/* Holds the signal back until then, in place of what was settled of the same identity; takes its
 * evidence. With CW_SETTLED_MOST rows the oldest gives way: it is told again sooner rather than
 * never. */
void cw_past_settle(struct cw_shard *sh, struct cw_client *cl, struct cw_task_signal *g,
                    cw_event_time until, bool reached);
/* A raised signal meets the past: true when a call has dealt with the same. Otherwise it is news,
 * and what was settled of it is forgotten. */
bool cw_past_holds_back(struct cw_shard *sh, struct cw_client *cl, const struct cw_signal *s,
                        const struct cw_fold *f);
/* The i-th finding clears: the cause is gone, and raised again it is news. But a detector that has
 * less to tell than before clears and raises in one go, and that is none. */
void cw_past_clear(struct cw_shard *sh, struct cw_client *cl, const struct cw_findings *found,
                   size_t i);
/* At a day's close: signs that have faded are as good as cleared. */
void cw_past_fade(struct cw_shard *sh, struct cw_client *cl, double half_lives, cw_event_time now);
/* Takes out one row whose quiet time is over, whose evidence is the caller's then; false when there
 * is none. */
bool cw_past_take_due(struct cw_client *cl, cw_event_time now, struct cw_settled *ret);
/* Once a day: frees what no longer says anything. */
void cw_past_tidy(struct cw_shard *sh, struct cw_client *cl, cw_event_time now);

#endif
