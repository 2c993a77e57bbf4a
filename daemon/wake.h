/* Claims that lapse and snoozes that end: Redis is asked to look, every few seconds. Main thread.
 */
#ifndef CW_DAEMON_WAKE_H
#define CW_DAEMON_WAKE_H

#include "daemon/board.h"
#include "daemon/delivery.h"

struct cw_wake {
    struct cw_redis_port redis;
    const char *prefix;     /* borrowed */
    struct cw_board *board; /* borrowed; may be NULL */
    bool asked;             /* an answer is still to come */
};
void cw_wake_tick(struct cw_wake *w);

#endif
