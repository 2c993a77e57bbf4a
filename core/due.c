/* The shard's open tasks by due time: a heap of clients, so that a clock that moves on looks only
 * at those it has passed. Equal times go by client id. */
#include <stdlib.h>
#include <string.h>

#include "core/shard_state.h"

static bool earlier(const struct cw_client *a, const struct cw_client *b)
{
    cw_event_time x = cw_client_task(a)->due_at, y = cw_client_task(b)->due_at;
    if (x != y)
        return x < y;
    return cw_client_compare(a, b) < 0;
}

static void put(struct cw_shard *sh, size_t at, struct cw_client *cl)
{
    sh->due[at] = cl;
    cw_client_task(cl)->due_slot = (uint32_t)at;
}

static void rise(struct cw_shard *sh, size_t at)
{
    struct cw_client *cl = sh->due[at];
    for (; at && earlier(cl, sh->due[(at - 1) / 2]); at = (at - 1) / 2)
        put(sh, at, sh->due[(at - 1) / 2]);
    put(sh, at, cl);
}

static void sink(struct cw_shard *sh, size_t at)
{
    struct cw_client *cl = sh->due[at];
    for (size_t child; (child = 2 * at + 1) < sh->n_due; at = child) {
        if (child + 1 < sh->n_due && earlier(sh->due[child + 1], sh->due[child]))
            child++;
        if (!earlier(sh->due[child], cl))
            break;
        put(sh, at, sh->due[child]);
    }
    put(sh, at, cl);
}

void cw_due_push(struct cw_shard *sh, struct cw_client *cl)
{
    if (sh->n_due == sh->cap_due) {
        size_t cap = sh->cap_due ? sh->cap_due * 2 : 64;
        struct cw_client **p = realloc(sh->due, cap * sizeof *p);
        if (!p) {
            sh->failed = true;
            return;
        }
        sh->due = p;
        sh->cap_due = cap;
    }
    put(sh, sh->n_due++, cl);
    rise(sh, sh->n_due - 1);
}

void cw_due_drop(struct cw_shard *sh, struct cw_client *cl)
{
    uint32_t at = cw_client_task(cl)->due_slot;
    if (at == UINT32_MAX)
        return;
    cw_client_task(cl)->due_slot = UINT32_MAX;
    struct cw_client *last = sh->due[--sh->n_due];
    if (last == cl)
        return;
    put(sh, at, last);
    sink(sh, at);
    rise(sh, cw_client_task(last)->due_slot);
}
