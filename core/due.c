/* The shard's open tasks by due time: a heap of clients, so that a clock that moves on looks only
 * at those it has passed. Equal times go by client id. */
#include <stdlib.h>
#include <string.h>

#include "core/shard_state.h"

static bool earlier(const struct cw_due *a, const struct cw_due *b)
{
    return a->at != b->at ? a->at < b->at : cw_client_compare(a->client, b->client) < 0;
}

static void put(struct cw_shard *sh, size_t at, struct cw_due d)
{
    sh->due[at] = d;
    d.task->due_slot = (uint32_t)at;
}

static void rise(struct cw_shard *sh, size_t at)
{
    struct cw_due d = sh->due[at];
    for (; at && earlier(&d, &sh->due[(at - 1) / 2]); at = (at - 1) / 2)
        put(sh, at, sh->due[(at - 1) / 2]);
    put(sh, at, d);
}

static void sink(struct cw_shard *sh, size_t at)
{
    struct cw_due d = sh->due[at];
    for (size_t child; (child = 2 * at + 1) < sh->n_due; at = child) {
        if (child + 1 < sh->n_due && earlier(&sh->due[child + 1], &sh->due[child]))
            child++;
        if (!earlier(&sh->due[child], &d))
            break;
        put(sh, at, sh->due[child]);
    }
    put(sh, at, d);
}

void cw_due_push(struct cw_shard *sh, struct cw_client *cl)
{
    if (sh->n_due == sh->cap_due) {
        size_t cap = sh->cap_due ? sh->cap_due * 2 : 64;
        struct cw_due *p = realloc(sh->due, cap * sizeof *p);
        if (!p) {
            sh->failed = true;
            return;
        }
        sh->due = p;
        sh->cap_due = cap;
    }
    struct cw_task *t = cw_client_task(cl);
    put(sh, sh->n_due++, (struct cw_due){t->due_at, t, cl});
    rise(sh, sh->n_due - 1);
}

void cw_due_drop(struct cw_shard *sh, struct cw_client *cl)
{
    struct cw_task *t = cw_client_task(cl);
    uint32_t at = t->due_slot;
    if (at == UINT32_MAX)
        return;
    t->due_slot = UINT32_MAX;
    struct cw_due last = sh->due[--sh->n_due];
    if (last.task == t)
        return;
    put(sh, at, last);
    sink(sh, at);
    rise(sh, last.task->due_slot);
}
