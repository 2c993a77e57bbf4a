/* An order to mend a shard, as `churnwatchctl doctor --repair` leaves it in churnwatch.control.
 *
 *     key CW_REPAIR_KEY, partition 0, value
 *     {"shard": 3, "anew": false, "next": {"profiles": 4, "billing": 17, "service": null, …},
 *      "for": {"state_end": 210, "committed": {"profiles": 4, "billing": 16, …}},
 *      "at": "2026-03-02T09:00:00+08:00", "author": "wang", "reason": "…"}
 *
 * null is CW_OFFSET_NONE. Whoever holds the shard carries the order out, within its own transaction
 * and assignment; so nobody else ever writes a shard's state or moves its offsets. An order is for
 * one moment: it counts only where the state log ends and the inputs are committed as `for` says,
 * and the commit that carries it out ends that. Of several for a shard the last one counts.
 *
 * Pure; owns nothing.
 */
#ifndef CW_ENGINE_REPAIR_ORDER_H
#define CW_ENGINE_REPAIR_ORDER_H

#include "bus/bus.h"
#include "churnwatch/buf.h"

#define CW_REPAIR_KEY "repair"

struct cw_repair {
    int32_t shard;
    bool anew;               /* without any state; else the last position record's is kept */
    int64_t next[CW_INPUTS]; /* where the inputs are read from */
    int64_t state_end;       /* of the state log, uncommitted records counted */
    int64_t committed[CW_INPUTS];
};

/* "profiles", "billing", "service", "outcomes". */
extern const char *const cw_repair_inputs[CW_INPUTS];

/* at, author and reason are for people. Appends JSON. */
void cw_repair_write(struct cw_buf *b, const struct cw_repair *r, const char *at,
                     const char *author, const char *reason);
/* 0, or -CW_E_INVALID with eb. */
int cw_repair_read(struct cw_str json, struct cw_repair *ret_repair, struct cw_errbuf *eb);
/* Was it ordered for this moment? */
bool cw_repair_fits(const struct cw_repair *r, int64_t state_end,
                    const int64_t committed[CW_INPUTS]);

#endif
