/* Places of slices; see slices.h. */
#include "core/slices.h"

#include <pthread.h>
#include <string.h>

#include "core/fields.h"

/* Where each detector's slice begins, worked out from the table once; the last entry is the size of
 * all. Written before its first use and never again, so threads may share it. */
static struct {
    size_t client[CW_DETECTORS + 1], line[CW_DETECTORS + 1];
} offsets;
static pthread_once_t offsets_once = PTHREAD_ONCE_INIT;

static void work_out_offsets(void)
{
    for (unsigned d = 0; d < CW_DETECTORS; d++) {
        bool fixed = !cw_detectors[d]->rare;
        offsets.client[d + 1] = offsets.client[d] + (fixed ? cw_detectors[d]->state_size : 0);
        offsets.line[d + 1] = offsets.line[d] + (fixed ? cw_detectors[d]->line_state_size : 0);
    }
}

static size_t offset_in_client(unsigned detector)
{
    (void)pthread_once(&offsets_once, work_out_offsets);
    return offsets.client[detector];
}

static size_t offset_in_line(unsigned detector)
{
    (void)pthread_once(&offsets_once, work_out_offsets);
    return offsets.line[detector];
}

size_t cw_slices_of_client(void)
{
    return offset_in_client(CW_DETECTORS);
}

size_t cw_slices_of_line(void)
{
    return offset_in_line(CW_DETECTORS);
}

/* ---- rare ones ---- */

/* The slices that are there, one after the other in the table's order. */
struct cw_rare {
    uint32_t there; /* a bit a detector */
    uint16_t used, cap;
    uint32_t bytes[];
};
_Static_assert(CW_DETECTORS <= 32, "slices that are there are a 32-bit mask");

static size_t size_of(unsigned detector, bool of_line)
{
    const struct cw_detector *det = cw_detectors[detector];
    return of_line ? det->line_state_size : det->state_size;
}

/* Bytes before that detector's. */
static size_t place_of(const struct cw_rare *r, unsigned detector, bool of_line)
{
    size_t at = 0;
    for (unsigned d = 0; d < detector; d++)
        at += r->there >> d & 1 ? size_of(d, of_line) : 0;
    return at;
}

static void *find(struct cw_rare *r, unsigned detector, bool of_line)
{
    if (!r || !(r->there >> detector & 1))
        return NULL;
    return (unsigned char *)r->bytes + place_of(r, detector, of_line);
}

/* Exactly so much more: a second rare slice of one owner is rarer still. */
static struct cw_rare *grown(struct cw_slab *slab, struct cw_rare *r, size_t more)
{
    size_t used = r ? r->used : 0;
    struct cw_rare *p = cw_slab_take(slab, sizeof *p + used + more);
    if (!p)
        return NULL;
    if (r)
        memcpy(p, r, sizeof *r + used);
    p->cap = (uint16_t)(used + more);
    cw_rare_free(slab, r);
    return p;
}

static int put(struct cw_slab *slab, struct cw_rare **rare, unsigned detector, bool of_line,
               const void *bytes)
{
    size_t n = size_of(detector, of_line), before = cw_rare_bytes(*rare);
    struct cw_rare *r = grown(slab, *rare, n);
    if (!r)
        return -CW_E_NOMEM;
    *rare = r;
    unsigned char *p = (unsigned char *)r->bytes + place_of(r, detector, of_line);
    memmove(p + n, p, r->used - (size_t)(p - (unsigned char *)r->bytes));
    memcpy(p, bytes, n);
    r->used = (uint16_t)(r->used + n);
    r->there |= UINT32_C(1) << detector;
    return (int)(cw_rare_bytes(r) - before);
}

size_t cw_rare_bytes(const struct cw_rare *r)
{
    return r ? sizeof *r + r->cap : 0;
}

void cw_rare_free(struct cw_slab *slab, struct cw_rare *r)
{
    cw_slab_give(slab, r, cw_rare_bytes(r));
}

/* ---- lending ---- */

static void lend(struct cw_rare *rare, unsigned detector, bool of_line, struct cw_lent *ret)
{
    ret->slice = find(rare, detector, of_line);
    ret->absent = !ret->slice;
    if (ret->absent)
        ret->slice = memset(ret->room, 0, size_of(detector, of_line));
}

void cw_slices_lend(struct cw_client *cl, unsigned detector, struct cw_lent *ret)
{
    ret->slice = NULL;
    ret->absent = false;
    if (!cw_detectors[detector]->state_size)
        return;
    if (cw_detectors[detector]->rare)
        lend(cl->rare, detector, false, ret);
    else
        ret->slice = (unsigned char *)(cl + 1) + cw_slices_begin(cl) + offset_in_client(detector);
}

void cw_slices_lend_line(struct cw_line *ln, unsigned detector, struct cw_lent *ret)
{
    ret->slice = NULL;
    ret->absent = false;
    if (!ln || !cw_detectors[detector]->line_state_size)
        return;
    if (cw_detectors[detector]->rare)
        lend(ln->rare, detector, true, ret);
    else
        ret->slice = (unsigned char *)(ln + 1) + offset_in_line(detector);
}

int cw_slices_return(struct cw_slab *slab, struct cw_rare **rare, unsigned detector, bool of_line,
                     const struct cw_lent *lent)
{
    if (!lent->absent || cw_all_zero(lent->room, size_of(detector, of_line)))
        return 0;
    return put(slab, rare, detector, of_line, lent->room);
}

/* ---- reading ---- */

static const uint32_t nothing[CW_RARE_MOST / sizeof(uint32_t)];

const void *cw_client_slice(const struct cw_client *cl, unsigned detector)
{
    if (!cw_detectors[detector]->state_size)
        return NULL;
    if (!cw_detectors[detector]->rare)
        return (const unsigned char *)(cl + 1) + cw_slices_begin(cl) + offset_in_client(detector);
    const void *p = find(cl->rare, detector, false);
    return p ? p : nothing;
}

const void *cw_line_slice(const struct cw_line *ln, unsigned detector)
{
    if (!ln || !cw_detectors[detector]->line_state_size)
        return NULL;
    if (!cw_detectors[detector]->rare)
        return (const unsigned char *)(ln + 1) + offset_in_line(detector);
    const void *p = find(ln->rare, detector, true);
    return p ? p : nothing;
}
