/* A simulated cluster, a simulated Redis, and up to eight processes of churnwatchd that run the
 * daemon's own protocol, core and delivery over them. One seed is one run.
 *
 * All time is virtual and all chance comes from the seed. A process' engine is a fiber: wherever it
 * would wait for a server it goes back to the scheduler, which lets the others run (processes.c).
 * Whatever is wrong ends the run with a violation, a text that says what and where.
 */
#ifndef CW_SIM_H
#define CW_SIM_H

#include <stdarg.h>
#include <stdio.h>

#include "engine/protocol.h"
#include "tests/sim/cluster.h"
#include "tests/sim/coverage.h"
#include "tests/sim/desk.h"
#include "tests/sim/random.h"
#include "tests/sim/story.h"

enum { PROCESSES_MOST = 8, SLOTS_MOST = 4, PLAN_MOST = 96 };
enum { ANY_CALL = -1, NOT_POLL = -2 };

/* Of one mishap: whom it befalls, at which call, and when at the earliest. */
struct planned {
    int what;           /* enum mishap */
    int call;           /* enum call or, of Redis' mishaps, enum stage; ANY_CALL; NOT_POLL */
    int slot;           /* -1: whoever comes first */
    int64_t after, nth; /* nth: the how-manieth such call after it, from 1 */
    bool done;
};

/* How a run is to be. */
struct recipe {
    uint64_t seed;
    const struct story *story;
    int slots;  /* started at the beginning */
    bool torn;  /* end-of-transaction requests may come late enough to hit the next one */
    bool trace; /* tell everything on standard error */
    struct planned plan[PLAN_MOST];
    int n_plan;
};

struct process;
struct sim {
    const struct recipe *recipe;
    struct chance chance;
    int64_t now;
    struct cluster cluster;
    struct desk desk;
    struct process *processes[PROCESSES_MOST];
    struct planned plan[PLAN_MOST];
    struct coverage *coverage;
    int64_t calls; /* of the bus, by all */
    int64_t desk_calls;
    int holders[SHARDS_MOST];                /* slot that had a shard last, from 1; 0 nobody */
    int64_t coordinators_back, brokers_back; /* until then they do not answer */
    char violation[600];
};

/* Runs it; true when all is as it has to be, else violation says what was not. */
bool sim_run(struct sim *s, const struct recipe *recipe, struct coverage *coverage);

/* One process with nothing going wrong, whose outcome becomes the story's expectation. */
bool sim_record(struct sim *s, struct story *story, struct coverage *coverage);

void sim_trace(const struct sim *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The first one stands. */
void sim_violation(struct sim *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static inline bool sim_failed(const struct sim *s)
{
    return s->violation[0] != '\0';
}

#endif
