/* The logs every instance reads whole before it judges anything, and follows between batches:
 * managers, and control.
 */
#ifndef CW_DAEMON_FOLLOW_H
#define CW_DAEMON_FOLLOW_H

#include "core/decode.h"
#include "daemon/link.h"

struct cw_roster;
struct cw_follow {
    struct cw_roster *roster;   /* owned; shared by the thread's shards */
    struct cw_decoder *decoder; /* owned */
    int64_t managers, control;  /* next offsets */
};

/* Returns 0 or -CW_E_NOMEM; f may be freed either way. */
int cw_follow_init(struct cw_follow *f, const struct cw_decode_limits *limits);
void cw_follow_free(struct cw_follow *f);
/* Reads both logs to their ends; what was new is in force when it returns. */
int cw_follow_catch_up(struct cw_follow *f, const struct cw_link *link, struct cw_errbuf *eb);

#endif
