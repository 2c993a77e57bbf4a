/* Numbered chunks, and pieces of them; see slab.h. */
#include "core/slab.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

_Static_assert(CW_SLAB_CHUNK / CW_SLAB_UNIT == 1 << CW_SLAB_PLACE_BITS, "each unit has a place");

/* At the beginning of a chunk of pieces, which is aligned so that each piece finds it. */
struct cw_slab_chunk {
    struct cw_slab_chunk *before;
    uint32_t number;
};

/* ---- numbers: of all shards, on all threads ---- */

unsigned char *cw_slab_chunks[CW_SLAB_CHUNKS];
static pthread_mutex_t of_all = PTHREAD_MUTEX_INITIALIZER; /* guards what is static here */
static uint32_t free_from = 1; /* none below is free; 0 is none, so that no piece is at 0 */

/* 0: no number is left, or there is no chunk. */
static uint32_t number_of(void *chunk)
{
    uint32_t ret = 0;
    (void)pthread_mutex_lock(&of_all);
    while (free_from < CW_SLAB_CHUNKS && cw_slab_chunks[free_from])
        free_from++;
    if (chunk && free_from < CW_SLAB_CHUNKS) {
        ret = free_from++;
        cw_slab_chunks[ret] = chunk;
    }
    (void)pthread_mutex_unlock(&of_all);
    return ret;
}

static void free_number(uint32_t number)
{
    (void)pthread_mutex_lock(&of_all);
    cw_slab_chunks[number] = NULL;
    free_from = number < free_from ? number : free_from;
    (void)pthread_mutex_unlock(&of_all);
}

/* ---- chunks: of all shards too, cut off areas of huge pages ---- */

/* Clients are looked up in no order: with pages of 4 KiB the processor walks the page tables for
 * nearly every one of them. Where the kernel has no huge pages, advice is all it was. */
enum { HUGE_PAGE = 2 << 20, AREA = 32 << 20 };

static struct {
    unsigned char *next; /* of the last area, what was never a chunk */
    size_t left;
    struct cw_slab_chunk *given_back; /* chunks to be taken again */
} areas;

static bool add_area(void)
{
    areas.next = aligned_alloc(HUGE_PAGE, AREA);
    areas.left = areas.next ? AREA : 0;
    if (areas.next)
        (void)madvise(areas.next, AREA, MADV_HUGEPAGE);
    return areas.next != NULL;
}

static struct cw_slab_chunk *cut_chunk(void)
{
    if (areas.left == 0 && !add_area())
        return NULL;
    struct cw_slab_chunk *c = (void *)areas.next;
    areas.next += CW_SLAB_CHUNK;
    areas.left -= CW_SLAB_CHUNK;
    return c;
}

static struct cw_slab_chunk *take_chunk(void)
{
    (void)pthread_mutex_lock(&of_all);
    struct cw_slab_chunk *c = areas.given_back;
    if (c)
        areas.given_back = c->before;
    else
        c = cut_chunk();
    (void)pthread_mutex_unlock(&of_all);
    return c;
}

/* The kernel has its memory back, all but the page that says which chunk is next. */
static void give_chunk(struct cw_slab_chunk *c)
{
    (void)madvise(c, CW_SLAB_CHUNK, MADV_DONTNEED);
    (void)pthread_mutex_lock(&of_all);
    c->before = areas.given_back;
    areas.given_back = c;
    (void)pthread_mutex_unlock(&of_all);
}

/* ---- large pieces ---- */

static cw_ref take_large(size_t n)
{
    void *p = calloc(1, n);
    uint32_t number = number_of(p);
    if (!number)
        free(p);
    return number << CW_SLAB_PLACE_BITS;
}

static void give_large(cw_ref r)
{
    void *p = cw_at(r);
    free_number(r >> CW_SLAB_PLACE_BITS);
    free(p);
}

/* ---- pieces ---- */

cw_ref cw_ref_of(const void *piece)
{
    uintptr_t at = (uintptr_t)piece, begin = at & ~(uintptr_t)(CW_SLAB_CHUNK - 1);
    if (!piece)
        return 0;
    return ((const struct cw_slab_chunk *)begin)->number << CW_SLAB_PLACE_BITS |
           (cw_ref)((at - begin) / CW_SLAB_UNIT);
}

static size_t units(size_t n)
{
    return (n + CW_SLAB_UNIT - 1) / CW_SLAB_UNIT;
}

static bool add_chunk(struct cw_slab *s)
{
    struct cw_slab_chunk *c = take_chunk();
    uint32_t number = number_of(c);
    if (c && !number)
        give_chunk(c);
    if (!number)
        return false;
    *c = (struct cw_slab_chunk){s->last, number};
    s->last = c;
    s->used = units(sizeof *c) * CW_SLAB_UNIT;
    return true;
}

/* Zeroed as it is taken: of a chunk that is not used up the rest is never touched. */
cw_ref cw_slab_take(struct cw_slab *s, size_t n)
{
    if (n > CW_SLAB_SMALL)
        return take_large(n);
    size_t size = units(n) * CW_SLAB_UNIT;
    cw_ref r = s->given[units(n)];
    if (r) {
        s->given[units(n)] = *(cw_ref *)cw_at(r);
        memset(cw_at(r), 0, size);
        return r;
    }
    if ((!s->last || CW_SLAB_CHUNK - s->used < size) && !add_chunk(s))
        return 0;
    void *p = memset((unsigned char *)s->last + s->used, 0, size);
    s->used += size;
    return cw_ref_of(p);
}

void cw_slab_give(struct cw_slab *s, cw_ref r, size_t n)
{
    if (!r)
        return;
    if (n > CW_SLAB_SMALL) {
        give_large(r);
        return;
    }
    *(cw_ref *)cw_at(r) = s->given[units(n)];
    s->given[units(n)] = r;
}

void cw_slab_free(struct cw_slab *s)
{
    for (struct cw_slab_chunk *c = s->last; c;) {
        struct cw_slab_chunk *before = c->before;
        free_number(c->number);
        give_chunk(c);
        c = before;
    }
    *s = (struct cw_slab){0};
}
