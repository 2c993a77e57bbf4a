/* The arguments of one call of cw_apply, or of a function that takes the same; what they mean is
 * said in delivery/functions. */
#ifndef CW_DELIVERY_APPLY_ARGS_H
#define CW_DELIVERY_APPLY_ARGS_H

#include "churnwatch/settings.h"
#include "delivery/record.h"

struct cw_apply_args {
    struct cw_str *argv; /* owned; the texts lie in text and in the records */
    size_t argc, cap;
    struct cw_buf text; /* owned */
    struct {
        size_t arg, at, n;
    } * own; /* which arguments lie in text: it moves while it grows */
    size_t n_own, cap_own;
    bool failed;
};
struct cw_apply_head {
    const char *function; /* NULL: cw_apply */
    const struct cw_settings *settings;
    const char *epoch;
    int32_t shard;
    int64_t prev, next;
    cw_wall_time delivered_at;
    int64_t age; /* µs of tasks.retention that ended tasks have had already */
};

void cw_apply_begin(struct cw_apply_args *a, const struct cw_apply_head *head);
/* Borrows the record until the arguments have been used. */
void cw_apply_add(struct cw_apply_args *a, const struct cw_task_record *r);
/* Returns 0 with argv ready, or -CW_E_NOMEM. */
int cw_apply_ready(struct cw_apply_args *a);
void cw_apply_free(struct cw_apply_args *a);

#endif
