/* Appending to the bus from the main loop: a thread that may block, for a loop that must not.
 *
 * It owns one handle of cw_logs, opened for the first job and again after every failure, so it
 * serves each bus alike. A job is a few records that become durable together or are tried again by
 * whoever gave it: after a failure some of them may be there already.
 */
#ifndef CW_DELIVERY_SENDER_H
#define CW_DELIVERY_SENDER_H

#include <ev.h>

#include "bus/logs.h"

struct cw_send_job {
    const struct cw_logs_record *records; /* borrowed, with all they point to, until done */
    size_t n_records;
    /* Instead of records: what is done on the thread, with its handle. NULL: the records. */
    int (*look)(struct cw_logs *logs, void *arg, struct cw_errbuf *eb);
    /* On the main loop. err 0: all of them are durable; else why says what was said. */
    void (*done)(void *arg, int err, const struct cw_errbuf *why);
    void *arg;
    /* The sender's own until done. */
    struct cw_send_job *next;
    int err;
    struct cw_errbuf why;
};

/* As the pump and the control topic see it. Each gives one job at a time. */
struct cw_send_port {
    void *self;
    void (*give)(void *self, struct cw_send_job *job);
};

struct cw_sender;
/* The settings are borrowed until it is closed. 0, -CW_E_NOMEM or -CW_E_IO (no thread). */
int cw_sender_open(const struct cw_settings *s, struct ev_loop *loop, struct cw_sender **ret_sender,
                   struct cw_errbuf *eb);
struct cw_send_port cw_sender_port(struct cw_sender *s);
/* No job is told of any more. False when the thread still waits for a bus that does not answer:
 * then nothing may be freed that it borrows, and the process must end. Accepts NULL. */
bool cw_sender_close(struct cw_sender *s);

#endif
