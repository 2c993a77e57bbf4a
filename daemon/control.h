/* churnwatch.control as the main thread uses it: the epoch's record (key "epoch", value
 * {"epoch":"…"}; the last one holds). */
#ifndef CW_DAEMON_CONTROL_H
#define CW_DAEMON_CONTROL_H

#include <ev.h>

#include "daemon/delivery.h"

#define CW_CONTROL_EPOCH "epoch" /* its key and its one member */

/* Reads the topic to its end, blocking; before the loop runs. ret_epoch is "" when none is
 * recorded. Errors as bus/logs.h has them. */
int cw_control_epoch(const struct cw_settings *s, char ret_epoch[CW_EPOCH_MOST + 1],
                     struct cw_errbuf *eb);

/* The writer: recorded is called from the loop, later, once the bus has said yes or no. */
struct cw_control_setup {
    const struct cw_settings *settings; /* borrowed until the writer is closed */
    struct ev_loop *loop;
    void (*recorded)(void *arg, bool ok);
    void *arg;
};
struct cw_control {
    struct cw_epoch_port port;
    void (*close)(struct cw_control *c); /* frees c */
};
int cw_control_open(const struct cw_control_setup *setup, struct cw_control **ret_control,
                    struct cw_errbuf *eb);
void cw_control_close(struct cw_control *c); /* accepts NULL */

/* ---- the writers ---- */

/* The record's value for an epoch; returns its length. */
#define CW_CONTROL_VALUE_MOST (CW_EPOCH_MOST + 32)
size_t cw_control_value(const char *epoch, char out[CW_CONTROL_VALUE_MOST]);
/* control_kafka.c */
int cw_control_kafka_open(const struct cw_control_setup *setup, struct cw_control **ret_control,
                          struct cw_errbuf *eb);
/* control_logs.c */
int cw_control_logs_open(const struct cw_control_setup *setup, struct cw_control **ret_control,
                         struct cw_errbuf *eb);

#endif
