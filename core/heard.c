/* Which outcomes were taken in already; see heard.h. */
#include "core/heard.h"

#include <stddef.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#define DIGITS_MOST 18 /* far below what 64 bits hold */

/* ---- ids ---- */

/* All of the text is a number. */
static bool read_number(const char *p, const char *end, uint64_t *ret)
{
    uint64_t value = 0;
    if (p == end || end - p > DIGITS_MOST)
        return false;
    for (; p < end; p++) {
        if (*p < '0' || *p > '9')
            return false;
        value = value * 10 + (uint64_t)(*p - '0');
    }
    *ret = value;
    return true;
}

static const char *last_of(const char *p, const char *end, char c)
{
    while (end > p && end[-1] != c)
        end--;
    return end > p ? end - 1 : NULL;
}

static struct cw_heard_id whole(struct cw_str id)
{
    return (struct cw_heard_id){.source = XXH3_64bits(id.p, id.n)};
}

/* SOURCE:MS-SEQ, taken apart. */
static struct cw_heard_id parts(struct cw_str id)
{
    const char *end = id.p + id.n, *colon = last_of(id.p, end, ':');
    const char *dash = colon ? last_of(colon, end, '-') : NULL;
    struct cw_heard_id x = {0};
    if (!dash || !read_number(colon + 1, dash, &x.ms) || !read_number(dash + 1, end, &x.seq) ||
        x.ms == 0)
        return whole(id);
    x.source = XXH3_64bits(id.p, (size_t)(colon - id.p));
    return x;
}

static bool same(const struct cw_heard_id *a, const struct cw_heard_id *b)
{
    return a->source == b->source && a->ms == b->ms && a->seq == b->seq;
}

static bool above(const struct cw_heard_id *a, const struct cw_heard_id *b)
{
    return a->ms != b->ms ? a->ms > b->ms : a->seq > b->seq;
}

/* ---- marks ---- */

static const struct cw_heard_id *mark_of(const struct cw_heard *h, uint64_t source)
{
    for (unsigned i = 0; i < h->n_marks; i++)
        if (h->marks[i].source == source)
            return &h->marks[i];
    return &h->rest;
}

/* The lowest mark gives way, and stands for all that have none. */
static struct cw_heard_id *make_room(struct cw_heard *h)
{
    if (h->n_marks < CW_HEARD_SOURCES)
        return &h->marks[h->n_marks++];
    struct cw_heard_id *lowest = h->marks;
    for (unsigned i = 1; i < CW_HEARD_SOURCES; i++)
        if (above(lowest, &h->marks[i]))
            lowest = &h->marks[i];
    if (above(lowest, &h->rest))
        h->rest = *lowest;
    return lowest;
}

/* x leaves the ring. */
static void mark(struct cw_heard *h, const struct cw_heard_id *x)
{
    if (x->ms == 0)
        return;
    for (unsigned i = 0; i < h->n_marks; i++)
        if (h->marks[i].source == x->source) {
            if (above(x, &h->marks[i]))
                h->marks[i] = *x;
            return;
        }
    *make_room(h) = *x;
}

/* ---- asking and telling ---- */

bool cw_heard_has(const struct cw_heard *h, struct cw_str id)
{
    const struct cw_heard_id x = parts(id), all = whole(id); /* as before layout 3 */
    for (unsigned i = 0; i < h->n; i++)
        if (same(&h->last[i], &x) || same(&h->last[i], &all))
            return true;
    return x.ms != 0 && !above(&x, mark_of(h, x.source));
}

/* The ring's turn says whose place it is; of that source the lowest leaves, so that what came out
 * of order raises no mark above what may still come. */
static struct cw_heard_id *lowest_like(struct cw_heard *h, const struct cw_heard_id *turn)
{
    struct cw_heard_id *lowest = &h->last[h->next];
    for (unsigned i = 0; i < CW_HEARD_LAST; i++)
        if (h->last[i].source == turn->source && above(lowest, &h->last[i]))
            lowest = &h->last[i];
    return lowest;
}

static void put(struct cw_heard *h, const struct cw_heard_id *x)
{
    h->last[h->next] = *x;
    h->next = (uint8_t)((h->next + 1) % CW_HEARD_LAST);
}

void cw_heard_add(struct cw_heard *h, struct cw_str id)
{
    const struct cw_heard_id x = parts(id), turn = h->last[h->next];
    if (h->n < CW_HEARD_LAST) {
        h->n++;
        put(h, &x);
        return;
    }
    struct cw_heard_id *lowest = lowest_like(h, &turn);
    if (x.source == turn.source && above(lowest, &x)) {
        mark(h, &x);
        return;
    }
    mark(h, lowest);
    *lowest = turn;
    put(h, &x);
}
