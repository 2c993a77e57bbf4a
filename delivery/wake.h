/* Claims that lapse and snoozes that end: Redis is asked to look, every few seconds. Main thread.
 */
#ifndef CW_DELIVERY_WAKE_H
#define CW_DELIVERY_WAKE_H

#include "board/board.h"
#include "delivery/delivery.h"

struct cw_wake {
    struct cw_redis_port redis;
    const char *prefix;     /* borrowed */
    struct cw_board *board; /* borrowed; may be NULL */
    bool asked;             /* an answer is still to come */
};
void cw_wake_tick(struct cw_wake *w);

#endif
