/* How right the detectors were, as bytes: an image of its own, because it is larger than the
 * shard's other facts and changes seldom. */
#include <stdlib.h>
#include <string.h>

#include "core/image.h"

static bool any(const uint32_t tasks[CW_RESULTS])
{
    uint32_t sum = 0;
    for (int k = 0; k < CW_RESULTS; k++)
        sum |= tasks[k];
    return sum != 0;
}

void cw_image_put_accuracy(struct cw_buf *b, const struct cw_shard *sh)
{
    cw_buf_u16(b, (uint16_t)sh->n_accuracy);
    for (size_t i = 0; i < sh->n_accuracy; i++) {
        const struct cw_accuracy *row = &sh->accuracy[i];
        uint32_t mask = 0;
        for (unsigned d = 0; d < CW_DETECTORS; d++)
            mask |= (uint32_t)any(row->tasks[d]) << d;
        cw_buf_str(b, (struct cw_str){row->segment, strlen(row->segment)});
        cw_buf_u32(b, mask);
        for (unsigned d = 0; d < CW_DETECTORS; d++)
            for (int k = 0; (mask >> d & 1) && k < CW_RESULTS; k++)
                cw_buf_u32(b, row->tasks[d][k]);
    }
}

static void read_row(const struct cw_layout *l, struct cw_reader *r, struct cw_accuracy *row)
{
    uint32_t mask = cw_read_u32(r);
    for (unsigned i = 0; i < l->n; i++)
        for (int k = 0; (mask >> i & 1) && k < CW_RESULTS; k++) {
            uint32_t n = cw_read_u32(r);
            if (l->of[i].to >= 0)
                row->tasks[l->of[i].to][k] = n;
        }
}

bool cw_image_read_accuracy(struct cw_shard *sh, struct cw_reader *r, uint32_t commit)
{
    uint16_t n = cw_read_u16(r);
    cw_accuracy_free(sh);
    for (uint16_t i = 0; i < n; i++) {
        struct cw_str segment = cw_read_str(r);
        struct cw_accuracy *row = r->failed ? NULL : cw_accuracy_row(sh, segment);
        if (!row)
            return false;
        read_row(sh->layout, r, row);
    }
    sh->accuracy_written = commit;
    return !r->failed && r->p == r->end;
}
