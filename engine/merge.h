/* The order in which a shard takes its four sources: a merge by event time, in batches.
 *
 * Pure: it is told of arrivals, of ends and of the time, and holds what it was given until it is
 * asked for it. Within a source, order of arrival stands. A batch is first collected, by the rules
 * of waiting, then merged, so that its order follows from what is in it alone.
 *
 * One thread uses a merge; it owns the things pushed until next hands them out.
 */
#ifndef CW_ENGINE_MERGE_H
#define CW_ENGINE_MERGE_H

#include "bus/bus.h"

/* One message in its place. what belongs to whoever pushed it, after next has given it out. */
struct cw_merge_item {
    int64_t offset;
    cw_event_time time; /* merge time: the greatest event time so far in its source */
    cw_mono_time came;
    void *what;
};

struct cw_merge;
/* wait is time.merge_wait; drop disposes of what was pushed and never given out. NULL: no memory.
 */
struct cw_merge *cw_merge_new(cw_mono_time wait, void (*drop)(void *arg, void *what), void *arg);
void cw_merge_free(struct cw_merge *m);

/* Before the first message: the source's greatest event time so far (CW_NO_TIME: none). */
void cw_merge_start(struct cw_merge *m, enum cw_input in, cw_event_time greatest);
/* A message, at the monotonic time now; event_time is CW_NO_TIME for one that tells none. Takes
 * what. Returns 0 or -CW_E_NOMEM (what is then still the caller's). */
int cw_merge_push(struct cw_merge *m, enum cw_input in, int64_t offset, cw_event_time event_time,
                  cw_mono_time now, void *what);
/* The source has been read to its end; a later message ends that. */
void cw_merge_end(struct cw_merge *m, enum cw_input in);

/* Collects up to most further messages into the batch, as far as the rules let them pass at now;
 * returns how many. */
size_t cw_merge_collect(struct cw_merge *m, size_t most, cw_mono_time now);
/* The next message of the collected batch; false when all were given out. */
bool cw_merge_next(struct cw_merge *m, enum cw_input *ret_in, struct cw_merge_item *ret_item);

/* When merge_wait alone would let a message pass; INT64_MAX when it is not what is waited for. */
cw_mono_time cw_merge_due(const struct cw_merge *m);
/* Messages held of a source, collected or not. */
size_t cw_merge_queued(const struct cw_merge *m, enum cw_input in);
bool cw_merge_at_end(const struct cw_merge *m, enum cw_input in);
/* All sources are at their end and nothing is held. */
bool cw_merge_idle(const struct cw_merge *m);
/* The greatest event time among the messages given out so far. */
cw_event_time cw_merge_greatest(const struct cw_merge *m, enum cw_input in);

#endif
