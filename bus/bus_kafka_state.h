/* Inside of the Kafka bus; private to bus/bus_kafka*.c. */
#ifndef CW_BUS_BUS_KAFKA_STATE_H
#define CW_BUS_BUS_KAFKA_STATE_H

#include <librdkafka/rdkafka.h>
#include <pthread.h>

#include "bus/bus.h"
#include "bus/kafka_message.h"
#include "churnwatch/settings.h"

enum { CW_KAFKA_CALL_MS = 15000 };

/* Messages taken out of a source's queue at a time. */
enum { CW_KAFKA_HELD_MOST = 64 };

/* One partition of an input, with a queue of its own: one that is held back stays in it, while the
 * library's own pause would throw away what is fetched. */
struct cw_kafka_source {
    rd_kafka_queue_t *queue;
    enum cw_input input;
    int32_t shard;
    bool paused;
    rd_kafka_message_t *held[CW_KAFKA_HELD_MOST]; /* from held_at on: taken out, not given yet */
    size_t n_held, held_at;
};

struct cw_bus_kafka {
    struct cw_bus bus; /* first, so that the one is the other */
    const struct cw_settings *settings;
    rd_kafka_t *consumer; /* the group's member */
    bool joined;          /* the group, or it is about to */
    rd_kafka_t *producer;
    int32_t partitions;      /* of the state log, and so of each input; 0: not told */
    bool open;               /* a transaction was begun and its end is not known yet */
    bool kept;               /* the assignment: the member's own queue is let be */
    rd_kafka_t *reader;      /* read_committed, assigned by hand */
    rd_kafka_t *tail;        /* read_uncommitted, asked for ends only */
    rd_kafka_queue_t *admin; /* answers to trims */
    char id[128];            /* <instance>-<thread> */
    char transactional[512]; /* <group>-<id> */

    /* The assignment, written by the rebalance callback, which runs inside poll alone. metadata is
     * the group's as it was inside the ASSIGN callback: a process that was stopped and woken may
     * have rejoined without a word, and metadata asked for later would let it commit what it judged
     * before. NULL while nothing is assigned. */
    rd_kafka_consumer_group_metadata_t *metadata;
    uint64_t token;
    int32_t *shards; /* owned */
    size_t n_shards;
    bool tell_revoked, tell_lost, tell_assigned;
    struct cw_errbuf assign_error; /* text: the assignment cannot be worked with */

    struct cw_kafka_source *sources; /* of the assignment; owned */
    size_t n_sources, at;            /* at: the one polled last */
    unsigned taken;                  /* messages since the member's own queue was served */
    rd_kafka_queue_t *member;        /* the member's own queue: rebalances, errors */
    int64_t woken_ms;                /* when its library was, for the sake of heartbeats */
    pthread_mutex_t lock;            /* of wakes, which librdkafka's threads raise */
    pthread_cond_t woken;
    uint64_t wakes;

    rd_kafka_message_t *held; /* lent out by the last poll */
    struct cw_kafka_headers headers;
};

static inline struct cw_bus_kafka *cw_bus_kafka_of(struct cw_bus *b)
{
    return (struct cw_bus_kafka *)b;
}

/* bus_kafka_sources.c */
void cw_kafka_sources_init(struct cw_bus_kafka *k);
void cw_kafka_sources_watch_member(struct cw_bus_kafka *k);
/* After rd_kafka_assign of these partitions. False: no memory. */
bool cw_kafka_sources_open(struct cw_bus_kafka *k, const rd_kafka_topic_partition_list_t *parts);
void cw_kafka_sources_close(struct cw_bus_kafka *k);
void cw_kafka_sources_fini(struct cw_bus_kafka *k);
void cw_kafka_sources_pause(struct cw_bus_kafka *k, enum cw_input in, int32_t shard, bool paused);
/* What was taken out of the shard's queues and not given: before a seek, which the library applies
 * to its queues alone. */
void cw_kafka_sources_drop(struct cw_bus_kafka *k, int32_t shard);
/* The next message or happening of any source that is not held back, or of the member; NULL when
 * there is none within wait_ms, or a callback ran. */
rd_kafka_message_t *cw_kafka_sources_poll(struct cw_bus_kafka *k, int wait_ms);

/* bus_kafka_txn.c */
int cw_bus_kafka_try_producer(struct cw_bus_kafka *k, struct cw_errbuf *eb);
int cw_bus_kafka_open_producer(struct cw_bus_kafka *k, struct cw_errbuf *eb);
int cw_bus_kafka_begin(struct cw_bus *b, uint64_t token, struct cw_errbuf *eb);
int cw_bus_kafka_append(struct cw_bus *b, const struct cw_record *r, struct cw_errbuf *eb);
int cw_bus_kafka_send_positions(struct cw_bus *b, const struct cw_positions *p, size_t n,
                                uint64_t token, struct cw_errbuf *eb);
int cw_bus_kafka_commit(struct cw_bus *b, struct cw_errbuf *eb);
int cw_bus_kafka_abort(struct cw_bus *b, struct cw_errbuf *eb);

/* bus_kafka_read.c */
int cw_bus_kafka_open_readers(struct cw_bus_kafka *k, struct cw_errbuf *eb);
int cw_bus_kafka_committed(struct cw_bus *b, int32_t shard, struct cw_positions *ret_at,
                           struct cw_errbuf *eb);
int cw_bus_kafka_end(struct cw_bus *b, enum cw_log log, int32_t partition, int64_t *ret_first,
                     int64_t *ret_end, struct cw_errbuf *eb);
int cw_bus_kafka_input_range(struct cw_bus *b, enum cw_input in, int32_t shard, int64_t *ret_first,
                             int64_t *ret_end, struct cw_errbuf *eb);
int cw_bus_kafka_probe(struct cw_bus *b, enum cw_input in, int32_t shard, int64_t at,
                       struct cw_errbuf *eb);
int cw_bus_kafka_read(struct cw_bus *b, enum cw_log log, int32_t partition, int64_t from,
                      int64_t to, int (*each)(void *arg, const struct cw_message *m), void *arg,
                      struct cw_errbuf *eb);
int cw_bus_kafka_partitions(struct cw_bus *b, enum cw_log log, int32_t *ret_n,
                            struct cw_errbuf *eb);
int64_t cw_bus_kafka_known_end(struct cw_bus *b, enum cw_input in, int32_t shard);
void cw_bus_kafka_trim(struct cw_bus *b, int32_t shard, int64_t before);

#endif
