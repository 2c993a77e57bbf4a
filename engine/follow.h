/* The logs every instance reads whole before it judges anything, and follows between batches:
 * managers, and control with its live thresholds and orders to mend a shard.
 */
#ifndef CW_ENGINE_FOLLOW_H
#define CW_ENGINE_FOLLOW_H

#include "board/board.h"
#include "config/live.h"
#include "core/decode.h"
#include "engine/link.h"
#include "engine/repair_order.h"

/* One log, all of its partitions: they need not be as many as the shards. */
#define CW_FOLLOW_PARTITIONS_MOST 64
struct cw_followed {
    int32_t n;                               /* 0 until first asked */
    cw_mono_time counted_at;                 /* when last asked */
    int64_t next[CW_FOLLOW_PARTITIONS_MOST]; /* offsets */
};

struct cw_roster;
struct cw_follow {
    struct cw_roster *roster;   /* owned; shared by the thread's shards */
    struct cw_decoder *decoder; /* owned */
    struct cw_live *live;       /* owned; what control's changes add up to */
    struct cw_board *board;     /* borrowed */
    struct cw_repair *repairs;  /* owned; of each shard the last order, see repair_order.h */
    size_t n_repairs;
    bool ordered; /* an order has come; for its reader to take back */
    struct cw_followed managers, control;
    int64_t live_next; /* offset behind the last change that was looked at */
    bool live_anew;    /* live is of another log than before, whatever its version; for who puts it
                        * in force to take back */
    bool whole;        /* both logs have been read to an end once */
};

/* Returns 0 or -CW_E_NOMEM; f may be freed either way. */
int cw_follow_init(struct cw_follow *f, const struct cw_decode_limits *limits,
                   struct cw_board *board);
void cw_follow_free(struct cw_follow *f);
/* Reads both logs to their ends. Managers that are new are in force when it returns; live
 * thresholds are the caller's to put in force. */
int cw_follow_catch_up(struct cw_follow *f, const struct cw_link *link, struct cw_errbuf *eb);
/* The last order for a shard; NULL: there is none. */
const struct cw_repair *cw_follow_repair(const struct cw_follow *f, int32_t shard);
/* How far a log has been read: its next offset, summed over its partitions. */
int64_t cw_follow_offset(const struct cw_followed *f);

#endif
