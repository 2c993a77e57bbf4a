/* What a client takes of memory, by kind; the index, tasks and pasts apart. For tests and bench.
 * Private to the core. */
#ifndef CW_CORE_WEIGH_H
#define CW_CORE_WEIGH_H

#include "core/line_block.h"
#include "core/slices.h"

struct cw_weight {
    size_t record, slices, id;
    size_t lines; /* with the last ids, and what lies apart of them */
    size_t rare;  /* of the client */
    size_t profile;
};

static inline struct cw_weight cw_client_weigh(const struct cw_client *cl)
{
    struct cw_str profile = cw_client_profile(cl);
    return (struct cw_weight){.record = sizeof *cl,
                              .slices = cw_slices_of_client(),
                              .id = cw_slices_begin(cl),
                              .lines = cw_line_block_bytes(cl),
                              .rare = cw_rare_bytes(cl->rare, false),
                              .profile = profile.p ? profile.n + sizeof(uint32_t) : 0};
}

static inline size_t cw_weight_of(const struct cw_weight *w)
{
    return w->record + w->slices + w->id + w->lines + w->rare + w->profile;
}

#endif
