/* Room for what lives as long as its shard: taken piece by piece out of large chunks, given back
 * all at once. Hundreds of thousands of clients are made in a second when a shard is restored.
 * Private to the core; belongs to its shard. */
#ifndef CW_CORE_SLAB_H
#define CW_CORE_SLAB_H

#include <stddef.h>

/* Zero it to begin. */
struct cw_slab {
    struct cw_slab_chunk *last; /* owned; each knows the one before */
    size_t used, size;          /* of the last, in bytes */
};

/* Zeroed, and aligned for anything. NULL: no memory. */
void *cw_slab_take(struct cw_slab *s, size_t n);
void cw_slab_free(struct cw_slab *s);

#endif
