/* A client's lines and last ids; see line_block.h. Lines lie by rising number, one stride after the
 * other; then the ring of ids: 32 bits of each, so that one library call looks through them all,
 * then the 8 or 16 bits above; 0 where there is none.
 *
 * How much room a block has follows from how many lines there are, so it is not kept. */
#include "core/line_block.h"

#include <string.h>
#include <wchar.h>

#include "churnwatch/expect.h"
#include "core/slices.h"

struct block {
    uint32_t seen_next; /* place of the ring that the next id goes to */
    uint32_t bytes[];
};

_Static_assert(sizeof(wchar_t) == sizeof(uint32_t), "wmemchr looks for 32 bits");
enum { SEEN_CLIENT = 8, SEEN_LINE = 8 };
enum { ROOM_BITS = 4 };
enum { BYTES_OF_ONE = 128 }; /* of a block of one line, about */

static struct block *block_of(const struct cw_client *cl)
{
    return cw_at(cl->lines);
}

/* From one line to the next. */
static size_t stride(void)
{
    return sizeof(struct cw_line) + cw_slices_of_line();
}

/* Lines that there is room for where there are so many: the next number of four bits and zeroes, so
 * that a group's block is copied eight times while it doubles and an eighth of it is free at most.
 */
static uint32_t room_for(uint32_t lines)
{
    unsigned zeroes = lines >> ROOM_BITS ? 32 - ROOM_BITS - (unsigned)__builtin_clz(lines) : 0;
    uint32_t step = UINT32_C(1) << zeroes;
    return (lines + step - 1) & ~(step - 1);
}

static uint32_t ring_of(uint32_t lines)
{
    return SEEN_CLIENT + SEEN_LINE * lines;
}

/* Places of the client's ring. */
static uint32_t ring(const struct cw_client *cl)
{
    return ring_of(room_for(cl->n_lines));
}

/* Bytes of an id above the 32 bits. */
static size_t rest_bytes(uint32_t lines)
{
    return lines > 1 ? sizeof(uint16_t) : sizeof(uint8_t);
}

size_t cw_seen_bytes(const struct cw_client *cl)
{
    return sizeof(uint32_t) + rest_bytes(cl->n_lines);
}

static size_t block_bytes(uint32_t lines)
{
    uint32_t room = room_for(lines);
    return sizeof(struct block) + room * stride() +
           ring_of(room) * (sizeof(uint32_t) + rest_bytes(lines));
}

static uint32_t *tags_of(const struct cw_client *cl)
{
    return (uint32_t *)(void *)cw_client_line_at(cl, room_for(cl->n_lines));
}

static unsigned char *rests_of(const struct cw_client *cl)
{
    return (unsigned char *)(tags_of(cl) + ring(cl));
}

void cw_line_block_expect(const struct cw_client *cl)
{
    if (cl->lines)
        cw_expect(cw_at(cl->lines), BYTES_OF_ONE + 1);
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
    size_t n = cl->lines ? block_bytes(cl->n_lines) : 0;
    for (uint32_t i = 0; i < cl->n_lines; i++)
        n += cw_rare_bytes(cw_rare_of(cl, cw_client_line_at(cl, i)), true);
    return n;
}

/* ---- the last ids ---- */

/* The ring's place so many before the next. */
static uint32_t before_next(const struct cw_client *cl, uint32_t n)
{
    return (block_of(cl)->seen_next + ring(cl) - n) % ring(cl);
}

static uint32_t rest_at(const struct cw_client *cl, uint32_t at)
{
    uint16_t rest;
    if (rest_bytes(cl->n_lines) == 1)
        return rests_of(cl)[at];
    memcpy(&rest, rests_of(cl) + at * sizeof rest, sizeof rest);
    return rest;
}

static uint64_t id_at(const struct cw_client *cl, uint32_t at)
{
    return (uint64_t)rest_at(cl, at) << 32 | tags_of(cl)[at];
}

static void set_id(struct cw_client *cl, uint32_t at, uint64_t id)
{
    uint16_t rest = (uint16_t)(id >> 32);
    tags_of(cl)[at] = (uint32_t)id;
    memcpy(rests_of(cl) + at * rest_bytes(cl->n_lines), &rest, rest_bytes(cl->n_lines));
}

/* What is kept of an id, never 0, which is a place that has none. Of 48 bits the uppermost eight
 * are not 0 either: so are those of an id that is known from when there was one line. */
static uint64_t kept_as(const struct cw_client *cl, uint64_t id_hash)
{
    uint64_t of_one = id_hash & ((UINT64_C(1) << 40) - 1), upper = id_hash >> 40 & UINT8_MAX;
    of_one += !of_one;
    return cl->n_lines > 1 ? (upper + !upper) << 40 | of_one : of_one;
}

static bool is_same(uint64_t known, uint64_t id)
{
    return known >> 40 ? known == id : known == (id & ((UINT64_C(1) << 40) - 1));
}

static void move_ids(const struct cw_client *cl, struct cw_client *to)
{
    uint32_t n = cw_seen_count(cl);
    for (uint32_t i = 0; i < n; i++)
        set_id(to, i, id_at(cl, before_next(cl, n - i)));
    block_of(to)->seen_next = n % ring(to);
}

bool cw_seen_has(const struct cw_client *cl, uint64_t id_hash)
{
    if (!cl->lines)
        return false;
    uint64_t id = kept_as(cl, id_hash);
    const uint32_t *tags = tags_of(cl), *end = tags + ring(cl);
    for (const uint32_t *p = tags; p < end; p++) {
        p = (const uint32_t *)(const void *)wmemchr((const wchar_t *)(const void *)p,
                                                    (wchar_t)(uint32_t)id, (size_t)(end - p));
        if (!p)
            return false;
        if (is_same(id_at(cl, (uint32_t)(p - tags)), id))
            return true;
    }
    return false;
}

/* No more are known than go with the lines there are, whatever room the ring has. So with each that
 * comes the one before those is forgotten. With a line more, all know the same. */
static void add(struct cw_client *cl, uint64_t id)
{
    struct block *b = block_of(cl);
    uint32_t most = ring_of(cl->n_lines);
    if (most < ring(cl))
        set_id(cl, before_next(cl, most), 0);
    set_id(cl, b->seen_next, id);
    b->seen_next = (b->seen_next + 1) % ring(cl);
}

void cw_seen_add(struct cw_client *cl, uint64_t id_hash)
{
    add(cl, kept_as(cl, id_hash));
}

/* They lie one behind another up to the next, so their beginning is looked for by halves. */
uint32_t cw_seen_count(const struct cw_client *cl)
{
    uint32_t lo = 0, hi = cl->lines ? ring(cl) : 0;
    while (lo < hi) {
        uint32_t mid = hi - (hi - lo) / 2;
        if (id_at(cl, before_next(cl, mid)))
            lo = mid;
        else
            hi = mid - 1;
    }
    return lo;
}

/* Numbers of that many bytes, out of a ring. */
static char *copy(char *to, const void *from, size_t size, uint32_t n, uint32_t first,
                  uint32_t places)
{
    uint32_t straight = n < places - first ? n : places - first;
    memcpy(to, (const char *)from + first * size, straight * size);
    memcpy(to + straight * size, from, (n - straight) * size);
    return to + n * size;
}

void cw_seen_copy(const struct cw_client *cl, uint32_t n, char *to)
{
    if (!n)
        return;
    uint32_t first = before_next(cl, n), places = ring(cl);
    to = copy(to, tags_of(cl), sizeof(uint32_t), n, first, places);
    (void)copy(to, rests_of(cl), rest_bytes(cl->n_lines), n, first, places);
}

void cw_seen_paste(struct cw_client *cl, uint32_t n, const char *from)
{
    size_t rest_size = rest_bytes(cl->n_lines);
    const char *rests = from + n * sizeof(uint32_t);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t tag;
        uint16_t rest = 0;
        memcpy(&tag, from + i * sizeof tag, sizeof tag);
        memcpy(&rest, rests + i * rest_size, rest_size);
        add(cl, (uint64_t)rest << 32 | tag);
    }
}

/* ---- making room ---- */

bool cw_line_block_make(struct cw_slab *slab, struct cw_client *cl, uint32_t n)
{
    cw_line_block_free(slab, cl);
    cl->lines = cw_slab_take(slab, block_bytes(n));
    cl->n_lines = cl->lines ? n & CW_LINES_MOST : 0;
    return cl->lines;
}

/* With room for a line more than there are. */
static bool widen(struct cw_slab *slab, struct cw_client *cl)
{
    struct cw_client wider = {.n_lines = cl->n_lines + 1,
                              .lines = cw_slab_take(slab, block_bytes(cl->n_lines + 1))};
    if (!wider.lines)
        return false;
    if (cl->lines) {
        memcpy(block_of(&wider)->bytes, block_of(cl)->bytes, cl->n_lines * stride());
        move_ids(cl, &wider);
        cw_slab_give(slab, cl->lines, block_bytes(cl->n_lines));
    }
    cl->lines = wider.lines;
    return true;
}

struct cw_line *cw_line_block_add(struct cw_slab *slab, struct cw_client *cl, cw_number number)
{
    bool full = !cl->lines || cl->n_lines == room_for(cl->n_lines);
    if (full && !widen(slab, cl))
        return NULL;
    uint32_t at = place_of(cl, number);
    struct cw_line *ln = cw_client_line_at(cl, at);
    memmove((unsigned char *)ln + stride(), ln, (cl->n_lines - at) * stride());
    memset(ln, 0, stride());
    cl->n_lines++;
    ln->number = number;
    return ln;
}

void cw_line_block_free(struct cw_slab *slab, struct cw_client *cl)
{
    for (uint32_t i = 0; i < cl->n_lines; i++)
        cw_rare_free(slab, cw_rare_of(cl, cw_client_line_at(cl, i)), true);
    if (cl->lines)
        cw_slab_give(slab, cl->lines, block_bytes(cl->n_lines));
    cl->lines = 0;
    cl->n_lines = 0;
}
