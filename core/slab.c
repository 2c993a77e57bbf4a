/* Chunks of rising size, so that a shard of few clients stays small; see slab.h. */
#include "core/slab.h"

#include <stdalign.h>
#include <stdlib.h>

enum { FIRST = 8 * 1024, MOST = 1024 * 1024, ALIGN = alignof(max_align_t) };

struct cw_slab_chunk {
    struct cw_slab_chunk *before;
    alignas(max_align_t) unsigned char bytes[];
};

static size_t next_size(const struct cw_slab *s, size_t n)
{
    size_t size = s->size == 0 ? FIRST : s->size < MOST ? s->size * 2 : MOST;
    return n > size ? n : size;
}

void *cw_slab_take(struct cw_slab *s, size_t n)
{
    n = (n + ALIGN - 1) / ALIGN * ALIGN;
    if (s->size - s->used < n) {
        size_t size = next_size(s, n);
        struct cw_slab_chunk *c = calloc(1, sizeof *c + size);
        if (!c)
            return NULL;
        c->before = s->last;
        *s = (struct cw_slab){.last = c, .size = size};
    }
    void *p = s->last->bytes + s->used;
    s->used += n;
    return p;
}

void cw_slab_free(struct cw_slab *s)
{
    for (struct cw_slab_chunk *c = s->last; c;) {
        struct cw_slab_chunk *before = c->before;
        free(c);
        c = before;
    }
    *s = (struct cw_slab){0};
}
