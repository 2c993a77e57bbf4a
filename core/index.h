/* Clients by id, and in the order of their ids. Private to the core; belongs to its shard. */
#ifndef CW_CORE_INDEX_H
#define CW_CORE_INDEX_H

#include "churnwatch/client.h"
#include "core/slab.h"

/* Open addressing by hash. A byte of it lies apart, so that going along a chain reads no client
 * but, nearly always, the one that is looked for. */
struct cw_slots {
    cw_ref *clients; /* owned, n of them */
    uint8_t *tags;   /* owned, n of them; 0 = free */
    size_t n;        /* a power of two, or 0 */
};

/* Zero it to begin. Growing never takes a pause: for a while there are two arrays, and every client
 * that is added moves some of the old one's slots. */
struct cw_index {
    struct cw_slots now;
    struct cw_slots old;     /* what grew out of it, whole until all are moved */
    struct cw_slots leaving; /* what all were moved out of, on its way back to the kernel */
    size_t moved;            /* slots of old */
    cw_ref *all;             /* owned; by id, but for those after n_sorted */
    size_t n, n_sorted, cap_all;
};

/* The i-th of n. */
static inline struct cw_client *cw_index_at(const struct cw_index *t, size_t i)
{
    return cw_at(t->all[i]);
}

uint32_t cw_index_hash(struct cw_str id);
/* NULL: not there. */
struct cw_client *cw_index_find(const struct cw_index *t, struct cw_str id, uint32_t hash);
/* Has the client's tag brought near, without waiting. */
void cw_index_expect(const struct cw_index *t, uint32_t hash);
/* The slot of the first client with its tag, which is nearly always the one; no client is read, and
 * no slot. NULL: there is none. */
const cw_ref *cw_index_likely(const struct cw_index *t, uint32_t hash);
/* A client that is not there yet. False: no memory, and it is not there. */
bool cw_index_add(struct cw_index *t, struct cw_client *cl);
/* Brings `all` into byte order of ids: what is new is sorted, then merged. False: no memory. */
bool cw_index_sort(struct cw_index *t);
/* Bytes of the arrays. */
size_t cw_index_bytes(const struct cw_index *t);
void cw_index_free(struct cw_index *t);

/* By bytes of their ids: less than, equal to or greater than 0. */
int cw_client_compare(const struct cw_client *a, const struct cw_client *b);

#endif
