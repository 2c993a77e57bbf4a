/* A client's lines and last ids; see line_block.h. Lines lie by rising number, one stride after the
 * other; then the ring of ids: 32 bits of each, so that one library call looks through them all,
 * then 16 bits of each; 0 where there is none. */
#include "core/line_block.h"

#include <string.h>
#include <wchar.h>

#include "core/slices.h"

struct block {
    uint32_t cap;       /* lines there is room for */
    uint32_t seen_next; /* place of the ring that the next id goes to */
    uint32_t bytes[];
};

_Static_assert(sizeof(wchar_t) == sizeof(uint32_t), "wmemchr looks for 32 bits");
enum { SEEN_CLIENT = 8, SEEN_LINE = 8 };
enum { BYTES_OF_ONE = 192 }; /* of a block of one line, about */

static struct block *block_of(const struct cw_client *cl)
{
    return cw_at(cl->lines);
}

/* From one line to the next. */
static size_t stride(void)
{
    return sizeof(struct cw_line) + cw_slices_of_line();
}

static uint32_t ring_of(uint32_t lines)
{
    return SEEN_CLIENT + SEEN_LINE * lines;
}

static size_t ring_bytes(uint32_t cap)
{
    return ring_of(cap) * (sizeof(uint32_t) + sizeof(uint16_t));
}

static size_t block_bytes(uint32_t cap)
{
    return sizeof(struct block) + cap * stride() + ring_bytes(cap);
}

static uint32_t *tags_of(struct block *b)
{
    return (uint32_t *)(void *)((unsigned char *)b->bytes + b->cap * stride());
}

static uint16_t *rests_of(struct block *b)
{
    return (uint16_t *)(void *)(tags_of(b) + ring_of(b->cap));
}

void cw_line_block_expect(const struct cw_client *cl)
{
    const char *b = cw_at(cl->lines);
    for (size_t i = 0; b && i < BYTES_OF_ONE; i += 64)
        __builtin_prefetch(b + i);
}

/* ---- lines ---- */

struct cw_line *cw_client_line_at(const struct cw_client *cl, uint32_t i)
{
    return (struct cw_line *)(void *)((unsigned char *)block_of(cl)->bytes + i * stride());
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
    size_t n = cl->lines ? block_bytes(block_of(cl)->cap) : 0;
    for (uint32_t i = 0; i < cl->n_lines; i++)
        n += cw_rare_bytes(cw_client_line_at(cl, i)->rare, true);
    return n;
}

/* The ring's place so many before the next. */
static uint32_t before_next(const struct block *b, uint32_t n)
{
    uint32_t ring = ring_of(b->cap);
    return (b->seen_next + ring - n) % ring;
}

/* The i-th of n. */
static uint64_t seen_of(struct block *b, uint32_t n, uint32_t i)
{
    uint32_t at = before_next(b, n - i);
    return (uint64_t)rests_of(b)[at] << 32 | tags_of(b)[at];
}

static void move_ids(const struct cw_client *cl, struct block *to)
{
    uint32_t n = cw_seen_count(cl);
    for (uint32_t i = 0; i < n; i++) {
        uint64_t id = seen_of(block_of(cl), n, i);
        tags_of(to)[i] = (uint32_t)id;
        rests_of(to)[i] = (uint16_t)(id >> 32);
    }
    to->seen_next = n % ring_of(to->cap);
}

bool cw_line_block_reserve(struct cw_slab *slab, struct cw_client *cl, uint32_t n)
{
    struct block *old = block_of(cl);
    if (old && n <= old->cap)
        return true;
    cw_ref ref = cw_slab_take(slab, block_bytes(n));
    struct block *b = cw_at(ref);
    if (!b)
        return false;
    b->cap = n;
    if (old) {
        memcpy(b->bytes, old->bytes, cl->n_lines * stride());
        move_ids(cl, b);
        cw_slab_give(slab, cl->lines, block_bytes(old->cap));
    }
    cl->lines = ref;
    return true;
}

bool cw_line_block_make(struct cw_slab *slab, struct cw_client *cl, uint32_t n)
{
    cw_line_block_clear(slab, cl);
    if (!cw_line_block_reserve(slab, cl, n))
        return false;
    memset(block_of(cl)->bytes, 0, n * stride());
    cl->n_lines = n;
    return true;
}

struct cw_line *cw_line_block_add(struct cw_slab *slab, struct cw_client *cl, cw_number number)
{
    uint32_t cap = cl->lines ? block_of(cl)->cap : 0;
    if (cl->n_lines == cap && !cw_line_block_reserve(slab, cl, cap ? cap * 2 : 1))
        return NULL;
    struct cw_line *ln = cw_client_line_at(cl, place_of(cl, number));
    size_t after =
        (size_t)((unsigned char *)cw_client_line_at(cl, cl->n_lines) - (unsigned char *)ln);
    memmove((unsigned char *)ln + stride(), ln, after);
    memset(ln, 0, stride());
    cl->n_lines++;
    ln->number = number;
    return ln;
}

void cw_line_block_clear(struct cw_slab *slab, struct cw_client *cl)
{
    for (uint32_t i = 0; i < cl->n_lines; i++)
        cw_rare_free(slab, cw_client_line_at(cl, i)->rare, true);
    cl->n_lines = 0;
    struct block *b = block_of(cl);
    if (!b)
        return;
    b->seen_next = 0;
    memset(tags_of(b), 0, ring_bytes(b->cap));
}

void cw_line_block_free(struct cw_slab *slab, struct cw_client *cl)
{
    cw_line_block_clear(slab, cl);
    if (cl->lines)
        cw_slab_give(slab, cl->lines, block_bytes(block_of(cl)->cap));
    cl->lines = 0;
}

/* ---- the last ids ---- */

/* An id is never 0, which is a place of the ring that has none. */
static uint64_t kept_as(uint64_t id_hash)
{
    return id_hash ? id_hash : 1;
}

bool cw_seen_has(const struct cw_client *cl, uint64_t id_hash)
{
    struct block *b = block_of(cl);
    if (!b)
        return false;
    uint64_t id = kept_as(id_hash);
    const uint32_t *tags = tags_of(b), *end = tags + ring_of(b->cap);
    for (const uint32_t *p = tags; p < end; p++) {
        p = (const uint32_t *)(const void *)wmemchr((const wchar_t *)(const void *)p,
                                                    (wchar_t)(uint32_t)id, (size_t)(end - p));
        if (!p)
            return false;
        if (rests_of(b)[p - tags] == (uint16_t)(id >> 32))
            return true;
    }
    return false;
}

/* No more are known than go with the lines there are, whatever room the ring has: it grows in
 * steps, and a restored one has had others. So with each that comes the one before those is
 * forgotten. With a line more, all know the same. */
void cw_seen_add(struct cw_client *cl, uint64_t id_hash)
{
    struct block *b = block_of(cl);
    uint64_t id = kept_as(id_hash);
    uint32_t most = ring_of(cl->n_lines);
    if (most < ring_of(b->cap))
        tags_of(b)[before_next(b, most)] = rests_of(b)[before_next(b, most)] = 0;
    tags_of(b)[b->seen_next] = (uint32_t)id;
    rests_of(b)[b->seen_next] = (uint16_t)(id >> 32);
    b->seen_next = (b->seen_next + 1) % ring_of(b->cap);
}

static bool is_taken(struct block *b, uint32_t at)
{
    return tags_of(b)[at] || rests_of(b)[at];
}

/* They lie one behind another up to the next, so their beginning is looked for by halves. */
uint32_t cw_seen_count(const struct cw_client *cl)
{
    struct block *b = block_of(cl);
    uint32_t lo = 0, hi = b ? ring_of(b->cap) : 0;
    while (lo < hi) {
        uint32_t mid = hi - (hi - lo) / 2;
        if (is_taken(b, before_next(b, mid)))
            lo = mid;
        else
            hi = mid - 1;
    }
    return lo;
}

uint64_t cw_seen_at(const struct cw_client *cl, uint32_t i)
{
    return seen_of(block_of(cl), cw_seen_count(cl), i);
}

void cw_seen_copy(const struct cw_client *cl, uint32_t n, char *to)
{
    struct block *b = block_of(cl);
    if (!n)
        return;
    uint32_t first = before_next(b, n), ring = ring_of(b->cap);
    uint32_t straight = n < ring - first ? n : ring - first, wrapped = n - straight;
    char *rests = to + n * sizeof(uint32_t);
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
