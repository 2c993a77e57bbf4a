/* Clients by id; see index.h. */
#include "core/index.h"

#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

enum { FIRST_SLOTS = 1024 };
/* An addition moves so many slots. The array that is left is moved whole before the new one, twice
 * as large, is full: from a half of three quarters to three quarters. */
enum { MOVED_AN_ADDITION = 8 };

uint32_t cw_index_hash(struct cw_str id)
{
    return (uint32_t)XXH3_64bits(id.p, id.n);
}

static bool is(const struct cw_client *cl, struct cw_str id, uint32_t hash)
{
    struct cw_str own = cw_client_id(cl);
    return cl->hash == hash && own.n == id.n && memcmp(own.p, id.p, id.n) == 0;
}

static struct cw_client *look(struct cw_client *const *slots, size_t n, struct cw_str id,
                              uint32_t hash)
{
    for (size_t at = hash & (n - 1); slots[at]; at = (at + 1) & (n - 1))
        if (is(slots[at], id, hash))
            return slots[at];
    return NULL;
}

struct cw_client *cw_index_find(const struct cw_index *t, struct cw_str id, uint32_t hash)
{
    struct cw_client *cl = t->slots ? look(t->slots, t->n_slots, id, hash) : NULL;
    return cl || !t->old ? cl : look(t->old, t->n_old, id, hash);
}

static void put(struct cw_index *t, struct cw_client *cl)
{
    size_t at = cl->hash & (t->n_slots - 1);
    while (t->slots[at])
        at = (at + 1) & (t->n_slots - 1);
    t->slots[at] = cl;
}

/* Slots stay in the old array as they are, so that its chains hold until it goes. */
static void move_some(struct cw_index *t)
{
    for (int i = 0; t->old && i < MOVED_AN_ADDITION; i++) {
        if (t->old[t->moved])
            put(t, t->old[t->moved]);
        if (++t->moved < t->n_old)
            continue;
        free(t->old);
        t->old = NULL;
    }
}

static bool grow_slots(struct cw_index *t)
{
    size_t n = t->n_slots ? t->n_slots * 2 : FIRST_SLOTS;
    struct cw_client **slots = calloc(n, sizeof *slots);
    if (!slots)
        return false;
    t->old = t->slots;
    t->n_old = t->n_slots;
    t->moved = 0;
    t->slots = slots;
    t->n_slots = n;
    return true;
}

/* Large arrays are moved by the kernel, page by page, and not copied. */
static bool grow_all(struct cw_index *t)
{
    size_t cap = t->cap_all ? t->cap_all * 2 : FIRST_SLOTS;
    struct cw_client **all = realloc(t->all, cap * sizeof *all);
    if (!all)
        return false;
    t->all = all;
    t->cap_all = cap;
    return true;
}

bool cw_index_add(struct cw_index *t, struct cw_client *cl)
{
    if ((t->n + 1) * 4 > t->n_slots * 3 && !grow_slots(t))
        return false;
    if (t->n == t->cap_all && !grow_all(t))
        return false;
    put(t, cl);
    t->all[t->n++] = cl;
    move_some(t);
    return true;
}

/* ---- in the order of ids ---- */

int cw_client_compare(const struct cw_client *a, const struct cw_client *b)
{
    struct cw_str x = cw_client_id(a), y = cw_client_id(b);
    int c = memcmp(x.p, y.p, x.n < y.n ? x.n : y.n);
    return c ? c : (x.n > y.n) - (x.n < y.n);
}

static int by_id(const void *a, const void *b)
{
    return cw_client_compare(*(struct cw_client *const *)a, *(struct cw_client *const *)b);
}

/* From the ends, the greatest first, so that only the new ones need room aside. */
static bool merge(struct cw_index *t)
{
    size_t n_new = t->n - t->n_sorted, old = t->n_sorted, to = t->n;
    struct cw_client **new = malloc(n_new * sizeof *new);
    if (!new)
        return false;
    memcpy(new, t->all + t->n_sorted, n_new * sizeof *new);
    while (n_new) {
        bool of_old = old && cw_client_compare(t->all[old - 1], new[n_new - 1]) > 0;
        t->all[--to] = of_old ? t->all[--old] : new[--n_new];
    }
    free(new);
    return true;
}

bool cw_index_sort(struct cw_index *t)
{
    if (t->n_sorted == t->n)
        return true;
    qsort(t->all + t->n_sorted, t->n - t->n_sorted, sizeof *t->all, by_id);
    if (t->n_sorted && !merge(t))
        return false;
    t->n_sorted = t->n;
    return true;
}

size_t cw_index_bytes(const struct cw_index *t)
{
    return (t->n_slots + (t->old ? t->n_old : 0) + t->cap_all) * sizeof(struct cw_client *);
}

void cw_index_free(struct cw_index *t)
{
    free(t->slots);
    free(t->old);
    free(t->all);
    *t = (struct cw_index){0};
}
