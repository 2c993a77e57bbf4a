/* The shards of an engine thread: those assigned to it, and those it had before, kept for a while
 * in case they come back. A rebalance takes all shards from all members and gives most of them to
 * the same ones again.
 *
 * A shard that was kept is not believed: it is taken up by the same steps as one that is restored
 * (restore.h), and forgotten where its log says anything else. On the engine's thread.
 */
#ifndef CW_ENGINE_SHARDS_H
#define CW_ENGINE_SHARDS_H

#include "engine/shard_run.h"

/* What another instance has owned for longer is forgotten, so that memory follows the assignment.
 */
#define CW_SHARDS_KEPT_FOR (5 * CW_MINUTE)

/* Zero it but for common to begin. */
struct cw_shards {
    const struct cw_run_common *common; /* borrowed */
    struct cw_run **runs;               /* assigned, by rising shard; owned, each */
    size_t n;
    struct cw_run **kept; /* had before; owned, each */
    size_t n_kept;
    bool assigned;   /* there is an assignment; it may be of no shard */
    uint64_t token;  /* of it */
    bool unrestored; /* some shard is to be restored now: none that is left for later */
    bool damaged;    /* some shard has met what cannot be read */
};

void cw_shards_free(struct cw_shards *s);
/* The shards are ours now, none of them running; those that are still kept begin with their memory.
 * What was ours before has been released. Returns 0 or -CW_E_NOMEM. */
int cw_shards_assign(struct cw_shards *s, uint64_t token, const int32_t *shards, size_t n,
                     cw_mono_time now);
/* None is ours any more. What may be taken up again later is kept. */
void cw_shards_release(struct cw_shards *s, cw_mono_time now);
/* Throws away all memory of all shards but of those stopped, which stay so. */
int cw_shards_forget(struct cw_shards *s);
/* Forgets what has been kept too long. */
void cw_shards_tidy(struct cw_shards *s, cw_mono_time now);
/* Before others' settings come into force: all that is running has been committed. */
int cw_shards_settings(struct cw_shards *s, const struct cw_settings *fresh);
/* Messages judged since the last commit; bytes of what waits for the next. */
size_t cw_shards_judged(const struct cw_shards *s);
size_t cw_shards_waiting(const struct cw_shards *s);
/* One that is running is behind. That the bus has nothing more to give says little while sources
 * are held back, or when it fetches more slowly than we judge; and having more for a moment is no
 * backlog, in which tasks may wait. */
bool cw_shards_behind(const struct cw_shards *s);
/* NULL for a shard that is not ours or not running. */
struct cw_run *cw_shards_running(const struct cw_shards *s, int32_t shard);

#endif
