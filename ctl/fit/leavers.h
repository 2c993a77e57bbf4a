/* Who left, and when: from what managers recorded ("lost"), or from a file that tells the truth.
 */
#ifndef CW_CTL_FIT_LEAVERS_H
#define CW_CTL_FIT_LEAVERS_H

#include "churnwatch/types.h"

struct cw_zone;
struct cw_leavers {
    struct cw_leaver {
        char *client;
        cw_event_time at;
    } * all; /* by client once read; a client's first leaving alone */
    size_t n, cap;
};
/* NDJSON of task.outcomes: clients whose result was "lost". 0, or an error with eb saying what and
 * where. */
int cw_leavers_of_outcomes(const char *path, struct cw_leavers *ret, struct cw_errbuf *eb);
/* The truth.json that `sim` writes (clients[].churn_day), or one with churn.CLIENT.date. A day is
 * its midnight in the zone. */
int cw_leavers_of_truth(const char *path, const struct cw_zone *z, struct cw_leavers *ret,
                        struct cw_errbuf *eb);
/* CW_NO_TIME: never. */
cw_event_time cw_leavers_find(const struct cw_leavers *l, const char *client);
void cw_leavers_free(struct cw_leavers *l);

#endif
