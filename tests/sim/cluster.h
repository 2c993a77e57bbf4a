/* Kafka as far as the protocol can tell: logs with a last stable offset, transactions whose end is
 * decided at one place and written to the others later, offsets that are unstable meanwhile, and a
 * consumer group with generations (group.h).
 *
 * What a broker does with a request is here; requests that are late, lost or doubled are the
 * client's side (member_bus.c). Nothing here waits: a request that has to is answered CLUSTER_BUSY.
 * A transaction, as Kafka had them up to KIP-890: the same producer epoch for many of them, so that
 * a request which arrives late enough is taken for one of the next transaction's.
 */
#ifndef CW_SIM_CLUSTER_H
#define CW_SIM_CLUSTER_H

#include "bus/bus.h"
#include "tests/sim/group.h"
#include "tests/sim/random.h"

enum { SHARDS_MOST = 4, PRODUCERS_MOST = 48, ID_MOST = 24, LATE_MOST = 16 };
/* As the daemon sets it, and as Kafka has it by default. */
#define TRANSACTION_TIMEOUT (10 * CW_SECOND)

enum answer {
    CLUSTER_DONE,
    CLUSTER_BUSY, /* an earlier transaction is being ended: CONCURRENT_TRANSACTIONS */
    CLUSTER_FENCED,
    CLUSTER_MOVED, /* the group's generation is another one */
    CLUSTER_WRONG  /* INVALID_TXN_STATE */
};

enum fate { FATE_OPEN, FATE_COMMITTED, FATE_ABORTED, FATE_MARKER };
struct entry {
    struct cw_message m; /* bytes owned */
    enum fate fate;
    int producer;
};
struct partition_log {
    struct entry *entries; /* owned */
    int64_t n, cap;
    int64_t first;  /* trimmed before it */
    int64_t stable; /* all before it is decided */
};

enum txn_state { TXN_EMPTY, TXN_ONGOING, TXN_ENDING };
struct producer {
    char id[ID_MOST];
    int epoch;
    enum txn_state state;
    bool committing; /* of ENDING; of EMPTY: how the last one ended */
    int64_t timeout_at;
    bool touched[CW_LOGS][SHARDS_MOST];
    struct cw_positions offsets[SHARDS_MOST]; /* pending */
    bool has_offsets[SHARDS_MOST];
    int64_t sent[SHARDS_MOST]; /* their place among all that were sent */
    int64_t marker_at;         /* of ENDING: when the next marker is written */
};

/* A request on its way that nobody waits for any more. */
struct late_request {
    int64_t at;
    int producer, epoch;
    bool commit;
};

struct cluster {
    int32_t shards;
    struct chance *chance;
    struct partition_log logs[CW_LOGS][SHARDS_MOST];
    struct cw_positions committed[SHARDS_MOST];
    int64_t sent, committed_sent[SHARDS_MOST]; /* so far; the place of those committed */
    struct producer producers[PRODUCERS_MOST];
    int n_producers;
    struct group group;
    struct late_request late[LATE_MOST];
    int n_late;
    int64_t slow_markers_until;
    /* Committed offsets as a coordinator's disk has them, and until when it answers with those. */
    struct cw_positions on_disk[SHARDS_MOST];
    int64_t on_disk_at, from_disk_until;
    char epoch[64]; /* of Redis, as churnwatch.control has it */
    /* Told of each record as it is committed, in the order of its partition. */
    void (*on_committed)(void *arg, enum cw_log log, int32_t partition, const struct cw_message *m);
    /* Told when committed offsets change. */
    void (*on_offsets)(void *arg, const struct cw_positions *before,
                       const struct cw_positions *after);
    void *arg;
};

void cluster_init(struct cluster *c, int32_t shards, struct chance *chance);
void cluster_free(struct cluster *c);
/* Does what is due at now; returns when something will be due next. */
int64_t cluster_step(struct cluster *c, int64_t now);

/* A record that is committed at once, of somebody else's. */
void cluster_put(struct cluster *c, enum cw_log log, int32_t partition, struct cw_str key,
                 struct cw_str value);

/* InitProducerId: ends what an earlier self left open. */
enum answer cluster_init_producer(struct cluster *c, const char *id, int64_t now, int *ret_producer,
                                  int *ret_epoch);
enum answer cluster_produce(struct cluster *c, int producer, int epoch, const struct cw_record *r,
                            int64_t now);
/* With member NULL nobody asks who sends them. */
enum answer cluster_send_offsets(struct cluster *c, int producer, int epoch,
                                 const struct membership *member, const struct cw_positions *p,
                                 size_t n, int64_t now);
enum answer cluster_end(struct cluster *c, int producer, int epoch, bool commit, int64_t now);
/* An end that may arrive when the transaction after the next is open. */
void cluster_end_late(struct cluster *c, int producer, int epoch, bool commit, int64_t at);
/* Outside of any transaction. */
void cluster_commit_offsets(struct cluster *c, const struct cw_positions *p);

/* False while a transaction that moves them has not ended. A coordinator that was killed tells for
 * a while what it had written to its disk. */
bool cluster_committed(const struct cluster *c, int32_t shard, int64_t now,
                       struct cw_positions *ret_at);
int64_t cluster_end_of(const struct cluster *c, enum cw_log log, int32_t partition);
int64_t cluster_stable(const struct cluster *c, enum cw_log log, int32_t partition);
/* The next committed record at or after *offset and before the last stable one; NULL: none. Moves
 * *offset past it, or to where nothing more is to be had. */
const struct cw_message *cluster_read(const struct cluster *c, enum cw_log log, int32_t partition,
                                      int64_t *offset);
bool cluster_quiet(const struct cluster *c); /* no transaction is open or ending */

#endif
