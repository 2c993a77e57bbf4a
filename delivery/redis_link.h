/* The parts of a Redis connection, shared by redis_port.c and redis_connect.c and nobody else. */
#ifndef CW_DELIVERY_REDIS_LINK_H
#define CW_DELIVERY_REDIS_LINK_H

#include <hiredis/async.h>
#include <hiredis/hiredis.h>

#include "delivery/redis_port.h"

/* A command under way; answers come in the order of the commands. */
struct command {
    struct command *next;
    struct cw_redis *r;
    cw_mono_time since;
    /* One of the two: our own checks, or the port's user. reply is NULL for unknown. */
    void (*check)(struct cw_redis *r, const redisReply *reply);
    cw_reply_fn *fn;
    void *arg;
};

struct cw_redis {
    struct cw_redis_setup setup;
    redisAsyncContext *ac; /* NULL between connections; hiredis frees it by itself when it fails */
    bool up, dropping, stopping;
    bool at_sentinel;           /* this connection only asks where the master is */
    struct cw_redis_host found; /* the master, as a sentinel said; name "" for not asked */
    size_t sentinel;            /* the next to ask */
    size_t step;                /* of the checks */
    bool load;                  /* the functions are missing or old */
    char at[272];               /* which server this connection is to */
    char why[256];              /* the connection ends */
    cw_mono_time since;         /* connecting, or up */
    unsigned failures;          /* in a row */
    struct command *first, **last;
    struct ssl_ctx_st *tls;      /* owned; made for the first connection */
    ev_timer retry, watch, turn; /* next attempt; overdue answers; what waits for the next turn */
};

/* Sends with one of the two callbacks; 0, -CW_E_RETRY or -CW_E_NOMEM. */
int cw_redis_command(struct cw_redis *r, size_t argc, const char **argv, const size_t *lengths,
                     const struct command *c);
/* Ends the connection in the loop's next turn. */
void cw_redis_drop(struct cw_redis *r, const char *why);
/* Goes through what must hold before a connection counts as up, then cw_redis_checked. */
void cw_redis_check(struct cw_redis *r);
void cw_redis_checked(struct cw_redis *r);

#endif
