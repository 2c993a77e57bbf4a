/* What managers' results said of the detectors, of all shards of this instance: a row for each
 * segment and detector that had any. Pure; under the board's lock.
 */
#ifndef CW_BOARD_ACCURACY_LIST_H
#define CW_BOARD_ACCURACY_LIST_H

#include "churnwatch/shard.h"

#define CW_ACCURACY_LIST_MOST                                                                      \
    2048 /* beyond that, rows are left out: the last segments of a shard */
#define CW_ACCURACY_SEGMENT_MOST 128
struct cw_accuracy_row {
    int32_t shard; /* in a sum: of the first that had it */
    uint8_t detector;
    char segment[CW_ACCURACY_SEGMENT_MOST]; /* "" for all clients; cut where it is longer */
    uint32_t tasks[CW_RESULTS];
};
/* Zero it to begin. */
struct cw_accuracy_list {
    struct cw_accuracy_row rows[CW_ACCURACY_LIST_MOST];
    size_t n;
};

/* In place of what the shard had. n 0: it is not here any more. */
void cw_accuracy_list_put(struct cw_accuracy_list *l, int32_t shard, const struct cw_accuracy *of,
                          size_t n);
/* Adds the shards up: all clients first, then by segment, by detector within. */
void cw_accuracy_list_sum(struct cw_accuracy_list *l);

#endif
