/* churnwatch.control as the main thread uses it: the epoch's record (key "epoch", value
 * {"epoch":"…"}; the last one holds). */
#ifndef CW_DAEMON_CONTROL_H
#define CW_DAEMON_CONTROL_H

#include <ev.h>

#include "daemon/delivery.h"

/* Reads the topic to its end, blocking for at most wait_ms; before the loop runs. ret_epoch is ""
 * when none is recorded. Returns 0, -CW_E_TIMEOUT or another error with eb. */
int cw_control_epoch(const struct cw_settings *s, int wait_ms, char ret_epoch[CW_EPOCH_MOST + 1],
                     struct cw_errbuf *eb);

/* The writer: recorded is called from the loop once Kafka has said yes or no. */
struct cw_control;
int cw_control_open(const struct cw_settings *s, struct ev_loop *loop,
                    void (*recorded)(void *arg, bool ok), void *arg,
                    struct cw_control **ret_control, struct cw_errbuf *eb);
struct cw_epoch_port cw_control_port(struct cw_control *c);
void cw_control_close(struct cw_control *c); /* accepts NULL */

#endif
