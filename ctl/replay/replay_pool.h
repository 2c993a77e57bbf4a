/* A replay by batches, on several threads: lines are gathered into batches, and of each batch every
 * thread takes in those of its own partitions. Partitions share nothing, and what comes out is put
 * back into the order of the lines: it is the same, byte for byte, on any number of threads.
 *
 * The caller's thread reads and places lines while the others judge the batch before. Of one thread
 * it is the caller's. As a batch tells which clients come next, they are fetched ahead of time.
 */
#ifndef CW_CTL_REPLAY_REPLAY_POOL_H
#define CW_CTL_REPLAY_REPLAY_POOL_H

#include "ctl/replay/replay.h"

/* What comes out; called on the caller's thread. */
struct cw_replay_out {
    void (*task)(void *arg, struct cw_str json);    /* one version, no newline */
    void (*refused)(void *arg, struct cw_str line); /* as of cw_refused_json */
    void (*risk)(void *arg, struct cw_str json);    /* of cw_client_risk_json; NULL: nobody asks */
    void *arg;
};

struct cw_replay_pool;
/* Borrows the replay, which must outlive it. NULL: no memory, or no threads. */
struct cw_replay_pool *cw_replay_pool_new(struct cw_replay *r, unsigned threads,
                                          const struct cw_replay_out *out);
/* Takes in an event or a profile. 0, -CW_E_NOMEM; an error may be that of an earlier line. */
int cw_replay_pool_line(struct cw_replay_pool *p, enum cw_replay_kind kind, struct cw_str line);
/* Waits until all lines are taken in and all that came of them is out. */
int cw_replay_pool_flush(struct cw_replay_pool *p);
/* Flush first: what is unfinished is dropped. Accepts NULL. */
void cw_replay_pool_free(struct cw_replay_pool *p);

#endif
