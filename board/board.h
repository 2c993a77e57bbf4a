/* The notice board between engine threads and the main thread: counters (atomic) and a copy of each
 * shard's standing (under a lock held for a copy only). Nothing else is shared.
 */
#ifndef CW_BOARD_BOARD_H
#define CW_BOARD_BOARD_H

#include <stdatomic.h>

#include "board/accuracy_list.h"
#include "board/dry_list.h"
#include "board/histogram.h"
#include "bus/bus.h"
#include "churnwatch/shard.h"

/* Counters, each declared once with its sentence in board/counters.def; see daemon/metrics.h. */
enum cw_counter {
#define COUNTER(name, labels, text) CW_COUNT_##name,
#include "board/counters.def"
#undef COUNTER
    CW_COUNTERS
};

enum cw_shard_standing {
    CW_SHARD_ASSIGNED, /* ours, not yet restored */
    CW_SHARD_RESTORING,
    CW_SHARD_RUNNING,
    CW_SHARD_STOPPED /* torn or damaged state: alone among the shards, see reason */
};
#define CW_BOARD_REASON_MOST 256
struct cw_shard_status {
    int32_t shard;
    enum cw_shard_standing standing;
    char reason[CW_BOARD_REASON_MOST]; /* of STOPPED */
    cw_event_time clock;
    cw_wall_time last_commit;
    uint64_t commits;
    int64_t restored, to_restore; /* records of the state log */
    uint64_t restored_bytes;
    int64_t next[CW_INPUTS]; /* positions */
    int64_t lag[CW_INPUTS];  /* messages behind, -1 unknown */
    uint64_t clients, open_tasks, bytes;
    struct cw_shard_counters counters;
};

#define CW_BOARD_SHARDS_MOST 1024
struct cw_board;
struct cw_board *cw_board_new(void);
void cw_board_free(struct cw_board *b);

void cw_board_count(struct cw_board *b, enum cw_counter c, uint64_t n);
uint64_t cw_board_counter(const struct cw_board *b, enum cw_counter c);
/* A dead letter or a skipped message, by input topic and code. */
void cw_board_reject(struct cw_board *b, enum cw_input in, enum cw_reject_code code);
uint64_t cw_board_rejects(const struct cw_board *b, enum cw_input in, enum cw_reject_code code);
/* A message taken in, and what its Kafka timestamp says (µs; CW_NO_TIME: it has none). */
void cw_board_taken(struct cw_board *b, enum cw_input in, cw_wall_time at);
uint64_t cw_board_inputs(const struct cw_board *b, enum cw_input in);
/* Of the message taken in last; CW_NO_TIME before the first. */
cw_wall_time cw_board_input_last(const struct cw_board *b, enum cw_input in);
/* An event given to the core. */
void cw_board_event(struct cw_board *b, enum cw_event_type type);
uint64_t cw_board_events(const struct cw_board *b, enum cw_event_type type);
void cw_board_observe(struct cw_board *b, enum cw_histogram_name h, int64_t value);
void cw_board_histogram(const struct cw_board *b, enum cw_histogram_name h,
                        struct cw_histogram_values *ret);

/* Engine: a sign of life, given with each turn and on the way of what takes longer. */
#define CW_BOARD_ENGINES_MOST 64
void cw_board_beat(struct cw_board *b, size_t engine);
uint64_t cw_board_beats(const struct cw_board *b, size_t engine);

/* Engine: the version of the live settings that it judges by, -1 before it knows; wakes the reader
 * when it changes. Main: the least of the first n engines', -1 for none. */
void cw_board_settings(struct cw_board *b, size_t engine, int32_t version);
int32_t cw_board_settings_least(const struct cw_board *b, size_t n);

/* Engine: it knows which shards are its own, or that none is, and they are on the board; wakes the
 * reader when that changes. Main: all of the first n do. */
void cw_board_assigned(struct cw_board *b, size_t engine, bool assigned);
bool cw_board_all_assigned(const struct cw_board *b, size_t n);

/* Engine: publish a shard's standing; drop it when it is no longer ours. wake runs on the engine's
 * thread (it is ev_async_send) when standing, ownership or commits changed. */
void cw_board_wake(struct cw_board *b, void (*wake)(void *arg), void *arg);
void cw_board_shard(struct cw_board *b, const struct cw_shard_status *s);
void cw_board_drop(struct cw_board *b, int32_t shard);
/* Main: copies at most most standings, by shard number; returns how many there are. */
size_t cw_board_shards(struct cw_board *b, struct cw_shard_status *ret, size_t most);

/* Engine: what a commit's batches found in dry mode. Main: a copy of the latest of it. */
void cw_board_dry(struct cw_board *b, int32_t shard, const struct cw_dry *found, size_t n);
void cw_board_dry_list(struct cw_board *b, struct cw_dry_list *ret_list);

/* Engine: what results have said of a shard's detectors, in place of what was said before; dropped
 * with the shard. Main: of all shards of this instance, added up. */
void cw_board_accuracy(struct cw_board *b, int32_t shard, const struct cw_accuracy *rows, size_t n);
void cw_board_accuracy_sum(struct cw_board *b, struct cw_accuracy_list *ret_list);

/* An engine thread met something only a restart mends; the main loop then exits 75 with reason. */
void cw_board_fatal(struct cw_board *b, const char *reason);
bool cw_board_is_fatal(struct cw_board *b, char reason[256]);

#endif
