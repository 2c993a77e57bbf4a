/* One connection to Redis, kept up: hiredis on the main loop behind delivery's port.
 *
 * A connection counts as up when it has been let in (AUTH, SELECT), is a master where a sentinel
 * named it, and holds our functions in a version no older than ours. One that is lost, or whose
 * oldest command is unanswered for redis.timeout, is tried again after 100 ms, doubling up to 10 s,
 * with jitter. All on the main thread; host names are resolved by the system's resolver, which
 * blocks, so addresses are better.
 */
#ifndef CW_DELIVERY_REDIS_PORT_H
#define CW_DELIVERY_REDIS_PORT_H

#include <ev.h>

#include "delivery/delivery.h"
#include "delivery/redis_url.h"

struct cw_redis;
struct cw_redis_setup {
    struct ev_loop *loop;
    struct cw_redis_url url;
    int64_t timeout;        /* µs */
    struct cw_board *board; /* borrowed; may be NULL */
    void (*up)(void *arg);
    void (*down)(void *arg); /* after every unanswered command was told so */
    void *arg;
};
/* Begins to connect in the loop's next turn. NULL: no memory. */
struct cw_redis *cw_redis_start(const struct cw_redis_setup *setup);
struct cw_redis_port cw_redis_port(struct cw_redis *r);
/* Ends the connection (commands under way are told UNKNOWN; down is not called) and frees r. */
void cw_redis_stop(struct cw_redis *r);

#endif
