/* One run: the scheduler, and what has to be true while it goes on and at its end. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "engine/statelog.h"
#include "tests/sim/plan.h"
#include "tests/sim/processes.h"
#include "tests/sim/redis.h"

/* After the last mishap all must come right within this. */
#define PATIENCE (600 * CW_SECOND)
#define LOOK_EVERY (CW_SECOND / 2)

struct watcher {
    struct sim *sim;
    struct story *recording;                                 /* NULL: expectations are compared */
    int64_t tasks[STORY_SHARDS], dead_letters[STORY_SHARDS]; /* committed so far */
    bool suspect; /* a torn cluster published something */
};

void sim_trace(const struct sim *s, const char *fmt, ...)
{
    if (!s->recipe->trace)
        return;
    va_list ap;
    va_start(ap, fmt);
    (void)fprintf(stderr, "%10.6f  ", (double)s->now / 1e6);
    (void)vfprintf(stderr, fmt, ap);
    (void)fputc('\n', stderr);
    va_end(ap);
}

void sim_violation(struct sim *s, const char *fmt, ...)
{
    if (sim_failed(s))
        return;
    va_list ap;
    va_start(ap, fmt);
    int n = snprintf(s->violation, sizeof s->violation, "at %.6f: ", (double)s->now / 1e6);
    (void)vsnprintf(s->violation + n, sizeof s->violation - (size_t)n, fmt, ap);
    va_end(ap);
    sim_trace(s, "VIOLATION %s", s->violation);
}

/* ---- while it goes on ---- */

static void compare(struct watcher *w, const struct expected_log *x, int64_t i, int32_t shard,
                    const struct cw_message *m, const char *what)
{
    if (i < x->n && x->e[i].value.n == m->value.n &&
        memcmp(x->e[i].value.p, m->value.p, m->value.n) == 0)
        return;
    if (w->sim->recipe->torn)
        return; /* It may be published twice; Redis must not show it. */
    if (i >= x->n)
        sim_violation(w->sim, "shard %d: %s %" PRId64 " of %" PRId64 " was published: %.*s", shard,
                      what, i, x->n, (int)m->value.n, m->value.p);
    else
        sim_violation(w->sim, "shard %d: %s %" PRId64 " was published as %.*s instead of %.*s",
                      shard, what, i, (int)m->value.n, m->value.p, (int)x->e[i].value.n,
                      x->e[i].value.p);
}

static void trace_state(const struct sim *s, int32_t shard, const struct cw_message *m)
{
    struct cw_state_record r;
    struct cw_errbuf eb;
    if (s->recipe->trace && cw_statelog_decode(m->value, &r, &eb) == 0)
        sim_trace(s, "state %d: commit %u part %u at offset %" PRId64, shard, r.commit, r.part,
                  m->offset);
}

static void on_committed(void *arg, enum cw_log log, int32_t shard, const struct cw_message *m)
{
    struct watcher *w = arg;
    const struct story *story = w->sim->recipe->story;
    if (log == CW_LOG_STATE)
        trace_state(w->sim, shard, m);
    if (log != CW_LOG_TASKS && log != CW_LOG_DEAD_LETTERS)
        return;
    if (w->recording)
        story_expect(w->recording, log, shard, m->value);
    else if (log == CW_LOG_TASKS)
        compare(w, &story->tasks[shard], w->tasks[shard]++, shard, m, "version");
    else
        compare(w, &story->dead_letters[shard], w->dead_letters[shard]++, shard, m, "dead letter");
}

static void on_offsets(void *arg, const struct cw_positions *before,
                       const struct cw_positions *after)
{
    struct watcher *w = arg;
    for (enum cw_input in = 0; in < CW_INPUTS; in++)
        if (after->next[in] < before->next[in] && !w->sim->recipe->torn)
            sim_violation(w->sim,
                          "shard %d: the offset of input %d went back from %" PRId64 " to %" PRId64,
                          after->shard, (int)in, before->next[in], after->next[in]);
}

/* A shard that was stopped: what a torn cluster leads to, and nothing else may. */
static bool look_for_stopped(struct watcher *w)
{
    struct cw_shard_status all[SHARDS_MOST];
    for (int i = 0; i < PROCESSES_MOST; i++) {
        const struct process *p = w->sim->processes[i];
        size_t n = p && p->board ? cw_board_shards(p->board, all, SHARDS_MOST) : 0;
        for (size_t k = 0; k < n; k++) {
            if (all[k].standing != CW_SHARD_STOPPED)
                continue;
            if (!w->sim->recipe->torn)
                sim_violation(w->sim, "shard %d was stopped: %s", all[k].shard, all[k].reason);
            return true;
        }
    }
    return false;
}

/* A coordinator that was killed may tell of a while ago, and a torn cluster anything; nobody else
 * gives reason to doubt. */
static void look_for_doubts(struct sim *s)
{
    for (int i = 0; i < PROCESSES_MOST; i++) {
        const struct process *p = s->processes[i];
        if (p && p->board && cw_board_counter(p->board, CW_COUNT_doubts) &&
            !s->cluster.from_disk_until && !s->recipe->torn)
            sim_violation(s, "process %d doubts a shard for nothing", i);
    }
}

/* ---- at the end ---- */

/* What is missing, or NULL. */
static const char *missing(const struct watcher *w)
{
    const struct sim *s = w->sim;
    const struct story *story = s->recipe->story;
    struct cw_positions at;
    if (!cluster_quiet(&s->cluster))
        return "a transaction is open";
    for (int32_t p = 0; p < STORY_SHARDS; p++) {
        if (!cluster_committed(&s->cluster, p, INT64_MAX, &at))
            return "offsets are unstable";
        for (enum cw_input in = 0; in < CW_INPUTS; in++)
            if (story->inputs[in][p].n && at.next[in] != story->inputs[in][p].n)
                return "messages are not judged";
        if (w->recording)
            continue;
        if (!s->recipe->torn && w->tasks[p] != story->tasks[p].n)
            return "versions of tasks are missing";
        if (!s->recipe->torn && w->dead_letters[p] != story->dead_letters[p].n)
            return "dead letters are missing";
    }
    return NULL;
}

static const char *undelivered(const struct watcher *w)
{
    const struct sim *s = w->sim;
    const struct desk *d = &s->desk;
    if (w->recording)
        return NULL;
    if (d->put_back_at || !redis_is_up(d, s->now))
        return "Redis is away";
    for (int32_t p = 0; p < STORY_SHARDS; p++)
        for (int64_t i = 0; i < d->story->tasks[p].n; i++)
            if (d->times[p][i] != 1)
                return "versions of tasks are not in Redis";
    return NULL;
}

/* ---- the scheduler ---- */

static void beat_all(struct sim *s)
{
    for (int i = 0; i < PROCESSES_MOST; i++) {
        struct process *p = s->processes[i];
        if (p && process_alive(p) && !process_stopped(p) && p->bus.bus.ops)
            member_bus_beat(&p->bus);
    }
}

static int64_t servers_step(struct sim *s)
{
    redis_step(&s->desk, s->now);
    int64_t next = s->desk.put_back_at ? s->desk.put_back_at : INT64_MAX;
    for (int i = 0; i < PROCESSES_MOST; i++) {
        int64_t due = s->processes[i] ? desk_arrive(s->processes[i]) : INT64_MAX;
        next = due < next ? due : next;
    }
    if (s->brokers_back > s->now || s->coordinators_back > s->now) {
        int64_t back =
            s->brokers_back > s->coordinators_back ? s->brokers_back : s->coordinators_back;
        return back < next ? back : next;
    }
    beat_all(s);
    int64_t due = cluster_step(&s->cluster, s->now);
    return due < next ? due : next;
}

static int64_t step_all(struct sim *s)
{
    int64_t next = servers_step(s);
    for (int i = 0; i < PROCESSES_MOST && !sim_failed(s); i++) {
        struct process *p = s->processes[i];
        if (!p)
            continue;
        if (process_due(p) <= s->now)
            process_step(p);
        int64_t due = process_due(p);
        next = due < next ? due : next;
    }
    return next;
}

/* When the mishaps are over, somebody has to be there. */
static void keep_one(struct sim *s)
{
    for (int i = 0; i < PROCESSES_MOST; i++)
        if (s->processes[i] && !s->processes[i]->last)
            return;
    process_start(s, 0, s->now);
}

static int64_t last_of_plan(const struct recipe *r)
{
    int64_t last = 0;
    for (int i = 0; i < r->n_plan; i++)
        last = r->plan[i].after > last ? r->plan[i].after : last;
    return last;
}

static void trace_positions(const struct sim *s, const char *lacks)
{
    sim_trace(s, "still: %s", lacks);
    for (int32_t p = 0; p < STORY_SHARDS; p++)
        for (enum cw_input in = 0; in < CW_INPUTS; in++)
            sim_trace(s, "    shard %d input %d: %" PRId64 " of %" PRId64, p, (int)in,
                      s->cluster.committed[p].next[in], s->recipe->story->inputs[in][p].n);
}

static void go(struct watcher *w)
{
    struct sim *s = w->sim;
    int64_t look = 0, end = last_of_plan(s->recipe) + PATIENCE;
    const char *lacks = "nothing";
    while (!sim_failed(s)) {
        int64_t next = step_all(s);
        if (s->now >= look) {
            look = s->now + LOOK_EVERY;
            keep_one(s);
            look_for_doubts(s);
            if (look_for_stopped(w)) {
                atomic_fetch_add(&s->coverage->stopped, 1);
                return;
            }
            const char *before = lacks;
            lacks = missing(w);
            if (!lacks && !(lacks = undelivered(w)))
                return;
            if (lacks != before)
                trace_positions(s, lacks);
        }
        if (s->now >= end)
            sim_violation(s, "it does not come to an end: %s", lacks);
        next = next < look ? next : look;
        s->now = next > s->now ? next : s->now + 1;
    }
}

static bool play(struct watcher *w, struct coverage *coverage)
{
    struct sim *s = w->sim;
    const struct recipe *r = s->recipe;
    s->coverage = coverage;
    s->chance.state = r->seed;
    memcpy(s->plan, r->plan, sizeof s->plan);
    cluster_init(&s->cluster, STORY_SHARDS, &s->chance);
    s->cluster.arg = w;
    s->cluster.on_committed = on_committed;
    s->cluster.on_offsets = on_offsets;
    desk_init(&s->desk, r->story, &s->chance);
    cluster_put(&s->cluster, CW_LOG_MANAGERS, 0, CW_STR("am2"),
                (struct cw_str){r->story->manager, strlen(r->story->manager)});
    for (int slot = 0; slot < r->slots; slot++)
        process_start(s, slot, chance_below(&s->chance, 2 * CW_SECOND));
    go(w);
    process_end_all(s);
    desk_free(&s->desk);
    cluster_free(&s->cluster);
    atomic_fetch_add(&coverage->runs, 1);
    return !sim_failed(s);
}

bool sim_run(struct sim *s, const struct recipe *recipe, struct coverage *coverage)
{
    *s = (struct sim){.recipe = recipe};
    struct watcher w = {.sim = s};
    return play(&w, coverage);
}

bool sim_record(struct sim *s, struct story *story, struct coverage *coverage)
{
    const struct recipe r = {.story = story, .slots = 1, .seed = 1};
    *s = (struct sim){.recipe = &r};
    struct watcher w = {.sim = s, .recording = story};
    return play(&w, coverage);
}
