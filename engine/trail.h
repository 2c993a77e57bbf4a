/* Where in the state log a commit lies, near enough: marks of (commit, an offset not after its
 * first record), thinned so that they stay few. From it comes how much of the log a restore needs.
 *
 * Pure; of one shard, on its engine's thread.
 */
#ifndef CW_ENGINE_TRAIL_H
#define CW_ENGINE_TRAIL_H

#include <stdint.h>

#define CW_TRAIL_MARKS 256
#define CW_MARK_EVERY 64 /* commits */
struct cw_trail {
    unsigned n;
    uint32_t spacing; /* least commits between two marks; grows as marks are thinned */
    struct {
        uint32_t commit;
        int64_t offset;
    } mark[CW_TRAIL_MARKS]; /* by rising commit */
};

/* The commit's records lie at this offset or after it. A commit too near to the last mark, or
 * before it, is ignored. */
void cw_trail_mark(struct cw_trail *t, uint32_t commit, int64_t offset);
/* The greatest marked offset that is not after the commit; -1 when no mark is so old. Marks before
 * that one are forgotten: what is asked for only rises. */
int64_t cw_trail_offset(struct cw_trail *t, uint32_t commit);

#endif
