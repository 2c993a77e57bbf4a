/* The server's half of desk.h. */
#ifndef CW_SIM_REDIS_H
#define CW_SIM_REDIS_H

#include "tests/sim/desk.h"

struct sim;
bool redis_is_up(const struct desk *d, int64_t now);
/* Executes a command and fills its reply. */
void redis_execute(struct sim *s, struct command *c);
/* Ends all connections; comes again at `back` without the last n steps of its journal. */
void redis_restart(struct desk *d, int64_t back, int64_t lost);
/* Empties it; at `put_back` a copy without the last n steps is put in its place. */
void redis_empty(struct desk *d, int64_t put_back, int64_t lost);
void redis_step(struct desk *d, int64_t now);

#endif
