/* Room for a shard's clients and what they own: taken piece by piece out of large chunks, which go
 * all at once. Hundreds of thousands of clients are made in a second when a shard is restored, and
 * on an engine's thread the C library would ask the kernel for every page by itself.
 *
 * Where a piece lies is told in 32 bits, the number of its chunk and the place in it, since an
 * address would be a tenth of what a client takes. Chunks of all shards are numbered together, so
 * that no shard is needed to find a piece; a process has room for 32 GiB of them, of which each
 * larger piece takes a number, as a chunk does. Chunks are cut off areas of huge pages, which stay
 * the process's; what is in them goes back to the kernel. Private to the core; a slab belongs to
 * its shard.
 */
#ifndef CW_CORE_SLAB_H
#define CW_CORE_SLAB_H

#include <stddef.h>
#include <stdint.h>

#include "churnwatch/ref.h"

enum {
    CW_SLAB_UNIT = 8,
    CW_SLAB_CHUNK = 1 << 20,    /* bytes, and what a chunk is aligned to */
    CW_SLAB_SMALL = 128 * 1024, /* a group of some 1,600 lines */
    CW_SLAB_SIZES = CW_SLAB_SMALL / CW_SLAB_UNIT + 1,
    CW_SLAB_PLACE_BITS = 17, /* of a unit in its chunk */
    CW_SLAB_CHUNKS = 1 << (32 - CW_SLAB_PLACE_BITS)
};

/* Zero it to begin. */
struct cw_slab {
    struct cw_slab_chunk *last;  /* owned; each knows the one before */
    size_t used;                 /* bytes of the last */
    cw_ref given[CW_SLAB_SIZES]; /* pieces to be taken again, by size; each begins with the next */
};

/* Where each chunk begins, by number; NULL: there is none of that number. */
extern unsigned char *cw_slab_chunks[CW_SLAB_CHUNKS];

/* The piece; NULL for 0. */
static inline void *cw_at(cw_ref r)
{
    size_t place = r & ((1U << CW_SLAB_PLACE_BITS) - 1);
    return r ? cw_slab_chunks[r >> CW_SLAB_PLACE_BITS] + place * CW_SLAB_UNIT : NULL;
}
/* Where a piece of at most CW_SLAB_SMALL bytes lies; 0 for NULL. */
cw_ref cw_ref_of(const void *piece);

/* Zeroed, and aligned for eight bytes. 0: no memory. */
cw_ref cw_slab_take(struct cw_slab *s, size_t n);
/* Gives a piece of n bytes back; accepts 0. Pieces above CW_SLAB_SMALL are chunks of their own:
 * such must be given back before the slab is freed. */
void cw_slab_give(struct cw_slab *s, cw_ref r, size_t n);
void cw_slab_free(struct cw_slab *s);

#endif
