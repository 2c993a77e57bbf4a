/* Delivery's own parts, shared by its files and nobody else. */
#ifndef CW_DELIVERY_DELIVERY_STATE_H
#define CW_DELIVERY_DELIVERY_STATE_H

#include "delivery/apply_args.h"
#include "delivery/delivery.h"

enum shard_standing { SHARD_WAITING, SHARD_ASKING, SHARD_READING, SHARD_REFUSED };

/* A task read and not yet sent. */
struct waiting_task {
    struct waiting_task *next;
    int64_t offset;
    cw_wall_time written;
    struct cw_task_record record;
};

struct shard {
    int32_t number;
    enum shard_standing standing;
    /* Rises whenever what was sent before counts no more; answers carry the one they belong to. */
    uint64_t generation;
    int64_t stored;   /* as Redis said last */
    int64_t chain;    /* next of the last batch sent: prev of the next one */
    int64_t expected; /* least offset the outbox may give */
    bool at_end;
    struct waiting_task *first, **last;
    size_t n_waiting, unanswered;
};

struct cw_delivery {
    struct cw_delivery_setup setup;
    enum cw_delivery_standing standing;
    char epoch[CW_EPOCH_MOST + 1];       /* as recorded in Kafka; "" none */
    char redis_epoch[CW_EPOCH_MOST + 1]; /* as Redis said, while it is being recorded */
    uint64_t session;                    /* rises with every connection */
    struct shard **shards;               /* owned, by number */
    size_t n_shards, cap_shards;
    size_t n_waiting, unanswered; /* sums over the shards; unanswered those gone too */
    size_t turn;                  /* the shard that sends first */
    uint64_t generations;
    struct cw_apply_args args;
};

/* One question on its way. */
struct question {
    struct cw_delivery *d;
    uint64_t session, generation;
    int32_t shard;
    /* Of a batch: when it went; when its oldest task was appended, and what it tells of happened.
     */
    cw_wall_time sent, written, happened;
};

/* Sends; on failure frees q and lets the connection go. */
void cw_delivery_ask(struct cw_delivery *d, const struct cw_str *argv, size_t argc, cw_reply_fn *fn,
                     struct question *q);
struct question *cw_delivery_question(struct cw_delivery *d);
/* Key of cw:delivery with the configured prefix, into text. */
struct cw_str cw_delivery_key(const struct cw_delivery *d, char text[80]);
void cw_delivery_wrong(struct cw_delivery *d, const char *event, const struct cw_reply *r);

/* The epoch: asked for on every connection, before any shard is. */
void cw_delivery_settle(struct cw_delivery *d);
/* Asked again of an open Redis; one with another epoch is refused. */
void cw_delivery_check_epoch(struct cw_delivery *d);
/* The epoch is settled: every shard asks for its offset. */
void cw_delivery_opened(struct cw_delivery *d);
/* Forgets what was under way on every shard. */
void cw_delivery_halt(struct cw_delivery *d);

#endif
