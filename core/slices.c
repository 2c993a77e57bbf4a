/* Places of slices; see slices.h. */
#include "core/slices.h"

#include <string.h>

#include "core/fields.h"

/* Where each detector's slice begins, worked out from the table; the last entry is the size of all.
 * Those of a multiple of four bytes lie before the others, so that each is aligned.
 * Written before main begins and never again, so threads may share it: it is asked for so often
 * that even asking whether it is there would be felt. */
static struct {
    size_t client[CW_DETECTORS + 1], line[CW_DETECTORS + 1];
} offsets;

static void place(size_t *offset, unsigned d, size_t n, bool odd)
{
    if (cw_slices_odd(n) != odd)
        return;
    offset[d] = offset[CW_DETECTORS];
    offset[CW_DETECTORS] += n;
}

__attribute__((constructor)) static void work_out_offsets(void)
{
    for (int odd = 0; odd < 2; odd++)
        for (unsigned d = 0; d < CW_DETECTORS; d++) {
            size_t n = cw_detectors[d]->rare ? 0 : cw_detectors[d]->state_size;
            size_t of_line = cw_detectors[d]->rare ? 0 : cw_detectors[d]->line_state_size;
            place(offsets.client, d, n, odd);
            place(offsets.line, d, of_line, odd);
        }
    offsets.client[CW_DETECTORS] = cw_slices_whole(offsets.client[CW_DETECTORS]);
    offsets.line[CW_DETECTORS] = cw_slices_whole(offsets.line[CW_DETECTORS]);
}

static size_t offset_in_client(unsigned detector)
{
    return offsets.client[detector];
}

static size_t offset_in_line(unsigned detector)
{
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

/* ---- lending ---- */

static void lend(struct cw_rare rare, unsigned detector, bool of_line, struct cw_lent *ret)
{
    ret->slice = cw_rare_find(rare, detector, of_line);
    ret->absent = !ret->slice;
    if (ret->absent)
        ret->slice = memset(ret->room, 0, cw_rare_size(detector, of_line));
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
        ret->slice = (unsigned char *)cw_slices_usual(cl) + offset_in_client(detector);
}

void cw_slices_lend_line(struct cw_line *ln, unsigned detector, struct cw_lent *ret)
{
    ret->slice = NULL;
    ret->absent = false;
    if (!ln || !cw_detectors[detector]->line_state_size)
        return;
    if (cw_detectors[detector]->rare)
        lend(cw_rare_of(NULL, ln), detector, true, ret);
    else
        ret->slice = (unsigned char *)(ln + 1) + offset_in_line(detector);
}

int cw_slices_return(struct cw_slab *slab, struct cw_client *cl, struct cw_line *ln,
                     unsigned detector, const struct cw_lent *lent)
{
    if (!lent->absent || cw_all_zero(lent->room, cw_rare_size(detector, ln)))
        return 0;
    return cw_rare_put(slab, cl, ln, detector, lent->room);
}

/* ---- reading ---- */

static const uint32_t nothing[CW_SLICE_MOST / sizeof(uint32_t)];

const void *cw_client_slice(const struct cw_client *cl, unsigned detector)
{
    if (!cw_detectors[detector]->state_size)
        return NULL;
    if (!cw_detectors[detector]->rare)
        return (const unsigned char *)cw_slices_usual(cl) + offset_in_client(detector);
    const void *p = cw_rare_find(cl->rare, detector, false);
    return p ? p : nothing;
}

const void *cw_line_slice(const struct cw_line *ln, unsigned detector)
{
    if (!ln || !cw_detectors[detector]->line_state_size)
        return NULL;
    if (!cw_detectors[detector]->rare)
        return (const unsigned char *)(ln + 1) + offset_in_line(detector);
    const void *p = cw_rare_find(cw_rare_of(NULL, ln), detector, true);
    return p ? p : nothing;
}
