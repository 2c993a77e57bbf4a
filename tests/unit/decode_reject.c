/* Messages that are refused. The shapes are walked: every member of every kind of message is tried
 * missing, null, of each wrong type and out of range, and the record must name the member and the
 * byte. Then what no table holds: bytes, nesting, doubles, keys, times, headers; and damaged bytes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/decode_members.h"
#include "core/locate.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static const struct cw_decode_limits limits = {4096, 65536, 600 * CW_SECOND};

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

/* ---- a sample of every message, written from its shape ---- */

/* The one member that is written otherwise. */
struct twist {
    const struct cw_member *member; /* NULL: none */
    const char *value;              /* NULL: left out */
    char pointer[128];              /* out: where it is */
    size_t at;                      /* out: the byte of its value */
    bool met;
};

static const char *sample(const struct cw_member *m)
{
    static char word[64];
    static const char *const by_kind[CW_M_KINDS] = {
        [CW_M_TEXT] = "\"x\"",
        [CW_M_ID] = "\"am042\"",
        [CW_M_NUMBER] = "\"8613710008601\"",
        [CW_M_PHONE] = "\"10010\"",
        [CW_M_TIME] = "\"2026-03-02T02:00:00+08:00\"",
        [CW_M_DATE] = "\"2026-03-02\"",
        [CW_M_CYCLE] = "\"2026-03\"",
        [CW_M_BOOL] = "true",
        [CW_M_MONEY] = "1.5",
        [CW_M_INT32] = "1",
        [CW_M_INT64] = "1",
        [CW_M_REAL] = "1.5",
    };
    if (!m->words)
        return by_kind[m->kind];
    (void)snprintf(word, sizeof word, "\"%s\"", m->words[0]);
    return word;
}

static void write_members(struct cw_buf *b, const char *pointer, const struct cw_shape *shape,
                          struct twist *t);

static void write_sample(struct cw_buf *b, const char *pointer, const struct cw_member *m,
                         struct twist *t)
{
    char element[256];
    if (m->kind == CW_M_OBJECT) {
        write_members(b, pointer, m->sub, t);
    } else if (m->kind == CW_M_LIST) {
        assert_true(snprintf(element, sizeof element, "%s/0", pointer) < (int)sizeof element);
        cw_buf_puts(b, "[ ");
        if (m->sub->members[0].name)
            write_members(b, element, m->sub, t);
        else
            cw_buf_puts(b, sample(&m->sub->members[0]));
        cw_buf_puts(b, "]");
    } else {
        cw_buf_puts(b, sample(m));
    }
}

static void write_member(struct cw_buf *b, const char *pointer, const struct cw_member *m,
                         struct twist *t)
{
    char own[128];
    (void)snprintf(own, sizeof own, "%s/%s", pointer, m->name);
    bool here = m == t->member && !t->met;
    if (here) {
        t->met = true;
        (void)strcpy(t->pointer, own);
        if (!t->value)
            return;
    }
    cw_buf_printf(b, "%s\"%s\": ", b->p[b->n - 1] == '{' ? "" : ", ", m->name);
    if (here) {
        t->at = b->n;
        cw_buf_puts(b, t->value);
    } else {
        write_sample(b, own, m, t);
    }
}

static void write_members(struct cw_buf *b, const char *pointer, const struct cw_shape *shape,
                          struct twist *t)
{
    cw_buf_puts(b, "{");
    for (size_t i = 0; i < shape->n; i++)
        write_member(b, pointer, &shape->members[i], t);
    cw_buf_puts(b, "}");
}

/* The kinds of message: the events' types first, then these. */
enum { PROFILE = CW_EV_COUNT, MANAGER, OUTCOME, MESSAGES };

static const struct cw_shape *shape_of(int message)
{
    switch (message) {
    case PROFILE:
        return &cw_profile_shape;
    case MANAGER:
        return &cw_manager_shape;
    case OUTCOME:
        return &cw_outcome_shape;
    default:
        return cw_event_shape((enum cw_event_type)message);
    }
}

static const char *key_of(int message)
{
    return message == MANAGER ? "am042" : "x";
}

static void write_event(struct cw_buf *b, enum cw_event_type type, struct twist *t)
{
    cw_buf_puts(b, "{");
    for (size_t i = 0; i < cw_envelope_shape.n; i++) {
        const struct cw_member *m = &cw_envelope_shape.members[i];
        if (strcmp(m->name, "type") == 0 && t->member != m)
            cw_buf_printf(b, ", \"type\": \"%s\"", cw_event_type_name(type));
        else
            write_member(b, "", m, t);
    }
    cw_buf_puts(b, ", \"data\": ");
    write_members(b, "/data", cw_event_shape(type), t);
    cw_buf_puts(b, "}");
}

static void write_message(struct cw_buf *b, int message, struct twist *t)
{
    cw_buf_clear(b);
    if (message < CW_EV_COUNT)
        write_event(b, (enum cw_event_type)message, t);
    else
        write_members(b, "", shape_of(message), t);
    assert_false(b->failed);
}

/* Decodes bytes whose end is the end of their allocation. */
static int decode_bytes(struct cw_decoder *d, int message, struct cw_message m, const char *bytes,
                        size_t n, struct cw_reject *r)
{
    union {
        struct cw_event ev;
        struct cw_profile p;
        struct cw_manager mgr;
        struct cw_outcome oc;
    } u;
    char *copy = malloc(n ? n : 1);
    assert_non_null(copy);
    memcpy(copy, bytes, n);
    m.value = (struct cw_str){copy, n};
    int err = message == PROFILE   ? cw_decode_profile(d, &m, &u.p, r)
              : message == MANAGER ? cw_decode_manager(d, &m, &u.mgr, r)
              : message == OUTCOME ? cw_decode_outcome(d, &m, &u.oc, r)
                                   : cw_decode_event(d, &m, &u.ev, r);
    free(copy);
    return err;
}

static int decode_text(struct cw_decoder *d, int message, const struct cw_buf *b,
                       struct cw_reject *r)
{
    struct cw_message m = {.key = str(key_of(message)), .timestamp_ms = -1};
    return decode_bytes(d, message, m, b->p, b->n, r);
}

/* ---- walking the shapes ---- */

/* One twist of one member, and what must come of it. */
static void try_twist(struct cw_decoder *d, int message, const struct cw_member *m,
                      const char *value, int code)
{
    struct cw_buf b = {0};
    struct twist t = {.member = m, .value = value};
    struct cw_reject r = {.code = CW_REJECT_COUNT};
    write_message(&b, message, &t);
    assert_true(t.met);
    int err = decode_text(d, message, &b, &r);
    if (err != (code < 0 ? 0 : -CW_E_REJECT) || (err && (int)r.code != code))
        fail_msg("%s = %s: expected %s, got %d %s: %s\n%.*s", t.pointer, value ? value : "(none)",
                 code < 0 ? "to be taken" : cw_reject_code_name((enum cw_reject_code)code), err,
                 err ? cw_reject_code_name(r.code) : "", err ? r.detail : "", (int)b.n, b.p);
    if (err) {
        char tail[40] = "";
        assert_true(strncmp(r.detail, t.pointer, strlen(t.pointer)) == 0);
        assert_true(r.detail[strlen(t.pointer)] == ':');
        assert_true(r.at_byte == (value ? (int64_t)t.at : -1));
        if (value)
            (void)snprintf(tail, sizeof tail, ", at byte %zu", t.at);
        assert_true(strlen(r.detail) > strlen(tail));
        assert_string_equal(r.detail + strlen(r.detail) - strlen(tail), tail);
    }
    cw_buf_free(&b);
}

static void try_absent(struct cw_decoder *d, int message, const struct cw_member *m)
{
    /* The sample forwarding is active. */
    bool needed = m->required || strcmp(m->name, "target") == 0;
    try_twist(d, message, m, NULL, needed ? CW_REJECT_MISSING_MEMBER : -1);
    if (m->required)
        try_twist(d, message, m, "null", CW_REJECT_WRONG_TYPE);
    else if (!needed)
        try_twist(d, message, m, "null", -1);
}

enum { STRINGS, NUMBERS, BOOLS, OBJECTS, LISTS };
static int type_of(enum cw_member_kind k)
{
    switch (k) {
    case CW_M_BOOL:
        return BOOLS;
    case CW_M_MONEY:
    case CW_M_INT32:
    case CW_M_INT64:
    case CW_M_REAL:
        return NUMBERS;
    case CW_M_OBJECT:
        return OBJECTS;
    case CW_M_LIST:
        return LISTS;
    default:
        return STRINGS;
    }
}

static void try_wrong_types(struct cw_decoder *d, int message, const struct cw_member *m)
{
    static const struct {
        const char *value;
        int type;
    } values[] = {
        {"\"1\"", STRINGS}, {"\"\"", STRINGS}, {"1", NUMBERS}, {"-1.5e3", NUMBERS}, {"true", BOOLS},
        {"false", BOOLS},   {"{}", OBJECTS},   {"[]", LISTS},  {"[1]", LISTS},
    };
    for (size_t i = 0; i < COUNT(values); i++)
        if (values[i].type != type_of(m->kind))
            try_twist(d, message, m, values[i].value, CW_REJECT_WRONG_TYPE);
}

static void try_range(struct cw_decoder *d, int message, const struct cw_member *m)
{
    static const char *const values[CW_M_KINDS][6] = {
        [CW_M_TEXT] = {"\"a\\u0000b\""},
        [CW_M_ID] = {"\"\"", "\"a b\"", "\"a/b\"", "\"\xc3\xa9\"",
                     "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\""},
        [CW_M_NUMBER] = {"\"\"", "\"+8613\"", "\"12345678901234567\"", "\"1\\u0000\""},
        [CW_M_PHONE] = {"\"\"", "\"+8613\"", "\"12345678901234567\"", "\"1\\u0000\""},
        [CW_M_TIME] = {"\"\"", "\"yesterday\"", "\"2026-02-30T00:00:00Z\"",
                       "\"2026-03-02T02:00:00\""},
        [CW_M_DATE] = {"\"\"", "\"2026-02-30\"", "\"2026-3-2\"", "\"2026-03-02T00:00:00Z\""},
        [CW_M_CYCLE] = {"\"\"", "\"2026-13\"", "\"2026-03-02\""},
        [CW_M_WORD] = {"\"\"", "\"nosuchword\"", "\"\\u0000\""},
        [CW_M_NAME] = {"\"\"", "\"nosuchword\""},
        [CW_M_EITHER] = {"\"\"", "\"nosuchword\"", "\"BOTH\""},
        [CW_M_MONEY] = {"0.00001", "1000000000000.0001", "-1000000000001", "1e300",
                        "0.10000000000000000000001"},
        [CW_M_INT32] = {"1.5", "1e300", "-1", "4294967297"},
        [CW_M_INT64] = {"1.5", "1e300", "-1", "18446744073709551617"},
        [CW_M_REAL] = {"-0.001", "1e300", "1000000000001"},
    };
    for (size_t i = 0; i < COUNT(values[0]) && values[m->kind][i]; i++)
        try_twist(d, message, m, values[m->kind][i], CW_REJECT_OUT_OF_RANGE);
}

/* Both ends of the range are in it, and the next beyond are not. */
static void try_bounds(struct cw_decoder *d, int message, const struct cw_member *m)
{
    if (type_of(m->kind) != NUMBERS)
        return;
    for (int end = 0; end <= 1; end++) {
        struct cw_buf b = {0};
        int64_t bound = end ? m->most : m->least;
        for (int beyond = 0; beyond <= 1; beyond++, bound += end ? 1 : -1) {
            if (m->kind == CW_M_MONEY)
                cw_buf_money(&b, bound);
            else
                cw_buf_printf(&b, "%lld", (long long)bound);
            cw_buf_u8(&b, 0);
            try_twist(d, message, m, b.p, beyond ? CW_REJECT_OUT_OF_RANGE : -1);
            cw_buf_clear(&b);
        }
        cw_buf_free(&b);
    }
}

/* Texts with a range of lengths that can be tried. */
static void try_lengths(struct cw_decoder *d, int message, const struct cw_member *m)
{
    char text[80] = "\"";
    if (m->kind != CW_M_TEXT)
        return;
    if (m->least > 0)
        try_twist(d, message, m, "\"\"", CW_REJECT_OUT_OF_RANGE);
    if (m->most > 64)
        return;
    memset(text + 1, 'a', (size_t)m->most + 1);
    (void)strcpy(text + 2 + m->most, "\"");
    try_twist(d, message, m, text, CW_REJECT_OUT_OF_RANGE);
}

static size_t walk(struct cw_decoder *d, int message, const struct cw_shape *shape)
{
    size_t tried = 0;
    for (size_t i = 0; i < shape->n; i++) {
        const struct cw_member *m = &shape->members[i];
        if (!m->name)
            continue;
        try_absent(d, message, m);
        try_wrong_types(d, message, m);
        try_range(d, message, m);
        try_bounds(d, message, m);
        try_lengths(d, message, m);
        tried++;
        if (m->sub)
            tried += walk(d, message, m->sub);
    }
    return tried;
}

static void samples_are_taken(void **state)
{
    struct cw_buf b = {0};
    for (int message = 0; message < MESSAGES; message++) {
        struct twist t = {0};
        struct cw_reject r;
        write_message(&b, message, &t);
        if (decode_text(*state, message, &b, &r) != 0)
            fail_msg("%.*s\n%s", (int)b.n, b.p, r.detail);
    }
    cw_buf_free(&b);
}

/* The contract names that many; a row lost from a table would go unseen by the walk. */
static void every_member_of_every_message(void **state)
{
    static const size_t members[MESSAGES] = {
        [CW_EV_CHARGE] = 3,
        [CW_EV_BILL] = 3,
        [CW_EV_PAYMENT] = 1,
        [CW_EV_ARREARS] = 2,
        [CW_EV_BALANCE] = 2,
        [CW_EV_SUSPENDED] = 3,
        [CW_EV_RESUMED] = 1,
        [CW_EV_CALL_FORWARDING] = 4,
        [CW_EV_PLAN_CHANGED] = 4 + 2 * 2,
        [CW_EV_CALL] = 4,
        [CW_EV_USAGE] = 4,
        [CW_EV_PORT_OUT] = 3,
        [CW_EV_TERMINATED] = 2,
        [CW_EV_CONTRACT] = 3,
        [CW_EV_COMPLAINT] = 4,
        [CW_EV_OUTAGE] = 3,
        [PROFILE] = 23 + 6 + 4 + 3,
        [MANAGER] = 6 + 3,
        [OUTCOME] = 12,
    };
    for (int message = 0; message < MESSAGES; message++)
        assert_int_equal(walk(*state, message, shape_of(message)), members[message]);
}

static void every_attribute(void **state)
{
    assert_int_equal(walk(*state, CW_EV_PAYMENT, &cw_envelope_shape), 6);
}

/* ---- what no table holds ---- */

#define HEAD                                                                                       \
    "{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"s\",\"type\":\"billing.payment\","         \
    "\"time\":"                                                                                    \
    "\"2026-03-02T02:00:00Z\",\"subject\":\"x\",\"data\":"
#define PAID HEAD "{\"amount\":1}"

static void refused_as_a_whole(void **state)
{
    static const struct {
        const char *text;
        enum cw_reject_code code;
        int64_t at; /* -2: wherever the parser says */
        const char *detail;
    } rows[] = {
        {"", CW_REJECT_EMPTY, -1, "the value is empty"},
        {" ", CW_REJECT_NOT_JSON, -2, NULL},
        {"{", CW_REJECT_NOT_JSON, -2, NULL},
        {"nul", CW_REJECT_NOT_JSON, -2, NULL},
        {PAID, CW_REJECT_NOT_JSON, -2, NULL},
        {PAID "} x", CW_REJECT_NOT_JSON, -2, NULL},
        {PAID ",}", CW_REJECT_NOT_JSON, -2, NULL},
        {PAID ",'a':1}", CW_REJECT_NOT_JSON, -2, NULL},
        {PAID ",\"a\":01}", CW_REJECT_NOT_JSON, -2, NULL},
        {PAID ",\"a\":\"\t\"}", CW_REJECT_NOT_JSON, -2, NULL},
        {PAID ",\"a\":\"\\ud800\"}", CW_REJECT_NOT_JSON, -2, NULL},
        {PAID ",\"a\":NaN}", CW_REJECT_NOT_JSON, -2, NULL},
        {"\xef\xbb\xbf" PAID "}", CW_REJECT_NOT_JSON, -2, NULL},
        {"1", CW_REJECT_WRONG_TYPE, 0, "expected an object, found a number, at byte 0"},
        {" []", CW_REJECT_WRONG_TYPE, 1, "expected an object, found an array, at byte 1"},
        {"null", CW_REJECT_WRONG_TYPE, 0, "expected an object, found null, at byte 0"},
        {"{\"a\":\"\xff\"}", CW_REJECT_NOT_UTF8, 6, "not UTF-8, at byte 6"},
        {"{\"a\":\"ok\xc3\xa9\xed\xa0\x80\"}", CW_REJECT_NOT_UTF8, 10, "not UTF-8, at byte 10"},
        {"{\"a\":\"\xc0\x80\"}", CW_REJECT_NOT_UTF8, 6, NULL},
        {"{\"a\":\"\xf4\x90\x80\x80\"}", CW_REJECT_NOT_UTF8, 6, NULL},
        {"{\"\xe8\x88", CW_REJECT_NOT_UTF8, 2, NULL},
        {PAID ",\"a\":1e999}", CW_REJECT_OUT_OF_RANGE, -2, NULL},
        {HEAD "[]}", CW_REJECT_WRONG_TYPE, 119,
         "/data: expected an object, found an array, at byte 119"},
        {HEAD "{\"amount\":\"1\"}}", CW_REJECT_WRONG_TYPE, 129,
         "/data/amount: expected a number, found a string, at byte 129"},
        {HEAD "{}}", CW_REJECT_MISSING_MEMBER, -1, "/data/amount: missing"},
        {"{\"a\":1, \"a\":2}", CW_REJECT_DUPLICATE_MEMBER, 8,
         "/a: a second member of this name, at byte 8"},
        {"{\"a\":{\"b\":[1,{\"c\":[1,\"[\"],\"x/~\":1,\"\\u0063\":2,\"x/~\":3}]}}",
         CW_REJECT_DUPLICATE_MEMBER, 34,
         "/a/b/1/\\u0063: a second member of this name, at byte 34"},
        {"{\"a\":[0,{}],\"x/~\":1,\"x/~\":3}", CW_REJECT_DUPLICATE_MEMBER, 20,
         "/x~1~0: a second member of this name, at byte 20"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct cw_message m = {.key = CW_STR("x"), .timestamp_ms = -1};
        struct cw_reject r;
        const char *text = rows[i].text;
        int err = decode_bytes(*state, CW_EV_PAYMENT, m, text, strlen(text), &r);
        if (err != -CW_E_REJECT || r.code != rows[i].code ||
            (rows[i].at >= -1 && r.at_byte != rows[i].at) ||
            (rows[i].detail && strcmp(rows[i].detail, r.detail) != 0))
            fail_msg("%s: %d %s at %lld: %s", text, err, cw_reject_code_name(r.code),
                     (long long)r.at_byte, r.detail);
        assert_true(r.at_byte <= (int64_t)strlen(text));
    }
}

/* What the contract says in words, so that no table can drift from it. */
static void limits_of_the_contract(void **state)
{
    static const struct {
        enum cw_event_type type;
        const char *data;
        int code; /* -1: taken */
    } rows[] = {
        {CW_EV_CHARGE, "{\"msisdn\":\"1\",\"amount\":-1,\"category\":\"sms\"}", -1},
        {CW_EV_BILL, "{\"cycle\":\"2026-01\",\"amount\":-1,\"due_date\":\"2026-03-01\"}", -1},
        {CW_EV_BALANCE, "{\"balance\":-1}", -1},
        {CW_EV_PAYMENT, "{\"amount\":-0.0001}", CW_REJECT_OUT_OF_RANGE},
        {CW_EV_ARREARS, "{\"amount\":-1,\"days_overdue\":1}", CW_REJECT_OUT_OF_RANGE},
        {CW_EV_ARREARS, "{\"amount\":1,\"days_overdue\":-1}", CW_REJECT_OUT_OF_RANGE},
        {CW_EV_ARREARS, "{\"amount\":1,\"days_overdue\":100001}", CW_REJECT_OUT_OF_RANGE},
        {CW_EV_BALANCE, "{\"balance\":1,\"credit_limit\":-1}", CW_REJECT_OUT_OF_RANGE},
        {CW_EV_CALL,
         "{\"msisdn\":\"1\",\"direction\":\"incoming\",\"peer\":\"1\",\"duration_s\":-1}",
         CW_REJECT_OUT_OF_RANGE},
        {CW_EV_USAGE, "{\"msisdn\":\"1\",\"voice_min\":-0.1,\"data_mb\":0,\"sms\":0}",
         CW_REJECT_OUT_OF_RANGE},
        {CW_EV_USAGE, "{\"msisdn\":\"1\",\"voice_min\":0,\"data_mb\":-0.1,\"sms\":0}",
         CW_REJECT_OUT_OF_RANGE},
        {CW_EV_USAGE, "{\"msisdn\":\"1\",\"voice_min\":0,\"data_mb\":0,\"sms\":-1}",
         CW_REJECT_OUT_OF_RANGE},
        {CW_EV_COMPLAINT, "{\"severity\":0,\"topic\":\"\",\"ticket\":\"\"}",
         CW_REJECT_OUT_OF_RANGE},
        {CW_EV_COMPLAINT, "{\"severity\":5,\"topic\":\"\",\"ticket\":\"\"}",
         CW_REJECT_OUT_OF_RANGE},
        {CW_EV_OUTAGE, "{\"area\":\"a\",\"minutes\":-1}", CW_REJECT_OUT_OF_RANGE},
        {CW_EV_OUTAGE, "{\"minutes\":1}", CW_REJECT_MISSING_MEMBER},
        {CW_EV_CALL_FORWARDING, "{\"msisdn\":\"1\",\"condition\":\"CFU\",\"active\":true}",
         CW_REJECT_MISSING_MEMBER},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct cw_buf b = {0};
        struct cw_reject r = {.code = CW_REJECT_COUNT};
        cw_buf_printf(&b,
                      "{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"s\",\"type\":\"%s\","
                      "\"time\":\"2026-03-02T02:00:00Z\",\"subject\":\"x\",\"data\":%s}",
                      cw_event_type_name(rows[i].type), rows[i].data);
        int err = decode_text(*state, (int)rows[i].type, &b, &r);
        assert_int_equal(err, rows[i].code < 0 ? 0 : -CW_E_REJECT);
        if (err)
            assert_int_equal(r.code, rows[i].code);
        cw_buf_free(&b);
    }
}

static void sizes_end_exactly(void **state)
{
    static const struct {
        int message;
        size_t most;
    } rows[] = {{CW_EV_PAYMENT, 4096}, {PROFILE, 65536}, {MANAGER, 65536}, {OUTCOME, 65536}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct cw_buf b = {0};
        struct twist t = {0};
        struct cw_reject r;
        write_message(&b, rows[i].message, &t);
        while (b.n < rows[i].most)
            cw_buf_puts(&b, " ");
        assert_int_equal(decode_text(*state, rows[i].message, &b, &r), 0);
        cw_buf_puts(&b, " ");
        assert_int_equal(decode_text(*state, rows[i].message, &b, &r), -CW_E_REJECT);
        assert_int_equal(r.code, CW_REJECT_TOO_LARGE);
        assert_int_equal(r.at_byte, -1);
        cw_buf_free(&b);
    }
}

/* The outermost object is the first level of 16; brackets in texts are none. */
static void depth_ends_exactly(void **state)
{
    for (int depth = 15; depth <= 16; depth++) {
        struct cw_buf b = {0};
        struct cw_message m = {.key = CW_STR("x"), .timestamp_ms = -1};
        struct cw_reject r;
        cw_buf_puts(&b, PAID ",\"[\\\"{[\":");
        size_t at = b.n + 15;
        for (int i = 0; i < depth; i++)
            cw_buf_puts(&b, "[");
        for (int i = 0; i < depth; i++)
            cw_buf_puts(&b, "]");
        cw_buf_puts(&b, "}");
        int err = decode_bytes(*state, CW_EV_PAYMENT, m, b.p, b.n, &r);
        assert_int_equal(err, depth == 15 ? 0 : -CW_E_REJECT);
        if (err) {
            assert_int_equal(r.code, CW_REJECT_TOO_DEEP);
            assert_int_equal(r.at_byte, at);
        }
        cw_buf_free(&b);
    }
}

static void keys_must_match(void **state)
{
    static const struct cw_str keys[] = {{NULL, 0}, {"", 0}, {"xx", 2}, {"X", 1}, {"\xff", 1}};
    static const int messages[] = {CW_EV_PAYMENT, PROFILE, MANAGER, OUTCOME};
    struct cw_buf b = {0};
    for (size_t i = 0; i < COUNT(messages); i++) {
        struct twist t = {0};
        write_message(&b, messages[i], &t);
        for (size_t k = 0; k < COUNT(keys); k++) {
            struct cw_message m = {.key = keys[k], .timestamp_ms = -1};
            struct cw_reject r;
            assert_int_equal(decode_bytes(*state, messages[i], m, b.p, b.n, &r), -CW_E_REJECT);
            assert_int_equal(r.code, CW_REJECT_KEY_MISMATCH);
            assert_true(r.at_byte > 0);
            assert_true(cw_locate_bad_utf8(str(r.detail)) == CW_NOWHERE);
        }
    }
    cw_buf_free(&b);
}

static void tombstones_need_good_keys(void **state)
{
    static const struct {
        struct cw_str key;
        enum cw_reject_code profile, manager;
    } rows[] = {
        {{NULL, 0}, CW_REJECT_KEY_MISMATCH, CW_REJECT_KEY_MISMATCH},
        {{"", 0}, CW_REJECT_OUT_OF_RANGE, CW_REJECT_OUT_OF_RANGE},
        {{"\xff", 1}, CW_REJECT_NOT_UTF8, CW_REJECT_NOT_UTF8},
        {{"a\0b", 3}, CW_REJECT_OUT_OF_RANGE, CW_REJECT_OUT_OF_RANGE},
        {{"a b", 3}, CW_REJECT_COUNT, CW_REJECT_OUT_OF_RANGE},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct cw_message m = {.key = rows[i].key, .timestamp_ms = -1};
        struct cw_reject r = {.code = CW_REJECT_COUNT};
        (void)decode_bytes(*state, PROFILE, m, "", 0, &r);
        assert_int_equal(r.code, rows[i].profile);
        (void)decode_bytes(*state, MANAGER, m, "", 0, &r);
        assert_int_equal(r.code, rows[i].manager);
        assert_int_equal(decode_bytes(*state, OUTCOME, m, "", 0, &r), -CW_E_REJECT);
        assert_int_equal(r.code, CW_REJECT_EMPTY);
    }
}

/* The samples' time is 2026-03-01T18:00:00Z; ten minutes ahead is allowed to the millisecond. */
static void times_may_not_be_ahead(void **state)
{
    static const int messages[] = {CW_EV_PAYMENT, OUTCOME};
    const int64_t ms = INT64_C(1772388000000);
    const struct {
        int64_t stamp;
        bool taken;
    } rows[] = {
        {-1, true},        {ms, true}, {ms - 600000, true},   {ms - 600001, false},
        {INT64_MAX, true}, {0, false}, {ms + 86400000, true},
    };
    struct cw_buf b = {0};
    for (size_t i = 0; i < COUNT(messages); i++) {
        struct twist t = {0};
        write_message(&b, messages[i], &t);
        for (size_t k = 0; k < COUNT(rows); k++) {
            struct cw_message m = {.key = CW_STR("x"), .timestamp_ms = rows[k].stamp};
            struct cw_reject r;
            int err = decode_bytes(*state, messages[i], m, b.p, b.n, &r);
            assert_int_equal(err, rows[k].taken ? 0 : -CW_E_REJECT);
            if (err) {
                assert_int_equal(r.code, CW_REJECT_TIME_AHEAD);
                assert_memory_equal(b.p + r.at_byte, "\"2026-03-02T02:00:00+08:00\"", 27);
            }
        }
    }
    cw_buf_free(&b);
}

static void elements_are_named(void **state)
{
    static const struct {
        int message;
        const char *text;
        enum cw_reject_code code;
        const char *detail;
    } rows[] = {
        {PROFILE,
         "{\"client_id\":\"x\",\"kind\":\"group\",\"manager\":\"m\",\"interests\":[\"a\", 5]}",
         CW_REJECT_WRONG_TYPE, "/interests/1: expected a string, found a number, at byte 64"},
        {PROFILE,
         "{\"client_id\":\"x\",\"kind\":\"group\",\"manager\":\"m\",\"lines\":[{\"msisdn\":\"1\"},"
         "{\"monthly_fee\":1}]}",
         CW_REJECT_MISSING_MEMBER, "/lines/1/msisdn: missing"},
        {PROFILE, "{\"client_id\":\"x\",\"kind\":\"group\",\"manager\":\"m\",\"dates\":[null]}",
         CW_REJECT_WRONG_TYPE, "/dates/0: expected an object, found null, at byte 55"},
        {PROFILE, "{\"client_id\":\"x\",\"kind\":\"grop\",\"manager\":\"m\"}",
         CW_REJECT_OUT_OF_RANGE,
         "/kind: expected one of individual, group, found \"grop\", at byte 24"},
        {MANAGER,
         "{\"manager_id\":\"am042\",\"absences\":[{\"from\":\"2026-03-02\",\"to\":\"2026-03-01\"}]"
         "}",
         CW_REJECT_OUT_OF_RANGE, "/absences/0/to: the absence ends before it begins, at byte 60"},
        {OUTCOME,
         "{\"id\":\"1\",\"task_id\":\"t\",\"client_id\":\"x\",\"manager\":\"m\",\"action\":"
         "\"done\","
         "\"at\":\"2026-03-02T02:00:00Z\",\"version\":1}",
         CW_REJECT_MISSING_MEMBER, "/result: missing"},
        {OUTCOME,
         "{\"id\":\"1\",\"task_id\":\"t\",\"client_id\":\"x\",\"manager\":\"m\",\"action\":"
         "\"done\","
         "\"at\":\"2026-03-02T02:00:00Z\",\"result\":\"lost\"}",
         CW_REJECT_MISSING_MEMBER, "/version: missing"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct cw_message m = {.key = str(key_of(rows[i].message)), .timestamp_ms = -1};
        struct cw_reject r;
        assert_int_equal(
            decode_bytes(*state, rows[i].message, m, rows[i].text, strlen(rows[i].text), &r),
            -CW_E_REJECT);
        assert_int_equal(r.code, rows[i].code);
        assert_string_equal(r.detail, rows[i].detail);
    }
}

/* ---- headers ---- */

#define HEADER(name, value)                                                                        \
    {                                                                                              \
        {(name), sizeof(name) - 1},                                                                \
        {                                                                                          \
            (value), sizeof(value) - 1                                                             \
        }                                                                                          \
    }

static void headers_are_checked(void **state)
{
    static const struct cw_header good[6] = {
        HEADER("ce_specversion", "1.0"), HEADER("ce_id", "1"),
        HEADER("ce_source", "s"),        HEADER("ce_type", "billing.payment"),
        HEADER("ce_subject", "x"),       HEADER("ce_time", "2026-03-02T02:00:00Z"),
    };
    static const struct {
        size_t place; /* of the header that is replaced */
        struct cw_header header;
        enum cw_reject_code code;
        const char *detail;
    } rows[] = {
        {1, HEADER("id", "1"), CW_REJECT_MISSING_MEMBER, "ce_id: missing header"},
        {2, HEADER("ce_id", "2"), CW_REJECT_DUPLICATE_MEMBER,
         "ce_id: a second header of this name"},
        {0, HEADER("ce_specversion", "0.3"), CW_REJECT_OUT_OF_RANGE,
         "ce_specversion: expected one of 1.0, found \"0.3\""},
        {3, HEADER("ce_type", "a\xff"), CW_REJECT_NOT_UTF8, "ce_type: the header is not UTF-8"},
        {4, HEADER("ce_subject", "y"), CW_REJECT_KEY_MISMATCH,
         "ce_subject: \"y\", but the message's key is \"x\""},
        {5, HEADER("ce_time", "now"), CW_REJECT_OUT_OF_RANGE,
         "ce_time: expected an RFC 3339 time, found \"now\""},
        {5, HEADER("ce_time", "2026-03-02T02:10:00.001Z"), CW_REJECT_TIME_AHEAD,
         "ce_time: 600001 ms ahead of the message's timestamp, at most 600000 are allowed"},
        {1, {{"ce_id", 5}, {NULL, 0}}, CW_REJECT_OUT_OF_RANGE, NULL},
        {1, HEADER("ce_id", "a\0b"), CW_REJECT_OUT_OF_RANGE, NULL},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct cw_header headers[6];
        memcpy(headers, good, sizeof headers);
        struct cw_message m = {.key = CW_STR("x"),
                               .headers = headers,
                               .n_headers = COUNT(headers),
                               .timestamp_ms = INT64_C(1772416800000)};
        struct cw_reject r;
        static const char data[] = "{\"amount\":1}";
        assert_int_equal(decode_bytes(*state, CW_EV_PAYMENT, m, data, sizeof data - 1, &r), 0);
        headers[rows[i].place] = rows[i].header;
        assert_int_equal(decode_bytes(*state, CW_EV_PAYMENT, m, data, sizeof data - 1, &r),
                         -CW_E_REJECT);
        assert_int_equal(r.code, rows[i].code);
        assert_int_equal(r.at_byte, -1);
        if (rows[i].detail)
            assert_string_equal(r.detail, rows[i].detail);
        headers[rows[i].place] = good[rows[i].place];
        assert_int_equal(decode_bytes(*state, CW_EV_PAYMENT, m, "{}", 2, &r), -CW_E_REJECT);
        assert_string_equal(r.detail, "/amount: missing");
    }
}

/* ---- damaged bytes ---- */

static uint64_t rnd(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

/* Changes, doubles or takes out a piece, or cuts off the end. */
static void damage(struct cw_buf *b, uint64_t *seed)
{
    static const char bits[] = "{}[]\",:\\0-e.9ntf\x80\xe8\xff";
    size_t at = rnd(seed) % b->n, n = 1 + rnd(seed) % 12;
    n = n < b->n - at ? n : b->n - at;
    switch (rnd(seed) % 5) {
    case 0:
        b->p[at] = (char)rnd(seed);
        break;
    case 1:
        b->p[at] = bits[rnd(seed) % (sizeof bits)];
        break;
    case 2:
        memmove(b->p + at, b->p + at + n, b->n - at - n);
        b->n -= n;
        break;
    case 3:
        if (cw_buf_room(b, n)) {
            memmove(b->p + at + n, b->p + at, b->n - at);
            b->n += n;
        }
        break;
    default:
        b->n = rnd(seed) % 8 ? b->n : at;
    }
}

static void damaged_bytes_are_refused_cleanly(void **state)
{
    uint64_t seed = UINT64_C(0x5f0c9a7e21d3b846);
    size_t by_code[CW_REJECT_COUNT] = {0};
    struct cw_buf b = {0};
    for (int round = 0; round < 40000; round++) {
        struct twist t = {0};
        struct cw_reject r = {.code = CW_REJECT_COUNT};
        int message = round % MESSAGES;
        write_message(&b, message, &t);
        for (uint64_t times = 1 + rnd(&seed) % 3; times > 0 && b.n > 0; times--)
            damage(&b, &seed);
        int err = decode_text(*state, message, &b, &r);
        assert_true(err == 0 || err == -CW_E_UNKNOWN_TYPE || err == -CW_E_REJECT);
        if (err != -CW_E_REJECT)
            continue;
        assert_true(r.code < CW_REJECT_COUNT);
        assert_true(r.at_byte >= -1 && r.at_byte <= (int64_t)b.n);
        assert_true(r.detail[0] != '\0' && strlen(r.detail) < sizeof r.detail - 1);
        assert_true(cw_locate_bad_utf8(str(r.detail)) == CW_NOWHERE);
        by_code[r.code]++;
    }
    static const enum cw_reject_code reached[] = {
        CW_REJECT_NOT_UTF8,       CW_REJECT_NOT_JSON,     CW_REJECT_DUPLICATE_MEMBER,
        CW_REJECT_MISSING_MEMBER, CW_REJECT_OUT_OF_RANGE, CW_REJECT_KEY_MISMATCH,
    };
    for (size_t i = 0; i < COUNT(reached); i++)
        if (by_code[reached[i]] == 0)
            fail_msg("never %s", cw_reject_code_name(reached[i]));
    cw_buf_free(&b);
}

static void malformed_utf8_is_found(void **state)
{
    static const struct {
        const char *text;
        size_t bad;
    } rows[] = {
        {"", CW_NOWHERE},
        {"a\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xef\xbf\xbf", CW_NOWHERE},
        {"\xf0\x90\x80\x80\xf4\x8f\xbf\xbf", CW_NOWHERE},
        {"ab\x80", 2},            /* no first byte */
        {"\xc1\xbf", 0},          /* overlong */
        {"\xe0\x9f\xbf", 0},      /* overlong */
        {"\xf0\x8f\xbf\xbf", 0},  /* overlong */
        {"\xed\xa0\x80", 0},      /* a surrogate */
        {"a\xf4\x90\x80\x80", 1}, /* beyond U+10FFFF */
        {"\xf5\x80\x80\x80", 0},  /* beyond U+10FFFF */
        {"a\xe8\x88", 1},         /* cut short */
        {"\xe8\x88\x9f\xe8\x88q", 3},
        {"\xf0\x9f\x98\xc0", 0},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_true(cw_locate_bad_utf8(str(rows[i].text)) == rows[i].bad);
}

/* The locators stay inside any text, also one no parser has accepted. */
static void locators_stay_inside(void **state)
{
    static const char bits[] = "{}[]\",:\\au0 ";
    uint64_t seed = 7;
    (void)state;
    for (int round = 0; round < 100000; round++) {
        size_t n = rnd(&seed) % 24;
        char *bytes = malloc(n ? n : 1), pointer[16];
        assert_non_null(bytes);
        for (size_t i = 0; i < n; i++)
            bytes[i] = bits[rnd(&seed) % (sizeof bits - 1)];
        struct cw_str text = {bytes, n};
        size_t root = cw_locate_root(text);
        size_t places[] = {root,
                           cw_locate_member(text, root, "a"),
                           cw_locate_first(text, root),
                           cw_locate_next(text, root),
                           cw_locate_too_deep(text, 2),
                           cw_locate_bad_utf8(text)};
        for (size_t i = 0; i < COUNT(places); i++)
            assert_true(places[i] == CW_NOWHERE || places[i] < n);
        (void)cw_locate_number(text, root);
        assert_true(cw_locate_last(text, rnd(&seed) % 30, pointer, sizeof pointer) <= n);
        free(bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(samples_are_taken),
        cmocka_unit_test(every_member_of_every_message),
        cmocka_unit_test(every_attribute),
        cmocka_unit_test(refused_as_a_whole),
        cmocka_unit_test(limits_of_the_contract),
        cmocka_unit_test(sizes_end_exactly),
        cmocka_unit_test(depth_ends_exactly),
        cmocka_unit_test(keys_must_match),
        cmocka_unit_test(tombstones_need_good_keys),
        cmocka_unit_test(times_may_not_be_ahead),
        cmocka_unit_test(elements_are_named),
        cmocka_unit_test(headers_are_checked),
        cmocka_unit_test(damaged_bytes_are_refused_cleanly),
        cmocka_unit_test(malformed_utf8_is_found),
        cmocka_unit_test(locators_stay_inside),
    };
    return cmocka_run_group_tests_name("decode_reject", tests, setup, teardown);
}
