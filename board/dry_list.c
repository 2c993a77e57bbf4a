/* Keeping the latest dry findings. See dry_list.h. */
#include "board/dry_list.h"

#include <stdlib.h>
#include <string.h>

static bool same_cause(const struct cw_dry *a, const struct cw_dry *b)
{
    return a->detector == b->detector && a->slot == b->slot && a->line == b->line &&
           strcmp(a->client, b->client) == 0;
}

/* The one of that cause, a new one, or the one that makes room. */
static struct cw_dry_seen *place_for(struct cw_dry_list *l, const struct cw_dry *d)
{
    struct cw_dry_seen *oldest = &l->seen[0];
    for (size_t i = 0; i < l->n; i++) {
        if (same_cause(&l->seen[i].last, d))
            return &l->seen[i];
        if (l->seen[i].turn < oldest->turn)
            oldest = &l->seen[i];
    }
    if (l->n < CW_DRY_LIST_MOST)
        oldest = &l->seen[l->n++];
    *oldest = (struct cw_dry_seen){.first_at = d->at};
    return oldest;
}

void cw_dry_list_add(struct cw_dry_list *l, int32_t shard, const struct cw_dry *d)
{
    struct cw_dry_seen *s = place_for(l, d);
    s->last = *d;
    s->shard = shard;
    s->times++;
    s->turn = ++l->turn;
}

static int by_turn(const void *a, const void *b)
{
    uint64_t x = ((const struct cw_dry_seen *)a)->turn, y = ((const struct cw_dry_seen *)b)->turn;
    return (x < y) - (x > y);
}

void cw_dry_list_sort(struct cw_dry_list *l)
{
    qsort(l->seen, l->n, sizeof *l->seen, by_turn);
}
