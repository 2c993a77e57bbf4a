/* The inside of delivery's state machine; private to delivery/delivery*.c.
 *
 *   delivery.c            the shards: which are ours, from where each is read
 *   delivery_batches.c    their tasks, sent in batches, and the answers
 *   delivery_epoch.c      is this the Redis that was filled?
 *   delivery_ask.c        a question to Redis
 *   delivery_standing.c   what delivery says of itself
 */
#ifndef CW_DELIVERY_DELIVERY_STATE_H
#define CW_DELIVERY_DELIVERY_STATE_H

#include "delivery/batch.h"

enum shard_standing { SHARD_WAITING, SHARD_ASKING, SHARD_READING, SHARD_REFUSED };

struct shard {
    int32_t number;
    enum shard_standing standing;
    /* Rises whenever what was sent before counts no more; answers carry the one they belong to. */
    uint64_t generation;
    int64_t stored;   /* as Redis said last */
    int64_t chain;    /* next of the last batch sent: prev of the next one */
    int64_t expected; /* least offset the outbox may give */
    bool at_end;
    int64_t end;           /* of the outbox, as told last */
    unsigned passes_after; /* ticks until what is no task may be passed by itself */
    /* The outbox did not hold the stored offset. It says so until the outbox has given something
     * again, for it is asked anew every few seconds, and asking mends nothing. */
    bool refused;
    struct cw_batch_queue waiting;
    size_t unanswered;
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

/* ---- delivery.c ---- */
/* NULL: it is not ours. */
struct shard *cw_delivery_find(const struct cw_delivery *d, int32_t number);
/* The shard that a question was about, if the answer is still of use; else NULL. */
struct shard *cw_delivery_still_of_use(const struct question *q, const struct cw_reply *r);
/* What was under way on a shard counts no more, and it goes on from the offset in Redis. */
void cw_delivery_ask_offset(struct cw_delivery *d, struct shard *sh);
/* The epoch is settled: every shard asks for its offset. */
void cw_delivery_opened(struct cw_delivery *d);
/* Forgets what was under way on every shard. */
void cw_delivery_halt(struct cw_delivery *d);

/* ---- delivery_batches.c ---- */
/* Forgets the first n tasks that wait. */
void cw_delivery_drop(struct cw_delivery *d, struct shard *sh, size_t n);

/* ---- delivery_epoch.c: asked for on every connection, before any offset is ---- */
void cw_delivery_settle(struct cw_delivery *d);
/* Asked again of an open Redis; one with another epoch is refused. */
void cw_delivery_check_epoch(struct cw_delivery *d);

/* ---- delivery_ask.c ---- */
/* NULL: no memory, which cw_delivery_ask takes. */
struct question *cw_delivery_question(struct cw_delivery *d);
/* Sends; on failure frees q and lets the connection go. */
void cw_delivery_ask(struct cw_delivery *d, const struct cw_str *argv, size_t argc, cw_reply_fn *fn,
                     struct question *q);
/* Key of cw:delivery with the configured prefix, into text. */
struct cw_str cw_delivery_key(const struct cw_delivery *d, char text[80]);
/* An answer nobody foresaw. All of them are met alike: a new connection, which checks the server,
 * the functions and the epoch, and goes on from the stored offset. */
void cw_delivery_wrong(struct cw_delivery *d, const char *event, const struct cw_reply *r);

#endif
