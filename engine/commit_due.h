/* When to commit. A task is told soon where the inputs are at their ends; in a backlog it is late
 * already, and commits are rare, because a client is written once for all that a commit holds of
 * it. Pure: times and facts come in, nothing is read.
 */
#ifndef CW_ENGINE_COMMIT_DUE_H
#define CW_ENGINE_COMMIT_DUE_H

#include "churnwatch/settings.h"
#include "churnwatch/types.h"

/* What decides for one shard. */
struct cw_commit_facts {
    /* of its thread */
    bool more;               /* the last turn left something to judge */
    bool behind;             /* a shard is far from its inputs' ends */
    cw_mono_time done, took; /* its last commit: when that was, and how long it took */
    /* of the shard */
    cw_mono_time committed_at;
    bool tasks;          /* a task version waits */
    cw_event_time clock; /* CW_NO_TIME before the first event */
    cw_wall_time wall;
};

/* When what waits in a shard is to be committed. */
cw_mono_time cw_commit_due_at(const struct cw_settings *s, const struct cw_commit_facts *f);

/* How many messages more a transaction may judge that has judged so many, while so many bytes wait
 * in all shards of the thread; 0: it is to be committed at once. One that failed is tried with half
 * as many: how often that is so now. */
size_t cw_commit_due_room(const struct cw_settings *s, unsigned halved, size_t judged,
                          size_t waiting);
/* halved, after a commit that failed, and after one that did not: each takes one back. */
unsigned cw_commit_due_halved(unsigned halved, bool failed);

#endif
