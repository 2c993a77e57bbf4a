/* What people did with their tasks, taken from task.outcomes: where a Redis was lost, this is what
 * is left of claims, snoozes and notes.
 *
 * Outcomes are taken in the order of their topic, after the outbox's index is complete. Then each
 * task's desk is set to what its moves come to, unless somebody has touched it since.
 */
#ifndef CW_CTL_REPAIR_RECALL_H
#define CW_CTL_REPAIR_RECALL_H

#include "ctl/redis.h"
#include "ctl/repair/outbox_index.h"

/* One move. Returns 0 or -CW_E_NOMEM; what is no move, or of no task that is known, is passed over.
 */
int cw_recall_take(struct cw_outbox_index *x, const struct cw_message *m);
/* To whom the moves are told, and when it is. */
struct cw_recall_to {
    struct cw_redis *redis;
    const char *holder; /* see refill.h */
    uint64_t manager;   /* tasks of this one only, see cw_outbox_manager; 0 all */
    int64_t now;        /* seconds since 1970 */
};
/* Says all of it to Redis. Returns an exit code; ret_n: desks that were changed. */
enum cw_exit cw_recall_tell(const struct cw_outbox_index *x, const struct cw_recall_to *to,
                            uint64_t *ret_n);
void cw_recall_free(struct cw_outbox_index *x); /* of every task */

#endif
