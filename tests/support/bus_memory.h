/* A bus in memory, with faults: logs are arrays, a transaction's records become readable at its
 * commit, and each call of a transaction can be made to fail as Kafka's do.
 *
 * For tests only, one thread. The logs outlive the buses opened on them, as a cluster outlives its
 * clients: a crash is a bus that is dropped and another one opened.
 */
#ifndef CW_TESTS_BUS_MEMORY_H
#define CW_TESTS_BUS_MEMORY_H

#include "engine/link.h"

struct mem; /* the cluster */

struct mem *mem_new(int32_t partitions);
void mem_free(struct mem *m);
/* Appends to an input, to the partition of its key; value may be NULL. Returns its offset. */
int64_t mem_put(struct mem *m, enum cw_input in, const char *key, const char *value,
                const struct cw_header *headers, size_t n_headers);
/* Appends to a log, committed. */
void mem_put_log(struct mem *m, enum cw_log log, int32_t partition, struct cw_str key,
                 struct cw_str value);
/* The log is deleted and made again, with nothing in it. */
void mem_log_anew(struct mem *m, enum cw_log log, int32_t partition);
int64_t mem_input_end(const struct mem *m, enum cw_input in, int32_t partition);
/* The message of an input's partition at that offset; NULL after the last. */
const struct cw_message *mem_input(const struct mem *m, enum cw_input in, int32_t partition,
                                   int64_t offset);
/* The i-th committed record of a log's partition; NULL after the last. */
const struct cw_message *mem_record(const struct mem *m, enum cw_log log, int32_t partition,
                                    size_t i);
/* A shard's committed offsets, to be looked at or tampered with. */
struct cw_positions *mem_committed(struct mem *m, int32_t shard);
/* True when every message of every input is committed as read. */
bool mem_all_read(const struct mem *m);
/* Lies there and cannot be read, or can be again. A poll goes on behind it. */
void mem_damage_state(struct mem *m, int32_t shard, int64_t offset, bool damaged);
void mem_damage_input(struct mem *m, enum cw_input in, int32_t partition, int64_t offset,
                      bool damaged);
/* Shard 0's inputs cannot be sought, as with a client for which a fetch has failed. */
void mem_stuck_set(struct mem *m, bool stuck);
/* Records of state logs that were read. */
size_t mem_state_reads(const struct mem *m);
/* What is before it was deleted, as retention does. */
void mem_first_input_set(struct mem *m, enum cw_input in, int32_t partition, int64_t first);
/* The first offset of a shard's state log that was not trimmed away. */
int64_t mem_first_state(const struct mem *m, int32_t shard);
/* The input's end is told so much further on than its last message, as after transactions' markers
 * or where retention took all there was. */
void mem_beyond_set(struct mem *m, enum cw_input in, int32_t partition, int64_t offsets);
size_t mem_commits(const struct mem *m);
/* From now on a commit takes so long by the clock. */
void mem_commit_takes_set(struct mem *m, int ms);

/* A second hand, which has done its work when it is looked at for the so-manieth time; the inputs'
 * ends are told to be far away, so that it is given any. */
void mem_hand_set(struct mem *m, int looks);
/* Works it was given. */
int mem_hand_works(const struct mem *m);

/* The clocks, which move only when a bus is polled. */
const struct cw_env *mem_env(struct mem *m);
void mem_wall_set(struct mem *m, cw_wall_time now);

/* Opens a bus; whatever an earlier one left open is aborted. */
struct cw_bus *mem_open(struct mem *m);

/* The bus is the group's member again, after another one was opened and closed meanwhile. Until
 * then it must not be called. */
void mem_return(struct cw_bus *b);

/* What happens at the nth call (from 1) of begin, append, send_positions and commit from now on. */
enum mem_fault {
    MEM_NONE,
    MEM_ABORT,
    MEM_RETRY,        /* once; a commit has nevertheless happened */
    MEM_REVOKE,       /* the assignment goes, and comes again */
    MEM_LOSE,         /* as REVOKE, but it was lost */
    MEM_CRASH_BEFORE, /* the process ends before the call */
    MEM_CRASH_AFTER,  /* the call happens, then the process ends */
    MEM_FAULTS
};
void mem_fault(struct mem *m, enum mem_fault what, unsigned nth);
/* Calls counted since then. */
unsigned mem_calls(const struct mem *m);
/* The assignment goes and comes again between calls. */
void mem_revoke(struct cw_bus *b, bool lost);
/* The input is delivered again from so many messages back, without having been sought. */
void mem_redeliver(struct cw_bus *b, enum cw_input in, int32_t partition, int64_t back);
/* It gives what the input has. */
bool mem_is_read(const struct cw_bus *b, enum cw_input in, int32_t partition);
/* Most messages an input's partition may be ahead of its paused bus; checks that pause is heeded.
 */
bool mem_was_paused(const struct cw_bus *b);

#endif
