/* The pump: people's moves out of Redis into task.outcomes, each at least once.
 *
 * A state machine on the main loop, over two ports, with one batch on its way at a time:
 *
 *     RESTING   nothing is on its way; a tick asks for what there is
 *     TAKING    cw_take has been asked
 *     SENDING   the batch is with the bus
 *     HELD      the bus did not take it: some ticks later it is given again
 *     SETTLING  cw_taken has been asked to forget what the bus has
 *
 * Redis keeps a move until cw_taken, so whatever ends in between, it comes again, with the same id,
 * and with it all that came after it, in order: none is ever left out. The engine counts on that
 * and takes an id once (core/heard.h). An entry that is no outcome is kept aside in Redis with the
 * reason.
 */
#ifndef CW_DELIVERY_PUMP_H
#define CW_DELIVERY_PUMP_H

#include "board/board.h"
#include "delivery/delivery.h"
#include "delivery/sender.h"

#define CW_PUMP_EVERY 0.2 /* seconds between ticks */

struct cw_pump_setup {
    const struct cw_settings *settings; /* borrowed */
    struct cw_board *board;             /* borrowed; may be NULL */
    struct cw_redis_port redis;
    struct cw_send_port sender;
};

struct cw_pump;
/* NULL: no memory. Free it after both ports were stopped. */
struct cw_pump *cw_pump_new(const struct cw_pump_setup *setup);
void cw_pump_free(struct cw_pump *p); /* accepts NULL */
/* Only while this is the Redis that is recorded. */
void cw_pump_tick(struct cw_pump *p);
/* Nothing is on its way: it may be stopped without anything going out twice. */
bool cw_pump_rests(const struct cw_pump *p);

#endif
