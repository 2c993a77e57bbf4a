/* Room for a shard's clients and what they own: taken piece by piece out of large chunks, which go
 * all at once. Hundreds of thousands of clients are made in a second when a shard is restored, and
 * on an engine's thread the C library would ask the kernel for every page by itself. Private to the
 * core; belongs to its shard. */
#ifndef CW_CORE_SLAB_H
#define CW_CORE_SLAB_H

#include <stddef.h>

enum { CW_SLAB_UNIT = 16, CW_SLAB_SMALL = 1024, CW_SLAB_SIZES = CW_SLAB_SMALL / CW_SLAB_UNIT + 1 };

/* Zero it to begin. */
struct cw_slab {
    struct cw_slab_chunk *last; /* owned; each knows the one before */
    size_t used, size;          /* of the last, in bytes */
    void *given[CW_SLAB_SIZES]; /* pieces to be taken again, by size; each begins with the next */
};

/* Zeroed, and aligned for anything. NULL: no memory. */
void *cw_slab_take(struct cw_slab *s, size_t n);
/* Gives a piece of n bytes back; accepts NULL. Pieces above CW_SLAB_SMALL lie outside of the
 * chunks: such must be given back before the slab is freed. */
void cw_slab_give(struct cw_slab *s, void *p, size_t n);
void cw_slab_free(struct cw_slab *s);

#endif
