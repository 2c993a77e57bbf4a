/* See plan.h. */
#include "tests/sim/plan.h"

#include "tests/sim/processes.h"

static int64_t seconds(struct sim *s, int least, int most)
{
    return chance_between(&s->chance, least * CW_SECOND, most * CW_SECOND);
}

static void stop(struct process *p, int64_t us)
{
    p->stopped_until = p->sim->now + us;
}

static int running(const struct sim *s)
{
    int n = 0;
    for (int i = 0; i < PROCESSES_MOST; i++)
        n += s->processes[i] && process_alive(s->processes[i]);
    return n;
}

static bool is_taken(const struct sim *s, int slot)
{
    for (int i = 0; i < PROCESSES_MOST; i++) {
        const struct process *p = s->processes[i];
        if (p && p->slot == slot && !p->last)
            return true;
    }
    return false;
}

static void join(struct sim *s)
{
    for (int slot = 0; slot < SLOTS_MOST; slot++)
        if (!is_taken(s, slot)) {
            process_start(s, slot, s->now);
            return;
        }
}

/* One that is not the caller, if there is one; the last one stays. */
static void leave(struct process *caller)
{
    struct sim *s = caller->sim;
    if (running(s) < 2)
        return;
    for (int i = 0; i < PROCESSES_MOST; i++) {
        struct process *p = s->processes[i];
        if (p && p != caller && process_alive(p) && !p->leaving) {
            p->leaving = p->last = true;
            return;
        }
    }
}

static void happen(struct process *p, int what)
{
    struct sim *s = p->sim;
    switch (what) {
    case MISHAP_stop:
        /* Half of them wake before their transaction has timed out. */
        stop(p, SESSION_TIMEOUT + seconds(s, 1, chance_one_in(&s->chance, 2) ? 3 : 15));
        (void)process_wait(p, 1);
        break;
    case MISHAP_nap:
        stop(p, chance_between(&s->chance, CW_SECOND / 2, SESSION_TIMEOUT - CW_SECOND));
        (void)process_wait(p, 1);
        break;
    case MISHAP_delayed:
        (void)process_wait(p, seconds(s, 1, 8));
        break;
    case MISHAP_coordinator_moves:
        s->coordinators_back = s->now + chance_between(&s->chance, CW_SECOND / 10, 5 * CW_SECOND);
        break;
    case MISHAP_brokers_down:
        s->brokers_back = s->now + seconds(s, 1, 20);
        if (chance_one_in(&s->chance, 2))
            s->cluster.from_disk_until = s->brokers_back + seconds(s, 1, 15);
        break;
    case MISHAP_markers_late:
        s->cluster.slow_markers_until = s->now + seconds(s, 1, 10);
        break;
    case MISHAP_join:
        join(s);
        break;
    case MISHAP_leave:
        leave(p);
        break;
    case MISHAP_twin:
        process_twin(p);
        break;
    default:
        break;
    }
}

static struct planned *due(struct process *p, bool desk, int call)
{
    struct sim *s = p->sim;
    for (int i = 0; i < s->recipe->n_plan; i++) {
        struct planned *m = &s->plan[i];
        if (m->done || m->after > s->now || (m->what >= MISHAPS) != desk ||
            (m->slot >= 0 && m->slot != p->slot) || (m->call >= 0 && m->call != call) ||
            (m->call == NOT_POLL && call == CALL_poll))
            continue;
        if (--m->nth > 0)
            continue;
        m->done = true;
        return m;
    }
    return NULL;
}

int plan_befalls(struct process *p, int call)
{
    struct sim *s = p->sim;
    s->calls++;
    struct planned *m = due(p, false, call);
    if (!m || !mishap_applies(m->what, call))
        return -1;
    int what = m->what;
    atomic_fetch_add(&s->coverage->hits[what][call], 1);
    sim_trace(s, "process %d: %s at %s", p->number, mishap_name(what), call_name(call));
    happen(p, what);
    return what;
}

int plan_befalls_desk(struct process *p, int stage)
{
    struct sim *s = p->sim;
    s->desk_calls++;
    struct planned *m = due(p, true, stage);
    if (!m || !mishap_applies_to_stage(m->what, stage))
        return -1;
    atomic_fetch_add(&s->coverage->redis_hits[m->what - MISHAPS][stage], 1);
    sim_trace(s, "process %d: %s at %s", p->number, mishap_name(m->what), stage_name(stage));
    return m->what;
}

static void draw_one(struct chance *c, struct planned *m)
{
    do {
        m->what = (int)chance_below(c, MISHAPS_ALL);
        m->call = (int)chance_below(c, m->what < MISHAPS ? CALLS : STAGES);
    } while (m->what < MISHAPS ? !mishap_applies(m->what, m->call)
                               : !mishap_applies_to_stage(m->what, m->call));
}

void plan_draw(struct recipe *r, int n, int64_t span)
{
    struct chance c = {r->seed * 2 + 1};
    for (r->n_plan = 0; r->n_plan < n && r->n_plan < PLAN_MOST; r->n_plan++) {
        struct planned *m = &r->plan[r->n_plan];
        *m = (struct planned){.slot = -1, .after = chance_below(&c, span)};
        draw_one(&c, m);
        m->nth = 1 + (chance_one_in(&c, 2) ? chance_below(&c, 5) : 0);
    }
}
