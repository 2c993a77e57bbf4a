/* The pure core run over lines of NDJSON, as a cluster of so many partitions would: each client in
 * its shard, each shard with its own clock, offsets counted per topic and partition.
 *
 * Owns shards, roster and decoder; what comes out goes to two callbacks in the order of production,
 * and nothing here touches a file or a clock. One thread, but for cw_replay_take: partitions share
 * nothing, so several hands may take lines at once, each partition's by one of them.
 */
#ifndef CW_CTL_REPLAY_REPLAY_H
#define CW_CTL_REPLAY_REPLAY_H

#include "churnwatch/explain.h"
#include "churnwatch/shard.h"
#include "ctl/replay/refused.h"

enum cw_replay_kind {
    CW_REPLAY_MANAGERS,
    CW_REPLAY_PROFILES,
    CW_REPLAY_EVENTS,
    CW_REPLAY_OUTCOMES,
    CW_REPLAY_KINDS
};

struct cw_replay_totals {
    uint64_t lines[CW_REPLAY_KINDS];
    uint64_t unknown_types;
    uint64_t refused, refused_by_code[CW_REJECT_COUNT];
};

struct cw_replay;
struct cw_replay_sinks {
    void (*task)(void *arg, const struct cw_task_version *v);
    void (*refused)(void *arg, const struct cw_refused *r);
    /* Each client's risk, whenever a day of its partition has closed. NULL: nobody asks. */
    void (*risk)(void *arg, const struct cw_client_risk *r);
    void *arg;
};

/* Borrows settings. now: the timestamp every message is taken to bear. NULL: no memory. */
struct cw_replay *cw_replay_new(const struct cw_settings *s, int32_t partitions, cw_wall_time now,
                                const struct cw_replay_sinks *sinks);
void cw_replay_free(struct cw_replay *r);

/* Where outcomes come from: next gives the next line, borrowed until the call after, and returns 1,
 * 0 at the end, or an error. */
struct cw_replay_source {
    int (*next)(void *arg, struct cw_str *ret_line);
    void *arg;
};
/* From now on outcomes are taken in where they belong among the events: one stands after the last
 * event of its time, before the first one later than it. Times never fall within a partition: a
 * message's is the latest so far of its own topic, as in a cluster. Returns 0, -CW_E_NOMEM, or what
 * the source returned. */
int cw_replay_outcomes(struct cw_replay *r, const struct cw_replay_source *from);
/* Those later than all events, up to the end of what is judged. */
int cw_replay_rest(struct cw_replay *r);
/* Takes in one line of the other kinds. 0 also when it is refused or skipped; -CW_E_NOMEM, or what
 * the outcomes' source returned. */
int cw_replay_line(struct cw_replay *r, enum cw_replay_kind kind, struct cw_str line);

/* Where a line goes. */
struct cw_replay_place {
    enum cw_replay_kind kind;
    uint8_t topic;
    int32_t partition;
    struct cw_str key;                /* in the line, or in the replay until the next is placed */
    const struct cw_mapping *mapping; /* NULL: the line is as the contract has it */
};
struct cw_replay_place cw_replay_place(struct cw_replay *r, enum cw_replay_kind kind,
                                       struct cw_str line);
/* One thread's decoder, counts and callbacks. NULL: no memory. Freed before the replay is, upon
 * which its counts are among the totals. */
struct cw_replay_hand;
struct cw_replay_hand *cw_replay_hand_new(struct cw_replay *r, const struct cw_replay_sinks *sinks);
void cw_replay_hand_free(struct cw_replay_hand *h); /* accepts NULL */
/* Says that a line of that partition is taken in soon; see cw_shard_expect. */
void cw_replay_expect(const struct cw_replay_hand *h, int32_t partition, uint32_t hash,
                      unsigned step);
/* Takes in a line that was placed, as cw_replay_line does: an event or a profile, where there are
 * no outcomes. */
int cw_replay_take(struct cw_replay_hand *h, const struct cw_replay_place *p, struct cw_str line);

/* Before the first line: judge this partition alone, and of it nothing that comes at or after the
 * first event later than `to` (CW_NO_TIME: all). */
void cw_replay_only(struct cw_replay *r, int32_t partition, cw_event_time to);
/* Borrowed. */
struct cw_shard *cw_replay_shard(struct cw_replay *r, int32_t partition);

/* Moves every shard's clock, in the order of the shards. */
int cw_replay_until(struct cw_replay *r, cw_event_time to);

const struct cw_settings *cw_replay_settings(const struct cw_replay *r); /* borrowed */
const struct cw_replay_totals *cw_replay_totals(const struct cw_replay *r);
/* Sums over the shards. */
struct cw_shard_counters cw_replay_counters(const struct cw_replay *r);
size_t cw_replay_clients(const struct cw_replay *r);
size_t cw_replay_open_tasks(const struct cw_replay *r);
size_t cw_replay_bytes(const struct cw_replay *r);

#endif
