/* Delivery: the outbox into Redis, each batch once, in order, and never past a hole.
 *
 * A state machine. What happens is told to it (ownership, task records, answers, connections coming
 * and going), what it wants is asked of three ports, so that tests and the simulator drive it
 * without servers. It belongs to the main thread, reads no clock but the one it is given, and
 * never blocks. For every shard that this instance owns:
 *
 *     WAITING   no Redis, or its epoch is not settled
 *     ASKING    the stored offset has been asked for
 *     READING   the outbox is read from there; batches chain prev -> next from the stored offset
 *     REFUSED   the outbox does not reach the stored offset, or a batch of it cannot be read:
 *               nothing is written until that is otherwise
 *
 * An answer that was not heard is never guessed at: the connection is over then, and after the next
 * one the stored offset says what had been applied.
 */
#ifndef CW_DELIVERY_DELIVERY_H
#define CW_DELIVERY_DELIVERY_H

#include "board/board.h"
#include "churnwatch/settings.h"

/* ---- Redis as delivery sees it ---- */

enum cw_reply_kind {
    CW_REPLY_UNKNOWN, /* the connection ended first: it may or may not have happened */
    CW_REPLY_NIL,
    CW_REPLY_TEXT,
    CW_REPLY_NUMBER,
    CW_REPLY_LIST,
    CW_REPLY_ERROR
};
struct cw_reply {
    enum cw_reply_kind kind;
    struct cw_str text; /* of TEXT and ERROR */
    int64_t number;
    const struct cw_reply *items; /* of LIST */
    size_t n_items;
};
typedef void cw_reply_fn(void *arg, const struct cw_reply *reply);

struct cw_redis_port {
    void *self;
    /* Sends; fn is called exactly once, later, never from within. Arguments are copied. Returns 0,
     * or -CW_E_RETRY when there is no connection, -CW_E_NOMEM; fn is not called then. */
    int (*send)(void *self, const struct cw_str *argv, size_t argc, cw_reply_fn *fn, void *arg);
    /* Ends the connection, from the loop's next turn on; another one is tried after a while. */
    void (*drop)(void *self, const char *why);
};

/* ---- the outbox as delivery sees it ---- */

struct cw_outbox_port {
    void *self;
    /* Reads a shard's outbox from an offset (CW_OFFSET_NONE: from its beginning). */
    void (*read)(void *self, int32_t shard, int64_t from);
    void (*leave)(void *self, int32_t shard);
    /* There is room again: go on. */
    void (*wake)(void *self);
};

/* ---- the epoch's record in churnwatch.control ---- */

struct cw_epoch_port {
    void *self;
    /* What is recorded by now? cw_delivery_epoch_known is called later. */
    void (*look)(void *self);
    /* Records it; cw_delivery_epoch_recorded is called later. */
    void (*record)(void *self, const char *epoch);
};

#define CW_EPOCH_MOST 64
struct cw_delivery_setup {
    const struct cw_settings *settings; /* borrowed */
    struct cw_board *board;             /* borrowed; may be NULL */
    struct cw_redis_port redis;
    struct cw_outbox_port outbox;
    struct cw_epoch_port control;
    const char *epoch;       /* as recorded in churnwatch.control; "" for none */
    const char *fresh_epoch; /* what to call this Redis when it is new */
    cw_wall_time (*now)(void);
};

struct cw_delivery;
/* NULL: no memory. Free with cw_delivery_free, after the ports were stopped. */
struct cw_delivery *cw_delivery_new(const struct cw_delivery_setup *setup);
void cw_delivery_free(struct cw_delivery *d);

/* Settings read anew take the place of the setup's; borrowed. */
void cw_delivery_settings(struct cw_delivery *d, const struct cw_settings *s);
/* The shards that are ours, all of them; others are left. */
void cw_delivery_owned(struct cw_delivery *d, const int32_t *shards, size_t n);

/* A connection is up, checked, and has the functions; or it is gone. */
void cw_delivery_redis_up(struct cw_delivery *d);
void cw_delivery_redis_down(struct cw_delivery *d);
void cw_delivery_epoch_recorded(struct cw_delivery *d, bool ok);
/* "": none is recorded; NULL: it could not be read. */
void cw_delivery_epoch_known(struct cw_delivery *d, const char *epoch);

/* From the outbox, in offset order. written: when the record was appended; CW_NO_TIME unknown. end:
 * everything before `offset` has been read. lost: the offset asked for is not in the outbox.
 * damaged: what lies next in it cannot be read; it is asked for again after a while. flush: send
 * what has come together. */
void cw_delivery_task(struct cw_delivery *d, int32_t shard, int64_t offset, cw_wall_time written,
                      struct cw_str json);
void cw_delivery_end(struct cw_delivery *d, int32_t shard, int64_t offset);
void cw_delivery_lost(struct cw_delivery *d, int32_t shard);
void cw_delivery_damaged(struct cw_delivery *d, int32_t shard);
void cw_delivery_flush(struct cw_delivery *d);
/* False: take nothing more from the outbox until the port's wake. */
bool cw_delivery_has_room(const struct cw_delivery *d);
/* Every CW_DELIVERY_TICK seconds: what was refused is asked again, and whether Redis is still the
 * same. */
enum { CW_DELIVERY_TICK = 5 };
void cw_delivery_tick(struct cw_delivery *d);

/* For readiness, status and the end. */
enum cw_delivery_standing {
    CW_DELIVERY_DOWN,     /* no connection */
    CW_DELIVERY_SETTLING, /* the epoch is being asked for or recorded */
    CW_DELIVERY_OPEN,
    CW_DELIVERY_REFUSED /* this is another Redis than the one recorded */
};
enum cw_delivery_standing cw_delivery_standing(const struct cw_delivery *d);
const char *cw_delivery_standing_name(enum cw_delivery_standing s);
/* Redis answers and every shard is being read. why says what is missing; may be NULL. */
bool cw_delivery_ready(const struct cw_delivery *d, struct cw_errbuf *why);
/* Everything read has been applied, and everything has been read up to an end told since the last
 * cw_delivery_read_on. */
bool cw_delivery_idle(const struct cw_delivery *d);
/* Reads every shard's outbox on from where it is, so that an end told before counts no more. */
void cw_delivery_read_on(struct cw_delivery *d);
struct cw_delivery_shard {
    int32_t shard;
    int64_t stored;             /* next offset, as Redis said last; CW_OFFSET_NONE */
    size_t waiting, unanswered; /* tasks not sent, calls not answered */
    bool at_end;                /* nothing more is in the outbox, as far as was heard */
    bool refused; /* the outbox did not hold the stored offset, and gave nothing since */
};
size_t cw_delivery_shards(const struct cw_delivery *d, struct cw_delivery_shard *ret, size_t most);

#endif
