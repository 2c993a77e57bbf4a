/* Redis taken over for a refill, and given back. See refill.h for what a holder is.
 *
 * Each returns an exit code; the complaint has been printed.
 */
#ifndef CW_CTL_REPAIR_TAKEOVER_H
#define CW_CTL_REPAIR_TAKEOVER_H

#include "ctl/redis.h"
#include "ctl/repair/outbox_index.h"
#include "delivery/epoch.h"

/* What <prefix>delivery says; "" for what is not there. */
struct cw_standing {
    char epoch[CW_EPOCH_MOST + 1];
    char refill[CW_EPOCH_MOST + 1]; /* a run that is at work, or was cut short */
};
/* delivery: the hash. */
struct cw_standing cw_takeover_standing(const redisReply *delivery);

/* Refused when Redis does not stand so any more. */
enum cw_exit cw_takeover_begin(struct cw_redis *r, const struct cw_standing *standing,
                               const char *holder);
/* In one step: epoch, and offsets[p] as the next of partition p. */
enum cw_exit cw_takeover_end(struct cw_redis *r, const char *holder, const char *epoch,
                             const int64_t *offsets, int32_t n);
/* Drops the tasks on desks that the index does not know. */
enum cw_exit cw_takeover_sweep(struct cw_redis *r, const char *holder,
                               const struct cw_outbox_index *index, uint64_t *ret_dropped);

#endif
