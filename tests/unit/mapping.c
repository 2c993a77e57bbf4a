/* Field mappings: pointers, times, units, maps, lists, and what refusals say of where a member came
 * from. Profiles are written here as an operator would.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "config/load.h"
#include "config/mapping.h"
#include "config/reload.h"
#include "core/locate.h"
#include "core/mapping_rules.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static char folder[] = "/tmp/cw-mapping-XXXXXX", profile[64];
static struct cw_zone *shanghai, *london;
static const struct cw_decode_limits limits = {65536, 921600, 600 * CW_SECOND};

static int set_up(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    (void)snprintf(profile, sizeof profile, "%s/p.conf", folder);
    return cw_zone_load("Asia/Shanghai", &shanghai, NULL) ||
           cw_zone_load("Europe/London", &london, NULL);
}

static int tear_down(void **state)
{
    (void)state;
    cw_zone_free(shanghai);
    cw_zone_free(london);
    (void)unlink(profile);
    return rmdir(folder);
}

/* ---- pointers ---- */

/* pointer, document, what is found as JSON writes it; NULL: nothing */
static const char *const found[][3] = {
    {"", "{\"a\":1}", "{"},
    {"/a", "{\"a\":1}", "1"},
    {"/a/b", "{\"a\":{\"b\":2}}", "2"},
    {"/a~1b", "{\"a/b\":3}", "3"},
    {"/m~0n", "{\"m~n\":4}", "4"},
    {"/~01", "{\"~1\":5}", "5"},
    {"/", "{\"\":6}", "6"},
    {"/a/1", "{\"a\":[7,8]}", "8"},
    {"/a/2", "{\"a\":[7,8]}", NULL},
    {"/a/01", "{\"a\":[7,8]}", NULL},
    {"/a/-", "{\"a\":[7,8]}", NULL},
    {"/1", "{\"1\":9}", "9"},
    {"/a/b", "{\"a\":1}", NULL},
    {"/客户编号", "{\"客户编号\":10}", "10"},
    {"/客户编号", "{\"\\u5ba2\\u6237\\u7f16\\u53f7\":11}", "11"},
    {"/😀", "{\"\\ud83d\\ude00\":12}", "12"},
    {"/a\"b", "{\"x\":0,\"a\\\"b\":13}", "13"},
    {"/金额(元)", "{\"金额(元)\":14}", "14"},
    {"/c[name=arpu]/value",
     "{\"c\":[{\"name\":\"x\",\"value\":1},{\"name\":\"arpu\",\"value\":15}]}", "15"},
    {"/c[name=arpu]/value", "{\"c\":[1,\"arpu\",{\"name\":7},{\"name\":\"arpu\",\"value\":16}]}",
     "16"},
    {"/c[name=none]/value", "{\"c\":[{\"name\":\"arpu\",\"value\":17}]}", NULL},
    {"/c[name=arpu]", "{\"c\":{\"name\":\"arpu\"}}", NULL},
    {"/c[a~1b=c~0d]/v", "{\"c\":[{\"a/b\":\"c~d\",\"v\":18}]}", "18"},
    {"/c~2name=arpu]", "{\"c[name=arpu]\":19}", "19"},
    {"/fee[yuan]", "{\"fee[yuan]\":20}", "20"},
    {"/[n=x]/v", "[{\"n\":\"x\",\"v\":21}]", "21"},
};

static void pointers_find(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(found); i++) {
        struct cw_json_room room = {0};
        struct cw_pointer p;
        const struct cw_json *root;
        struct cw_json_fault fault;
        struct cw_str text = {found[i][1], strlen(found[i][1])};
        assert_int_equal(cw_pointer_parse(&room, found[i][0], &p, NULL), 0);
        assert_int_equal(cw_json_parse(&room, text, &root, &fault), 0);
        const struct cw_json *v = cw_pointer_find(&p, root);
        size_t at = cw_pointer_locate(&p, root, text, cw_locate_root(text));
        if ((v != NULL) != (found[i][2] != NULL) || (at != CW_NOWHERE) != (v != NULL))
            fail_msg("%s in %s", found[i][0], found[i][1]);
        if (v && strncmp(text.p + at, found[i][2], strlen(found[i][2])) != 0)
            fail_msg("%s in %s: at %zu", found[i][0], found[i][1], at);
        cw_json_room_free(&room);
    }
}

static void pointers_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {"a", "/a~", "/a~3", "a/b", "/x[k~=v]"};
    for (size_t i = 0; i < COUNT(wrong); i++) {
        struct cw_json_room room = {0};
        struct cw_pointer p;
        struct cw_errbuf eb;
        assert_int_equal(cw_pointer_parse(&room, wrong[i], &p, &eb), -CW_E_INVALID);
        assert_non_null(strstr(eb.text, wrong[i]));
        cw_json_room_free(&room);
    }
}

/* ---- times ---- */

static cw_event_time instant(const char *rfc3339)
{
    cw_event_time t = 0;
    if (cw_parse_rfc3339((struct cw_str){rfc3339, strlen(rfc3339)}, &t) != 0)
        fail_msg("%s", rfc3339);
    return t;
}

/* zone (s or l), format, text, the instant; NULL: refused */
static const char *const times[][4] = {
    {"s", "YYYY-MM-DD hh:mm:ss", "2026-03-01 12:30:00", "2026-03-01T12:30:00+08:00"},
    {"s", "YYYYMMDDhhmmss", "20260301123000", "2026-03-01T12:30:00+08:00"},
    {"s", "YYYYMMDDhhmmssSSS", "20260301123000123", "2026-03-01T12:30:00.123+08:00"},
    {"s", "YYYY年M月D日 h:mm", "2026年3月1日 9:05", "2026-03-01T09:05:00+08:00"},
    {"s", "YYYY-MM-DDThh:mm:ssZ", "2026-03-01T12:30:00-0130", "2026-03-01T14:00:00Z"},
    {"s", "YYYY-MM-DD", "2028-02-29", "2028-02-29T00:00:00+08:00"},
    {"s", "YYYY-MM-DD", "2026-02-29", NULL},
    {"s", "YYYY-MM-DD", "2100-02-29", NULL},
    {"s", "YYYY-MM-DD", "2026-13-01", NULL},
    {"s", "YYYY-MM-DD", "2026-04-31", NULL},
    {"s", "YYYY-MM-DD", "1969-12-31", NULL},
    {"s", "YYYY-MM-DD", "2026-03-01 ", NULL},
    {"s", "YYYY-MM-DD hh:mm:ss", "2026-03-01 24:00:00", NULL},
    {"s", "YYYY-MM-DD hh:mm:ss", "2026-03-01 12:60:00", NULL},
    {"s", "YYYY-MM-DD hh:mm:ss", "2026-03-01 12:30:60", "2026-03-01T12:30:59.999999+08:00"},
    {"s", "epoch_ms", "1772337600123", "2026-03-01T04:00:00.123Z"},
    {"s", "epoch_s", "1772337600", "2026-03-01T04:00:00Z"},
    {"s", "epoch_s", "1772337600.25", "2026-03-01T04:00:00.25Z"},
    {"s", "epoch_us", "1772337600000001", "2026-03-01T04:00:00.000001Z"},
    {"s", "epoch_ms", "1.7723376E12", "2026-03-01T04:00:00Z"},
    {"s", "epoch_ms", "-1", NULL},
    {"s", "epoch_ms", "9999999999999999", NULL},
    {"s", "epoch_s", "9223372036854775807", NULL},
    {"s", "epoch_s", "", NULL},
    {"s", "rfc3339", "2026-03-01T12:30:00+08:00", "2026-03-01T04:30:00Z"},
    /* In London the clock goes from 01:00 to 02:00 on the last Sunday of March, and from 02:00 back
     * to 01:00 on that of October. */
    {"l", "YYYY-MM-DD hh:mm", "2026-03-29 00:59", "2026-03-29T00:59:00Z"},
    {"l", "YYYY-MM-DD hh:mm", "2026-03-29 01:30", "2026-03-29T01:30:00Z"},
    {"l", "YYYY-MM-DD hh:mm", "2026-03-29 02:00", "2026-03-29T01:00:00Z"},
    {"l", "YYYY-MM-DD hh:mm", "2026-10-25 00:59", "2026-10-24T23:59:00Z"},
    {"l", "YYYY-MM-DD hh:mm", "2026-10-25 01:30", "2026-10-25T00:30:00Z"},
    {"l", "YYYY-MM-DD hh:mm", "2026-10-25 02:00", "2026-10-25T02:00:00Z"},
};

static void times_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(times); i++) {
        struct cw_time_format f;
        struct cw_civil c;
        struct cw_str text = {times[i][2], strlen(times[i][2])};
        assert_int_equal(cw_time_format_parse(times[i][1], CW_M_TIME, &f, NULL), 0);
        int err = cw_time_format_read(&f, text, &c);
        if ((err == 0) != (times[i][3] != NULL))
            fail_msg("%s as %s: %d", times[i][2], times[i][1], err);
        if (err == 0 &&
            cw_civil_instant(&c, *times[i][0] == 's' ? shanghai : london) != instant(times[i][3]))
            fail_msg("%s as %s is not %s", times[i][2], times[i][1], times[i][3]);
    }
}

static void formats_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {"YYYY",     "YY-MM-DD",      "YYYY-MM",       "epoch",
                                        "YYYYMMMD", "YYYY-MM-DD HH", "YYYY-MM-DD ZZ", ""};
    struct cw_time_format f;
    struct cw_errbuf eb;
    for (size_t i = 0; i < COUNT(wrong); i++)
        if (cw_time_format_parse(wrong[i], CW_M_TIME, &f, &eb) != -CW_E_INVALID)
            fail_msg("%s was taken", wrong[i]);
    assert_int_equal(cw_time_format_parse("YYYYMM", CW_M_CYCLE, &f, &eb), 0);
}

/* ---- profiles ---- */

static struct cw_mapping *compile(const char *text)
{
    struct cw_buf said = {0};
    struct cw_complaints complaints = {.out = &said};
    struct cw_mapping *m = NULL;
    FILE *f = fopen(profile, "we");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
    if (cw_mapping_load(profile, shanghai, &complaints, &m) != 0)
        fail_msg("%.*s", (int)said.n, said.p);
    cw_buf_free(&said);
    return m;
}

#define ENVELOPE                                                                                   \
    "input = \"events\"; id = \"/id\"; source = { const = \"s\"; }; subject = \"/who\";"           \
    "time = { from = \"/at\"; time = \"YYYY-MM-DD hh:mm:ss\"; };"
#define MESSAGE "\"id\":\"1\",\"who\":\"g\",\"at\":\"2026-03-01 12:30:00\""

/* What becomes of a message as an event by a profile; or the detail of its refusal. */
static int become(const struct cw_mapping *m, const char *message, char *out, size_t size)
{
    struct cw_decoder *d = cw_decoder_new(&limits);
    struct cw_message msg = {
        .key = CW_STR("g"), .value = {message, strlen(message)}, .timestamp_ms = -1};
    struct cw_event ev;
    struct cw_profile p;
    struct cw_reject why;
    assert_non_null(d);
    cw_decoder_map(d, m);
    int err = cw_mapping_what(m) == CW_MAPPED_EVENTS ? cw_decode_event(d, &msg, &ev, &why)
                                                     : cw_decode_profile(d, &msg, &p, &why);
    struct cw_str text = cw_decoder_mapped(d);
    if (err == -CW_E_REJECT)
        (void)snprintf(out, size, "%s %lld %s", cw_reject_code_name(why.code),
                       (long long)why.at_byte, why.detail);
    else
        (void)snprintf(out, size, "%.*s", (int)text.n, text.p);
    cw_decoder_free(d);
    return err;
}

static void expect(const struct cw_mapping *m, const char *message, const char *part)
{
    char out[2048];
    (void)become(m, message, out, sizeof out);
    if (!strstr(out, part))
        fail_msg("%s\nbecame %s\nwithout %s", message, out, part);
}

/* unit, value as JSON, the amount as the contract has it, or what is said of it */
static const char *const amounts[][3] = {
    {"fen", "12345", "\"amount\":123.45"},
    {"fen", "\"12345\"", "\"amount\":123.45"},
    {"fen", "-1", "\"amount\":-0.01"},
    {"fen", "0.01", "\"amount\":0.0001"},
    {"fen", "0.001", "out-of-range"},
    {"fen", "100000000000000", "\"amount\":1000000000000.00"},
    {"fen", "100000000000001", "out-of-range"},
    {"fen", "1e2", "\"amount\":1.00"},
    {"fen", "1.5E3", "\"amount\":15.00"},
    {"li", "12345", "\"amount\":12.3450"},
    {"li", "99999", "\"amount\":99.9990"},
    {"jiao", "7", "\"amount\":0.70"},
    {"yuan", "0.1", "\"amount\":0.10"},
    {"yuan", "\"186.50\"", "\"amount\":186.50"},
    {"yuan", "9007199254740993e-5", "out-of-range"},
    {"yuan", "900719925474.0993", "\"amount\":900719925474.0993"},
    {"yuan", "\"\"", "expected an amount, found \"\""},
    {"yuan", "\"1,000\"", "expected an amount, found \"1,000\""},
    {"yuan", "\"0x10\"", "expected an amount"},
    {"yuan", "\"1\\u00002\"", "expected an amount"},
    {"yuan", "\"nan\"", "expected an amount"},
    {"yuan", "true", "expected an amount, found \"true\""},
    {"yuan", "[1]", "wrong-type"},
    {"yuan", "null", "missing-member -1 /data/amount (from /v): missing"},
};

static void amounts_exact(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(amounts); i++) {
        char text[1024], message[256];
        (void)snprintf(text, sizeof text,
                       ENVELOPE "kinds = ( { type = \"billing.payment\"; data = {"
                                "amount = { from = \"/v\"; unit = \"%s\"; }; }; } );",
                       amounts[i][0]);
        struct cw_mapping *m = compile(text);
        (void)snprintf(message, sizeof message, "{" MESSAGE ",\"v\":%s}", amounts[i][1]);
        /* Payments are not negative; what was written is seen all the same. */
        char out[2048];
        int err = become(m, message, out, sizeof out);
        if (err == -CW_E_REJECT && amounts[i][1][0] == '-')
            assert_non_null(strstr(out, "expected an amount of 0 to 1000000000000, found -0.01"));
        else if (!strstr(out, amounts[i][2]))
            fail_msg("%s %s: %s", amounts[i][1], amounts[i][0], out);
        cw_mapping_free(m);
    }
}

static void quantities(void **state)
{
    (void)state;
    struct cw_mapping *m = compile(
        ENVELOPE "kinds = ("
                 "{ type = \"service.call\"; when = { at = \"/call\"; }; data = {"
                 "    msisdn = \"/n\"; direction = { const = \"outgoing\"; }; peer = \"/p\";"
                 "    duration_s = { from = \"/call\"; unit = \"ms\"; }; }; },"
                 "{ type = \"service.usage\"; data = { msisdn = \"/n\";"
                 "    voice_min = { from = \"/sec\"; unit = \"seconds\"; };"
                 "    data_mb = { from = \"/gb\"; unit = \"GB\"; };"
                 "    sms = { from = \"/sms\"; default = 0; }; }; } );");
    expect(m, "{" MESSAGE ",\"n\":8613500000001,\"p\":10010,\"call\":1499}", "\"duration_s\":1}");
    expect(m, "{" MESSAGE ",\"n\":8613500000001,\"p\":10010,\"call\":1500}", "\"duration_s\":2}");
    expect(m, "{" MESSAGE ",\"n\":8613500000001,\"p\":10010,\"call\":0}",
           "\"msisdn\":\"8613500000001\"");
    expect(m, "{" MESSAGE ",\"n\":\"86135\",\"sec\":90,\"gb\":0.5}",
           "\"voice_min\":1.5,\"data_mb\":512,\"sms\":0");
    expect(m, "{" MESSAGE ",\"n\":\"86135\",\"sec\":\"ten\",\"gb\":1}",
           "/data/voice_min (from /sec): expected a number, found \"ten\"");
    expect(m, "{" MESSAGE ",\"n\":\"86135\",\"sec\":1,\"gb\":\"1e999\"}", "expected a number");
    cw_mapping_free(m);
}

static void words(void **state)
{
    (void)state;
    struct cw_mapping *m = compile(
        ENVELOPE "data = { msisdn = { from = [ \"/a\", \"/b\" ]; drop = \"+\"; }; };"
                 "kinds = ("
                 "{ type = \"service.terminated\"; when = { at = \"/t\"; is = [ \"x\", \"y\" ]; };"
                 "  data = { reason = { from = \"/r\"; map = ( [ \"1\", \"arrears\" ],"
                 "  [ \"客户\", \"customer_request\" ] ); otherwise = \"other\";"
                 "  default = \"port_out\"; }; }; },"
                 "{ type = \"service.suspended\"; when = ( { at = \"/t\"; is = 3; },"
                 "  { at = \"/both\"; } ); data = { direction = { from = \"/d\";"
                 "  map = ( [ \"true\", \"both\" ] ); }; reason = { const = \"fraud\"; }; }; } );");
    expect(m, "{" MESSAGE ",\"t\":\"x\",\"a\":\"+86135\",\"r\":1}",
           "\"msisdn\":\"86135\",\"reason\":\"arrears\"");
    expect(m, "{" MESSAGE ",\"t\":\"y\",\"a\":null,\"b\":\"86136\",\"r\":\"\\u5ba2户\"}",
           "\"msisdn\":\"86136\",\"reason\":\"customer_request\"");
    expect(m, "{" MESSAGE ",\"t\":\"x\",\"b\":\"86136\",\"r\":\"?\"}", "\"reason\":\"other\"");
    expect(m, "{" MESSAGE ",\"t\":\"x\",\"b\":\"86136\"}", "\"reason\":\"port_out\"");
    expect(m, "{" MESSAGE ",\"t\":3,\"both\":0,\"b\":\"86136\",\"d\":true}",
           "\"direction\":\"both\",\"reason\":\"fraud\"");
    expect(m, "{" MESSAGE ",\"t\":3,\"both\":0,\"b\":\"86136\",\"d\":false}",
           "/data/direction (from /d): the profile's map has no \"false\"");
    /* Neither kind: an event of no known type, not a refusal. */
    char out[2048];
    assert_int_equal(become(m, "{" MESSAGE ",\"t\":3}", out, sizeof out), -CW_E_UNKNOWN_TYPE);
    assert_int_equal(become(m, "{" MESSAGE ",\"t\":\"z\"}", out, sizeof out), -CW_E_UNKNOWN_TYPE);
    expect(m, "{" MESSAGE ",\"t\":\"x\"}", "/data/msisdn (from /a or /b): missing");
    cw_mapping_free(m);
}

/* A refusal's byte is one of the message as it came, and the key is compared with the mapped id. */
static void refusals_point(void **state)
{
    (void)state;
    struct cw_mapping *m =
        compile(ENVELOPE "kinds = ( { type = \"billing.arrears\"; data = { amount = \"/owed/v\";"
                         "days_overdue = \"/owed/d\"; }; } );");
    const char *message = "{" MESSAGE ",\"owed\":{\"v\":1,\"d\":-3}}";
    char wanted[128];
    (void)snprintf(
        wanted, sizeof wanted,
        "out-of-range %d /data/days_overdue (from /owed/d): expected 0 to 100000, found -3",
        (int)(strstr(message, "-3") - message));
    expect(m, message, wanted);
    expect(m, "{\"id\":\"1\",\"who\":\"h\",\"at\":\"2026-03-01 12:30:00\"}",
           "key-mismatch 16 /subject (from /who): \"h\", but the message's key is \"g\"");
    expect(m, "{\"id\":\"1\",\"who\":\"g\",\"at\":\"1.3.26\"}",
           "out-of-range 25 /time (from /at): expected YYYY-MM-DD hh:mm:ss, found \"1.3.26\"");
    expect(m, "{\"who\":\"g\"}", "missing-member -1 /id (from /id): missing");
    expect(m, "[1]", "missing-member -1 /id (from /id): missing");
    expect(m, "{\"id\":", "not-json");
    expect(m, "{\"id\":1,\"id\":2}", "duplicate-member");
    cw_mapping_free(m);
}

static void hashes(void **state)
{
    (void)state;
    struct cw_mapping *m = compile(
        "input = \"events\"; id = { hash = [ \"/a\", \"/b\" ]; }; source = { const = \"s\"; };"
        "subject = \"/who\"; time = { from = \"/at\"; time = \"epoch_ms\"; };"
        "kinds = ( { type = \"service.resumed\"; data = { msisdn = { const = \"1\"; }; }; } );");
#define AT "\"who\":\"g\",\"at\":1772337600000"
    /* Equal values in another order are the same event; moved between members they are not. */
    static const char *const messages[] = {
        "{" AT ",\"a\":\"x\",\"b\":\"y\"}", "{\"b\":\"y\", \"a\":\"x\"," AT ",\"c\":1}",
        "{" AT ",\"a\":\"xy\",\"b\":\"\"}", "{" AT ",\"a\":\"x\"}",
        "{" AT ",\"a\":\"\",\"b\":\"xy\"}", "{" AT ",\"a\":\"x\",\"b\":[]}",
    };
    char out[COUNT(messages)][2048];
    for (size_t i = 0; i < COUNT(messages); i++)
        (void)become(m, messages[i], out[i], sizeof out[i]);
    assert_string_equal(out[0], out[1]);
    for (size_t i = 2; i < COUNT(messages); i++)
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(out[i], out[j]);
    assert_non_null(strstr(out[5], "/id (a hash, by the profile): an array or object is no part"));
    cw_mapping_free(m);
    /* Of the whole message: the same bytes give the same id. */
    m = compile(
        "input = \"events\"; id = { hash = [ ]; }; source = { const = \"s\"; };"
        "subject = \"/who\"; time = { from = \"/at\"; time = \"epoch_ms\"; };"
        "kinds = ( { type = \"service.resumed\"; data = { msisdn = { const = \"1\"; }; }; } );");
    (void)become(m, messages[0], out[0], sizeof out[0]);
    (void)become(m, messages[0], out[1], sizeof out[1]);
    (void)become(m, messages[1], out[2], sizeof out[2]);
    assert_string_equal(out[0], out[1]);
    assert_string_not_equal(out[0], out[2]);
    cw_mapping_free(m);
}

static void lists(void **state)
{
    (void)state;
    struct cw_mapping *m =
        compile("input = \"profiles\"; client_id = \"/id\"; kind = { const = \"group\"; };"
                "manager = { from = \"/m\"; }; notes = { from = \"/n\"; required = true; };"
                "lines = { each = \"/数/线\"; msisdn = \"/号\"; monthly_fee = { from = \"/费\"; "
                "unit = \"fen\"; }; };"
                "interests = \"/i\";");
    expect(m,
           "{\"id\":\"g\",\"m\":\"a\",\"n\":\"\",\"数\":{\"线\":[{\"号\":1,\"费\":5},{\"号\":\"2\"}"
           "]},\"i\":[\"x\",null,7]}",
           "\"lines\":[{\"msisdn\":\"1\",\"monthly_fee\":0.05},{\"msisdn\":\"2\"}],"
           "\"interests\":[\"x\",\"7\"]");
    expect(m, "{\"id\":\"g\",\"m\":\"a\",\"n\":\"\",\"数\":{\"线\":[]}}", "\"lines\":[]");
    expect(m, "{\"id\":\"g\",\"m\":\"a\"}", "missing-member -1 /notes (from /n): missing");
    expect(m, "{\"id\":\"g\",\"m\":\"a\",\"n\":\"\",\"数\":{\"线\":7}}",
           "/lines (from /数/线): expected an array, found a number");
    const char *message =
        "{\"id\":\"g\",\"m\":\"a\",\"n\":\"\",\"数\":{\"线\":[{\"号\":1},{\"号\":\"x\"}]}}";
    char wanted[160];
    (void)snprintf(
        wanted, sizeof wanted,
        "out-of-range %d /lines/1/msisdn (from /数/线/1/号): expected a telephone number",
        (int)(strstr(message, "\"x\"") - message));
    expect(m, message, wanted);
    expect(m, "{\"id\":\"g\",\"m\":\"a\",\"n\":\"\",\"数\":{\"线\":[{}]}}",
           "/lines/0/msisdn (from /数/线/0/号): missing");
    expect(m, "{\"id\":\"g\",\"m\":\"a\",\"n\":\"\",\"i\":[[1]]}",
           "/interests/0 (from /i/0): expected a single value, found an array");
    cw_mapping_free(m);
}

static void sizes_bounded(void **state)
{
    (void)state;
    static char text[8192], message[65000];
    int n = snprintf(text, sizeof text,
                     "input = \"profiles\"; client_id = \"/id\"; kind = { const = \"group\"; };"
                     "manager = \"/id\"; contacts = { each = \"/c\"; name = { const = \"");
    memset(text + n, 'x', 4000);
    (void)snprintf(text + n + 4000, sizeof text - (size_t)n - 4000, "\"; }; };");
    struct cw_mapping *m = compile(text);
    n = snprintf(message, sizeof message, "{\"id\":\"g\",\"c\":[0");
    for (int i = 0; i < 2000; i++)
        n += snprintf(message + n, sizeof message - (size_t)n, ",0");
    (void)snprintf(message + n, sizeof message - (size_t)n, "]}");
    expect(m, message, "too-large");
    cw_mapping_free(m);
}

/* Escapes and quotes in values come through whole. */
static void texts_whole(void **state)
{
    (void)state;
    struct cw_mapping *m =
        compile(ENVELOPE "kinds = ( { type = \"care.complaint\"; data = { severity = \"/s\";"
                         "topic = \"/t\"; ticket = \"/k\"; }; } );");
    expect(m, "{" MESSAGE ",\"s\":\"4\",\"t\":\"a\\\"b\\\\\\n\\u4e2d\",\"k\":12345678901234567890}",
           "\"severity\":4,\"topic\":\"a\\\"b\\\\\\n中\",\"ticket\":\"12345678901234567890\"");
    cw_mapping_free(m);
}

/* ---- settings ---- */

static struct cw_settings *settings_with(const char *zone)
{
    char billing[128], service[128], in[64];
    (void)snprintf(billing, sizeof billing, "input.mapping.billing=%s", profile);
    (void)snprintf(service, sizeof service, "input.mapping.service=%s", profile);
    (void)snprintf(in, sizeof in, "time.zone=%s", zone);
    char *items[] = {billing, service, in};
    struct cw_list overrides = {items, COUNT(items)};
    struct cw_buf said = {0};
    struct cw_settings *s = NULL;
    if (cw_settings_load(NULL, &overrides, &s, &said) != 0)
        fail_msg("%.*s", (int)said.n, said.p);
    cw_buf_free(&said);
    return s;
}

/* A zone is kept at a reload, and with it the times of mappings that were read anew. */
static void kept_zone_binds(void **state)
{
    (void)state;
    cw_mapping_free(compile(ENVELOPE "kinds = ( { type = \"billing.payment\";"
                                     "data = { amount = \"/v\"; }; } );"));
    struct cw_settings *running = settings_with("Asia/Shanghai"), *fresh = settings_with("UTC");
    struct cw_buf kept = {0};
    const struct cw_mapping *m = fresh->mappings[CW_MAP_BILLING];
    assert_ptr_equal(m, fresh->mappings[CW_MAP_SERVICE]);
    assert_null(fresh->mappings[CW_MAP_PROFILES]);
    expect(m, "{" MESSAGE ",\"v\":1}", "\"time\":\"2026-03-01T12:30:00+00:00\"");
    assert_int_equal(cw_settings_keep(fresh, running, &kept, NULL), 0);
    cw_settings_free(running);
    expect(m, "{" MESSAGE ",\"v\":1}", "\"time\":\"2026-03-01T12:30:00+08:00\"");
    cw_settings_free(fresh);
    cw_buf_free(&kept);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pointers_find),   cmocka_unit_test(pointers_refused),
        cmocka_unit_test(times_read),      cmocka_unit_test(formats_refused),
        cmocka_unit_test(amounts_exact),   cmocka_unit_test(quantities),
        cmocka_unit_test(words),           cmocka_unit_test(refusals_point),
        cmocka_unit_test(hashes),          cmocka_unit_test(lists),
        cmocka_unit_test(sizes_bounded),   cmocka_unit_test(texts_whole),
        cmocka_unit_test(kept_zone_binds),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
