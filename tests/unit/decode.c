/* Messages that are taken: every event type, both modes of CloudEvents, profiles, managers and
 * outcomes, with all their members. What is refused is in decode_reject.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/decode.h"
#include "core/event_keep.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define LINE "\"msisdn\":\"8613710008601\""

static const struct cw_decode_limits limits = {65536, 921600, 600 * CW_SECOND};

static int setup(void **state)
{
    *state = cw_decoder_new(&limits);
    return *state ? 0 : -1;
}

static int teardown(void **state)
{
    cw_decoder_free(*state);
    return 0;
}

static struct cw_str str(const char *text)
{
    return (struct cw_str){text, strlen(text)};
}

/* By memcmp, which AddressSanitizer looks at: the text may lie in memory that was given back. */
static void assert_str(struct cw_str s, const char *expected)
{
    assert_non_null(s.p);
    assert_int_equal(s.n, strlen(expected));
    assert_int_equal(memcmp(s.p, expected, s.n), 0);
}

static cw_day day(const char *text)
{
    cw_day d;
    assert_int_equal(cw_parse_date(str(text), &d), 0);
    return d;
}

static cw_event_time instant(const char *text)
{
    cw_event_time t;
    assert_int_equal(cw_parse_rfc3339(str(text), &t), 0);
    return t;
}

static struct cw_message message(const char *key, const char *value)
{
    return (struct cw_message){
        .key = str(key), .value = {value, value ? strlen(value) : 0}, .timestamp_ms = -1};
}

/* Says why when a message is refused. */
static void assert_taken(int err, const struct cw_reject *r)
{
    if (err)
        fail_msg("%s: %s", cw_reject_code_name(r->code), r->detail);
}

/* The event of a structured message of that type and data, kept beyond its message and decoder. */
static struct cw_event event(void **state, const char *type, const char *data)
{
    static char texts[4096];
    char text[4096];
    struct cw_event ev;
    struct cw_reject r;
    struct cw_decoder *d = cw_decoder_new(&limits);
    (void)state;
    int n = snprintf(text, sizeof text,
                     "{\"specversion\":\"1.0\",\"id\":\"e1\",\"source\":\"/billing/zhoushan\","
                     "\"type\":\"%s\",\"time\":\"2026-03-02T02:00:00.25+08:00\","
                     "\"subject\":\"g-580\",\"data\":%s}",
                     type, data);
    assert_true(n > 0 && (size_t)n < sizeof text);
    struct cw_message m = message("g-580", text);
    assert_taken(cw_decode_event(d, &m, &ev, &r), &r);
    assert_in_range(cw_event_keep_bytes(&ev), 1, sizeof texts);
    cw_event_keep(&ev, texts);
    cw_decoder_free(d);
    memset(text, '#', sizeof text);
    return ev;
}

/* ---- events ---- */

static void envelope(void **state)
{
    struct cw_event ev = event(state, "billing.payment", "{\"amount\":1}");
    assert_int_equal(ev.type, CW_EV_PAYMENT);
    assert_str(ev.id, "e1");
    assert_str(ev.source, "/billing/zhoushan");
    assert_str(ev.subject, "g-580");
    assert_true(ev.time == instant("2026-03-01T18:00:00.25Z"));
    assert_true(ev.msisdn == 0);
    assert_null(ev.number.p);
}

static void billing(void **state)
{
    static const char *const categories[] = {"voice",       "data",        "sms",  "roaming",
                                             "value_added", "monthly_fee", "other"};
    struct cw_event ev;
    for (size_t i = 0; i < COUNT(categories); i++) {
        char data[128];
        (void)snprintf(data, sizeof data, "{%s,\"amount\":-12.3401,\"category\":\"%s\"}", LINE,
                       categories[i]);
        ev = event(state, "billing.charge", data);
        assert_int_equal(ev.type, CW_EV_CHARGE);
        assert_int_equal(ev.u.charge.category, CW_CAT_VOICE + i);
        assert_true(ev.u.charge.amount == -123401);
        assert_str(ev.number, "8613710008601");
        cw_number n;
        assert_int_equal(cw_number_parse(ev.number, &n), 0);
        assert_true(ev.msisdn == n);
    }
    ev = event(state, "billing.bill",
               "{\"cycle\":\"2026-02\",\"amount\":99.5,\"due_date\":\"2026-03-20\"}");
    assert_int_equal(ev.type, CW_EV_BILL);
    assert_int_equal(ev.u.bill.cycle, 2026 * 12 + 1);
    assert_true(ev.u.bill.amount == 995000);
    assert_int_equal(ev.u.bill.due, day("2026-03-20"));
    ev = event(state, "billing.payment", "{\"amount\":103.69}");
    assert_true(ev.u.payment.amount == 1036900);
    ev = event(state, "billing.arrears", "{\"amount\":0,\"days_overdue\":31}");
    assert_true(ev.u.arrears.amount == 0);
    assert_int_equal(ev.u.arrears.days_overdue, 31);
    ev = event(state, "billing.balance", "{\"balance\":-5.5,\"credit_limit\":100}");
    assert_true(ev.u.balance.balance == -55000);
    assert_true(ev.u.balance.credit_limit == 1000000);
    ev = event(state, "billing.balance", "{\"balance\":5,\"credit_limit\":null}");
    assert_true(ev.u.balance.credit_limit == 0);
}

static void suspensions(void **state)
{
    struct cw_event ev =
        event(state, "service.suspended", "{" LINE ",\"direction\":\"both\",\"reason\":\"fraud\"}");
    assert_int_equal(ev.type, CW_EV_SUSPENDED);
    assert_true(ev.u.suspended.two_way);
    assert_int_equal(ev.u.suspended.reason, CW_SUSPEND_FRAUD);
    ev = event(state, "service.suspended",
               "{" LINE ",\"direction\":\"outgoing\",\"reason\":\"arrears\"}");
    assert_false(ev.u.suspended.two_way);
    assert_int_equal(ev.u.suspended.reason, CW_SUSPEND_ARREARS);
    ev = event(state, "service.resumed", "{" LINE "}");
    assert_int_equal(ev.type, CW_EV_RESUMED);
    assert_true(ev.msisdn != 0);
    ev = event(state, "service.terminated", "{" LINE ",\"reason\":\"port_out\"}");
    assert_int_equal(ev.type, CW_EV_TERMINATED);
    assert_int_equal(ev.u.terminated.reason, CW_END_PORT_OUT);
}

static void forwarding(void **state)
{
    struct cw_event ev =
        event(state, "service.call_forwarding",
              "{" LINE ",\"condition\":\"CFNRy\",\"active\":true,\"target\":\"10010\"}");
    assert_int_equal(ev.type, CW_EV_CALL_FORWARDING);
    assert_int_equal(ev.u.forwarding.condition, CW_CFNRY);
    assert_true(ev.u.forwarding.active);
    assert_str(ev.u.forwarding.target, "10010");
    ev = event(state, "service.call_forwarding",
               "{" LINE ",\"condition\":\"CFNRc\",\"active\":false}");
    assert_int_equal(ev.u.forwarding.condition, CW_CFNRC);
    assert_false(ev.u.forwarding.active);
    assert_null(ev.u.forwarding.target.p);
}

static void plans_and_contracts(void **state)
{
    struct cw_event ev = event(state, "service.plan_changed",
                               "{" LINE ",\"from\":{\"id\":\"P38\",\"monthly_fee\":38.5},"
                               "\"to\":{\"monthly_fee\":8.05,\"id\":\"P8\"},"
                               "\"effective\":\"2026-10-01\"}");
    assert_int_equal(ev.type, CW_EV_PLAN_CHANGED);
    assert_str(ev.u.plan.from.id, "P38");
    assert_true(ev.u.plan.from.monthly_fee == 385000);
    assert_str(ev.u.plan.to.id, "P8");
    assert_true(ev.u.plan.to.monthly_fee == 80500);
    assert_int_equal(ev.u.plan.effective, day("2026-10-01"));
    ev = event(state, "service.contract", "{\"ends\":\"2027-01-31\",\"action\":\"renewed\"}");
    assert_int_equal(ev.type, CW_EV_CONTRACT);
    assert_true(ev.msisdn == 0);
    assert_int_equal(ev.u.contract.ends, day("2027-01-31"));
    assert_int_equal(ev.u.contract.action, CW_CONTRACT_RENEWED);
    ev = event(state, "service.port_out",
               "{" LINE ",\"stage\":\"code_issued\",\"recipient\":\"telecom\"}");
    assert_int_equal(ev.type, CW_EV_PORT_OUT);
    assert_int_equal(ev.u.port.stage, CW_PORT_CODE_ISSUED);
    assert_str(ev.u.port.recipient, "telecom");
}

static void traffic(void **state)
{
    struct cw_event ev =
        event(state, "service.call",
              "{" LINE ",\"direction\":\"outgoing\",\"peer\":\"10010\",\"duration_s\":61}");
    assert_int_equal(ev.type, CW_EV_CALL);
    assert_true(ev.u.call.outgoing);
    assert_str(ev.u.call.peer, "10010");
    assert_true(ev.u.call.duration_s == 61);
    ev = event(state, "service.call",
               "{" LINE ",\"direction\":\"incoming\",\"peer\":\"*31#139\",\"duration_s\":6.10e1}");
    assert_false(ev.u.call.outgoing);
    assert_true(ev.u.call.duration_s == 61);
    ev = event(state, "service.usage", "{" LINE ",\"voice_min\":1,\"data_mb\":158.7,\"sms\":3}");
    assert_int_equal(ev.type, CW_EV_USAGE);
    assert_true(ev.u.usage.voice_min == 1.0);
    assert_true(ev.u.usage.data_mb == 158.7);
    assert_true(ev.u.usage.sms == 3);
}

static void care(void **state)
{
    struct cw_event ev =
        event(state, "care.complaint", "{\"severity\":4,\"topic\":\"speed\",\"ticket\":\"T4\"}");
    assert_int_equal(ev.type, CW_EV_COMPLAINT);
    assert_int_equal(ev.u.complaint.severity, 4);
    assert_str(ev.u.complaint.topic, "speed");
    assert_str(ev.u.complaint.ticket, "T4");
    ev = event(state, "care.outage", "{" LINE ",\"minutes\":2.5}");
    assert_int_equal(ev.type, CW_EV_OUTAGE);
    assert_null(ev.u.outage.area.p);
    assert_true(ev.u.outage.minutes == 2.5);
    ev = event(state, "care.outage", "{\"area\":\"dinghai\",\"minutes\":30}");
    assert_str(ev.u.outage.area, "dinghai");
    assert_true(ev.msisdn == 0);
}

/* Amounts are what their text says, where a double could not tell them apart. */
static void amounts(void **state)
{
    static const struct {
        const char *data;
        cw_money amount;
    } rows[] = {
        {"{\"amount\":900719925474.0993}", INT64_C(9007199254740993)},
        {"{\"amount\":1000000000000}", CW_MONEY_MOST},
        {"{\"amount\":999999999999.9999}", CW_MONEY_MOST - 1},
        {"{\"amount\":0.00010000000000000000000000}", 1},
        {"{\"amount\":1.2e1}", 120000},
        {"{ \"am\\u006funt\" :\n\t12.5 }", 125000},
        {"{\"x\":\"\\\"amount\\\":9\",\"y\":{\"amount\":9},\"amount\" : 12.5}", 125000},
        {"{\"amoun\":9,\"amounts\":[9],\"\":9,\"amount\":12.5}", 125000},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_true(event(state, "billing.payment", rows[i].data).u.payment.amount ==
                    rows[i].amount);
}

static void unknown_members(void **state)
{
    struct cw_event ev =
        event(state, "billing.payment",
              "{\"amount\":2,\"x\":null,\"y\":[1,{\"z\":123456789012345678901234567890}],"
              "\"text\":\"a\\u0000b\",\"\":false}");
    assert_true(ev.u.payment.amount == 20000);
}

static void unknown_type(void **state)
{
    static const char text[] = "{\"specversion\":\"1.0\",\"id\":\"e9\",\"source\":\"s\",\"type\":"
                               "\"billing.charges\",\"time\":\"2026-03-02T02:00:00Z\",\"subject\":"
                               "\"c\",\"data\":[1]}";
    struct cw_message m = message("c", text);
    struct cw_event ev;
    struct cw_reject r;
    assert_int_equal(cw_decode_event(*state, &m, &ev, &r), -CW_E_UNKNOWN_TYPE);
    assert_str(ev.id, "e9");
    assert_str(ev.source, "s");
    assert_str(ev.subject, "c");
    assert_true(ev.time == instant("2026-03-02T02:00:00Z"));
    m.key = CW_STR("d");
    assert_int_equal(cw_decode_event(*state, &m, &ev, &r), -CW_E_REJECT);
    assert_int_equal(r.code, CW_REJECT_KEY_MISMATCH);
}

/* ---- the binary mode ---- */

#define HEADER(name, value)                                                                        \
    {                                                                                              \
        {(name), sizeof(name) - 1},                                                                \
        {                                                                                          \
            (value), sizeof(value) - 1                                                             \
        }                                                                                          \
    }

/* Headers and value are gone before the results are looked at. */
static void binary_mode(void **state)
{
    struct cw_header headers[] = {
        HEADER("ce_type", "billing.payment"), HEADER("ce_id", "e7"),
        HEADER("ce_source", "/billing"),      HEADER("content-type", "application/json"),
        HEADER("ce_specversion", "1.0"),      HEADER("ce_time", "2026-03-02T02:00:00+08:00"),
        HEADER("ce_subject", "g-580"),        HEADER("ce_extra", "\xff"),
    };
    char *bytes = strdup("{\"amount\":12.5,\"subject\":\"other\"}");
    char *subject = strdup("g-580");
    char source[2001]; /* longer than the least room of a buffer */
    memset(source, 's', sizeof source - 1);
    source[sizeof source - 1] = '\0';
    assert_non_null(bytes);
    assert_non_null(subject);
    headers[6].value.p = subject;
    headers[2].value = str(source);
    struct cw_message m = message("g-580", bytes);
    m.headers = headers;
    m.n_headers = COUNT(headers);
    struct cw_event ev;
    struct cw_reject r;
    assert_taken(cw_decode_event(*state, &m, &ev, &r), &r);
    free(bytes);
    free(subject);
    assert_int_equal(ev.type, CW_EV_PAYMENT);
    assert_str(ev.id, "e7");
    assert_str(ev.source, source);
    assert_str(ev.subject, "g-580");
    assert_true(ev.time == instant("2026-03-01T18:00:00Z"));
    assert_true(ev.u.payment.amount == 125000);
}

/* Which mode a message is in is told by its headers alone. */
static void modes_are_told_apart(void **state)
{
    static const char text[] = "{\"specversion\":\"1.0\",\"id\":\"e9\",\"source\":\"s\",\"type\":"
                               "\"billing.payment\",\"time\":\"2026-03-02T02:00:00Z\",\"subject\":"
                               "\"c\",\"data\":{\"amount\":1}}";
    static const struct {
        struct cw_header headers[2];
        bool structured;
    } rows[] = {
        {{HEADER("content-type", "application/cloudevents+json"), HEADER("x", "")}, true},
        {{HEADER("Content-Type", "application/cloudevents+json; charset=UTF-8"), HEADER("x", "")},
         true},
        {{HEADER("content-type", "application/cloudevents+json"), HEADER("ce_specversion", "1.0")},
         true},
        {{HEADER("ce_specversion", "1.0"), HEADER("content-type", "application/cloudevents+json")},
         true},
        {{HEADER("content-type", "application/json"), HEADER("ce_id", "1")}, true},
        {{HEADER("content-type", "application/json"), HEADER("ce_specversion", "1.0")}, false},
        {{HEADER("x", ""), HEADER("ce_specversion", "1.0")}, false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct cw_message m = message("c", text);
        m.headers = rows[i].headers;
        m.n_headers = 2;
        struct cw_event ev;
        struct cw_reject r;
        int err = cw_decode_event(*state, &m, &ev, &r);
        assert_int_equal(err, rows[i].structured ? 0 : -CW_E_REJECT);
        if (err)
            assert_string_equal(r.detail, "ce_id: missing header");
    }
}

/* ---- profiles, managers, outcomes ---- */

static void whole_profile(void **state)
{
    static const char text[] =
        "{\"client_id\":\"g\",\"kind\":\"group\",\"name\":\"\xe8\x88\x9f\",\"class\":\"B1\","
        "\"vip\":"
        "\"gold\",\"county\":\"dinghai\",\"address\":\"a\",\"industry\":\"i\",\"headcount\":12,"
        "\"phones\":7,\"mobile_phones\":5,\"legal_representative\":\"l\",\"manager\":\"am042\","
        "\"chief_manager\":\"chief-07\",\"annual_output\":1234567.89,\"snapshot\":true,"
        "\"contract_ends\":\"2026-12-31\",\"contacts\":[{\"role\":\"influencer\",\"name\":\"n\","
        "\"msisdn\":\"8613800000000\",\"email\":\"e\",\"birthday\":\"1970-05-06\",\"lunar\":true},"
        "{}],\"lines\":[{\"msisdn\":\"8613810\",\"plan\":\"P\",\"monthly_fee\":0.1,\"role\":"
        "\"member\"},{\"msisdn\":\"8613811\"},{\"monthly_fee\" : 38.25 , \"msisdn\":\"8613812\"}],"
        "\"dates\":[{\"date\":\"2020-02-29\",\"label\":\"d\",\"yearly\":true}],"
        "\"preferred_method\":\"visit\",\"interests\":[\"tea\",\"\"],\"notes\":\"x\"}";
    struct cw_message m = message("g", text);
    struct cw_profile p;
    struct cw_reject r;
    assert_taken(cw_decode_profile(*state, &m, &p, &r), &r);
    assert_str(p.client_id, "g");
    assert_false(p.deleted);
    assert_int_equal(p.kind, CW_GROUP);
    assert_str(p.manager, "am042");
    assert_str(p.chief_manager, "chief-07");
    assert_str(p.name, "\xe8\x88\x9f");
    assert_str(p.county, "dinghai");
    assert_str(p.address, "a");
    assert_str(p.industry, "i");
    assert_str(p.legal_representative, "l");
    assert_str(p.notes, "x");
    assert_int_equal(p.class_, CW_CLASS_B1);
    assert_int_equal(p.vip, CW_VIP_GOLD);
    assert_int_equal(p.headcount, 12);
    assert_int_equal(p.phones, 7);
    assert_int_equal(p.mobile_phones, 5);
    assert_true(p.annual_output == INT64_C(12345678900));
    assert_true(p.snapshot);
    assert_int_equal(p.contract_ends, day("2026-12-31"));
    assert_int_equal(p.preferred_method, CW_BY_VISIT);
    assert_int_equal(p.n_contacts, 2);
    assert_int_equal(p.contacts[0].role, CW_INFLUENCER);
    assert_str(p.contacts[0].name, "n");
    assert_str(p.contacts[0].msisdn, "8613800000000");
    assert_str(p.contacts[0].email, "e");
    assert_int_equal(p.contacts[0].birthday, day("1970-05-06"));
    assert_true(p.contacts[0].lunar);
    assert_int_equal(p.contacts[1].role, CW_CONTACT);
    assert_null(p.contacts[1].name.p);
    assert_int_equal(p.contacts[1].birthday, CW_NO_DAY);
    assert_int_equal(p.n_lines, 3);
    assert_true(p.lines[0].monthly_fee == 1000);
    assert_str(p.lines[0].plan, "P");
    assert_str(p.lines[0].role, "member");
    assert_true(p.lines[1].monthly_fee == -1);
    assert_null(p.lines[1].plan.p);
    assert_true(p.lines[2].monthly_fee == 382500);
    char number[17];
    assert_string_equal(cw_number_text(p.lines[2].msisdn, number), "8613812");
    assert_int_equal(p.n_dates, 1);
    assert_int_equal(p.dates[0].date, day("2020-02-29"));
    assert_str(p.dates[0].label, "d");
    assert_true(p.dates[0].yearly);
    assert_int_equal(p.n_interests, 2);
    assert_str(p.interests[0], "tea");
    assert_str(p.interests[1], "");
}

static void least_profile(void **state)
{
    struct cw_message m =
        message("g", "{\"client_id\":\"g\",\"kind\":\"individual\",\"manager\":\"m\",\"vip\":null,"
                     "\"contacts\":[],\"lines\":null}");
    struct cw_profile p;
    struct cw_reject r;
    assert_taken(cw_decode_profile(*state, &m, &p, &r), &r);
    assert_int_equal(p.kind, CW_INDIVIDUAL);
    assert_int_equal(p.class_, CW_CLASS_NONE);
    assert_int_equal(p.vip, CW_VIP_NONE);
    assert_null(p.chief_manager.p);
    assert_null(p.name.p);
    assert_int_equal(p.headcount, -1);
    assert_int_equal(p.phones, -1);
    assert_int_equal(p.mobile_phones, -1);
    assert_true(p.annual_output == -1);
    assert_false(p.snapshot);
    assert_int_equal(p.contract_ends, CW_NO_DAY);
    assert_int_equal(p.preferred_method, CW_BY_NONE);
    assert_int_equal(p.n_contacts + p.n_lines + p.n_dates + p.n_interests, 0);
}

static void tombstones(void **state)
{
    char *key = strdup("g-580");
    assert_non_null(key);
    struct cw_message m = message(key, NULL);
    struct cw_profile p;
    struct cw_manager mgr;
    struct cw_reject r;
    assert_taken(cw_decode_manager(*state, &m, &mgr, &r), &r);
    assert_true(mgr.deleted);
    assert_str(mgr.manager_id, "g-580");
    assert_taken(cw_decode_profile(*state, &m, &p, &r), &r);
    free(key);
    assert_true(p.deleted);
    assert_str(p.client_id, "g-580");
}

static void managers(void **state)
{
    struct cw_message m = message(
        "am.0_4-2", "{\"manager_id\":\"am.0_4-2\",\"name\":\"n\",\"county\":\"c\","
                    "\"chief_manager\":\"CM0\",\"daily_capacity\":8,\"absences\":[{\"from\":"
                    "\"2026-03-01\",\"to\":\"2026-03-01\",\"delegate\":\"am1\"}]}");
    struct cw_manager mgr;
    struct cw_reject r;
    assert_taken(cw_decode_manager(*state, &m, &mgr, &r), &r);
    assert_str(mgr.manager_id, "am.0_4-2");
    assert_false(mgr.deleted);
    assert_str(mgr.name, "n");
    assert_str(mgr.county, "c");
    assert_str(mgr.chief_manager, "CM0");
    assert_int_equal(mgr.daily_capacity, 8);
    assert_int_equal(mgr.n_absences, 1);
    assert_int_equal(mgr.absences[0].from, day("2026-03-01"));
    assert_int_equal(mgr.absences[0].to, day("2026-03-01"));
    assert_str(mgr.absences[0].delegate, "am1");
    m = message("a", "{\"manager_id\":\"a\"}");
    assert_taken(cw_decode_manager(*state, &m, &mgr, &r), &r);
    assert_int_equal(mgr.daily_capacity, -1);
    assert_int_equal(mgr.n_absences, 0);
}

static void outcomes(void **state)
{
    struct cw_message m =
        message("g", "{\"id\":\"ep:am:1-0\",\"task_id\":\"t-5f0c9a7e21d3b846\",\"version\":3,"
                     "\"client_id\":\"g\",\"manager\":\"am\",\"action\":\"done\",\"at\":"
                     "\"2026-03-02T02:00:00Z\",\"until\":\"2026-03-03T02:00:00Z\",\"to\":\"am2\","
                     "\"method\":\"phone\",\"result\":\"false_alarm\",\"note\":\"x\"}");
    struct cw_outcome oc;
    struct cw_reject r;
    assert_taken(cw_decode_outcome(*state, &m, &oc, &r), &r);
    assert_str(oc.id, "ep:am:1-0");
    assert_str(oc.task_id, "t-5f0c9a7e21d3b846");
    assert_true(oc.version == 3);
    assert_str(oc.client_id, "g");
    assert_str(oc.manager, "am");
    assert_int_equal(oc.action, CW_DID_DONE);
    assert_true(oc.at == instant("2026-03-02T02:00:00Z"));
    assert_true(oc.until == instant("2026-03-03T02:00:00Z"));
    assert_str(oc.to, "am2");
    assert_str(oc.method, "phone");
    assert_str(oc.result, "false_alarm");
    assert_str(oc.note, "x");
}

static void outcomes_by_action(void **state)
{
    static const char *const actions[] = {"claim", "release",  "done",    "snooze",
                                          "note",  "reassign", "escalate"};
    /* What each needs beside what all need, in the same order. */
    static const char *const needs[] = {"",
                                        "",
                                        ",\"version\":1,\"result\":\"lost\"",
                                        ",\"until\":\"2026-03-03T02:00:00Z\"",
                                        "",
                                        ",\"to\":\"am2\"",
                                        ""};
    for (size_t i = 0; i < COUNT(actions); i++) {
        char text[512];
        for (int with = 0; with <= 1; with++) {
            (void)snprintf(text, sizeof text,
                           "{\"id\":\"1\",\"task_id\":\"t\",\"client_id\":\"g\",\"manager\":\"am\","
                           "\"action\":\"%s\",\"at\":\"2026-03-02T02:00:00Z\"%s}",
                           actions[i], with ? needs[i] : "");
            struct cw_message m = message("g", text);
            struct cw_outcome oc;
            struct cw_reject r;
            int err = cw_decode_outcome(*state, &m, &oc, &r);
            if (!with && needs[i][0]) {
                assert_int_equal(err, -CW_E_REJECT);
                assert_int_equal(r.code, CW_REJECT_MISSING_MEMBER);
                continue;
            }
            assert_taken(err, &r);
            assert_int_equal(oc.action, CW_DID_CLAIM + i);
            assert_true((oc.until == CW_NO_TIME) == (oc.action != CW_DID_SNOOZE));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(envelope),
        cmocka_unit_test(billing),
        cmocka_unit_test(suspensions),
        cmocka_unit_test(forwarding),
        cmocka_unit_test(plans_and_contracts),
        cmocka_unit_test(traffic),
        cmocka_unit_test(care),
        cmocka_unit_test(amounts),
        cmocka_unit_test(unknown_members),
        cmocka_unit_test(unknown_type),
        cmocka_unit_test(binary_mode),
        cmocka_unit_test(modes_are_told_apart),
        cmocka_unit_test(whole_profile),
        cmocka_unit_test(least_profile),
        cmocka_unit_test(tombstones),
        cmocka_unit_test(managers),
        cmocka_unit_test(outcomes),
        cmocka_unit_test(outcomes_by_action),
    };
    return cmocka_run_group_tests_name("decode", tests, setup, teardown);
}
