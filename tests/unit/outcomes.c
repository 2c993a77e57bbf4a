/* What managers' outcomes do to a task: each action in each state, what crosses a "done", what a
 * call keeps quiet and what brings it back, repeats, what detectors are counted for.
 *
 * Scenes are played twice: at a stretch, and with the shard thrown away and restored from its
 * images after each message; both must write the same bytes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "churnwatch/client.h"
#include "tests/support/rehearsal.h"

#define CLIENT "g-580-0042"
#define LINE "8613500000011"
#define OTHER "8613500000012"
#define PROFILE(manager, chief)                                                                    \
    "{'client_id':'" CLIENT "','kind':'group','class':'A1','phones':20,'manager':'" manager        \
    "','chief_manager':'" chief "'}"

/* ---- words of a scene ---- */

static const char *text(json_t *task, const char *member)
{
    const char *t = json_string_value(json_object_get(task, member));
    return t ? t : "";
}

static long long number(json_t *task, const char *member)
{
    json_t *v = json_object_get(task, member);
    assert_true(json_is_integer(v));
    return (long long)json_integer_value(v);
}

static bool wakes(struct rehearsal *r)
{
    return json_is_true(json_object_get(r_task(r, CLIENT), "wake"));
}

static const struct cw_shard_counters *counters(struct rehearsal *r)
{
    return cw_shard_counters(r_shard(r));
}

static void port(struct rehearsal *r, const char *time, const char *stage)
{
    char data[160];
    (void)snprintf(data, sizeof data, "{'msisdn':'" LINE "','stage':'%s'}", stage);
    r_event(r, "service.port_out", time, CLIENT, data);
}

static void suspend(struct rehearsal *r, const char *time, const char *line, const char *direction)
{
    char data[160];
    (void)snprintf(data, sizeof data, "{'msisdn':'%s','direction':'%s','reason':'other'}", line,
                   direction);
    r_event(r, "service.suspended", time, CLIENT, data);
}

static void resume(struct rehearsal *r, const char *time, const char *line)
{
    char data[160];
    (void)snprintf(data, sizeof data, "{'msisdn':'%s'}", line);
    r_event(r, "service.resumed", time, CLIENT, data);
}

static void complain(struct rehearsal *r, const char *time, const char *ticket)
{
    char data[160];
    (void)snprintf(data, sizeof data, "{'severity':2,'topic':'billing','ticket':'%s'}", ticket);
    r_event(r, "care.complaint", time, CLIENT, data);
}

static void done(struct rehearsal *r, const char *time, int version, const char *result)
{
    char members[80];
    (void)snprintf(members, sizeof members, "'version':%d,'result':'%s'", version, result);
    r_outcome(r, time, CLIENT, "done", members);
}

/* A scene played at a stretch and with restores; the first is given back, to be asked. */
static struct rehearsal *play(void (*scene)(struct rehearsal *r), const char *const *settings)
{
    struct rehearsal *one = r_new(settings), *two = r_new(settings);
    r_restore_always(two);
    scene(one);
    scene(two);
    assert_int_equal(r_versions(one, NULL), r_versions(two, NULL));
    for (size_t i = 0; i < r_versions(one, NULL); i++)
        assert_string_equal(r_version_text(one, i), r_version_text(two, i));
    r_free(two);
    return one;
}

/* ---- each action in each state ---- */

static void make_queued(struct rehearsal *r)
{
    r_manager(r, "{'manager_id':'am042','chief_manager':'chief07'}");
    r_manager(r, "{'manager_id':'am043'}");
    r_profile(r, PROFILE("am042", "chief07"));
    port(r, "2026-03-02 10:00", "inquiry");
}

static void make_claimed(struct rehearsal *r)
{
    make_queued(r);
    r_outcome(r, "2026-03-02 10:10", CLIENT, "claim", "");
}

static void make_snoozed(struct rehearsal *r)
{
    make_queued(r);
    r_outcome(r, "2026-03-02 10:10", CLIENT, "snooze", "'until':'2026-03-05T09:00:00+08:00'");
}

static void make_done(struct rehearsal *r)
{
    make_queued(r);
    done(r, "2026-03-02 10:10", 1, "retained");
}

static void make_withdrawn(struct rehearsal *r)
{
    make_queued(r);
    port(r, "2026-03-02 10:10", "cancelled");
}

static const struct {
    const char *name;
    void (*make)(struct rehearsal *r);
    bool open;
} states[] = {
    {"queued", make_queued, true},        {"claimed", make_claimed, true},
    {"snoozed", make_snoozed, true},      {"done", make_done, false},
    {"withdrawn", make_withdrawn, false},
};

static const struct {
    const char *action, *members;
    size_t versions; /* an open task gets */
    const char *state, *manager, *chief;
} actions[] = {
    {"claim", "", 0, "open", "am042", ""},
    {"release", "", 0, "open", "am042", ""},
    {"note", "'note':'asked to be called on Monday'", 0, "open", "am042", ""},
    {"snooze", "'until':'2026-03-06T09:00:00+08:00'", 0, "open", "am042", ""},
    {"reassign", "'to':'am043'", 1, "open", "am043", ""},
    {"reassign", "'to':'am042'", 0, "open", "am042", ""},
    {"reassign", "'to':'nobody'", 0, "open", "am042", ""},
    {"escalate", "", 1, "open", "am042", "chief07"},
    {"done", "'version':1,'result':'retained','method':'phone'", 1, "done", "am042", ""},
    {"done", "'version':9,'result':'lost'", 1, "done", "am042", ""},
};

static void act_in_state(size_t a, size_t s, bool restores)
{
    struct rehearsal *r = r_new(NULL);
    if (restores)
        r_restore_always(r);
    states[s].make(r);
    size_t before = r_versions(r, CLIENT);
    char ended[16];
    (void)snprintf(ended, sizeof ended, "%s", text(r_task(r, CLIENT), "state"));
    r_outcome(r, "2026-03-02 11:00", CLIENT, actions[a].action, actions[a].members);
    json_t *task = r_task(r, CLIENT);
    size_t want = states[s].open ? actions[a].versions : 0;
    if (r_versions(r, CLIENT) - before != want)
        fail_msg("%s of a %s task: %zu versions", actions[a].action, states[s].name,
                 r_versions(r, CLIENT) - before);
    assert_string_equal(text(task, "state"), states[s].open ? actions[a].state : ended);
    if (states[s].open) {
        assert_string_equal(text(task, "manager"), actions[a].manager);
        assert_string_equal(text(task, "escalated_to"), actions[a].chief);
    }
    assert_int_equal(cw_shard_open_tasks(r_shard(r)), strcmp(text(task, "state"), "open") == 0);
    if (!restores)
        assert_int_equal(counters(r)->outcomes_stale, !states[s].open);
    r_free(r);
}

static void each_action_in_each_state(void **state)
{
    (void)state;
    for (size_t a = 0; a < sizeof actions / sizeof *actions; a++)
        for (size_t s = 0; s < sizeof states / sizeof *states; s++) {
            act_in_state(a, s, false);
            act_in_state(a, s, true);
        }
}

static void what_concerns_no_open_task_is_counted_only(void **state)
{
    (void)state;
    struct rehearsal *r = r_new(NULL);
    make_queued(r);
    r_outcome_of(r, "o1", "t-0123456789abcdef", "2026-03-02 11:00", CLIENT, "done",
                 "'version':1,'result':'lost'");
    r_outcome_of(r, "o2", "no id", "2026-03-02 11:00", CLIENT, "claim", "");
    r_outcome_of(r, "o3", "t-3ed95398fac22710", "2026-03-02 11:00", "nobody", "claim", "");
    assert_int_equal(r_versions(r, NULL), 1);
    assert_int_equal(counters(r)->outcomes, 3);
    assert_int_equal(counters(r)->outcomes_stale, 3);
    assert_int_equal(cw_shard_clients(r_shard(r)), 1);
    r_free(r);
}

static void an_outcome_counts_once(void **state)
{
    static const char *const ids[] = {"o1", "o2", "o1"};
    static const char *const acts[] = {"claim", "release", "claim"};
    (void)state;
    struct rehearsal *r = r_new(NULL);
    make_queued(r);
    const char *id = text(r_task(r, CLIENT), "task_id");
    for (int i = 0; i < 3; i++) {
        r_outcome_of(r, ids[i], id, "2026-03-02 11:00", CLIENT, acts[i], "");
        r_restore(r);
    }
    /* The claim that came again did not take what was released: it goes up when it is overdue. */
    r_tick(r, "2026-03-09 10:00");
    assert_string_equal(text(r_task(r, CLIENT), "escalated_to"), "chief07");
    r_free(r);
}

/* Moves of one manager, as the pump numbers them; every second one takes the task in hand. */
static void send_moves(struct rehearsal *r, int from, int to)
{
    char task[20], id[40];
    (void)snprintf(task, sizeof task, "%s", text(r_task(r, CLIENT), "task_id"));
    for (int i = from; i < to; i++) {
        (void)snprintf(id, sizeof id, "e-1:am042:17724204%05d-0", i);
        r_outcome_of(r, id, task, "2026-03-02 11:00", CLIENT, i % 2 ? "claim" : "release", "");
    }
}

/* What the pump has no answer for it sends again, from the oldest on, however many there are. */
static void a_batch_sent_again_counts_once(void **state)
{
    (void)state;
    struct rehearsal *r = r_new(NULL);
    make_queued(r);
    send_moves(r, 0, 40);
    send_moves(r, 10, 51);
    r_restore(r);
    send_moves(r, 0, 50);
    assert_int_equal(counters(r)->outcome_repeats, 50);
    send_moves(r, 51, 52);
    assert_int_equal(counters(r)->outcome_repeats, 50);
    r_free(r);
}

/* The last was a release: nobody has it in hand, and it goes up when it is overdue. */
static void a_batch_sent_again_takes_nothing_in_hand(void **state)
{
    (void)state;
    struct rehearsal *r = r_new(NULL);
    make_queued(r);
    send_moves(r, 0, 31);
    send_moves(r, 0, 30);
    r_tick(r, "2026-03-09 10:00");
    assert_string_equal(text(r_task(r, CLIENT), "escalated_to"), "chief07");
    r_free(r);
}

static void no_outcome_moves_the_clock(void **state)
{
    (void)state;
    struct rehearsal *r = r_new(NULL);
    make_queued(r);
    cw_event_time clock = cw_shard_clock(r_shard(r));
    r_outcome(r, "2026-03-20 10:00", CLIENT, "note", "'note':'far ahead'");
    r_outcome(r, "2025-03-20 10:00", CLIENT, "note", "'note':'far behind'");
    done(r, "2026-03-21 10:00", 1, "retained");
    assert_int_equal(cw_shard_clock(r_shard(r)), clock);
    assert_string_equal(text(r_task(r, CLIENT), "updated_at"), "2026-03-02T10:00:00+08:00");
    r_free(r);
}

/* ---- what crosses a "done" ---- */

static void cross(struct rehearsal *r)
{
    r_event_id(r, "opening", "service.suspended", "2026-03-02 10:00", CLIENT,
               "{'msisdn':'" LINE "','direction':'outgoing','reason':'other'}");
    port(r, "2026-03-02 10:30", "requested");
    done(r, "2026-03-02 10:40", 1, "retained");
}

static void what_crosses_a_done_is_not_lost(void **state)
{
    (void)state;
    struct rehearsal *r = play(cross, NULL);
    assert_int_equal(r_versions(r, CLIENT), 4);
    json_error_t error;
    json_t *ended = json_loads(r_version_text(r, 2), 0, &error), *task = r_task(r, CLIENT);
    assert_string_equal(text(ended, "state"), "done");
    assert_string_equal(text(ended, "task_id"), "t-3ed95398fac22710");
    assert_int_equal(number(ended, "version"), 3);
    /* XXH64 of "g-580-0042\nretention\nafter:t-3ed95398fac22710", worked out by xxhsum -H64. */
    assert_string_equal(text(task, "task_id"), "t-440a40bdf9f33d29");
    assert_string_equal(text(task, "state"), "open");
    assert_int_equal(number(task, "version"), 1);
    assert_true(json_is_false(json_object_get(task, "wake")));
    json_t *signals = json_object_get(task, "signals");
    assert_int_equal(json_array_size(signals), 1);
    assert_string_equal(text(json_array_get(signals, 0), "detector"), "port_out");
    /* It is the message that told it, not the outcome, that it stands on. */
    assert_string_equal(text(json_object_get(json_array_get(signals, 0), "source"), "topic"),
                        "service.events");
    json_decref(ended);
    r_free(r);
}

/* Whoever is talking to the client goes on with it. */
static void what_crosses_stays_in_the_same_hands(void **state)
{
    (void)state;
    struct rehearsal *r = r_new(NULL);
    make_queued(r);
    r_outcome(r, "2026-03-02 10:20", CLIENT, "reassign", "'to':'am043'");
    suspend(r, "2026-03-02 10:30", LINE, "both");
    done(r, "2026-03-02 10:40", 2, "retained");
    assert_int_equal(cw_shard_open_tasks(r_shard(r)), 1);
    assert_string_equal(text(r_task(r, CLIENT), "manager"), "am043");
    done(r, "2026-03-02 10:50", 1, "retained");
    suspend(r, "2026-03-02 11:00", OTHER, "both");
    assert_string_equal(text(r_task(r, CLIENT), "manager"), "am042");
    r_free(r);
}

/* A step up that the manager had not seen crosses too; what was seen does not. */
static void a_step_not_seen_crosses(void **state)
{
    static const struct {
        int seen;
        size_t tasks;
    } rows[] = {{1, 1}, {2, 0}, {3, 0}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct rehearsal *r = r_new(NULL);
        port(r, "2026-03-02 10:00", "inquiry");
        port(r, "2026-03-02 10:30", "requested");
        done(r, "2026-03-02 10:40", rows[i].seen, "retained");
        assert_int_equal(cw_shard_open_tasks(r_shard(r)), rows[i].tasks);
        r_free(r);
    }
}

static void what_was_cleared_does_not_cross(void **state)
{
    (void)state;
    struct rehearsal *r = r_new(NULL);
    suspend(r, "2026-03-02 10:00", LINE, "outgoing");
    port(r, "2026-03-02 10:30", "requested");
    port(r, "2026-03-02 10:35", "cancelled");
    done(r, "2026-03-02 10:40", 1, "retained");
    assert_int_equal(cw_shard_open_tasks(r_shard(r)), 0);
    assert_string_equal(text(r_task(r, CLIENT), "state"), "done");
    r_free(r);
}

/* Cleared and raised again by two messages of one instant: the second is news to who has seen the
 * first, a lower step or not. */
static void raised_again_within_the_instant_crosses(void **state)
{
    static const struct {
        int seen;
        size_t tasks;
    } rows[] = {{3, 1}, {4, 0}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct rehearsal *r = r_new(NULL);
        complain(r, "2026-03-02 10:00", "T1");
        suspend(r, "2026-03-02 10:30", LINE, "both");
        resume(r, "2026-03-02 10:30", LINE);
        suspend(r, "2026-03-02 10:30", LINE, "outgoing");
        assert_int_equal(number(r_task(r, CLIENT), "version"), 4);
        done(r, "2026-03-02 10:40", rows[i].seen, "retained");
        assert_int_equal(cw_shard_open_tasks(r_shard(r)), rows[i].tasks);
        r_free(r);
    }
}

/* ---- silence after a call ---- */

static void one_way_then_done(struct rehearsal *r, const char *result)
{
    suspend(r, "2026-03-02 10:00", LINE, "outgoing");
    done(r, "2026-03-02 11:00", 1, result);
}

/* What happens after the call, and whether it makes a new task. */
static void nothing(struct rehearsal *r)
{
    r_tick(r, "2026-03-12 10:00");
}
static void the_same_again(struct rehearsal *r)
{
    suspend(r, "2026-03-03 10:00", LINE, "outgoing");
}
static void a_higher_step(struct rehearsal *r)
{
    suspend(r, "2026-03-03 10:00", LINE, "both");
}
static void a_lower_step(struct rehearsal *r)
{
    suspend(r, "2026-03-03 10:00", LINE, "both");
    done(r, "2026-03-03 11:00", 1, "retained");
    suspend(r, "2026-03-04 10:00", LINE, "outgoing");
}
static void down_and_up_again(struct rehearsal *r)
{
    a_lower_step(r);
    suspend(r, "2026-03-05 10:00", LINE, "both");
}
static void another_line(struct rehearsal *r)
{
    suspend(r, "2026-03-03 10:00", OTHER, "outgoing");
}
static void cleared_and_again(struct rehearsal *r)
{
    resume(r, "2026-03-03 10:00", LINE);
    suspend(r, "2026-03-03 11:00", LINE, "outgoing");
}
static void cleared_and_long_after(struct rehearsal *r)
{
    resume(r, "2026-03-03 10:00", LINE);
    r_tick(r, "2026-12-03 10:00");
}
static void another_detector(struct rehearsal *r)
{
    complain(r, "2026-03-03 10:00", "T1");
}
static void until_a_day_before(struct rehearsal *r)
{
    r_tick(r, "2026-03-31 10:00");
}
static void until_the_end(struct rehearsal *r)
{
    r_tick(r, "2026-04-02 10:00");
}

static void after_it_by_a_message(struct rehearsal *r)
{
    r_tick(r, "2026-04-01 10:59");
    suspend(r, "2026-04-01 11:01", LINE, "outgoing");
}

static void after_a_call(void **state)
{
    static const struct {
        const char *name, *result;
        void (*then)(struct rehearsal *r);
        bool told;
    } rows[] = {
        {"nothing", "retained", nothing, false},
        {"the same again", "retained", the_same_again, false},
        {"a higher step", "retained", a_higher_step, true},
        {"a lower step", "retained", a_lower_step, false},
        {"down and up again", "retained", down_and_up_again, true},
        {"another line", "retained", another_line, true},
        {"cleared and again", "retained", cleared_and_again, true},
        {"cleared", "unreachable", cleared_and_long_after, false},
        {"another detector", "retained", another_detector, true},
        {"before the quiet time is over", "retained", until_a_day_before, false},
        {"after it", "retained", until_the_end, true},
        {"after it, by a message", "retained", after_it_by_a_message, true},
        {"after it", "no_issue", until_the_end, true},
        {"a shorter one", "recovering", until_a_day_before, true},
        {"nobody was reached", "unreachable", nothing, true},
        {"a false alarm", "false_alarm", until_the_end, false},
        {"lost", "lost", until_the_end, false},
    };
    /* That a line is not resumed in time is a signal of its own. */
    static const char *const settings[] = {"detectors.suspension.other_days=365", NULL};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (int restores = 0; restores < 2; restores++) {
            struct rehearsal *r = r_new(settings);
            if (restores)
                r_restore_always(r);
            one_way_then_done(r, rows[i].result);
            rows[i].then(r);
            if (cw_shard_open_tasks(r_shard(r)) != rows[i].told)
                fail_msg("%s, %s: %s", rows[i].result, rows[i].name,
                         rows[i].told ? "nothing is told" : "it is told again");
            r_free(r);
        }
}

/* A complaint that was talked about is over; one that nobody talked about is not, until it fades.
 */
static void a_sign_comes_back_where_nobody_was_reached(void **state)
{
    static const struct {
        const char *result, *until;
        bool told;
    } rows[] = {
        {"retained", "2026-04-10 10:00", false},
        {"unreachable", "2026-03-04 01:00", false},
        {"unreachable", "2026-03-05 10:00", true},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct rehearsal *r = r_new(NULL);
        complain(r, "2026-03-02 10:00", "T1");
        done(r, "2026-03-02 11:00", 1, rows[i].result);
        r_restore(r);
        r_tick(r, rows[i].until);
        if (cw_shard_open_tasks(r_shard(r)) != rows[i].told)
            fail_msg("row %zu", i);
        r_free(r);
    }
}

/* Asking for the way out again is another act, whatever was said in the call. */
static void an_act_is_told_again(void **state)
{
    (void)state;
    struct rehearsal *r = r_new(NULL);
    port(r, "2026-03-02 10:00", "inquiry");
    done(r, "2026-03-02 11:00", 1, "retained");
    r_tick(r, "2026-03-04 10:00");
    assert_int_equal(cw_shard_open_tasks(r_shard(r)), 0);
    port(r, "2026-03-05 10:00", "inquiry");
    assert_int_equal(cw_shard_open_tasks(r_shard(r)), 1);
    r_free(r);
}

static void roam_at_night(struct rehearsal *r, const char *time, int yuan)
{
    char data[160];
    (void)snprintf(data, sizeof data, "{'msisdn':'" LINE "','amount':%d,'category':'roaming'}",
                   yuan);
    r_event(r, "billing.charge", time, CLIENT, data);
}

/* Rising slowly counts as well: it is measured by what was told. */
static void a_clearly_larger_severity_is_told(void **state)
{
    static const struct {
        const char *setting;
        int yuan[3];
        bool told;
    } rows[] = {
        {"tasks.worse_severity=0.15", {250, 300, 0}, false},
        {"tasks.worse_severity=0.15", {2000, 0, 0}, true},
        {"tasks.worse_severity=0.15", {500, 1000, 2000}, true},
        {"tasks.worse_severity=1", {2000, 0, 0}, false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *const settings[] = {rows[i].setting, "detectors.spend_spike.night_yuan=50",
                                        NULL};
        struct rehearsal *r = r_new(settings);
        roam_at_night(r, "2026-03-02 02:00", 200);
        assert_int_equal(cw_shard_open_tasks(r_shard(r)), 1);
        done(r, "2026-03-02 09:00", 1, "no_issue");
        for (int k = 0; k < 3 && rows[i].yuan[k]; k++)
            roam_at_night(r, r_at("2026-03-03", k, "02:00"), rows[i].yuan[k]);
        if (cw_shard_open_tasks(r_shard(r)) != rows[i].told)
            fail_msg("row %zu", i);
        r_free(r);
    }
}

/* ---- what lasts: a learned cause ---- */

static const char *const drop_alone[] = {"detectors.spend_decline.mode=off",
                                         "tasks.quiet.retained=12d", NULL};

static void days_alike(struct rehearsal *r, int from, int days, int yuan)
{
    for (int d = from; d < from + days; d++) {
        char data[160];
        (void)snprintf(data, sizeof data, "{'msisdn':'" LINE "','amount':%d.%d,'category':'voice'}",
                       yuan, d % 3);
        r_event(r, "billing.charge", r_at("2026-01-05", d, "10:00"), CLIENT, data);
    }
}

static void fall_and_done(struct rehearsal *r)
{
    days_alike(r, 0, 60, 20);
    days_alike(r, 60, 8, 4);
    r_outcome(r, r_at("2026-01-05", 67, "11:00"), CLIENT, "done",
              "'version':9,'result':'retained'");
    days_alike(r, 68, 10, 4);
}

static void a_fall_that_lasts_is_told_once(void **state)
{
    (void)state;
    struct rehearsal *r = play(fall_and_done, drop_alone);
    assert_string_equal(text(r_task(r, CLIENT), "state"), "done");
    assert_true(counters(r)->signals_settled >= 9);
    assert_int_equal(cw_shard_open_tasks(r_shard(r)), 0);
    days_alike(r, 78, 4, 4); /* past the end of the quiet time */
    assert_int_equal(cw_shard_open_tasks(r_shard(r)), 1);
    assert_non_null(r_signal(r, CLIENT, "spend_drop", ""));
    r_free(r);
}

static void recover_and_fall(struct rehearsal *r)
{
    fall_and_done(r);
    days_alike(r, 78, 12, 20);
    days_alike(r, 90, 8, 4);
}

static void a_second_fall_is_told(void **state)
{
    (void)state;
    struct rehearsal *r = play(recover_and_fall, drop_alone);
    assert_int_equal(cw_shard_open_tasks(r_shard(r)), 1);
    r_free(r);
}

static void fall_and_expire(struct rehearsal *r)
{
    days_alike(r, 0, 60, 20);
    days_alike(r, 60, 25, 4);
}

static void an_expired_task_does_not_reopen_the_next_day(void **state)
{
    static const char *const settings[] = {"tasks.open_for=5d", "detectors.spend_decline.mode=off",
                                           NULL};
    (void)state;
    struct rehearsal *r = play(fall_and_expire, settings);
    assert_string_equal(text(r_task(r, CLIENT), "state"), "expired");
    assert_int_equal(counters(r)->tasks_opened, 1);
    r_free(r);
}

static void news_before_it_expires(struct rehearsal *r)
{
    r_event(r, "service.contract", "2026-03-01 10:00", CLIENT,
            "{'ends':'2026-03-21','action':'signed'}");
    suspend(r, "2026-03-02 10:00", LINE, "outgoing");
    r_tick(r, "2026-03-08 10:00");
}

/* A task in which something has just been told is not one that nobody cared for all that time. */
static void news_keeps_a_task_open(void **state)
{
    static const char *const settings[] = {"tasks.open_for=5d", NULL};
    (void)state;
    struct rehearsal *r = play(news_before_it_expires, settings);
    assert_int_equal(counters(r)->tasks_ended, 0);
    assert_int_equal(json_array_size(json_object_get(r_task(r, CLIENT), "signals")), 2);
    r_tick(r, "2026-03-12 10:00");
    assert_string_equal(text(r_task(r, CLIENT), "state"), "open");
    r_tick(r, "2026-03-14 10:00");
    assert_string_equal(text(r_task(r, CLIENT), "state"), "expired");
    r_free(r);
}

/* An outage explains a fall whether or not somebody has called about it; until it has faded. */
static void a_settled_outage_still_explains(void **state)
{
    static const struct {
        const char *minutes;
        bool told;
    } rows[] = {{"95", false}, {"1", true}};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct rehearsal *r = r_new(drop_alone);
        char data[80];
        days_alike(r, 0, 60, 20);
        days_alike(r, 60, 1, 4);
        (void)snprintf(data, sizeof data, "{'msisdn':'" LINE "','minutes':%s}", rows[i].minutes);
        r_event(r, "care.outage", r_at("2026-01-05", 61, "09:00"), CLIENT, data);
        if (cw_shard_open_tasks(r_shard(r)))
            r_outcome(r, r_at("2026-01-05", 61, "09:30"), CLIENT, "done",
                      "'version':1,'result':'retained'");
        days_alike(r, 61, 3, 4);
        if (cw_shard_open_tasks(r_shard(r)) != rows[i].told)
            fail_msg("an outage of %s minutes", rows[i].minutes);
        r_free(r);
    }
}

/* A sign that has faded is as good as cleared: the next one is news within the quiet time. */
static void a_faded_sign_is_news_again(void **state)
{
    static const struct {
        int days;
        bool told;
    } rows[] = {{2, false}, {14, true}};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct rehearsal *r = r_new(NULL);
        roam_at_night(r, "2026-03-02 02:00", 400);
        done(r, "2026-03-02 09:00", 1, "no_issue");
        roam_at_night(r, r_at("2026-03-02", rows[i].days, "02:00"), 400);
        if (cw_shard_open_tasks(r_shard(r)) != rows[i].told)
            fail_msg("after %d days", rows[i].days);
        r_free(r);
    }
}

/* However much was settled, what is kept of it has a bound; the oldest is told again. */
static void the_past_has_a_bound(void **state)
{
    (void)state;
    struct rehearsal *r = r_new(NULL);
    for (int task = 0; task < 2; task++) {
        for (int i = 0; i < 20; i++) {
            char line[20];
            (void)snprintf(line, sizeof line, "8613500001%d%02d", task, i);
            suspend(r, "2026-03-02 10:00", line, "outgoing");
        }
        done(r, "2026-03-02 11:00", 20, "retained");
        r_restore(r);
    }
    suspend(r, "2026-03-02 12:00", "8613500001119", "outgoing");
    assert_int_equal(cw_shard_open_tasks(r_shard(r)), 0);
    suspend(r, "2026-03-02 12:00", "8613500001000", "outgoing");
    assert_int_equal(cw_shard_open_tasks(r_shard(r)), 1);
    r_free(r);
}

/* ---- whose task it is ---- */

static void reassigned_then_another_profile(void **state)
{
    static const struct {
        const char *profile, *manager;
    } rows[] = {
        {PROFILE("am042", "chief07"), "am043"}, /* nothing new: the reassignment stands */
        {PROFILE("am044", "chief07"), "am044"}, /* it names another one */
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct rehearsal *r = r_new(NULL);
        make_queued(r);
        r_outcome(r, "2026-03-02 11:00", CLIENT, "reassign", "'to':'am043'");
        r_restore(r);
        r_profile(r, rows[i].profile);
        r_tick(r, "2026-03-20 10:00");
        assert_string_equal(text(r_task(r, CLIENT), "manager"), rows[i].manager);
        r_free(r);
    }
}

/* Without a list of managers anybody may be named. */
static void without_a_roster_any_manager_will_do(void **state)
{
    (void)state;
    struct rehearsal *r = r_new(NULL);
    port(r, "2026-03-02 10:00", "inquiry");
    r_outcome(r, "2026-03-02 11:00", CLIENT, "reassign", "'to':'am777'");
    assert_string_equal(text(r_task(r, CLIENT), "manager"), "am777");
    r_free(r);
}

static void a_manager_who_is_not_there_gets_nothing(void **state)
{
    (void)state;
    struct rehearsal *r = r_new(NULL);
    make_queued(r);
    r_outcome(r, "2026-03-02 11:00", CLIENT, "reassign", "'to':'nobody'");
    assert_int_equal(counters(r)->outcomes_refused, 1);
    assert_string_equal(text(r_task(r, CLIENT), "manager"), "am042");
    r_free(r);
}

/* The claim was the former manager's: the new one's task goes up when it is overdue. */
static void a_hand_over_ends_the_claim(void **state)
{
    (void)state;
    struct rehearsal *r = r_new(NULL);
    make_claimed(r);
    r_outcome(r, "2026-03-02 11:00", CLIENT, "reassign", "'to':'am043'");
    r_tick(r, "2026-03-09 10:00");
    assert_string_equal(text(r_task(r, CLIENT), "escalated_to"), "chief07");
    r_free(r);
}

/* Made before the desk had word of the hand-over, and taken in after it: the hand is no longer
 * there, and what the new manager has done stands. */
static void a_hand_that_has_lost_the_task_moves_nothing(void **state)
{
    static const struct {
        const char *own, *late, *members, *chief;
    } rows[] = {
        {"note", "claim", "'until':'2026-03-23T10:00:00+08:00'", "chief07"},
        {"claim", "release", "", ""},
        {"claim", "snooze", "'until':'2026-03-05T10:00:00+08:00'", ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct rehearsal *r = r_new(NULL);
        make_queued(r);
        r_outcome(r, "2026-03-02 11:00", CLIENT, "reassign", "'to':'am043'");
        r_outcome(r, "2026-03-02 11:01", CLIENT, rows[i].own, "");
        r_outcome_at(r, "am042", "2026-03-02 11:01", CLIENT, rows[i].late, rows[i].members);
        r_tick(r, "2026-03-09 10:00");
        if (strcmp(text(r_task(r, CLIENT), "escalated_to"), rows[i].chief) != 0)
            fail_msg("row %zu: escalated to \"%s\"", i, text(r_task(r, CLIENT), "escalated_to"));
        assert_int_equal(counters(r)->outcomes_stale, 1);
        r_free(r);
    }
}

/* The call was made, whoever has the task by now. */
static void a_done_of_the_former_manager_counts(void **state)
{
    (void)state;
    struct rehearsal *r = r_new(NULL);
    make_queued(r);
    r_profile(r, PROFILE("am043", "chief07"));
    r_outcome_at(r, "am042", "2026-03-02 11:00", CLIENT, "done", "'version':1,'result':'retained'");
    assert_string_equal(text(r_task(r, CLIENT), "state"), "done");
    r_free(r);
}

static void it_goes_up_to_the_chief_there_is_now(void **state)
{
    (void)state;
    struct rehearsal *r = r_new(NULL);
    make_queued(r);
    r_outcome(r, "2026-03-02 11:00", CLIENT, "escalate", "'note':'wants to speak to your boss'");
    assert_string_equal(text(r_task(r, CLIENT), "escalated_to"), "chief07");
    r_profile(r, PROFILE("am042", "chief08"));
    assert_string_equal(text(r_task(r, CLIENT), "escalated_to"), "chief08");
    r_profile(r, PROFILE("chief08", "chief08")); /* the chief takes it */
    assert_string_equal(text(r_task(r, CLIENT), "manager"), "chief08");
    assert_true(json_is_null(json_object_get(r_task(r, CLIENT), "escalated_to")));
    r_profile(r, PROFILE("am043", "chief08"));
    assert_string_equal(text(r_task(r, CLIENT), "escalated_to"), "chief08");
    r_free(r);
}

/* Asked for while nobody is known above: it goes up when somebody is. */
static void asked_up_before_there_is_a_chief(void **state)
{
    (void)state;
    struct rehearsal *r = r_new(NULL);
    port(r, "2026-03-02 10:00", "inquiry");
    r_outcome(r, "2026-03-02 11:00", CLIENT, "escalate", "");
    assert_int_equal(r_versions(r, CLIENT), 1);
    r_restore(r);
    r_profile(r, PROFILE("am042", "chief07"));
    assert_string_equal(text(r_task(r, CLIENT), "escalated_to"), "chief07");
    r_free(r);
}

/* ---- claims and snoozes ---- */

static void a_claim_stops_the_overdue_task(void **state)
{
    static const struct {
        const char *action[2], *members[2], *chief;
    } rows[] = {
        {{"note", NULL}, {"'note':'x'", ""}, "chief07"},
        {{"claim", NULL}, {"", ""}, ""},
        {{"claim", "release"}, {"", ""}, "chief07"},
        {{"claim", "note"}, {"", "'note':'x'"}, ""},
        {{"claim", NULL}, {"'until':'2026-03-03T10:00:00+08:00'", ""}, "chief07"},
        {{"claim", NULL}, {"'until':'2026-03-23T10:00:00+08:00'", ""}, ""},
        {{"claim", "snooze"}, {"", "'until':'2026-03-23T10:00:00+08:00'"}, "chief07"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct rehearsal *r = r_new(NULL);
        make_queued(r);
        for (int k = 0; k < 2 && rows[i].action[k]; k++)
            r_outcome(r, "2026-03-02 11:00", CLIENT, rows[i].action[k], rows[i].members[k]);
        r_restore(r);
        r_tick(r, "2026-03-09 10:00");
        if (strcmp(text(r_task(r, CLIENT), "escalated_to"), rows[i].chief) != 0)
            fail_msg("row %zu: escalated to \"%s\"", i, text(r_task(r, CLIENT), "escalated_to"));
        r_free(r);
    }
}

static void a_cleared_cause_takes_the_task_out_of_any_hand(void **state)
{
    (void)state;
    for (size_t s = 0; s < 3; s++) {
        struct rehearsal *r = r_new(NULL);
        states[s].make(r);
        port(r, "2026-03-02 12:00", "cancelled");
        assert_string_equal(text(r_task(r, CLIENT), "state"), "withdrawn");
        r_free(r);
    }
}

/* Small steps, none of which wakes, wake a snoozed task when they add up. */
static void small_steps_wake_a_snoozed_task(void **state)
{
    static const char *const settings[] = {"tasks.wake_risk=0.04", NULL};
    (void)state;
    for (int snoozed = 0; snoozed < 2; snoozed++) {
        struct rehearsal *r = r_new(settings);
        int woken = 0;
        double risk = 0, most = 0;
        complain(r, "2026-03-02 10:00", "T0");
        if (snoozed)
            r_outcome(r, "2026-03-02 10:05", CLIENT, "snooze",
                      "'until':'2026-03-20T10:00:00+08:00'");
        for (int i = 0; i < 6; i++) {
            char line[20];
            (void)snprintf(line, sizeof line, "86135000000%02d", i);
            risk = json_number_value(json_object_get(r_task(r, CLIENT), "risk"));
            suspend(r, "2026-03-02 11:00", line, "outgoing");
            double rise = json_number_value(json_object_get(r_task(r, CLIENT), "risk")) - risk;
            most = rise > most ? rise : most;
            woken += wakes(r);
        }
        assert_true(most < 0.04);
        assert_int_equal(woken, snoozed);
        r_free(r);
    }
}

/* ---- what outcomes say of the detectors ---- */

static const struct cw_accuracy *row_of(struct rehearsal *r, const char *segment)
{
    const struct cw_accuracy *rows;
    size_t n = cw_shard_accuracy(r_shard(r), &rows);
    for (size_t i = 0; i < n; i++)
        if (strcmp(rows[i].segment, segment) == 0)
            return &rows[i];
    return NULL;
}

/* Two of them are the same. */
#define SEGMENT(match) "{ match = { " match " }; detectors = { complaint = { mode = \"on\"; }; }; }"

static struct rehearsal *with_segments(void)
{
    char path[] = "/tmp/cw-outcomes-XXXXXX";
    static const char file[] =
        "segments = (" SEGMENT("class = \"A1\"; kind = \"group\";") ", " SEGMENT(
            "class = \"B1\";") ", " SEGMENT("kind = \"group\"; class = \"A1\";") ");\n";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, file, sizeof file - 1), sizeof file - 1);
    assert_int_equal(close(fd), 0);
    struct rehearsal *r = r_new_from(path, NULL);
    assert_int_equal(unlink(path), 0);
    return r;
}

static void false_alarms_count_against_their_detectors(void **state)
{
    (void)state;
    struct rehearsal *r = with_segments();
    r_profile(r, PROFILE("am042", "chief07"));
    complain(r, "2026-03-02 10:00", "T1");
    suspend(r, "2026-03-02 10:01", LINE, "outgoing");
    suspend(r, "2026-03-02 10:02", OTHER, "outgoing");
    port(r, "2026-03-02 10:03", "inquiry"); /* not seen: not counted */
    done(r, "2026-03-02 10:10", 3, "false_alarm");
    done(r, "2026-03-02 10:20", 1, "retained"); /* the task after it */
    r_restore(r);
    const struct cw_accuracy *all = row_of(r, ""), *a1 = row_of(r, "kind=group,class=A1");
    assert_non_null(all);
    assert_non_null(a1);
    assert_null(row_of(r, "class=B1"));
    assert_int_equal(all->tasks[CW_DET_complaint][CW_RESULT_FALSE_ALARM], 1);
    assert_int_equal(all->tasks[CW_DET_suspension][CW_RESULT_FALSE_ALARM], 1);
    assert_int_equal(all->tasks[CW_DET_port_out][CW_RESULT_FALSE_ALARM], 0);
    assert_int_equal(all->tasks[CW_DET_port_out][CW_RESULT_RETAINED], 1);
    assert_memory_equal(all->tasks, a1->tasks, sizeof all->tasks);
    r_free(r);
}

/* The counts are among what is rewritten, so that the log before them can go. */
static void the_counts_do_not_hold_back_the_round(void **state)
{
    (void)state;
    struct rehearsal *r = r_new(NULL);
    make_done(r);
    struct cw_buf b = {0};
    uint32_t round = 0;
    for (uint32_t commit = 1; commit <= 5; commit++)
        assert_int_equal(cw_shard_encode(r_shard(r), commit, 0, 4, &b, &round), 0);
    assert_true(round >= 4);
    assert_true(cw_shard_clean(r_shard(r)));
    cw_buf_free(&b);
    r_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_action_in_each_state),
        cmocka_unit_test(what_concerns_no_open_task_is_counted_only),
        cmocka_unit_test(an_outcome_counts_once),
        cmocka_unit_test(a_batch_sent_again_counts_once),
        cmocka_unit_test(a_batch_sent_again_takes_nothing_in_hand),
        cmocka_unit_test(no_outcome_moves_the_clock),
        cmocka_unit_test(what_crosses_a_done_is_not_lost),
        cmocka_unit_test(what_crosses_stays_in_the_same_hands),
        cmocka_unit_test(a_step_not_seen_crosses),
        cmocka_unit_test(what_was_cleared_does_not_cross),
        cmocka_unit_test(raised_again_within_the_instant_crosses),
        cmocka_unit_test(after_a_call),
        cmocka_unit_test(a_sign_comes_back_where_nobody_was_reached),
        cmocka_unit_test(an_act_is_told_again),
        cmocka_unit_test(a_clearly_larger_severity_is_told),
        cmocka_unit_test(a_fall_that_lasts_is_told_once),
        cmocka_unit_test(a_second_fall_is_told),
        cmocka_unit_test(an_expired_task_does_not_reopen_the_next_day),
        cmocka_unit_test(news_keeps_a_task_open),
        cmocka_unit_test(a_settled_outage_still_explains),
        cmocka_unit_test(a_faded_sign_is_news_again),
        cmocka_unit_test(the_past_has_a_bound),
        cmocka_unit_test(reassigned_then_another_profile),
        cmocka_unit_test(without_a_roster_any_manager_will_do),
        cmocka_unit_test(a_manager_who_is_not_there_gets_nothing),
        cmocka_unit_test(a_hand_over_ends_the_claim),
        cmocka_unit_test(a_hand_that_has_lost_the_task_moves_nothing),
        cmocka_unit_test(a_done_of_the_former_manager_counts),
        cmocka_unit_test(it_goes_up_to_the_chief_there_is_now),
        cmocka_unit_test(asked_up_before_there_is_a_chief),
        cmocka_unit_test(a_claim_stops_the_overdue_task),
        cmocka_unit_test(a_cleared_cause_takes_the_task_out_of_any_hand),
        cmocka_unit_test(small_steps_wake_a_snoozed_task),
        cmocka_unit_test(false_alarms_count_against_their_detectors),
        cmocka_unit_test(the_counts_do_not_hold_back_the_round),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
