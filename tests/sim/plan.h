/* The run's plan of mishaps, met call by call. */
#ifndef CW_SIM_PLAN_H
#define CW_SIM_PLAN_H

#include "tests/sim/sim.h"

struct process;
/* The mishap that this call of this process meets, or -1. What concerns more than the one call is
 * done here: waiting, stopping, servers that go away, processes that come and go. */
int plan_befalls(struct process *p, int call);
/* The same for delivery, at each of its steps and commands. */
int plan_befalls_desk(struct process *p, int stage);
/* Draws a plan of n mishaps over the first `span` of the run. */
void plan_draw(struct recipe *r, int n, int64_t span);

#endif
