/* The state of an installation as it is gathered for churnwatchctl status: what each instance says
 * of itself, what Redis holds, what the topics hold, and what of it is wrong. One thread.
 *
 * The instances' words are JSON of their own making and are kept as they come, so that a newer
 * daemon can say more; what is read of them may be missing.
 */
#ifndef CW_CTL_STATUS_STATUS_H
#define CW_CTL_STATUS_STATUS_H

#include <jansson.h>

#include "ctl/command.h"

struct cw_status {
    const struct cw_ctl *ctl;
    cw_wall_time now;
    json_t *instances; /* owned, like all below: name -> its status, or null where unreadable */
    json_t *redis;     /* managers, tasks, delivery; NULL: it cannot be reached */
    json_t *shards;    /* by number, as the topics tell; NULL: not asked */
    json_t *problems;  /* {"code", "text"} each */
    struct cw_errbuf redis_error, bus_error; /* "" where all went well */
    int redis_err, bus_err;                  /* their codes, for cw_ctl_exit_of; 0 */
};

/* Returns 0 or -CW_E_NOMEM. */
int cw_status_new(const struct cw_ctl *ctl, struct cw_status *ret);
void cw_status_free(struct cw_status *st);

/* From Redis; a failure is kept in redis_error. */
void cw_status_ask_redis(struct cw_status *st);
/* From the topics: of each shard the group's lag by topic, the outbox's end and what Redis has not
 * yet of it. A failure is kept in bus_error. */
void cw_status_ask_bus(struct cw_status *st);
/* What is wrong, after all has been asked. */
void cw_status_judge(struct cw_status *st);
/* For people, in the language of the settings. */
void cw_status_print(const struct cw_status *st);

/* How something stands ("running", "down"), and why something does not, as an instance says it, in
 * the operator's language; what is not known stays. */
const char *cw_status_standing(const struct cw_settings *s, const char *said);
void cw_status_reason(struct cw_buf *b, const struct cw_settings *s, const char *said);
/* The same for whoever asked: programs read it as the instance says it. */
void cw_status_put_reason(struct cw_buf *b, const struct cw_ctl *ctl, const char *said);

/* The shard's status in the instance that holds it, and that instance's name; NULL: nobody. */
const json_t *cw_status_shard(const struct cw_status *st, json_int_t shard, const char **ret_name);
/* Members of objects that may be missing: "" and 0 then. */
const char *cw_status_text(const json_t *object, const char *name);
json_int_t cw_status_count(const json_t *object, const char *name);

#endif
