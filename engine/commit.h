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

/* Commits the given shards under the assignment's token; n is at least 1. Returns 0; or
 * -CW_E_ABORT, -CW_E_REVOKED, -CW_E_FATAL, -CW_E_NOMEM: their memory is then ahead of what is
 * committed and must be thrown away. */
int cw_commit_runs(struct cw_run *const *runs, size_t n, const struct cw_follow *follow,
                   uint64_t token, struct cw_commit_room *room, struct cw_link *link,
                   struct cw_errbuf *eb);

#endif
