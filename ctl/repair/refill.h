/* Task versions written into Redis as they were once delivered, batch by batch.
 *
 * While the whole of Redis is refilled it has no epoch, so that no daemon writes into it; its
 * `refill` names the run that does. A run that was cut short leaves it so, and the next one takes
 * over. `holder` is that name, or the epoch where Redis is whole and single tasks are mended. The
 * functions are in delivery/functions. One thread.
 */
#ifndef CW_CTL_REPAIR_REFILL_H
#define CW_CTL_REPAIR_REFILL_H

#include "churnwatch/event.h"
#include "ctl/redis.h"
#include "delivery/apply_args.h"

struct cw_refill {
    struct cw_redis *redis; /* borrowed, like the two below */
    const struct cw_settings *settings;
    const char *holder;
    cw_wall_time now;
    struct cw_apply_args args;
    struct cw_task_record *records; /* owned; redis.batch of them */
    size_t n;
    cw_wall_time since;        /* when the batch's first record was written */
    uint64_t written, expired; /* expired: ended so long ago that Redis would have let go */
};

/* Returns an exit code, the complaint printed; free with cw_refill_free. */
enum cw_exit cw_refill_open(struct cw_refill *f);
/* A record of the outbox. ended: the task is; it keeps what is left of tasks.retention. */
enum cw_exit cw_refill_add(struct cw_refill *f, const struct cw_message *m, bool ended);
enum cw_exit cw_refill_flush(struct cw_refill *f);
void cw_refill_free(struct cw_refill *f);

#endif
