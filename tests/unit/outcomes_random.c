/* Random histories of events and outcomes against a plain model: which tasks are open, whose they
 * are, which version comes next, and what a "done" leaves behind.
 *
 * The model knows nothing of the engine's insides: it reads the versions written. Each history is
 * played twice, the second time with the shard restored from its images at random places; both must
 * write the same bytes. A failure names the seed and the step.
 */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/rehearsal.h"

enum { SEEDS = 80, STEPS = 120, CLIENTS = 2, MANAGERS = 4, SIGNALS = 32, TASKS = 400 };

static const char *const clients[CLIENTS] = {"g-1", "i-2"};
static const char *const managers[MANAGERS] = {"am0", "am1", "am2", "nobody"};
#define NOBODY (MANAGERS - 1) /* not in the roster */

/* ---- the model ---- */

struct known_signal {
    int step;
    int version; /* that first told it so */
    bool cleared;
};
struct known_task {
    char id[20];
    int client, version;
    bool open;
    struct known_signal signals[SIGNALS];
    int n_signals;
};
struct model {
    struct rehearsal *r;
    uint64_t random;
    int seed, step, minute;
    struct known_task tasks[TASKS];
    int n_tasks;
    size_t read;                               /* versions looked at */
    bool follows;                              /* the last of them may have another after it */
    int profile[CLIENTS], reassigned[CLIENTS]; /* managers; -1: none */
    int given[CLIENTS];                        /* whom the last task was reassigned to */
    char ended_at[CLIENTS][32];                /* when it was done or expired */
    char used[24];                             /* id of the last outcome that was taken in */
    int used_of, used_at;                      /* its client, and when */
};

static void wrong(const struct model *m, const char *what)
{
    fail_msg("seed %d, step %d: %s", m->seed, m->step, what);
}

static unsigned roll(struct model *m, unsigned n)
{
    m->random ^= m->random << 13;
    m->random ^= m->random >> 7;
    m->random ^= m->random << 17;
    return (unsigned)(m->random >> 33) % n;
}

static struct known_task *open_task(struct model *m, int client)
{
    for (int i = 0; i < m->n_tasks; i++)
        if (m->tasks[i].open && m->tasks[i].client == client)
            return &m->tasks[i];
    return NULL;
}

static struct known_task *task_of(struct model *m, const char *id)
{
    for (int i = 0; i < m->n_tasks; i++)
        if (strcmp(m->tasks[i].id, id) == 0)
            return &m->tasks[i];
    return NULL;
}

static const char *text(json_t *record, const char *member)
{
    const char *t = json_string_value(json_object_get(record, member));
    return t ? t : "";
}

static int number(json_t *record, const char *member)
{
    return (int)json_integer_value(json_object_get(record, member));
}

static int client_of(json_t *record)
{
    int c = 0;
    while (c < CLIENTS - 1 && strcmp(clients[c], text(record, "client_id")) != 0)
        c++;
    return c;
}

/* Signals keep their order; one is news when it is added, climbs, or is back after it was cleared.
 */
static void learn_signals(struct known_task *t, json_t *record)
{
    json_t *signal;
    size_t i;
    json_array_foreach(json_object_get(record, "signals"), i, signal)
    {
        struct known_signal *s = &t->signals[i];
        int step = number(signal, "step");
        bool cleared = !json_is_null(json_object_get(signal, "cleared_at"));
        if ((int)i >= t->n_signals || step > s->step || (s->cleared && !cleared))
            s->version = t->version;
        s->step = step;
        s->cleared = cleared;
    }
    t->n_signals = (int)json_array_size(json_object_get(record, "signals"));
}

static struct known_task *begin(struct model *m, json_t *record)
{
    int client = client_of(record);
    if (open_task(m, client))
        wrong(m, "a second task is opened while one is open");
    if (m->n_tasks == TASKS)
        wrong(m, "more tasks than the model has room for");
    struct known_task *t = &m->tasks[m->n_tasks++];
    *t = (struct known_task){.client = client, .open = true};
    (void)snprintf(t->id, sizeof t->id, "%s", text(record, "task_id"));
    /* What follows in the same step stays with whoever had it. */
    if (m->follows && strcmp(m->ended_at[client], text(record, "updated_at")) == 0)
        m->reassigned[client] = m->given[client];
    return t;
}

static void check_manager(const struct model *m, json_t *record, int client)
{
    int is = m->reassigned[client] >= 0 ? m->reassigned[client] : m->profile[client];
    const char *want = is >= 0 ? managers[is] : "unassigned";
    if (strcmp(text(record, "manager"), want) != 0)
        wrong(m, "a version goes to another manager");
}

static void learn_version(struct model *m, json_t *record)
{
    struct known_task *t = task_of(m, text(record, "task_id"));
    if (t && !t->open)
        wrong(m, "a version of a task that has ended");
    if (!t)
        t = begin(m, record);
    if (number(record, "version") != t->version + 1)
        wrong(m, "versions do not rise by one");
    t->version++;
    learn_signals(t, record);
    check_manager(m, record, t->client);
    t->open = strcmp(text(record, "state"), "open") == 0;
    m->follows = !t->open && strcmp(text(record, "state"), "withdrawn") != 0;
    if (t->open)
        return;
    m->given[t->client] = m->reassigned[t->client];
    m->reassigned[t->client] = -1;
    (void)snprintf(m->ended_at[t->client], sizeof m->ended_at[0], "%s", text(record, "updated_at"));
}

/* Reads what was written since; returns how many versions. `most`: of one task. */
static int learn(struct model *m, int most)
{
    int n = 0;
    m->follows = false;
    for (const char *line; (line = r_version_text(m->r, m->read)); m->read++, n++) {
        json_error_t error;
        json_t *record = json_loads(line, 0, &error);
        int before = 0;
        for (size_t i = m->read - (size_t)n; i < m->read; i++)
            before += strstr(r_version_text(m->r, i), text(record, "task_id")) != NULL;
        if (before >= most)
            wrong(m, "more versions of a task than messages");
        learn_version(m, record);
        json_decref(record);
    }
    size_t open = 0;
    for (int i = 0; i < m->n_tasks; i++)
        open += m->tasks[i].open;
    if (open != cw_shard_open_tasks(r_shard(m->r)))
        wrong(m, "the shard has another number of open tasks");
    return n;
}

/* ---- what happens ---- */

static const char *now(struct model *m)
{
    char hhmm[8];
    (void)snprintf(hhmm, sizeof hhmm, "%02d:%02d", m->minute / 60 % 24, m->minute % 60);
    return r_at("2026-03-02", m->minute / 1440, hhmm);
}

static void some_event(struct model *m, int c)
{
    static const char *const stages[] = {"inquiry", "code_issued", "requested", "cancelled"};
    char data[160];
    unsigned line = roll(m, 3);
    switch (roll(m, 4)) {
    case 0:
        (void)snprintf(data, sizeof data, "{'msisdn':'861350000000%u','stage':'%s'}", line,
                       stages[roll(m, 4)]);
        r_event(m->r, "service.port_out", now(m), clients[c], data);
        break;
    case 1:
        (void)snprintf(data, sizeof data,
                       "{'msisdn':'861350000000%u','direction':'%s','reason':'other'}", line,
                       roll(m, 2) ? "both" : "outgoing");
        r_event(m->r, "service.suspended", now(m), clients[c], data);
        break;
    case 2:
        (void)snprintf(data, sizeof data, "{'msisdn':'861350000000%u'}", line);
        r_event(m->r, "service.resumed", now(m), clients[c], data);
        break;
    default:
        (void)snprintf(data, sizeof data, "{'severity':%u,'topic':'bill','ticket':'T%u'}",
                       1 + roll(m, 4), roll(m, 5));
        r_event(m->r, "care.complaint", now(m), clients[c], data);
        break;
    }
    (void)learn(m, m->minute < 1440 ? 1 : 3); /* a message may close days before it is judged */
}

static void some_profile(struct model *m, int c)
{
    char json[200];
    int manager = (int)roll(m, NOBODY);
    (void)snprintf(json, sizeof json,
                   "{'client_id':'%s','kind':'group','phones':600,'manager':'%s'}", clients[c],
                   managers[manager]);
    if (manager != m->profile[c])
        m->reassigned[c] = -1;
    m->profile[c] = manager;
    r_profile(m->r, json);
    (void)learn(m, 1);
}

static void time_goes_by(struct model *m)
{
    m->minute += 1440 * (1 + (int)roll(m, 6));
    r_tick(m->r, now(m));
    (void)learn(m, 8);
}

/* ---- outcomes ---- */

/* Is something open in the task that the manager had not seen? */
static bool is_crossed(const struct known_task *t, int seen)
{
    for (int i = 0; i < t->n_signals; i++)
        if (!t->signals[i].cleared && t->signals[i].version > seen)
            return true;
    return false;
}

static void expect(struct model *m, int versions, int want, const char *what)
{
    if (versions != want)
        wrong(m, what);
}

static void finish(struct model *m, int c, const char *id, const char *task_id,
                   struct known_task *t)
{
    static const char *const results[] = {"retained",    "recovering", "no_issue",
                                          "false_alarm", "lost",       "unreachable"};
    char members[80];
    int seen = 1 + (int)roll(m, (unsigned)(t ? t->version + 1 : 3));
    bool crossed = t && is_crossed(t, seen);
    (void)snprintf(members, sizeof members, "'version':%d,'result':'%s'", seen,
                   results[roll(m, 6)]);
    r_outcome_of(m->r, id, task_id, now(m), clients[c], "done", members);
    expect(m, learn(m, 1), t ? 1 + crossed : 0, "done, or what crossed it");
    if (t && t->open)
        wrong(m, "a done task is open");
    if (crossed != (t && open_task(m, c)))
        wrong(m, "what crossed a done is lost, or what did not is told again");
}

static void reassign(struct model *m, int c, const char *id, const char *task_id,
                     struct known_task *t)
{
    char members[40];
    int to = (int)roll(m, MANAGERS);
    int from = m->reassigned[c] >= 0 ? m->reassigned[c] : m->profile[c];
    bool moves = t && to != NOBODY && to != from;
    (void)snprintf(members, sizeof members, "'to':'%s'", managers[to]);
    if (t && to != NOBODY)
        m->reassigned[c] = to;
    r_outcome_of(m->r, id, task_id, now(m), clients[c], "reassign", members);
    expect(m, learn(m, 1), moves, "reassigned");
}

static void quietly(struct model *m, int c, const char *id, const char *task_id)
{
    static const struct {
        const char *action, *members;
    } moves[] = {{"claim", ""},
                 {"claim", "'until':'2026-03-04T10:00:00+08:00'"},
                 {"release", ""},
                 {"note", "'note':'x'"},
                 {"snooze", "'until':'2026-03-20T10:00:00+08:00'"}};
    unsigned k = roll(m, 5);
    r_outcome_of(m->r, id, task_id, now(m), clients[c], moves[k].action, moves[k].members);
    expect(m, learn(m, 1), 0, "a move that makes no version made one");
}

static void escalate(struct model *m, int c, const char *id, const char *task_id,
                     struct known_task *t)
{
    r_outcome_of(m->r, id, task_id, now(m), clients[c], "escalate", "");
    if (learn(m, 1) > (t ? 1 : 0))
        wrong(m, "escalated twice, or a task that is not open");
}

static void remember(struct model *m, int c, const char *id)
{
    (void)snprintf(m->used, sizeof m->used, "%s", id);
    m->used_of = c;
    m->used_at = m->minute;
}

static void some_outcome(struct model *m, int c)
{
    char id[24], task_id[20] = "t-0000000000000000";
    struct known_task *t = open_task(m, c);
    bool repeated = m->used[0] && roll(m, 6) == 0 && m->minute - m->used_at < 20 * 1440;
    (void)snprintf(id, sizeof id, "o-%d-%d", m->seed, m->step);
    if (repeated) {
        (void)snprintf(id, sizeof id, "%s", m->used);
        c = m->used_of;
        t = open_task(m, c);
    }
    if (roll(m, 6) == 0)
        t = NULL;
    if (t)
        (void)snprintf(task_id, sizeof task_id, "%s", t->id);
    else if (m->n_tasks && !m->tasks[0].open && roll(m, 2))
        (void)snprintf(task_id, sizeof task_id, "%s", m->tasks[0].id);
    if (t && !repeated)
        remember(m, c, id);
    t = repeated ? NULL : t;
    switch (roll(m, 4)) {
    case 0:
        finish(m, c, id, task_id, t);
        break;
    case 1:
        reassign(m, c, id, task_id, t);
        break;
    case 2:
        escalate(m, c, id, task_id, t);
        break;
    default:
        quietly(m, c, id, task_id);
        break;
    }
}

static void play(struct model *m, int seed, bool restores)
{
    static const char *const settings[] = {"tasks.open_for=12d", "tasks.quiet.expired=5d", NULL};
    *m = (struct model){.r = r_new(settings), .seed = seed, .profile = {-1, -1}};
    m->random = UINT64_C(0x9E3779B97F4A7C15) * (uint64_t)(seed + 1);
    m->reassigned[0] = m->reassigned[1] = -1;
    for (int i = 0; i < NOBODY; i++) {
        char json[80];
        (void)snprintf(json, sizeof json, "{'manager_id':'%s','chief_manager':'boss'}",
                       managers[i]);
        r_manager(m->r, json);
    }
    for (m->step = 0; m->step < STEPS; m->step++) {
        int c = (int)roll(m, CLIENTS);
        unsigned what = roll(m, 20);
        if (roll(m, 8) == 0 && restores)
            r_restore(m->r);
        m->minute += (int)roll(m, 60);
        if (what < 9)
            some_event(m, c);
        else if (what < 17)
            some_outcome(m, c);
        else if (what < 19)
            some_profile(m, c);
        else
            time_goes_by(m);
    }
}

static void random_histories_follow_the_model(void **state)
{
    static struct model one, two;
    size_t ended = 0, crossed = 0;
    (void)state;
    for (int seed = 0; seed < SEEDS; seed++) {
        play(&one, seed, false);
        play(&two, seed, true);
        assert_int_equal(one.read, two.read);
        for (size_t i = 0; i < one.read; i++)
            assert_string_equal(r_version_text(one.r, i), r_version_text(two.r, i));
        for (int i = 0; i < one.n_tasks; i++)
            ended += !one.tasks[i].open;
        for (size_t i = 1; i < one.read; i++)
            crossed += strstr(r_version_text(one.r, i - 1), "\"state\":\"done\"") &&
                       strstr(r_version_text(one.r, i), "\"version\":1,");
        r_free(one.r);
        r_free(two.r);
    }
    /* That there was something to see. */
    assert_true(ended > SEEDS * 5);
    assert_true(crossed > SEEDS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(random_histories_follow_the_model)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
