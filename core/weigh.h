/* What a client takes of memory, by kind; the index apart. For tests and bench. Private to the
 * core.
 */
#ifndef CW_CORE_WEIGH_H
#define CW_CORE_WEIGH_H

#include "core/line_block.h"
#include "core/past.h"
#include "core/slices.h"

struct cw_weight {
    size_t record, slices, id;
    size_t lines; /* with the last ids, and what lies apart of them */
    size_t rare;  /* of the client */
    size_t profile;
    size_t task, past; /* with what they own */
};

static inline size_t cw_text_weigh(struct cw_str s)
{
    return !s.p ? 0 : s.n ? s.n : 1;
}

static inline size_t cw_task_weigh(const struct cw_task *t)
{
    if (!t)
        return 0;
    size_t n = sizeof *t + t->cap_signals * sizeof *t->signals;
    for (size_t i = 0; i < t->n_signals; i++)
        n += t->signals[i].facts_bytes;
    return n + cw_text_weigh(t->claimed_by) + cw_text_weigh(t->reassigned_to) +
           cw_text_weigh(t->manager) + cw_text_weigh(t->escalated_to);
}

static inline size_t cw_past_weigh(const struct cw_past *p)
{
    if (!p)
        return 0;
    size_t n = sizeof *p + p->cap * sizeof *p->rows;
    for (size_t i = 0; i < p->n; i++)
        n += p->rows[i].signal.facts_bytes;
    return n;
}

static inline struct cw_weight cw_client_weigh(const struct cw_client *cl)
{
    struct cw_str profile = cw_client_profile(cl);
    return (struct cw_weight){.record = sizeof *cl,
                              .slices = cw_slices_of_client(),
                              .id = cw_slices_begin(cl),
                              .lines = cw_line_block_bytes(cl),
                              .rare = cw_rare_bytes(cl->rare, false),
                              .profile = profile.p ? profile.n + sizeof(uint32_t) : 0,
                              .task = cw_task_weigh(cw_client_task(cl)),
                              .past = cw_past_weigh(cw_client_past(cl))};
}

/* Task and past apart: few have them. */
static inline size_t cw_weight_of(const struct cw_weight *w)
{
    return w->record + w->slices + w->id + w->lines + w->rare + w->profile;
}

#endif
