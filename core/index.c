/* Clients by id; see index.h. */
#include "core/index.h"

#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

enum { FIRST_SLOTS = 1024 };
/* An addition moves so many slots. The array that is left is moved whole before the new one, twice
 * as large, is full, and soon, since both take room. */
enum { MOVED_AN_ADDITION = 32 };
/* And gives so many of an array that was left back: half a megabyte. */
enum { LEAVING_AN_ADDITION = 64 * 1024 };

uint32_t cw_index_hash(struct cw_str id)
{
    return (uint32_t)XXH3_64bits(id.p, id.n);
}

/* Of the bits that do not choose the slot, as long as there are fewer than 2^24. */
static uint8_t tag_of(uint32_t hash)
{
    uint8_t tag = (uint8_t)(hash >> 24);
    return tag ? tag : 1;
}

static bool is(const struct cw_client *cl, struct cw_str id)
{
    struct cw_str own = cw_client_id(cl);
    return own.n == id.n && memcmp(own.p, id.p, id.n) == 0;
}

/* The slot with the client; one that is free when there is none. */
static size_t look(const struct cw_slots *s, struct cw_str id, uint32_t hash)
{
    size_t at = hash & (s->n - 1);
    for (uint8_t tag = tag_of(hash); s->tags[at]; at = (at + 1) & (s->n - 1))
        if (s->tags[at] == tag && is(cw_at(s->clients[at]), id))
            break;
    return at;
}

/* Of a free slot the tag alone is read: the other is seldom near. */
static struct cw_client *find(const struct cw_slots *s, struct cw_str id, uint32_t hash)
{
    size_t at = s->n ? look(s, id, hash) : 0;
    return s->n && s->tags[at] ? cw_at(s->clients[at]) : NULL;
}

struct cw_client *cw_index_find(const struct cw_index *t, struct cw_str id, uint32_t hash)
{
    struct cw_client *cl = find(&t->now, id, hash);
    return cl ? cl : find(&t->old, id, hash);
}

/* NULL: none of these. */
static const cw_ref *likely(const struct cw_slots *s, uint32_t hash)
{
    size_t at = s->n ? hash & (s->n - 1) : 0;
    while (s->n && s->tags[at] && s->tags[at] != tag_of(hash))
        at = (at + 1) & (s->n - 1);
    return s->n && s->tags[at] ? &s->clients[at] : NULL;
}

void cw_index_expect(const struct cw_index *t, uint32_t hash)
{
    __builtin_prefetch(t->now.tags + (t->now.n ? hash & (t->now.n - 1) : 0));
    __builtin_prefetch(t->old.tags + (t->old.n ? hash & (t->old.n - 1) : 0));
}

const cw_ref *cw_index_likely(const struct cw_index *t, uint32_t hash)
{
    const cw_ref *slot = likely(&t->now, hash);
    return slot ? slot : likely(&t->old, hash);
}

static void put(struct cw_slots *s, cw_ref client)
{
    uint32_t hash = cw_index_hash(cw_client_id(cw_at(client)));
    size_t at = hash & (s->n - 1);
    while (s->tags[at])
        at = (at + 1) & (s->n - 1);
    s->tags[at] = tag_of(hash);
    s->clients[at] = client;
}

static void free_slots(struct cw_slots *s)
{
    free(s->clients);
    free(s->tags);
    *s = (struct cw_slots){0};
}

/* Slots stay in the old array as they are, so that its chains hold until it goes. */
static void move_some(struct cw_index *t)
{
    for (int i = 0; t->old.n && i < MOVED_AN_ADDITION; i++) {
        if (t->old.tags[t->moved])
            put(&t->now, t->old.clients[t->moved]);
        if (++t->moved == t->old.n) {
            t->leaving = t->old;
            t->old = (struct cw_slots){0};
        }
    }
}

/* A large array goes piece by piece too: the kernel takes milliseconds to take it back whole. */
static void leave_some(struct cw_index *t)
{
    struct cw_slots *s = &t->leaving;
    if (!s->n)
        return;
    cw_ref *less = s->n > LEAVING_AN_ADDITION
                       ? realloc(s->clients, (s->n - LEAVING_AN_ADDITION) * sizeof *s->clients)
                       : NULL;
    if (!less) {
        free_slots(s);
        return;
    }
    s->clients = less;
    s->n -= LEAVING_AN_ADDITION;
}

static bool grow_slots(struct cw_index *t)
{
    size_t n = t->now.n ? t->now.n * 2 : FIRST_SLOTS;
    struct cw_slots grown = {calloc(n, sizeof *grown.clients), calloc(n, 1), n};
    if (!grown.clients || !grown.tags) {
        free_slots(&grown);
        return false;
    }
    free_slots(&t->leaving);
    t->old = t->now;
    t->moved = 0;
    t->now = grown;
    return true;
}

/* Large lists are moved by the kernel, page by page, and not copied. */
static bool grow_all(struct cw_index *t)
{
    size_t n = t->cap_all ? t->cap_all + t->cap_all / 4 : FIRST_SLOTS;
    cw_ref *grown = realloc(t->all, n * sizeof *grown);
    if (!grown)
        return false;
    t->all = grown;
    t->cap_all = n;
    return true;
}

bool cw_index_add(struct cw_index *t, struct cw_client *cl)
{
    if ((t->n + 1) * 8 > t->now.n * 7 && !grow_slots(t))
        return false;
    if (t->n == t->cap_all && !grow_all(t))
        return false;
    put(&t->now, cw_ref_of(cl));
    t->all[t->n++] = cw_ref_of(cl);
    move_some(t);
    leave_some(t);
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
    return cw_client_compare(cw_at(*(const cw_ref *)a), cw_at(*(const cw_ref *)b));
}

/* From the ends, the greatest first, so that only the new ones need room aside. */
static bool merge(struct cw_index *t)
{
    size_t n_new = t->n - t->n_sorted, old = t->n_sorted, to = t->n;
    cw_ref *new = malloc(n_new * sizeof *new);
    if (!new)
        return false;
    memcpy(new, t->all + t->n_sorted, n_new * sizeof *new);
    while (n_new) {
        bool of_old = old && cw_client_compare(cw_at(t->all[old - 1]), cw_at(new[n_new - 1])) > 0;
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
    size_t slots = t->now.n + t->old.n + t->leaving.n;
    return slots + (slots + t->cap_all) * sizeof(cw_ref);
}

void cw_index_free(struct cw_index *t)
{
    free_slots(&t->now);
    free_slots(&t->old);
    free_slots(&t->leaving);
    free(t->all);
    *t = (struct cw_index){0};
}
