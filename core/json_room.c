/* Room for one parsed tree. */
#include "core/json_room.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>

/* An event's tree fits into the least; what a large profile took is not kept. */
enum { BLOCK_LEAST = 1536, BLOCK_KEPT = 16384 };

struct cw_json_block {
    struct cw_json_block *before;
    size_t size, used; /* of bytes */
    alignas(max_align_t) unsigned char bytes[];
};

static struct cw_json_block *grow(struct cw_json_room *r, size_t n)
{
    size_t size = r->block ? r->block->size : BLOCK_LEAST / 2;
    if (n > SIZE_MAX / 4 || size > SIZE_MAX / 4)
        return NULL;
    size = n > 2 * size ? n : 2 * size;
    struct cw_json_block *b = malloc(sizeof *b + size);
    if (!b)
        return NULL;
    b->before = r->block;
    b->size = size;
    b->used = 0;
    r->block = b;
    return b;
}

void *cw_json_room_take(struct cw_json_room *r, size_t n)
{
    const size_t unit = alignof(max_align_t);
    struct cw_json_block *b = r->block;
    if (n > SIZE_MAX - unit)
        return NULL;
    n = (n + unit - 1) / unit * unit;
    if ((!b || b->size - b->used < n) && !(b = grow(r, n)))
        return NULL;
    void *p = b->bytes + b->used;
    b->used += n;
    return p;
}

void cw_json_room_clear(struct cw_json_room *r)
{
    struct cw_json_block *b = r->block;
    if (b && b->size <= BLOCK_KEPT) {
        struct cw_json_room before = {b->before};
        cw_json_room_free(&before);
        b->before = NULL;
        b->used = 0;
        return;
    }
    cw_json_room_free(r);
}

void cw_json_room_free(struct cw_json_room *r)
{
    while (r->block) {
        struct cw_json_block *b = r->block;
        r->block = b->before;
        free(b);
    }
}
