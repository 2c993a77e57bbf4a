/* churnwatch.control as the main thread uses it: the epoch's record, read at start and written. */
#ifndef CW_DELIVERY_CONTROL_H
#define CW_DELIVERY_CONTROL_H

#include "delivery/delivery.h"
#include "delivery/sender.h"

/* Reads the topic to its end, blocking; before the loop runs. Sees to it that the partitions are as
 * many as they were (partitions.h), or -CW_E_INVALID. ret_epoch is "" when none is
 * recorded. Returns 0 or, with eb, -CW_E_NOTFOUND when there is no such topic, or an error of
 * bus/logs.h. */
int cw_control_epoch(const struct cw_settings *s, char ret_epoch[CW_EPOCH_MOST + 1],
                     struct cw_errbuf *eb);

/* Who is told, from the loop: once the bus has said yes or no to a record; what is recorded, NULL
 * where it could not be read. */
struct cw_control_ears {
    void (*recorded)(void *arg, bool ok);
    void (*known)(void *arg, const char *epoch);
    void *arg;
};
/* Writes, and looks, without waiting. NULL: no memory. Closed after its sender; borrows the
 * settings until then. */
struct cw_control;
struct cw_control *cw_control_open(const struct cw_settings *s, struct cw_send_port sender,
                                   const struct cw_control_ears *ears);
struct cw_epoch_port cw_control_port(struct cw_control *c);
void cw_control_close(struct cw_control *c); /* accepts NULL */

#endif
