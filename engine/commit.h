/* One transaction: task versions, dead letters, state and positions of some shards, or none of it.
 */
#ifndef CW_ENGINE_COMMIT_H
#define CW_ENGINE_COMMIT_H

#include "engine/follow.h"
#include "engine/link.h"
#include "engine/shard_run.h"

/* Buffers kept from one commit to the next: given back and asked for anew, megabytes at a time,
 * they would cost more than what is written into them. Zero it to begin; freed by cw_buf_free. */
struct cw_commit_room {
    struct cw_buf images, record;
};

/* A commit from its first record to its end, in three steps. Whichever of them fails, with
 * -CW_E_ABORT, -CW_E_REVOKED, -CW_E_FATAL or -CW_E_NOMEM, the shards' memory is then ahead of what
 * is committed and must be thrown away. */
struct cw_commit {
    struct cw_link *link;
    uint64_t token; /* of the assignment */
    struct cw_run **runs;
    size_t n;                /* at least 1 */
    struct cw_positions *at; /* of each run */
    cw_mono_time began, appended, sent, ended;
    bool beside; /* the second step is made by the second hand */
    int err;     /* of the second step, with its text */
    struct cw_errbuf eb;
};

/* Room for so many runs, to be filled in by the caller; 0 or -CW_E_NOMEM. */
int cw_commit_init(struct cw_commit *c, struct cw_link *link, uint64_t token, size_t most);
void cw_commit_free(struct cw_commit *c);

/* First: all records are appended to a transaction. What is judged afterwards is the next one's. */
int cw_commit_append(struct cw_commit *c, const struct cw_follow *follow,
                     struct cw_commit_room *room, struct cw_errbuf *eb);
/* Second: they are waited for, and positions and transaction committed. With beside by the second
 * hand, where there is one and the bus allows it: until the third step nothing else is appended and
 * no assignment changes. */
void cw_commit_settle(struct cw_commit *c, bool beside);
bool cw_commit_is_settled(const struct cw_commit *c);
/* Third, where append did not fail: waits for the second, and the shards and the board hear of it.
 */
int cw_commit_end(struct cw_commit *c, struct cw_errbuf *eb);

#endif
