/* A process of churnwatchd: an engine as a fiber, and delivery as steps of a main loop, with one
 * end.
 *
 * A crash lets every later call of the bus fail, so that the fiber unwinds, and nothing it does on
 * its way has an effect. A stopped process does nothing, its heartbeats neither.
 */
#ifndef CW_SIM_PROCESSES_H
#define CW_SIM_PROCESSES_H

#include <ucontext.h>

#include "tests/sim/member_bus.h"
#include "tests/sim/sim.h"

enum engine_standing { ENGINE_OFF, ENGINE_RUNNING, ENGINE_ENDED };
struct process_hand {
    struct cw_hand ops; /* first */
    struct process *process;
    void (*work)(void *arg); /* NULL: none under way */
    void *arg;
};
struct process {
    struct sim *sim;
    int number, slot;
    enum engine_standing engine;
    int64_t wake;          /* of the engine */
    int64_t starts_at;     /* of one that is off; INT64_MAX: never again */
    int64_t stopped_until; /* SIGSTOP */
    bool dead;             /* it has crashed; the fiber has yet to notice */
    bool leaving;          /* SIGTERM */
    bool last;             /* whoever starts it again: nobody */
    struct member_bus bus;
    struct cw_board *board;
    struct cw_protocol *protocol;
    struct cw_env env;
    struct process_hand hand;
    struct desk_client desk;
    ucontext_t context, back;
    char *stack; /* owned */
    void *fake_stack;
};

void process_start(struct sim *s, int slot, int64_t at);
/* Starts a second one of the same slot; the first is not started again. */
void process_twin(struct process *p);
void process_end_all(struct sim *s);
/* When it does something next, and doing it. */
int64_t process_due(const struct process *p);
void process_step(struct process *p);
/* From within the engine: waits. False: the process has crashed meanwhile. */
bool process_wait(struct process *p, int64_t us);
void process_crash(struct process *p);
static inline bool process_stopped(const struct process *p)
{
    return p->stopped_until > p->sim->now;
}
/* Of a running process. */
static inline bool process_alive(const struct process *p)
{
    return p->engine == ENGINE_RUNNING && !p->dead;
}

#endif
