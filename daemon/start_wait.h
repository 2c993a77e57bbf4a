/* A start meets brokers that are not ready: a topic that nobody leads yet, as after a whole cluster
 * was down. Ending would be right, for a restart tries again; waiting within the start is sooner,
 * and says what for. Before the loop runs, main thread.
 */
#ifndef CW_DAEMON_START_WAIT_H
#define CW_DAEMON_START_WAIT_H

#include "churnwatch/types.h"

/* From a start's begin until its last try, which no call of Kafka's makes longer by more than half
 * a minute: far below TimeoutStartSec of the unit. */
#define CW_START_WAIT (30 * CW_SECOND)
enum { CW_START_REST_MS = 1000 }; /* between two tries */

struct cw_start_wait {
    cw_mono_time (*mono)(void *arg);
    void (*rest)(void *arg, int ms);
    void (*told)(void *arg, const char *reason); /* once for each reason in a row */
    void *arg;
    cw_mono_time began;
};

/* Makes the step, and makes it again as long as it returns -CW_E_RETRY and there is time. Returns
 * what it returned last; where that is -CW_E_RETRY, eb says too how long was waited. */
int cw_start_try(const struct cw_start_wait *w, int (*step)(void *arg, struct cw_errbuf *eb),
                 struct cw_errbuf *eb);

#endif
