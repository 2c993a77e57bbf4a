/* A day of the simulated county: what happens is told in any order and leaves in that of time.
 *
 * Every teller takes seconds since local midnight. Owns the day's text; one thread.
 */
#ifndef CW_CTL_SIM_SIM_DAY_H
#define CW_CTL_SIM_SIM_DAY_H

#include <stdio.h>

#include "ctl/sim/sim_world.h"

struct cw_sim_told;

struct cw_sim_day {
    const struct cw_zone *zone;
    cw_day day;
    cw_event_time midnight;
    double rhythm[2];         /* of people and of groups: holidays, and what the days share */
    struct cw_buf text;       /* the events as JSON, one after the other */
    struct cw_sim_told *told; /* owned */
    size_t n_told, cap_told;
    uint64_t serial; /* events since the first day; their ids */
    bool failed;     /* out of memory */
};

/* Empties the day and moves on to another. */
void cw_sim_day_begin(struct cw_sim_day *d, cw_day day, uint64_t seed);
/* Tells an event, with the members of its data as a format. */
void cw_sim_tell(struct cw_sim_day *d, const struct cw_sim_client *c, const char *type,
                 int32_t second, const char *members, ...) __attribute__((format(printf, 5, 6)));
/* What every client does on a day, story or not. */
void cw_sim_live(struct cw_sim_day *d, struct cw_sim_client *c);
/* Charges a line: tells it and puts it on the bill. */
void cw_sim_charge(struct cw_sim_day *d, struct cw_sim_client *c, const struct cw_sim_line *ln,
                   int32_t second, int64_t fen, const char *category);
/* Sorted by time, billing before the rest; writes them. -CW_E_NOMEM, -CW_E_IO. */
int cw_sim_day_write(struct cw_sim_day *d, FILE *out);
void cw_sim_day_free(struct cw_sim_day *d);

/* For "%.2f". */
double cw_sim_yuan(int64_t fen);

#endif
