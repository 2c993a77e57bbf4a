/* The mornings of clients with an open task: what had been told by nine o'clock, and whether the
 * client left within 30 days. Made of task versions, as `replay` writes them or the outbox has
 * them. Where all clients are known, also the mornings of those without a task, a row a kind of
 * client for those that stayed and one for those that left.
 */
#ifndef CW_CTL_FIT_MORNINGS_H
#define CW_CTL_FIT_MORNINGS_H

#include "ctl/fit/clients.h"
#include "ctl/fit/leavers.h"
#include "ctl/fit/weights_fit.h"

struct cw_mornings {
    struct cw_fit_row *rows; /* by client, then day */
    size_t n, cap;
    size_t versions;                 /* read */
    size_t leavers;                  /* clients that left while a task of theirs had been told */
    size_t told;                     /* rows of an open task: all but the last few */
    size_t left;                     /* rows before somebody left */
    uint64_t quiet[CW_FIT_KINDS][2]; /* mornings without a task, before a leaving: [1] */
};
/* whole: leavings are known beyond the last version too; else its last 30 days say nothing and are
 * left out. The first 30 are always: baselines are young. clients: all there are, or NULL when
 * that is not known, and nothing can be said of those without a task. */
int cw_mornings_read(const char *path, const struct cw_zone *z, const struct cw_leavers *leavers,
                     bool whole, const struct cw_fit_clients *clients, struct cw_mornings *ret,
                     struct cw_errbuf *eb);
void cw_mornings_free(struct cw_mornings *m);

#endif
