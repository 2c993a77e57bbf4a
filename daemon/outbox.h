/* The outbox read for delivery: churnwatch.tasks, committed records only, on the main loop.
 *
 * Partitions are assigned, never subscribed to, and always start at an offset delivery names, which
 * is Redis's; Kafka keeps no position of ours. */
#ifndef CW_DAEMON_OUTBOX_H
#define CW_DAEMON_OUTBOX_H

#include <ev.h>

#include "daemon/delivery.h"

struct cw_outbox;
int cw_outbox_open(const struct cw_settings *s, struct ev_loop *loop, struct cw_outbox **ret_outbox,
                   struct cw_errbuf *eb);
struct cw_outbox_port cw_outbox_port(struct cw_outbox *o);
/* Whom the records go to; before the loop runs. Borrowed. */
void cw_outbox_serve(struct cw_outbox *o, struct cw_delivery *d);
void cw_outbox_close(struct cw_outbox *o); /* accepts NULL */

#endif
