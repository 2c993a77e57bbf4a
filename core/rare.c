/* Blocks of rare slices and facts; see rare.h. */
#include "core/rare.h"

#include <string.h>

_Static_assert((int)CW_DETECTORS <= (int)CW_RARE_LEAST, "a kind is a bit of 32");

static const uint8_t facts_of_client[CW_RARE_MOST] = {
    [CW_RARE_CALLS] = sizeof(struct cw_calls),
    [CW_RARE_OWED_AT] = sizeof(cw_small_time),
    [CW_RARE_OWED] = sizeof(struct cw_small_owed),
    [CW_RARE_CONTRACT_AT] = sizeof(cw_small_time),
    [CW_RARE_ROAMED] = sizeof(struct cw_roamed),
    [CW_RARE_STATED_AT] = sizeof(cw_small_time),
    [CW_RARE_OPENED] = sizeof(struct cw_small_opened),
};
static const uint8_t facts_of_line[CW_RARE_MOST] = {
    [CW_RARE_STATUS_AT] = sizeof(cw_small_time),
    [CW_RARE_GONE_AT] = sizeof(cw_small_time),
};

size_t cw_rare_size(unsigned kind, bool of_line)
{
    if (kind >= CW_DETECTORS)
        return of_line ? facts_of_line[kind] : facts_of_client[kind];
    const struct cw_detector *det = cw_detectors[kind];
    return of_line ? det->line_state_size : det->state_size;
}

static size_t size_of(uint32_t kinds, bool of_line)
{
    size_t n = 0;
    for (; kinds; kinds &= kinds - 1)
        n += cw_rare_size((unsigned)__builtin_ctz(kinds), of_line);
    return n;
}

/* Bytes before that kind's: the bits of a line, and those of the kinds above, so that calls, which
 * are asked for with each event, come first. */
static size_t place_of(uint32_t there, unsigned kind, bool of_line)
{
    return (of_line ? sizeof there : 0) + size_of(there & ~((UINT32_C(2) << kind) - 1), of_line);
}

void *cw_rare_find(struct cw_rare r, unsigned kind, bool of_line)
{
    if (!(r.there >> kind & 1))
        return NULL;
    return (unsigned char *)cw_at(r.at) + place_of(r.there, kind, of_line);
}

/* A block with room for one kind more, which is exactly so much: another one of the same owner is
 * rarer still. */
static int widen(struct cw_slab *slab, struct cw_rare *rare, unsigned kind, bool of_line,
                 const void *bytes)
{
    size_t n = cw_rare_size(kind, of_line), was = cw_rare_bytes(*rare, of_line);
    struct cw_rare wider = {rare->there | UINT32_C(1) << kind, 0};
    size_t is = cw_rare_bytes(wider, of_line), before = place_of(wider.there, kind, of_line);
    wider.at = cw_slab_take(slab, is);
    if (!wider.at)
        return -CW_E_NOMEM;
    unsigned char *to = cw_at(wider.at);
    const unsigned char *from = cw_at(rare->at);
    if (was) {
        memcpy(to, from, before);
        memcpy(to + before + n, from + before, was - before);
    }
    memcpy(to + before, bytes, n);
    if (of_line)
        memcpy(to, &wider.there, sizeof wider.there);
    cw_rare_free(slab, *rare, of_line);
    *rare = wider;
    return (int)(is - was);
}

int cw_rare_put(struct cw_slab *slab, struct cw_client *cl, struct cw_line *ln, unsigned kind,
                const void *bytes)
{
    struct cw_rare rare = cw_rare_of(cl, ln);
    void *known = cw_rare_find(rare, kind, ln);
    if (known) {
        memcpy(known, bytes, cw_rare_size(kind, ln));
        return 0;
    }
    int more = widen(slab, &rare, kind, ln, bytes);
    if (ln)
        ln->rare = rare.at;
    else
        cl->rare = rare;
    return more;
}

size_t cw_rare_bytes(struct cw_rare r, bool of_line)
{
    return r.there ? (of_line ? sizeof r.there : 0) + size_of(r.there, of_line) : 0;
}

void cw_rare_free(struct cw_slab *slab, struct cw_rare r, bool of_line)
{
    cw_slab_give(slab, r.at, cw_rare_bytes(r, of_line));
}
