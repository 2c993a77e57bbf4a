/* Inside of the SQLite bus; private to bus/bus_sqlite*.c. All of it is the engine thread's. */
#ifndef CW_BUS_BUS_SQLITE_STATE_H
#define CW_BUS_BUS_SQLITE_STATE_H

#include "bus/sqlite_file.h"

/* One partition of an input as it is read. */
struct cw_sqlite_source {
    struct cw_sqlite_partition *partition; /* the file's */
    enum cw_input input;
    int64_t at;    /* the offset given next */
    bool reading;  /* it was sought */
    bool paused;   /* held back by the protocol */
    bool told_end; /* and nothing was given since */
};

struct cw_bus_sqlite {
    struct cw_bus bus; /* first, so that the one is the other */
    const struct cw_settings *settings;
    struct cw_sqlite *file;
    int lock;                              /* a descriptor, -1 for none */
    struct cw_sqlite_topic *logs[CW_LOGS]; /* the file's */

    int32_t *shards; /* owned */
    size_t n_shards;
    bool assigned; /* and told so */

    struct cw_sqlite_source *sources; /* owned */
    size_t n_sources, at;             /* at: whose records are in the batch */
    struct cw_sqlite_batch batch;
    size_t given;    /* of the batch */
    int64_t version; /* of the data, when the partitions were read last */

    struct cw_sqlite_batch reading; /* of logs, and of what is compacted */
    struct cw_buf headers;          /* of the record being appended */

    int64_t *needed; /* by shard: the state log is trimmed before; owned */
    int64_t sweep_at;
    size_t sweep_topic, sweep_partition;
    bool swept; /* something, in this round */
};

static inline struct cw_bus_sqlite *cw_bus_sqlite_of(struct cw_bus *b)
{
    return (struct cw_bus_sqlite *)b;
}

/* The assignment there is. */
#define CW_SQLITE_TOKEN 1

/* bus_sqlite_txn.c: as bus.h says. */
int cw_bus_sqlite_begin(struct cw_bus *b, uint64_t token, struct cw_errbuf *eb);
int cw_bus_sqlite_append(struct cw_bus *b, const struct cw_record *r, struct cw_errbuf *eb);
int cw_bus_sqlite_send_positions(struct cw_bus *b, const struct cw_positions *p, size_t n,
                                 uint64_t token, struct cw_errbuf *eb);
int cw_bus_sqlite_commit(struct cw_bus *b, struct cw_errbuf *eb);
int cw_bus_sqlite_abort(struct cw_bus *b, struct cw_errbuf *eb);
int cw_bus_sqlite_committed(struct cw_bus *b, int32_t shard, struct cw_positions *ret_at,
                            struct cw_errbuf *eb);
int cw_bus_sqlite_end(struct cw_bus *b, enum cw_log log, int32_t partition, int64_t *ret_first,
                      int64_t *ret_end, struct cw_errbuf *eb);
int cw_bus_sqlite_input_range(struct cw_bus *b, enum cw_input in, int32_t shard, int64_t *ret_first,
                              int64_t *ret_end, struct cw_errbuf *eb);
int cw_bus_sqlite_read(struct cw_bus *b, enum cw_log log, int32_t partition, int64_t from,
                       int64_t to, int (*each)(void *arg, const struct cw_message *m), void *arg,
                       struct cw_errbuf *eb);
int cw_bus_sqlite_partitions(struct cw_bus *b, enum cw_log log, int32_t *ret_n,
                             struct cw_errbuf *eb);
void cw_bus_sqlite_trim(struct cw_bus *b, int32_t shard, int64_t before);

/* bus_sqlite_sweep.c */
/* A small step of retention, when one is due; outside a transaction. What fails is tried again
 * later. now is monotonic. */
void cw_bus_sqlite_sweep(struct cw_bus_sqlite *q, cw_mono_time now);

#endif
