/* The latest findings of detectors in dry mode, of all shards of this instance: each cause once,
 * however often it is found. Pure; under the board's lock.
 */
#ifndef CW_BOARD_DRY_LIST_H
#define CW_BOARD_DRY_LIST_H

#include "churnwatch/shard.h"

#define CW_DRY_LIST_MOST 256
struct cw_dry_seen {
    struct cw_dry last; /* as found last */
    int32_t shard;
    cw_event_time first_at;
    uint64_t times;
    uint64_t turn; /* of the last finding: the greatest is the latest */
};
/* Zero it to begin. What was found longest ago makes room. */
struct cw_dry_list {
    struct cw_dry_seen seen[CW_DRY_LIST_MOST];
    size_t n;
    uint64_t turn; /* rises with each finding */
};

void cw_dry_list_add(struct cw_dry_list *l, int32_t shard, const struct cw_dry *d);
/* The latest first. */
void cw_dry_list_sort(struct cw_dry_list *l);

#endif
