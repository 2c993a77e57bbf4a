/* Where a simulated county goes: into files of a directory, into the bus, or both at once.
 *
 * What is sent is paced: no more messages a second than asked for, counted from the first. One
 * thread.
 */
#ifndef CW_CTL_SIM_SIM_SINK_H
#define CW_CTL_SIM_SIM_SINK_H

#include <stdio.h>
#include <time.h>

#include "bus/logs.h"
#include "ctl/lines/address.h"

struct cw_sim_sink {
    const struct cw_settings *settings;
    const char *directory; /* NULL: no files */
    struct cw_logs *logs;  /* NULL: nothing is sent; borrowed */
    double rate;           /* messages a second; 0: as fast as it goes */

    /* Private. */
    char path[4096];
    FILE *file;
    bool sends; /* this one */
    struct cw_buf line;
    struct cw_address_room room;
    struct timespec since;
    uint64_t sent;
    struct cw_errbuf failed; /* what the bus said */
};

/* The stream one part of the county is written to: a file of that name, and where `sent`, messages,
 * one a line. NULL with eb. */
FILE *cw_sim_sink_open(struct cw_sim_sink *s, const char *name, bool sent, struct cw_errbuf *eb);
/* Closes the stream and waits until what was sent is durable. 0 or -CW_E_IO with eb saying of
 * anything that went wrong since it was opened. */
int cw_sim_sink_close(struct cw_sim_sink *s, FILE *stream, struct cw_errbuf *eb);
void cw_sim_sink_free(struct cw_sim_sink *s);

#endif
