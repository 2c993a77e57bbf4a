/* See processes.h. */
#include "tests/sim/processes.h"

#include <stdlib.h>
#include <string.h>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/common_interface_defs.h>
#endif

#define STACK (512 * 1024)
/* So far behind the machine's clock that no idle shard follows it. */
#define WALL (60 * 365 * CW_DAY)

/* ---- fibers ---- */

static struct process *entered; /* whose fiber is about to begin */

static void switch_to(struct process *p, ucontext_t *from, ucontext_t *to, bool into, bool ends)
{
#ifdef __SANITIZE_ADDRESS__
    static const void *bottom;
    static size_t size;
    void *fake = NULL;
    __sanitizer_start_switch_fiber(ends ? NULL : &fake, into ? p->stack : bottom,
                                   into ? STACK : size);
    (void)swapcontext(from, to);
    __sanitizer_finish_switch_fiber(fake, into ? NULL : &bottom, into ? NULL : &size);
#else
    (void)p;
    (void)into;
    (void)ends;
    (void)swapcontext(from, to);
#endif
}

static void to_scheduler(struct process *p, bool ends)
{
    switch_to(p, &p->context, &p->back, false, ends);
}

bool process_wait(struct process *p, int64_t us)
{
    if (p->dead)
        return false;
    p->wake = p->sim->now + us;
    to_scheduler(p, false);
    return !p->dead;
}

/* ---- the engine ---- */

static cw_mono_time env_mono(void *arg)
{
    return CW_HOUR + ((struct process *)arg)->sim->now;
}

static cw_wall_time env_wall(void *arg)
{
    return WALL + ((struct process *)arg)->sim->now;
}

static void env_rest(void *arg, int ms)
{
    (void)process_wait(arg, ms * INT64_C(1000));
}

/* ---- its second hand ---- */

/* The work is done in one piece, some turns after it was begun. */
static struct process_hand *hand_of(struct cw_hand *h)
{
    return (struct process_hand *)h;
}

static void hand_begin(struct cw_hand *hand, void (*work)(void *arg), void *arg)
{
    atomic_fetch_add(&hand_of(hand)->process->sim->coverage->beside, 1);
    hand_of(hand)->work = work;
    hand_of(hand)->arg = arg;
}

static void hand_finish(struct cw_hand *hand)
{
    struct process_hand *h = hand_of(hand);
    void (*work)(void *arg) = h->work;
    h->work = NULL;
    if (work)
        work(h->arg);
}

static bool hand_is_done(struct cw_hand *hand)
{
    struct process_hand *h = hand_of(hand);
    if (h->work && chance_one_in(&h->process->sim->chance, 3))
        hand_finish(hand);
    return !h->work;
}

static struct cw_hand *hand_init(struct process *p)
{
    p->hand = (struct process_hand){{hand_begin, hand_is_done, hand_finish}, p, NULL, NULL};
    return &p->hand.ops;
}

/* ---- its turns ---- */

static void take_turns(struct process *p)
{
    while (cw_protocol_turn(p->protocol) == 0)
        if (p->leaving) {
            (void)cw_protocol_finish(p->protocol);
            if (!p->dead)
                group_leave(&p->sim->cluster.group, &p->bus.now, p->sim->now);
            return;
        }
}

static void engine(struct process *p)
{
    const struct cw_settings *s = p->sim->recipe->story->settings;
    p->env = (struct cw_env){env_mono, env_wall, env_rest, p, NULL, NULL, hand_init(p)};
    if (member_bus_open(&p->bus, p) == 0) {
        p->protocol = cw_protocol_new(s, &p->bus.bus, p->board, &p->env);
        if (!p->protocol)
            abort();
        take_turns(p);
        cw_protocol_free(p->protocol);
        p->protocol = NULL;
    }
    member_bus_close(&p->bus);
}

static void fiber(void)
{
    struct process *p = entered;
#ifdef __SANITIZE_ADDRESS__
    __sanitizer_finish_switch_fiber(NULL, NULL, NULL);
#endif
    engine(p);
    p->engine = ENGINE_ENDED;
    to_scheduler(p, true);
    abort();
}

/* ---- beginning and ending ---- */

static struct process *vacant(struct sim *s)
{
    for (int i = 0; i < PROCESSES_MOST; i++) {
        struct process *p = s->processes[i];
        if (!p) {
            p = s->processes[i] = calloc(1, sizeof *p);
            if (!p || !(p->stack = malloc(STACK)))
                abort();
            p->number = i;
            p->sim = s;
            return p;
        }
        if (p->engine == ENGINE_OFF && p->last)
            return p;
    }
    return NULL;
}

void process_start(struct sim *s, int slot, int64_t at)
{
    struct process *p = vacant(s);
    if (!p)
        return;
    p->slot = slot;
    p->engine = ENGINE_OFF;
    p->dead = p->leaving = p->last = false;
    p->stopped_until = 0;
    p->starts_at = at;
}

void process_twin(struct process *p)
{
    if (p->last)
        return;
    process_start(p->sim, p->slot, p->sim->now);
    p->last = true;
}

void process_crash(struct process *p)
{
    sim_trace(p->sim, "process %d: crashes", p->number);
    p->dead = true;
    p->stopped_until = 0;
    p->wake = p->sim->now;
}

static void begin(struct process *p)
{
    sim_trace(p->sim, "process %d: starts in slot %d", p->number, p->slot);
    p->starts_at = INT64_MAX;
    p->board = cw_board_new();
    if (!p->board || !desk_open(p))
        abort();
    p->engine = ENGINE_RUNNING;
    p->wake = p->sim->now;
    (void)getcontext(&p->context);
    p->context.uc_stack.ss_sp = p->stack;
    p->context.uc_stack.ss_size = STACK;
    p->context.uc_link = NULL;
    makecontext(&p->context, fiber, 0);
}

/* What the operating system does with what is left of a process, and what systemd does then. */
static void bury(struct process *p)
{
    struct sim *s = p->sim;
    desk_close(p);
    cw_board_free(p->board);
    p->board = NULL;
    p->engine = ENGINE_OFF;
    p->dead = p->leaving = false;
    if (p->last)
        return;
    /* Now and then the machine itself needs its time. */
    int64_t most = chance_one_in(&s->chance, 4) ? 15 * CW_SECOND : CW_SECOND;
    p->starts_at = s->now + chance_between(&s->chance, CW_SECOND / 20, most);
    atomic_fetch_add(&s->coverage->restarts, 1);
    sim_trace(s, "process %d: has ended", p->number);
}

static void resume(struct process *p)
{
    entered = p;
    switch_to(p, &p->back, &p->context, true, false);
}

int64_t process_due(const struct process *p)
{
    if (p->engine == ENGINE_OFF)
        return p->last ? INT64_MAX : p->starts_at;
    int64_t engine_at = p->wake, desk_at = desk_due(p);
    int64_t due = engine_at < desk_at ? engine_at : desk_at;
    return due < p->stopped_until ? p->stopped_until : due;
}

void process_step(struct process *p)
{
    if (p->engine == ENGINE_OFF) {
        if (p->starts_at <= p->sim->now && !p->last)
            begin(p);
        return;
    }
    if (process_stopped(p))
        return;
    if (p->engine == ENGINE_RUNNING && (p->wake <= p->sim->now || p->dead))
        resume(p);
    if (p->engine == ENGINE_ENDED) {
        bury(p);
        return;
    }
    if (!p->dead && desk_due(p) <= p->sim->now)
        desk_step(p);
}

void process_end_all(struct sim *s)
{
    for (int i = 0; i < PROCESSES_MOST; i++) {
        struct process *p = s->processes[i];
        if (!p)
            continue;
        if (p->engine == ENGINE_RUNNING) {
            p->dead = p->last = true;
            resume(p);
            bury(p);
        }
        free(p->stack);
        free(p);
        s->processes[i] = NULL;
    }
}
