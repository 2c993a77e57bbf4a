/* What results said of the detectors. See accuracy_list.h. */
#include "board/accuracy_list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void drop(struct cw_accuracy_list *l, int32_t shard)
{
    size_t kept = 0;
    for (size_t i = 0; i < l->n; i++)
        if (l->rows[i].shard != shard)
            l->rows[kept++] = l->rows[i];
    l->n = kept;
}

static bool any(const uint32_t tasks[CW_RESULTS])
{
    uint32_t sum = 0;
    for (int k = 0; k < CW_RESULTS; k++)
        sum |= tasks[k];
    return sum != 0;
}

static void add(struct cw_accuracy_list *l, int32_t shard, const struct cw_accuracy *of,
                uint8_t detector)
{
    struct cw_accuracy_row *row = &l->rows[l->n++];
    *row = (struct cw_accuracy_row){.shard = shard, .detector = detector};
    (void)snprintf(row->segment, sizeof row->segment, "%s", of->segment);
    memcpy(row->tasks, of->tasks[detector], sizeof row->tasks);
}

void cw_accuracy_list_put(struct cw_accuracy_list *l, int32_t shard, const struct cw_accuracy *of,
                          size_t n)
{
    drop(l, shard);
    for (size_t i = 0; i < n; i++)
        for (uint8_t d = 0; d < CW_DETECTORS && l->n < CW_ACCURACY_LIST_MOST; d++)
            if (any(of[i].tasks[d]))
                add(l, shard, &of[i], d);
}

static int order(const void *a, const void *b)
{
    const struct cw_accuracy_row *x = a, *y = b;
    int c = strcmp(x->segment, y->segment);
    if (c == 0)
        c = x->detector - y->detector;
    return c ? c : (x->shard > y->shard) - (x->shard < y->shard);
}

void cw_accuracy_list_sum(struct cw_accuracy_list *l)
{
    size_t n = 0;
    qsort(l->rows, l->n, sizeof *l->rows, order);
    for (size_t i = 0; i < l->n; i++) {
        struct cw_accuracy_row *last = n ? &l->rows[n - 1] : NULL;
        if (!last || last->detector != l->rows[i].detector ||
            strcmp(last->segment, l->rows[i].segment) != 0) {
            l->rows[n++] = l->rows[i];
            continue;
        }
        for (int k = 0; k < CW_RESULTS; k++)
            last->tasks[k] += l->rows[i].tasks[k];
    }
    l->n = n;
}
