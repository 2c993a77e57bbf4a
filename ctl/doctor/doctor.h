/* What churnwatchctl doctor looks at, finds and orders. One thread.
 *
 *     look     each shard, as an onlooker: its state log restored as a daemon would, its inputs,
 * its outbox, what its holder says of itself judge    findings, each with the command that mends it
 *     repair   of each shard that can be mended an order (engine/repair_order.h), shown, confirmed,
 *              and left in churnwatch.control for the shard's holder to carry out
 */
#ifndef CW_CTL_DOCTOR_DOCTOR_H
#define CW_CTL_DOCTOR_DOCTOR_H

#include "bus/logs.h"
#include "ctl/status/status.h"
#include "delivery/delivery.h"
#include "engine/repair_order.h"
#include "engine/statelog.h"

/* A topic's partition: [first, end) with what is not yet committed; open: where records of
 * transactions under way begin, CW_OFFSET_NONE when there are none. */
struct cw_doctor_range {
    int64_t first, end, open;
    cw_wall_time since; /* of the first open record; CW_NO_TIME unknown */
};

struct cw_doctor_shard {
    int32_t number;
    const char *holder;   /* an instance; NULL: nobody says so */
    const char *standing; /* as its holder says; "" */
    const char *reason;   /* of "stopped" */
    struct cw_doctor_range inputs[CW_INPUTS], state, outbox;
    int64_t committed[CW_INPUTS];
    int err; /* of the restore: 0, -CW_E_CORRUPT, -CW_E_NEWER */
    struct cw_errbuf why;
    bool found; /* a position record: commit, layout and position are set */
    uint32_t commit;
    int layout; /* of the images; 0 unknown */
    struct cw_position position;
    size_t clients;
    int64_t stored; /* Redis's offset in the outbox; CW_OFFSET_NONE */
    bool moving;    /* committed while it was looked at: positions are of different moments */
    bool hurt;      /* stands still, or will at its next start */
};

struct cw_doctor {
    const struct cw_ctl *ctl;
    const struct cw_settings *settings;
    struct cw_logs *logs;
    struct cw_status status;          /* instances and Redis */
    char recorded[CW_EPOCH_MOST + 1]; /* in churnwatch.control */
    int32_t began;                    /* partitions, as recorded; 0 not */
    int32_t n_shards, only;           /* only: CW_DOCTOR_ALL or one shard's number */
    struct cw_doctor_shard *shards;   /* owned; n_looked */
    size_t n_looked;
    json_t *findings; /* owned */
    bool wrong;       /* a finding is more than a note */
    struct cw_errbuf eb;
};
#define CW_DOCTOR_ALL (-1)

/* doctor_look.c: 0, or an error of bus/logs.h with d->eb. */
int cw_doctor_look(struct cw_doctor *d);
const char *cw_doctor_topic(const struct cw_doctor *d, enum cw_input in);

/* doctor_judge.c: what is wrong, into findings. */
void cw_doctor_judge(struct cw_doctor *d);

/* doctor_print.c */
void cw_doctor_print(const struct cw_doctor *d);
void cw_doctor_print_json(const struct cw_doctor *d);

/* doctor_repair.c: orders what mends the shards that are hurt. */
enum cw_exit cw_doctor_repair(struct cw_doctor *d);

#endif
