/* A client's lines and last ids; see line_block.h. Lines lie by rising number, one stride after the
 * other; then the ring of ids: 32 bits of each, so that one library call looks through them all,
 * then 16 bits of each. */
#include "core/line_block.h"

#include <string.h>
#include <wchar.h>

#include "core/slices.h"

struct cw_line_block {
    uint32_t cap; /* lines there is room for */
    uint32_t seen_n, seen_next;
    uint32_t stride; /* bytes from one line to the next; all blocks have the same */
    uint64_t bytes[];
};

_Static_assert(sizeof(wchar_t) == sizeof(uint32_t), "wmemchr looks for 32 bits");
enum { SEEN_CLIENT = 8, SEEN_LINE = 8 };
enum { BYTES_OF_ONE = 256 }; /* of a block of one line, about */

static size_t stride(void)
{
    return (sizeof(struct cw_line) + cw_slices_of_line() + 7) & ~(size_t)7;
}

static uint32_t ring_of(uint32_t lines)
{
    return SEEN_CLIENT + SEEN_LINE * lines;
}

static size_t block_bytes(uint32_t cap)
{
    size_t ring = ring_of(cap) * (sizeof(uint32_t) + sizeof(uint16_t));
    return sizeof(struct cw_line_block) + cap * stride() + ring;
}

static uint32_t *tags_of(const struct cw_line_block *b)
{
    return (uint32_t *)(void *)((unsigned char *)(uintptr_t)b->bytes + b->cap * b->stride);
}

static uint16_t *rests_of(const struct cw_line_block *b)
{
    return (uint16_t *)(void *)(tags_of(b) + ring_of(b->cap));
}

void cw_line_block_expect(const struct cw_client *cl)
{
    for (size_t i = 0; cl->lines && i < BYTES_OF_ONE; i += 64)
        __builtin_prefetch((const char *)cl->lines + i);
}

/* ---- lines ---- */

struct cw_line *cw_client_line_at(const struct cw_client *cl, uint32_t i)
{
    return (struct cw_line *)(void *)((unsigned char *)cl->lines->bytes + i * cl->lines->stride);
}

/* Where the line is, or belongs. */
static uint32_t place_of(const struct cw_client *cl, cw_number number)
{
    uint32_t lo = 0, hi = cl->n_lines;
    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (cw_client_line_at(cl, mid)->number < number)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

struct cw_line *cw_client_line(const struct cw_client *cl, cw_number number)
{
    uint32_t at = place_of(cl, number);
    struct cw_line *ln = at < cl->n_lines ? cw_client_line_at(cl, at) : NULL;
    return ln && ln->number == number ? ln : NULL;
}

size_t cw_line_block_bytes(const struct cw_client *cl)
{
    size_t n = cl->lines ? block_bytes(cl->lines->cap) : 0;
    for (uint32_t i = 0; i < cl->n_lines; i++)
        n += cw_rare_bytes(cw_client_line_at(cl, i)->rare, true);
    return n;
}

static void move_ids(struct cw_line_block *to, const struct cw_line_block *from)
{
    uint32_t ring = ring_of(from->cap);
    for (uint32_t i = 0; i < from->seen_n; i++) {
        uint32_t at = (from->seen_next + ring - from->seen_n + i) % ring;
        tags_of(to)[i] = tags_of(from)[at];
        rests_of(to)[i] = rests_of(from)[at];
    }
    to->seen_n = from->seen_n;
    to->seen_next = from->seen_n % ring_of(to->cap);
}

bool cw_line_block_reserve(struct cw_slab *slab, struct cw_client *cl, uint32_t n)
{
    struct cw_line_block *old = cl->lines;
    if (old && n <= old->cap)
        return true;
    struct cw_line_block *b = cw_slab_take(slab, block_bytes(n));
    if (!b)
        return false;
    b->cap = n;
    b->stride = (uint32_t)stride();
    if (old) {
        memcpy(b->bytes, old->bytes, cl->n_lines * old->stride);
        move_ids(b, old);
    }
    if (old)
        cw_slab_give(slab, old, block_bytes(old->cap));
    cl->lines = b;
    return true;
}

bool cw_line_block_make(struct cw_slab *slab, struct cw_client *cl, uint32_t n)
{
    cw_line_block_clear(slab, cl);
    if (!cw_line_block_reserve(slab, cl, n))
        return false;
    memset(cl->lines->bytes, 0, n * cl->lines->stride);
    cl->n_lines = n;
    return true;
}

struct cw_line *cw_line_block_add(struct cw_slab *slab, struct cw_client *cl, cw_number number)
{
    uint32_t cap = cl->lines ? cl->lines->cap : 0;
    if (cl->n_lines == cap && !cw_line_block_reserve(slab, cl, cap ? cap * 2 : 1))
        return NULL;
    struct cw_line *ln = cw_client_line_at(cl, place_of(cl, number));
    size_t after =
        (size_t)((unsigned char *)cw_client_line_at(cl, cl->n_lines) - (unsigned char *)ln);
    memmove((unsigned char *)ln + cl->lines->stride, ln, after);
    memset(ln, 0, cl->lines->stride);
    cl->n_lines++;
    ln->number = number;
    return ln;
}

void cw_line_block_clear(struct cw_slab *slab, struct cw_client *cl)
{
    for (uint32_t i = 0; i < cl->n_lines; i++)
        cw_rare_free(slab, cw_client_line_at(cl, i)->rare, true);
    cl->n_lines = 0;
    if (cl->lines)
        cl->lines->seen_n = cl->lines->seen_next = 0;
}

void cw_line_block_free(struct cw_slab *slab, struct cw_client *cl)
{
    cw_line_block_clear(slab, cl);
    if (cl->lines)
        cw_slab_give(slab, cl->lines, block_bytes(cl->lines->cap));
    cl->lines = NULL;
}

/* ---- the last ids ---- */

/* Where one of n ids from `at` on is this one. */
static bool is_among(const struct cw_line_block *b, uint32_t at, uint32_t n, uint64_t id_hash)
{
    const uint32_t *tags = tags_of(b), *end = tags + at + n;
    for (const uint32_t *p = tags + at; p < end; p++) {
        p = (const uint32_t *)(const void *)wmemchr((const wchar_t *)(const void *)p,
                                                    (wchar_t)(uint32_t)id_hash, (size_t)(end - p));
        if (!p)
            return false;
        if (rests_of(b)[p - tags] == (uint16_t)(id_hash >> 32))
            return true;
    }
    return false;
}

bool cw_seen_has(const struct cw_client *cl, uint64_t id_hash)
{
    const struct cw_line_block *b = cl->lines;
    if (!b)
        return false;
    uint32_t wrapped = b->seen_n > b->seen_next ? b->seen_n - b->seen_next : 0;
    uint32_t straight = b->seen_n - wrapped;
    return is_among(b, b->seen_next - straight, straight, id_hash) ||
           is_among(b, ring_of(b->cap) - wrapped, wrapped, id_hash);
}

/* No more are known than go with the lines there are, whatever room the ring has: it grows in
 * steps, and a restored one has had others. With a line more, both know the same. */
void cw_seen_add(struct cw_client *cl, uint64_t id_hash)
{
    struct cw_line_block *b = cl->lines;
    tags_of(b)[b->seen_next] = (uint32_t)id_hash;
    rests_of(b)[b->seen_next] = (uint16_t)(id_hash >> 32);
    b->seen_next = (b->seen_next + 1) % ring_of(b->cap);
    b->seen_n += b->seen_n < ring_of(cl->n_lines);
}

uint32_t cw_seen_count(const struct cw_client *cl)
{
    return cl->lines ? cl->lines->seen_n : 0;
}

uint64_t cw_seen_at(const struct cw_client *cl, uint32_t i)
{
    const struct cw_line_block *b = cl->lines;
    uint32_t ring = ring_of(b->cap), at = (b->seen_next + ring - b->seen_n + i) % ring;
    return (uint64_t)rests_of(b)[at] << 32 | tags_of(b)[at];
}

void cw_seen_copy(const struct cw_client *cl, char *to)
{
    const struct cw_line_block *b = cl->lines;
    uint32_t n = cw_seen_count(cl), ring = n ? ring_of(b->cap) : 0;
    uint32_t first = n ? (b->seen_next + ring - n) % ring : 0;
    uint32_t straight = n < ring - first ? n : ring - first, wrapped = n - straight;
    char *rests = to + n * sizeof(uint32_t);
    if (!n)
        return;
    memcpy(to, tags_of(b) + first, straight * sizeof(uint32_t));
    memcpy(to + straight * sizeof(uint32_t), tags_of(b), wrapped * sizeof(uint32_t));
    memcpy(rests, rests_of(b) + first, straight * sizeof(uint16_t));
    memcpy(rests + straight * sizeof(uint16_t), rests_of(b), wrapped * sizeof(uint16_t));
}

uint64_t cw_seen_copied(const char *from, uint32_t n, uint32_t i)
{
    uint32_t tag;
    uint16_t rest;
    memcpy(&tag, from + i * sizeof tag, sizeof tag);
    memcpy(&rest, from + n * sizeof tag + i * sizeof rest, sizeof rest);
    return (uint64_t)rest << 32 | tag;
}
