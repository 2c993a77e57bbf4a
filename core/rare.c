/* Blocks of rare slices and facts; see rare.h. */
#include "core/rare.h"

#include <string.h>

struct cw_rare {
    uint32_t there; /* a bit a kind; what they take follows from it */
    uint32_t bytes[];
};
_Static_assert((int)CW_DETECTORS <= (int)CW_RARE_LEAST, "a kind is a bit of 32");

static const uint8_t facts_of_client[CW_RARE_MOST] = {
    [CW_RARE_CALLS] = sizeof(struct cw_calls),
    [CW_RARE_OWED] = sizeof(struct cw_small_owed),
    [CW_RARE_CONTRACT_AT] = sizeof(cw_small_time),
    [CW_RARE_ROAMED] = sizeof(struct cw_roamed),
};
static const uint8_t facts_of_line[CW_RARE_MOST] = {[CW_RARE_STATUS_AT] = sizeof(cw_small_time)};

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

/* Bytes before that kind's. */
static size_t place_of(const struct cw_rare *r, unsigned kind, bool of_line)
{
    return size_of(r->there & ((UINT32_C(1) << kind) - 1), of_line);
}

void *cw_rare_find(struct cw_rare *r, unsigned kind, bool of_line)
{
    if (!r || !(r->there >> kind & 1))
        return NULL;
    return (unsigned char *)r->bytes + place_of(r, kind, of_line);
}

/* Exactly so much more: a second one of one owner is rarer still. */
int cw_rare_put(struct cw_slab *slab, struct cw_rare **rare, unsigned kind, bool of_line,
                const void *bytes)
{
    struct cw_rare *old = *rare;
    void *there = cw_rare_find(old, kind, of_line);
    size_t n = cw_rare_size(kind, of_line), was = cw_rare_bytes(old, of_line);
    if (there) {
        memcpy(there, bytes, n);
        return 0;
    }
    struct cw_rare *r = cw_slab_take(slab, (was ? was : sizeof *r) + n);
    if (!r)
        return -CW_E_NOMEM;
    r->there = (old ? old->there : 0) | UINT32_C(1) << kind;
    size_t before = place_of(r, kind, of_line);
    unsigned char *to = (unsigned char *)r->bytes;
    memcpy(to + before, bytes, n);
    if (old) {
        memcpy(to, old->bytes, before);
        memcpy(to + before + n, (unsigned char *)old->bytes + before, was - sizeof *old - before);
    }
    cw_rare_free(slab, old, of_line);
    *rare = r;
    return (int)(cw_rare_bytes(r, of_line) - was);
}

uint32_t cw_rare_kinds(const struct cw_rare *r)
{
    return r ? r->there : 0;
}

size_t cw_rare_bytes(const struct cw_rare *r, bool of_line)
{
    return r ? sizeof *r + size_of(r->there, of_line) : 0;
}

void cw_rare_free(struct cw_slab *slab, struct cw_rare *r, bool of_line)
{
    cw_slab_give(slab, r, cw_rare_bytes(r, of_line));
}
