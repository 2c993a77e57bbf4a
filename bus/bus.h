/* The bus: what the protocol needs of a log, at the height where faults happen. Adapters:
 * bus_kafka, bus_sqlite, and those of tests and simulator.
 *
 * A bus belongs to one engine thread and serves one group member. All calls are made by that
 * thread, but for what keep allows, and may block, but for poll's wait never longer than a
 * transaction's time-out. Sources and shards are numbers: an input is (enum cw_input, partition).
 *
 * Every call that reaches a server returns 0 or one of
 *   -CW_E_RETRY    nothing happened for sure or it is unknown: the same call again is right
 *   -CW_E_ABORT    the open transaction must be aborted
 *   -CW_E_REVOKED  the assignment this transaction began under is gone; abort
 *   -CW_E_FATAL    end the process (exit 75): restart and restore is the only way on
 * with eb saying what the server said.
 */
#ifndef CW_BUS_BUS_H
#define CW_BUS_BUS_H

#include "churnwatch/event.h"

enum cw_input { CW_IN_PROFILES, CW_IN_BILLING, CW_IN_SERVICE, CW_IN_OUTCOMES, CW_INPUTS };
enum cw_log {
    CW_LOG_STATE,
    CW_LOG_TASKS,
    CW_LOG_DEAD_LETTERS,
    CW_LOG_MANAGERS,
    CW_LOG_CONTROL,
    CW_LOGS
};
/* Whole, and further and further, by everybody; written by others. */
static inline bool cw_log_is_followed(enum cw_log log)
{
    return log == CW_LOG_MANAGERS || log == CW_LOG_CONTROL;
}

/* Next offsets of one shard's inputs. */
struct cw_positions {
    int32_t shard;
    int64_t next[CW_INPUTS];
};
#define CW_OFFSET_NONE INT64_C(-1) /* nothing committed yet */

enum cw_bus_happening {
    CW_BUS_NOTHING,  /* the wait ran out */
    CW_BUS_MESSAGE,  /* input, message: borrowed until the next poll */
    CW_BUS_END,      /* input/partition has been read to its end for now (EOF) */
    CW_BUS_ASSIGNED, /* shards now ours, paused; token names this assignment */
    CW_BUS_REVOKED,  /* all shards must go, and have when poll is called again */
    CW_BUS_LOST,     /* as REVOKED, but they are somebody else's already */
    CW_BUS_DAMAGED,  /* what input/partition has at `end` cannot be read, as eb says; what it gives
                      * from here on lies behind that, if it gives anything, until it is sought.
                      * `end` -1: the next message is not there any more */
    CW_BUS_FAILED    /* error code in err, text in eb */
};
struct cw_bus_event {
    enum cw_bus_happening what;
    enum cw_input input;
    struct cw_message message;
    int32_t partition;
    int64_t end; /* CW_BUS_END: the offset one past the last; CW_BUS_DAMAGED: the one at which */
    const int32_t *shards;
    size_t n_shards;
    uint64_t token;
    int err;
};

/* One record to append. Borrowed during the call. */
struct cw_record {
    enum cw_log log;
    int32_t partition; /* -1: by key */
    struct cw_str key, value;
    const struct cw_header *headers;
    size_t n_headers;
};

struct cw_bus;
struct cw_bus_ops {
    /* The next happening, waiting at most wait_ms. Only here do assignments change. */
    int (*poll)(struct cw_bus *b, int wait_ms, struct cw_bus_event *ret_event,
                struct cw_errbuf *eb);
    /* After restore: start reading a shard's inputs at these offsets (CW_OFFSET_NONE: beginning).
     */
    int (*seek)(struct cw_bus *b, const struct cw_positions *at, struct cw_errbuf *eb);
    int (*pause)(struct cw_bus *b, enum cw_input in, int32_t shard, bool paused,
                 struct cw_errbuf *eb);

    int (*begin)(struct cw_bus *b, uint64_t token, struct cw_errbuf *eb);
    int (*append)(struct cw_bus *b, const struct cw_record *r, struct cw_errbuf *eb);
    /* What was appended lies in the logs before the offsets are sent: whoever takes a shard over
     * finds it before the log's end, whatever its coordinator has forgotten (engine/restore.c). */
    int (*send_positions)(struct cw_bus *b, const struct cw_positions *p, size_t n, uint64_t token,
                          struct cw_errbuf *eb);
    int (*commit)(struct cw_bus *b, struct cw_errbuf *eb);
    int (*abort)(struct cw_bus *b, struct cw_errbuf *eb);

    /* The stable committed offsets of a shard's inputs (waits for pending transactions). */
    int (*committed)(struct cw_bus *b, int32_t shard, struct cw_positions *ret_at,
                     struct cw_errbuf *eb);
    /* One past the last record of a log's partition, uncommitted ones included; and its first. Of a
     * log that is followed it is where what may be read ends for now: what somebody else has open
     * there holds nobody up. */
    int (*end)(struct cw_bus *b, enum cw_log log, int32_t partition, int64_t *ret_first,
               int64_t *ret_end, struct cw_errbuf *eb);
    /* The first message of an input that is still there, and one past the last, uncommitted ones
     * included. NULL where the adapter's inputs lose nothing. */
    int (*input_range)(struct cw_bus *b, enum cw_input in, int32_t shard, int64_t *ret_first,
                       int64_t *ret_end, struct cw_errbuf *eb);
    /* Reads committed records of a log's partition from `from` until `to` has been passed, calling
     * each in order; stops early when each returns non-zero and returns that. -CW_E_CORRUPT where
     * records cannot be read as they lie there, or as they came. */
    int (*read)(struct cw_bus *b, enum cw_log log, int32_t partition, int64_t from, int64_t to,
                int (*each)(void *arg, const struct cw_message *m), void *arg,
                struct cw_errbuf *eb);
    /* Whether what an input has at this offset, which was told to be DAMAGED, can be read now: 0,
     * or -CW_E_CORRUPT. NULL where the adapter tells of none. */
    int (*probe)(struct cw_bus *b, enum cw_input in, int32_t shard, int64_t at,
                 struct cw_errbuf *eb);
    /* Partitions of a log. */
    int (*partitions)(struct cw_bus *b, enum cw_log log, int32_t *ret_n, struct cw_errbuf *eb);
    /* One past the last message of an input, as it was last heard of and without asking; -1
     * unknown. NULL where the adapter hears of none. */
    int64_t (*known_end)(struct cw_bus *b, enum cw_input in, int32_t shard);
    /* Records before this offset of the state log are no longer needed; advice. */
    void (*trim)(struct cw_bus *b, int32_t shard, int64_t before);
    /* While on, poll gives messages and ends alone, assignments stay as they are, and
     * send_positions and commit may be called by one other thread. NULL where they may not. */
    void (*keep)(struct cw_bus *b, bool on);
    void (*close)(struct cw_bus *b); /* frees b */
};
struct cw_bus {
    const struct cw_bus_ops *ops;
};

#endif
