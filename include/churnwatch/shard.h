/* The pure core: everything churnwatch knows about the clients of one partition, and the judging.
 *
 *     profile, event, outcome, tick  ->  judge  ->  task versions
 *
 * A shard belongs to one thread. It reads no clock, file, socket or randomness; equal input gives
 * equal output, byte for byte.
 */
#ifndef CHURNWATCH_SHARD_H
#define CHURNWATCH_SHARD_H

#include "churnwatch/settings.h"

struct cw_shard;
struct cw_task;
struct cw_roster; /* managers, see below */

/* Where a message came from; source of a task version. topic is a short stable name. */
struct cw_origin {
    const char *topic; /* NULL: no message (a day's close, a tick) */
    int32_t partition;
    int64_t offset;
};

/* One task version, ready for the outbox. Borrowed during the call. */
struct cw_task_version {
    struct cw_str client_id, manager;
    struct cw_str task_id;
    int32_t version;
    struct cw_str json;         /* one record of docs/tasks.md, no newline */
    bool ended;                 /* state is not open */
    const struct cw_task *task; /* what the record says, and the slots of its signals */
};
struct cw_output {
    void (*task)(void *arg, const struct cw_task_version *v);
    void *arg;
};

/* Counters of a shard since it was made (not stored): one row each, with a sentence. */
#define CW_SHARD_COUNTERS(X)                                                                       \
    X(judged, "events judged")                                                                     \
    X(repeats, "events skipped as repeats of one seen before")                                     \
    X(late, "events for a day already judged: counted into totals, no spend verdict")              \
    X(profiles, "client profiles taken in")                                                        \
    X(outcomes, "outcomes taken in")                                                               \
    X(outcome_repeats, "outcomes skipped as repeats of one seen before")                           \
    X(outcomes_stale, "outcomes for a task that has ended, is not known or has left that desk")    \
    X(outcomes_refused, "reassignments refused: no such manager in manager.profiles")              \
    X(day_closes, "days closed")                                                                   \
    X(channels_unjudged, "channel days not judged because the feed was silent")                    \
    X(signals, "signals raised")                                                                   \
    X(signals_inhibited, "signals held back because a higher step explains them")                  \
    X(signals_off, "signals held back because their detector is off")                              \
    X(signals_dry, "times a detector in dry mode found what would have been a signal")             \
    X(signals_settled, "signals held back because a call has dealt with the same")                 \
    X(signals_returned, "signals told again after the quiet time that follows a call")             \
    X(tasks_opened, "tasks opened")                                                                \
    X(tasks_ended, "tasks withdrawn, expired or done")                                             \
    X(versions, "task versions written")
struct cw_shard_counters {
#define X(name, text) uint64_t name;
    CW_SHARD_COUNTERS(X)
#undef X
    uint64_t by_detector[CW_DETECTORS];     /* signals raised */
    uint64_t dry_by_detector[CW_DETECTORS]; /* of signals_dry */
};

/* What a detector in dry mode found, and would have put into the client's task. A cause that lasts
 * may be found again each day: no task remembers that it was. */
#define CW_CLIENT_ID_MOST 64 /* bytes, as the contract has it */
struct cw_dry {
    char client[CW_CLIENT_ID_MOST + 1]; /* terminated */
    cw_number line;                     /* 0: the client as a whole */
    cw_event_time at;
    float severity;
    uint8_t detector, slot, step;
};
/* So many are listed between two calls of forget; what is found beyond them is counted only. */
#define CW_DRY_MOST 256

/* Borrows settings and roster (which may be NULL) until changed or freed. NULL: no memory. */
struct cw_shard *cw_shard_new(const struct cw_settings *s, const struct cw_roster *r);
void cw_shard_free(struct cw_shard *sh);
/* Between two batches. Policies are resolved anew; clients keep what they learned. */
void cw_shard_settings(struct cw_shard *sh, const struct cw_settings *s);
void cw_shard_roster(struct cw_shard *sh, const struct cw_roster *r);

/* Says that a message of that client comes soon, so that what is known of it is near by then: with
 * many clients, waiting for memory is the greater part of an event. Each step, in this order and
 * some messages apart, brings what the next one needs. Changes nothing, and may be left out. hash:
 * of the client's id, cw_shard_hash. */
enum { CW_EXPECT_STEPS = 4 };
void cw_shard_expect(const struct cw_shard *sh, uint32_t hash, unsigned step);
uint32_t cw_shard_hash(struct cw_str client);

/* Each returns 0 or -CW_E_NOMEM (the shard must then be thrown away and restored). */
int cw_shard_profile(struct cw_shard *sh, const struct cw_profile *p, const struct cw_origin *o,
                     const struct cw_output *out);
int cw_shard_event(struct cw_shard *sh, const struct cw_event *ev, const struct cw_origin *o,
                   const struct cw_output *out);
/* -CW_E_REFUSED too: a move that cannot be carried out, which has changed nothing. */
int cw_shard_outcome(struct cw_shard *sh, const struct cw_outcome *oc, const struct cw_origin *o,
                     const struct cw_output *out);
/* Moves the clock to `to` (never back), closing days on the way. */
int cw_shard_tick(struct cw_shard *sh, cw_event_time to, const struct cw_output *out);

/* Looks over the shoulder: told of one client's days as they close, before they are learned, and
 * of its bills once they have been judged; the shard may be asked then. Changes nothing; what is
 * watched is copied, arg must outlive the shard. */
struct cw_watch {
    struct cw_str client; /* borrowed until the shard is freed */
    void (*day)(void *arg, const struct cw_client *cl, const struct cw_day_view *v);
    void (*bill)(void *arg, const struct cw_client *cl);
    void *arg;
};
void cw_shard_watch(struct cw_shard *sh, const struct cw_watch *w);

/* The greatest event time seen; CW_NO_TIME before the first. */
cw_event_time cw_shard_clock(const struct cw_shard *sh);
const struct cw_shard_counters *cw_shard_counters(const struct cw_shard *sh);
size_t cw_shard_clients(const struct cw_shard *sh);
size_t cw_shard_open_tasks(const struct cw_shard *sh);
size_t cw_shard_bytes(const struct cw_shard *sh); /* memory held, as counted by the shard */
/* Dry findings since the last forget, in the order found. Borrowed until the shard moves. They are
 * not part of the stored state, and nothing else depends on them. */
size_t cw_shard_dry(const struct cw_shard *sh, const struct cw_dry **ret_findings);
void cw_shard_dry_forget(struct cw_shard *sh, size_t n); /* the first n of them */
/* By id; NULL when unknown. */
const struct cw_client *cw_shard_client(const struct cw_shard *sh, struct cw_str id);

/* What the managers' outcomes said of the detectors behind their tasks: each task that was done
 * counts once for each detector whose signals its manager had seen. The first row is of all
 * clients, the others of the segments they belong to, by the text of their conditions. */
struct cw_accuracy {
    char *segment; /* "" for all clients, else as "class=A1,county=Putuo" */
    uint32_t tasks[CW_DETECTORS][CW_RESULTS];
};
/* Borrowed until the shard moves. Stored with the shard's state. */
size_t cw_shard_accuracy(const struct cw_shard *sh, const struct cw_accuracy **ret_rows);

/* State log. encode appends to b: the shard's own facts (clock, days, shared baselines), every
 * client touched since the last encode, and of those written longest ago as many as make up
 * `cold_share` of the bytes of the touched ones, at least cold_least clients. `commit` numbers
 * rise by one. ret_round_start is the lowest commit number still needed for a full restore. The
 * bytes are self-delimiting images, each checksummed; concatenated encodes restore in order.
 * restore returns 0, -CW_E_CORRUPT, -CW_E_NEWER (eb says what) or -CW_E_NOMEM. */
int cw_shard_encode(struct cw_shard *sh, uint32_t commit, double cold_share, uint32_t cold_least,
                    struct cw_buf *b, uint32_t *ret_round_start);
/* As encode, for one who has no room for all of it: after every image by which b has come to more
 * than `most` bytes, `pour` takes some whole images from its beginning. What it returns but 0 ends
 * the encoding, and is returned. */
struct cw_spout {
    size_t most;
    int (*pour)(void *arg, struct cw_buf *b);
    void *arg;
};
int cw_shard_pour(struct cw_shard *sh, uint32_t commit, double cold_share, uint32_t cold_least,
                  struct cw_buf *b, const struct cw_spout *spout, uint32_t *ret_round_start);
int cw_shard_restore(struct cw_shard *sh, uint32_t commit, struct cw_str images,
                     struct cw_errbuf *eb);
/* Before restoring: of all clients only this one is wanted, for whoever looks at it and judges
 * nothing with it. Its id is borrowed until the shard is freed. */
void cw_shard_only(struct cw_shard *sh, struct cw_str client);
/* Length in bytes of the first image of a run; 0 when it is cut short or the run is empty. A run
 * may be split between images, and only there. */
size_t cw_image_length(struct cw_str images);
/* The layout that a run of images was written in; 0 where it does not begin with one. */
int cw_image_layout(struct cw_str images);
/* True when nothing has changed since the last encode. */
bool cw_shard_clean(const struct cw_shard *sh);

/* The managers, read whole from manager.profiles; shared by shards, changed between batches. */
struct cw_roster *cw_roster_new(void);
int cw_roster_put(struct cw_roster *r, const struct cw_manager *m); /* copies; deleted removes */
void cw_roster_free(struct cw_roster *r);
size_t cw_roster_count(const struct cw_roster *r);
bool cw_roster_has(const struct cw_roster *r, struct cw_str manager);
/* The i-th in byte order of their ids. Borrowed until the next put. */
struct cw_str cw_roster_at(const struct cw_roster *r, size_t i);

/* murmur2 of the client id as Kafka's Java producer spreads keys: the partition of n. */
int32_t cw_partition_of(struct cw_str key, int32_t n);

#endif
