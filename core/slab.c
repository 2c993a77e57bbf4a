/* Chunks of rising size, so that a shard of few clients stays small; see slab.h. */
#include "core/slab.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST = 8 * 1024, MOST = 1024 * 1024 };
_Static_assert(CW_SLAB_UNIT % alignof(max_align_t) == 0, "pieces are aligned for anything");

struct cw_slab_chunk {
    struct cw_slab_chunk *before;
    alignas(max_align_t) unsigned char bytes[];
};

static size_t next_size(const struct cw_slab *s)
{
    return s->size == 0 ? FIRST : s->size < MOST ? s->size * 2 : MOST;
}

static size_t units(size_t n)
{
    return (n + CW_SLAB_UNIT - 1) / CW_SLAB_UNIT;
}

static void *take_given(struct cw_slab *s, size_t n)
{
    void *p = s->given[units(n)];
    memcpy(&s->given[units(n)], p, sizeof p);
    return memset(p, 0, n);
}

void cw_slab_give(struct cw_slab *s, void *p, size_t n)
{
    if (n > CW_SLAB_SMALL || !p) {
        free(p);
        return;
    }
    memcpy(p, &s->given[units(n)], sizeof p);
    s->given[units(n)] = p;
}

void *cw_slab_take(struct cw_slab *s, size_t n)
{
    if (n > CW_SLAB_SMALL)
        return calloc(1, n);
    if (s->given[units(n)])
        return take_given(s, n);
    n = units(n) * CW_SLAB_UNIT;
    if (s->size - s->used < n) {
        size_t size = next_size(s);
        struct cw_slab_chunk *c = calloc(1, sizeof *c + size);
        if (!c)
            return NULL;
        c->before = s->last;
        s->last = c;
        s->size = size;
        s->used = 0;
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
