/* The life of a task: opening, folding, climbing, clearing, waking, escalation, the end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "churnwatch/client.h"
#include "tests/support/rehearsal.h"

#define CLIENT "g-580-0042"
#define GROUP_OF(phones)                                                                           \
    "{'client_id':'" CLIENT "','kind':'group','name':'Harbour Works','class':'A1',"                \
    "'manager':'am042','chief_manager':'chief07','phones':" #phones ","                            \
    "'contacts':[{'role':'influencer','name':'Wu','msisdn':'8613500000001'},"                      \
    "{'role':'decision_maker','name':'Zhao','msisdn':'8613500000002'}]}"

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

static void port(struct rehearsal *r, const char *time, const char *line, const char *stage)
{
    char data[160];
    (void)snprintf(data, sizeof data, "{'msisdn':'%s','stage':'%s'}", line, stage);
    r_event(r, "service.port_out", time, CLIENT, data);
}

static void complain(struct rehearsal *r, const char *time, int severity)
{
    char data[160];
    (void)snprintf(data, sizeof data, "{'severity':%d,'topic':'billing','ticket':'T%d'}", severity,
                   severity);
    r_event(r, "care.complaint", time, CLIENT, data);
}

#define LINE "8613500000011"
#define OTHER "8613500000012"

static void signals_fold_into_one_task(void **state)
{
    (void)state;
    struct rehearsal *r = r_new(NULL);
    suspend(r, "2026-03-02 10:00", LINE, "outgoing");
    char id[32];
    (void)snprintf(id, sizeof id, "%s", text(r_task(r, CLIENT), "task_id"));
    assert_int_equal(number(r_task(r, CLIENT), "version"), 1);
    complain(r, "2026-03-02 11:00", 3);
    json_t *task = r_task(r, CLIENT);
    assert_string_equal(text(task, "task_id"), id);
    assert_int_equal(number(task, "version"), 2);
    assert_int_equal(json_array_size(json_object_get(task, "signals")), 2);
    assert_string_equal(text(task, "state"), "open");
    assert_string_equal(text(task, "updated_at"), "2026-03-02T11:00:00+08:00");
    assert_string_equal(text(task, "created_at"), "2026-03-02T10:00:00+08:00");
    r_free(r);
}

/* XXH64 of "g-580-0042\nretention\n/test\nopening", worked out by xxhsum -H64. */
static void the_id_is_the_hash_of_client_purpose_and_cause(void **state)
{
    (void)state;
    struct rehearsal *r = r_new(NULL);
    r_event_id(r, "opening", "service.port_out", "2026-03-02 10:00", CLIENT,
               "{'msisdn':'" LINE "','stage':'inquiry'}");
    assert_string_equal(text(r_task(r, CLIENT), "task_id"), "t-3ed95398fac22710");
    r_free(r);
}

static void a_repeated_message_says_nothing(void **state)
{
    (void)state;
    struct rehearsal *r = r_new(NULL);
    for (int i = 0; i < 2; i++)
        r_event_id(r, "same", "service.port_out", "2026-03-02 10:00", CLIENT,
                   "{'msisdn':'" LINE "','stage':'inquiry'}");
    assert_int_equal(r_versions(r, CLIENT), 1);
    assert_int_equal(cw_shard_counters(r_shard(r))->repeats, 1);
    r_free(r);
}

/* The client's ids of old are forgotten by then, so that its task opens once more. */
static void a_message_sent_again_after_the_end_opens_another_task(void **state)
{
    (void)state;
    struct rehearsal *r = r_new(NULL);
    enum { TURNS = 5 };
    char ids[TURNS][32], id[16];
    for (int turn = 0, n = 0; turn < TURNS; turn++) {
        r_event_id(r, "same", "service.port_out", "2026-03-02 10:00", CLIENT,
                   "{'msisdn':'" LINE "','stage':'inquiry'}");
        json_t *task = r_task(r, CLIENT);
        assert_string_equal(text(task, "state"), "open");
        (void)snprintf(ids[turn], sizeof ids[turn], "%s", text(task, "task_id"));
        port(r, "2026-03-02 10:00", LINE, "cancelled");
        assert_string_equal(text(r_task(r, CLIENT), "state"), "withdrawn");
        for (int i = 0; i < 20; i++) {
            (void)snprintf(id, sizeof id, "other%d", n++);
            r_event_id(r, id, "billing.payment", "2026-03-02 11:00", CLIENT, "{'amount':1}");
        }
    }
    for (int i = 0; i < TURNS; i++)
        for (int k = 0; k < i; k++)
            assert_string_not_equal(ids[i], ids[k]);
    r_free(r);
}

static void a_cleared_cause_withdraws_and_nothing_reopens(void **state)
{
    (void)state;
    struct rehearsal *r = r_new(NULL);
    suspend(r, "2026-03-02 10:00", LINE, "both");
    char first[32];
    (void)snprintf(first, sizeof first, "%s", text(r_task(r, CLIENT), "task_id"));
    resume(r, "2026-03-02 12:00", LINE);
    json_t *task = r_task(r, CLIENT);
    assert_string_equal(text(task, "state"), "withdrawn");
    assert_string_equal(text(task, "task_id"), first);
    assert_string_equal(text(json_array_get(json_object_get(task, "signals"), 0), "cleared_at"),
                        "2026-03-02T12:00:00+08:00");
    suspend(r, "2026-03-03 10:00", LINE, "both");
    task = r_task(r, CLIENT);
    assert_string_equal(text(task, "state"), "open");
    assert_string_not_equal(text(task, "task_id"), first);
    assert_int_equal(number(task, "version"), 1);
    r_free(r);
}

/* The cause of one line going away leaves the other line's (trap T6). */
static void clearing_one_line_leaves_the_other(void **state)
{
    (void)state;
    struct rehearsal *r = r_new(NULL);
    suspend(r, "2026-03-02 10:00", LINE, "both");
    suspend(r, "2026-03-02 10:05", OTHER, "both");
    resume(r, "2026-03-02 12:00", LINE);
    assert_null(r_signal(r, CLIENT, "suspension", LINE));
    assert_non_null(r_signal(r, CLIENT, "suspension", OTHER));
    assert_string_equal(text(r_task(r, CLIENT), "state"), "open");
    r_free(r);
}

static void climbing_wakes_and_brings_the_call_nearer(void **state)
{
    (void)state;
    struct rehearsal *r = r_new(NULL);
    port(r, "2026-03-02 10:00", LINE, "inquiry");
    json_t *task = r_task(r, CLIENT);
    assert_true(json_is_false(json_object_get(task, "wake")));
    long long priority = number(task, "priority");
    double risk = json_number_value(json_object_get(task, "risk"));
    port(r, "2026-03-02 14:00", LINE, "requested");
    task = r_task(r, CLIENT);
    assert_true(json_is_true(json_object_get(task, "wake")));
    assert_true(number(task, "priority") > priority);
    assert_true(json_number_value(json_object_get(task, "risk")) > risk);
    assert_int_equal(json_array_size(json_object_get(task, "signals")), 1);
    r_free(r);
}

/* A higher step of the ladder makes a task put aside come back, whichever detector tells it. */
static void a_step_up_the_ladder_wakes(void **state)
{
    static const struct {
        const char *type, *data;
        bool wake;
    } rows[] = {
        {"billing.arrears", "{'amount':80,'days_overdue':1}", false},
        {"service.suspended", "{'msisdn':'" LINE "','direction':'outgoing','reason':'arrears'}",
         true},
        {"service.suspended", "{'msisdn':'" OTHER "','direction':'outgoing','reason':'arrears'}",
         false},
        {"service.suspended", "{'msisdn':'" OTHER "','direction':'both','reason':'arrears'}", true},
        {"service.terminated", "{'msisdn':'" OTHER "','reason':'arrears'}", true},
    };
    (void)state;
    struct rehearsal *r = r_new(NULL);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        r_event(r, rows[i].type, r_at("2026-03-02", (int)i, "10:00"), CLIENT, rows[i].data);
        json_t *wake = json_object_get(r_task(r, CLIENT), "wake");
        if (json_is_true(wake) != rows[i].wake)
            fail_msg("row %zu: wake is %d", i, json_is_true(wake));
    }
    r_free(r);
}

static void a_large_group_goes_up_to_the_chief(void **state)
{
    (void)state;
    static const struct {
        const char *profile, *chief;
    } rows[] = {{GROUP_OF(499), ""}, {GROUP_OF(500), "chief07"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct rehearsal *r = r_new(NULL);
        r_profile(r, rows[i].profile);
        port(r, "2026-03-02 10:00", LINE, "requested");
        assert_string_equal(text(r_task(r, CLIENT), "escalated_to"), rows[i].chief);
        r_free(r);
    }
}

static void an_overdue_task_goes_up_once(void **state)
{
    (void)state;
    struct rehearsal *r = r_new(NULL);
    r_profile(r, GROUP_OF(20));
    port(r, "2026-03-02 10:00", LINE, "inquiry");
    assert_string_equal(text(r_task(r, CLIENT), "escalated_to"), "");
    r_tick(r, "2026-03-09 10:00");
    json_t *task = r_task(r, CLIENT);
    assert_string_equal(text(task, "escalated_to"), "chief07");
    assert_string_equal(text(task, "manager"), "am042");
    size_t versions = r_versions(r, CLIENT);
    r_tick(r, "2026-03-09 11:00");
    assert_int_equal(r_versions(r, CLIENT), versions);
    r_free(r);
}

/* The chief may come from the manager's record. */
static void the_chief_of_the_manager_will_do(void **state)
{
    (void)state;
    struct rehearsal *r = r_new(NULL);
    r_manager(r, "{'manager_id':'am042','chief_manager':'chief09'}");
    r_profile(r, "{'client_id':'" CLIENT "','kind':'group','manager':'am042','phones':800}");
    port(r, "2026-03-02 10:00", LINE, "requested");
    assert_string_equal(text(r_task(r, CLIENT), "escalated_to"), "chief09");
    r_free(r);
}

static void whom_and_how(void **state)
{
    (void)state;
    struct rehearsal *r = r_new(NULL);
    complain(r, "2026-03-02 09:30", 1);
    assert_string_equal(text(r_task(r, CLIENT), "manager"), "unassigned");
    assert_true(json_is_null(json_object_get(r_task(r, CLIENT), "contact")));
    r_profile(r, GROUP_OF(20));
    json_t *task = r_task(r, CLIENT);
    assert_string_equal(text(task, "manager"), "am042");
    assert_string_equal(text(json_object_get(task, "contact"), "name"), "Zhao");
    assert_int_equal(number(task, "version"), 2);
    r_free(r);
}

static void double_identity_counts_as_the_higher(void **state)
{
    (void)state;
    double value[3];
    static const char *const profiles[] = {
        "{'client_id':'" CLIENT "','kind':'individual','manager':'m','class':'C','vip':'diamond'}",
        "{'client_id':'" CLIENT "','kind':'individual','manager':'m','class':'A1','vip':'silver'}",
        "{'client_id':'" CLIENT "','kind':'individual','manager':'m','class':'C','vip':'silver'}",
    };
    for (size_t i = 0; i < 3; i++) {
        struct rehearsal *r = r_new(NULL);
        r_profile(r, profiles[i]);
        port(r, "2026-03-02 10:00", LINE, "inquiry");
        value[i] = json_number_value(json_object_get(r_task(r, CLIENT), "value"));
        r_free(r);
    }
    assert_true(value[0] > value[2]);
    assert_true(value[1] > value[2]);
    assert_true(value[0] - value[1] < 1e-9 && value[1] - value[0] < 1e-9);
}

static void forward(struct rehearsal *r, const char *time, const char *line)
{
    char data[200];
    (void)snprintf(data, sizeof data,
                   "{'msisdn':'%s','condition':'CFU','active':true,'target':'8613210000099'}",
                   line);
    r_event(r, "service.call_forwarding", time, CLIENT, data);
}

static double risk_after_forwarding(const char *line, const char *settings[])
{
    struct rehearsal *r = r_new((const char *const *)settings);
    r_profile(r, GROUP_OF(40));
    forward(r, "2026-03-02 10:00", line);
    json_t *task = r_task(r, CLIENT);
    assert_non_null(task);
    double risk = json_real_value(json_object_get(task, "risk"));
    r_free(r);
    return risk;
}

/* Signs of a contact's line weigh more and say so; of a member's, and with the setting at nothing,
 * they are as they are. */
static void a_key_persons_line_weighs_more(void **state)
{
    (void)state;
    const char *off[] = {"risk.key_person=0", NULL};
    double member = risk_after_forwarding("8613500000009", NULL);
    assert_true(risk_after_forwarding("8613500000002", NULL) > 1.5 * member);
    assert_true(risk_after_forwarding("8613500000001", NULL) > 1.5 * member);
    assert_true(risk_after_forwarding("8613500000002", off) == member);
}

/* All that happens to a group's lines is one task of the group. */
static void signs_of_a_group_are_one_task(void **state)
{
    (void)state;
    struct rehearsal *r = r_new(NULL);
    r_profile(r, GROUP_OF(40));
    forward(r, "2026-03-02 10:00", "8613500000002");
    forward(r, "2026-03-02 10:10", "8613500000009");
    port(r, "2026-03-02 10:20", "8613500000003", "inquiry");
    r_event(r, "service.terminated", "2026-03-02 10:30", CLIENT,
            "{'msisdn':'8613500000004','reason':'other'}");
    assert_int_equal(cw_shard_open_tasks(r_shard(r)), 1);
    json_t *of_key = r_signal(r, CLIENT, "call_forwarding", "8613500000002");
    const char *role =
        json_string_value(json_object_get(json_object_get(of_key, "evidence"), "key_person"));
    assert_string_equal(role ? role : "", "decision_maker");
    json_t *of_member = r_signal(r, CLIENT, "call_forwarding", "8613500000009");
    assert_null(json_object_get(json_object_get(of_member, "evidence"), "key_person"));
    assert_non_null(r_signal(r, CLIENT, "port_out", "8613500000003"));
    assert_non_null(r_signal(r, CLIENT, "termination", "8613500000004"));
    r_free(r);
}

static void the_headline_names_the_key_person(void **state)
{
    (void)state;
    static const char *const english[] = {"language=en", NULL};
    static const char *const chinese[] = {"language=zh_CN", NULL};
    for (int i = 0; i < 2; i++) {
        struct rehearsal *r = r_new(i ? chinese : english);
        r_profile(r, GROUP_OF(40));
        forward(r, "2026-03-02 10:00", "8613500000002");
        const char *want = i ? "关键人号码 决策人" : "key person's line: decision maker";
        assert_non_null(strstr(text(r_task(r, CLIENT), "headline"), want));
        r_free(r);
    }
}

/* Shares that are more than the whole together are taken in proportion. */
static void shares_of_the_priority_are_parts_of_one(void **state)
{
    static const char *const settings[][3] = {
        {"priority.value_weight=0.5", "priority.urgency_weight=0.5", NULL},
        {"priority.value_weight=1", "priority.urgency_weight=1", NULL}};
    long long priority[2];
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct rehearsal *r = r_new(settings[i]);
        port(r, "2026-03-02 10:00", LINE, "requested");
        priority[i] = number(r_task(r, CLIENT), "priority");
        r_free(r);
    }
    assert_true(priority[0] > 100);
    assert_int_equal(priority[0], priority[1]);
}

static void a_task_nobody_ended_expires(void **state)
{
    (void)state;
    const char *const settings[] = {"tasks.open_for=10d", NULL};
    struct rehearsal *r = r_new(settings);
    suspend(r, "2026-03-02 10:00", LINE, "both");
    r_tick(r, "2026-03-12 01:00");
    assert_string_equal(text(r_task(r, CLIENT), "state"), "open");
    r_tick(r, "2026-03-13 03:00");
    assert_string_equal(text(r_task(r, CLIENT), "state"), "expired");
    r_free(r);
}

/* The outbox always holds every open task: a version at least each seven days. */
static void a_quiet_task_is_told_again_each_week(void **state)
{
    (void)state;
    struct rehearsal *r = r_new(NULL);
    suspend(r, "2026-03-02 10:00", LINE, "both");
    r_tick(r, "2026-03-06 10:00");
    size_t before = r_versions(r, CLIENT);
    r_tick(r, "2026-03-20 10:00");
    assert_true(r_versions(r, CLIENT) >= before + 1);
    r_free(r);
}

static void signals_have_a_bound(void **state)
{
    (void)state;
    struct rehearsal *r = r_new(NULL);
    for (int i = 0; i < 40; i++) {
        char line[20];
        (void)snprintf(line, sizeof line, "86135000001%02d", i);
        suspend(r, "2026-03-02 10:00", line, "both");
    }
    json_t *task = r_task(r, CLIENT);
    assert_int_equal(json_array_size(json_object_get(task, "signals")), 32);
    assert_int_equal(number(task, "signals_omitted"), 8);
    r_free(r);
}

/* The weaker gives way, not the older: what came late and says little is counted, not kept. */
static void the_strongest_signals_are_kept(void **state)
{
    (void)state;
    struct rehearsal *r = r_new(NULL);
    for (int i = 0; i < 32; i++) {
        char line[20];
        (void)snprintf(line, sizeof line, "86135000001%02d", i);
        port(r, "2026-03-02 10:00", line, "inquiry");
    }
    suspend(r, "2026-03-02 11:00", OTHER, "outgoing");
    assert_null(r_signal(r, CLIENT, "suspension", OTHER));
    assert_int_equal(number(r_task(r, CLIENT), "signals_omitted"), 1);
    port(r, "2026-03-02 12:00", OTHER, "requested");
    assert_non_null(r_signal(r, CLIENT, "port_out", OTHER));
    r_free(r);
}

static void use_of_lines(struct rehearsal *r, int day, int lines)
{
    for (int i = 0; i < lines; i++) {
        char data[96];
        (void)snprintf(data, sizeof data,
                       "{'msisdn':'86135000001%02d','voice_min':5,'data_mb':100,'sms':1}", i);
        r_event(r, "service.usage", r_at("2026-01-01", day, "12:00"), CLIENT, data);
    }
    r_event(r, "billing.charge", r_at("2026-01-01", day, "12:00"), CLIENT,
            "{'msisdn':'8613500000100','amount':50,'category':'voice'}");
}

/* More silent lines than a task keeps are found again at each day's close, and are no news. */
static void what_is_left_out_is_told_once(void **state)
{
    (void)state;
    static const char *const settings[] = {"tasks.open_for=365d", NULL};
    struct rehearsal *r = r_new(settings);
    r_profile(r, GROUP_OF(20));
    int day = 0;
    for (; day < 30; day++)
        use_of_lines(r, day, 99);
    for (; !r_signal(r, CLIENT, "inactivity", NULL) && day < 120; day++)
        use_of_lines(r, day, 5);
    long long omitted = number(r_task(r, CLIENT), "signals_omitted");
    size_t before = r_versions(r, CLIENT);
    assert_true(omitted >= 94 - 32);
    for (int i = 0; i < 5; i++)
        use_of_lines(r, day++, 5);
    assert_int_equal(number(r_task(r, CLIENT), "signals_omitted"), omitted);
    assert_true(r_versions(r, CLIENT) <= before + 2);
    r_free(r);
}

/* The contract lets amounts be as large as 10^12; their sums must not run over. */
static void the_largest_amounts_add_up(void **state)
{
    (void)state;
    struct rehearsal *r = r_new(NULL);
    for (int i = 0; i < 1000; i++)
        r_event(r, "billing.charge", "2026-03-02 03:00", CLIENT,
                "{'msisdn':'" LINE "','amount':1000000000000,'category':'roaming'}");
    const struct cw_client *cl = cw_shard_client(r_shard(r), CW_STR(CLIENT));
    assert_true(cw_client_roaming(cl, cw_day_of((struct cw_date){2026, 3, 2})).all >
                4 * CW_MONEY_MOST);
    assert_non_null(r_signal(r, CLIENT, "spend_spike", ""));
    r_event(r, "billing.charge", "2026-03-02 03:00", CLIENT,
            "{'msisdn':'" LINE "','amount':-1000000000000,'category':'roaming'}");
    r_free(r);
}

static void the_deciding_message_is_named(void **state)
{
    (void)state;
    struct rehearsal *r = r_new(NULL);
    complain(r, "2026-03-02 09:30", 1);
    port(r, "2026-03-02 10:00", LINE, "inquiry");
    json_t *source = json_object_get(r_signal(r, CLIENT, "port_out", LINE), "source");
    assert_string_equal(text(source, "topic"), "service.events");
    assert_int_equal(number(source, "offset"), 1);
    r_free(r);
}

/* A backlog of months does not make the task overdue by the wall: the clock is the events'. */
static void history_makes_nothing_overdue(void **state)
{
    (void)state;
    struct rehearsal *r = r_new(NULL);
    r_profile(r, GROUP_OF(20));
    port(r, "2019-03-02 10:00", LINE, "inquiry");
    assert_string_equal(text(r_task(r, CLIENT), "escalated_to"), "");
    assert_string_equal(text(r_task(r, CLIENT), "created_at"), "2019-03-02T10:00:00+08:00");
    r_free(r);
}

/* due_at counts office hours: found at night, the hours begin in the morning. */
static void due_begins_with_the_office(void **state)
{
    (void)state;
    struct rehearsal *r = r_new(NULL);
    port(r, "2026-03-02 22:00", LINE, "requested");
    assert_true(strcmp(text(r_task(r, CLIENT), "due_at"), "2026-03-03T09:00:00+08:00") > 0);
    r_free(r);
}

/* A debt told late, after it was paid, does not stand for ever. */
static void older_news_of_a_debt_says_nothing(void **state)
{
    (void)state;
    struct rehearsal *r = r_new(NULL);
    r_event(r, "billing.arrears", "2026-03-02 09:00", CLIENT, "{'amount':80,'days_overdue':1}");
    r_event(r, "billing.payment", "2026-03-02 10:00", CLIENT, "{'amount':80}");
    r_event(r, "billing.arrears", "2026-03-02 09:30", CLIENT, "{'amount':80,'days_overdue':1}");
    const struct cw_client *cl = cw_shard_client(r_shard(r), CW_STR(CLIENT));
    assert_int_equal(cw_client_owed(cl).amount, 0);
    assert_string_equal(text(r_task(r, CLIENT), "state"), "withdrawn");
    r_free(r);
}

/* So it is with contracts: what was signed before a renewal and is told after it ends nothing. */
static void older_news_of_a_contract_says_nothing(void **state)
{
    (void)state;
    struct rehearsal *r = r_new(NULL);
    r_event(r, "service.contract", "2026-03-02 09:00", CLIENT,
            "{'ends':'2028-01-01','action':'renewed'}");
    r_event(r, "service.contract", "2026-02-20 09:00", CLIENT,
            "{'ends':'2026-03-05','action':'signed'}");
    r_tick(r, "2026-03-10 12:00");
    assert_null(r_task(r, CLIENT));
    r_event(r, "service.contract", "2026-03-10 13:00", CLIENT,
            "{'ends':'2026-03-12','action':'signed'}");
    r_tick(r, "2026-03-11 12:00");
    assert_non_null(r_signal(r, CLIENT, "contract_end", ""));
    r_event(r, "service.contract", "2026-03-09 13:00", CLIENT,
            "{'ends':'2027-03-12','action':'renewed'}");
    assert_non_null(r_signal(r, CLIENT, "contract_end", ""));
    r_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signals_fold_into_one_task),
        cmocka_unit_test(the_id_is_the_hash_of_client_purpose_and_cause),
        cmocka_unit_test(a_repeated_message_says_nothing),
        cmocka_unit_test(a_message_sent_again_after_the_end_opens_another_task),
        cmocka_unit_test(a_cleared_cause_withdraws_and_nothing_reopens),
        cmocka_unit_test(clearing_one_line_leaves_the_other),
        cmocka_unit_test(climbing_wakes_and_brings_the_call_nearer),
        cmocka_unit_test(a_step_up_the_ladder_wakes),
        cmocka_unit_test(a_large_group_goes_up_to_the_chief),
        cmocka_unit_test(an_overdue_task_goes_up_once),
        cmocka_unit_test(the_chief_of_the_manager_will_do),
        cmocka_unit_test(whom_and_how),
        cmocka_unit_test(double_identity_counts_as_the_higher),
        cmocka_unit_test(a_key_persons_line_weighs_more),
        cmocka_unit_test(signs_of_a_group_are_one_task),
        cmocka_unit_test(the_headline_names_the_key_person),
        cmocka_unit_test(shares_of_the_priority_are_parts_of_one),
        cmocka_unit_test(a_task_nobody_ended_expires),
        cmocka_unit_test(a_quiet_task_is_told_again_each_week),
        cmocka_unit_test(signals_have_a_bound),
        cmocka_unit_test(the_strongest_signals_are_kept),
        cmocka_unit_test(what_is_left_out_is_told_once),
        cmocka_unit_test(the_largest_amounts_add_up),
        cmocka_unit_test(the_deciding_message_is_named),
        cmocka_unit_test(history_makes_nothing_overdue),
        cmocka_unit_test(due_begins_with_the_office),
        cmocka_unit_test(older_news_of_a_debt_says_nothing),
        cmocka_unit_test(older_news_of_a_contract_says_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
