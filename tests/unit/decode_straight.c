/* Events straight from their text: every type is taken so, whatever is unusual is left to the tree,
 * and what is taken is what the tree gives, of which damaged texts are tried by the thousand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "churnwatch/buf.h"
#include "core/decode_members.h"
#include "tests/support/event_equal.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static const struct cw_decode_limits limits = {4096, 65536, 600 * CW_SECOND};

#define LINE "\"msisdn\":\"8613710008601\""
static const char *const data[CW_EV_COUNT] = {
    [CW_EV_CHARGE] = LINE ",\"amount\":-23.74,\"category\":\"roaming\"",
    [CW_EV_BILL] = "\"cycle\":\"2026-02\",\"amount\":68.5,\"due_date\":\"2026-03-20\"",
    [CW_EV_PAYMENT] = "\"amount\":68.5",
    [CW_EV_ARREARS] = "\"amount\":68.5,\"days_overdue\":7",
    [CW_EV_BALANCE] = "\"balance\":-3,\"credit_limit\":null",
    [CW_EV_SUSPENDED] = LINE ",\"direction\":\"both\",\"reason\":\"arrears\"",
    [CW_EV_RESUMED] = LINE,
    [CW_EV_CALL_FORWARDING] = LINE ",\"condition\":\"CFU\",\"active\":true,\"target\":\"10010\"",
    [CW_EV_PLAN_CHANGED] = LINE ",\"from\":{\"id\":\"全球通\",\"monthly_fee\":128},"
                                "\"to\":{\"id\":\"B\\u0021\",\"monthly_fee\":58.5},"
                                "\"effective\":\"2026-04-01\"",
    [CW_EV_CALL] = LINE ",\"direction\":\"outgoing\",\"peer\":\"10010\",\"duration_s\":3600",
    [CW_EV_USAGE] = LINE ",\"voice_min\":12.25,\"data_mb\":1e3,\"sms\":4",
    [CW_EV_PORT_OUT] = LINE ",\"stage\":\"requested\"",
    [CW_EV_TERMINATED] = LINE ",\"reason\":\"port_out\"",
    [CW_EV_CONTRACT] = "\"ends\":\"2026-06-30\",\"action\":\"renewed\"",
    [CW_EV_COMPLAINT] = "\"severity\":4,\"topic\":\"网速\",\"ticket\":\"T1\"",
    [CW_EV_OUTAGE] = LINE ",\"minutes\":90.5",
};

/* An event of that type; `more` stands before the data. */
static struct cw_str event_of(struct cw_buf *b, enum cw_event_type t, const char *more)
{
    cw_buf_clear(b);
    cw_buf_printf(b,
                  "{ \"specversion\":\"1.0\", \"id\":\"e1\",\"source\":\"/s\",\"type\":\"%s\","
                  "\"subject\":\"C1\",\"time\":\"2026-03-02T02:00:00+08:00\"%s,\"data\":{%s}} ",
                  cw_event_type_name(t), more, data[t]);
    return (struct cw_str){b->p, b->n};
}

static struct cw_message message_of(struct cw_str text)
{
    return (struct cw_message){.key = CW_STR("C1"), .value = text, .timestamp_ms = -1};
}

static bool is_straight(struct cw_decoder *d, struct cw_str text)
{
    struct cw_message m = message_of(text);
    struct cw_envelope env;
    struct cw_event ev;
    struct cw_reject why;
    assert_int_equal(cw_decode_begin(d, &m, limits.max_event_bytes, &why), 0);
    return cw_decode_straight(d, &env, &ev);
}

/* Decodes both ways and compares; whether it was taken. */
static bool agree(struct cw_decoder *d, struct cw_decoder *other, struct cw_str text)
{
    struct cw_message m = message_of(text);
    struct cw_event ev, by_tree;
    struct cw_reject why, why_tree;
    int err = cw_decode_event(d, &m, &ev, &why);
    if (err != cw_decode_event_by_tree(other, &m, &by_tree, &why_tree))
        fail_msg("another end: %.*s", (int)text.n, text.p);
    if (err == -CW_E_REJECT) {
        assert_int_equal(why.code, why_tree.code);
        assert_int_equal(why.at_byte, why_tree.at_byte);
        assert_string_equal(why.detail, why_tree.detail);
    } else if (err == 0 && cw_event_differ(&ev, &by_tree)) {
        fail_msg("%s: %.*s", cw_event_differ(&ev, &by_tree), (int)text.n, text.p);
    }
    return err == 0;
}

static void every_type_is_taken_straight(void **state)
{
    (void)state;
    struct cw_decoder *d = cw_decoder_new(&limits), *other = cw_decoder_new(&limits);
    struct cw_buf b = {0};
    for (unsigned t = 0; t < CW_EV_COUNT; t++) {
        struct cw_str text = event_of(&b, (enum cw_event_type)t, ",\"datacontenttype\":[{}]");
        if (!is_straight(d, text) || !agree(d, other, text))
            fail_msg("%.*s", (int)text.n, text.p);
    }
    cw_buf_free(&b);
    cw_decoder_free(other);
    cw_decoder_free(d);
}

#define ATTRIBUTES                                                                                 \
    "\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"s\",\"subject\":\"C1\","                    \
    "\"time\":\"2026-03-02T02:00:00Z\""
#define TYPE "\"type\":\"billing.payment\""

static void the_unusual_is_left_to_the_tree(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool straight, taken;
    } rows[] = {
        {"{" ATTRIBUTES "," TYPE ",\"data\":{\"amount\":1}}", true, true},
        {"{\"x\":0," TYPE "," ATTRIBUTES ",\"data\":{\"y\":[],\"amount\":1,\"z\":{}}}", true, true},
        {"{" TYPE ",\"data\":{\"amount\":1}," ATTRIBUTES "}", true, true},
        {"{\"data\":{\"amount\":1}," ATTRIBUTES "," TYPE "}", false, true},
        {"{" ATTRIBUTES "," TYPE ",\"data\":{\"amount\":1},\"data\":{\"amount\":1}}", false, false},
        {"{" ATTRIBUTES "," TYPE "," TYPE ",\"data\":{\"amount\":1}}", false, false},
        {"{" ATTRIBUTES "," TYPE ",\"data\":{\"amount\":1,\"amount\":1}}", false, false},
        {"{" ATTRIBUTES "," TYPE ",\"data\":{\"x\":1,\"amount\":1,\"x\":1}}", false, false},
        {"{" ATTRIBUTES "," TYPE ",\"data\":{}}", false, false},
        {"{" ATTRIBUTES "," TYPE ",\"data\":[]}", false, false},
        {"{" ATTRIBUTES "," TYPE "}", false, false},
        {"{" ATTRIBUTES "," TYPE ",\"data\":{\"amount\":1}}}", false, false},
        {"{" ATTRIBUTES "," TYPE ",\"data\":{\"amount\":1}", false, false},
        {"{" ATTRIBUTES "," TYPE ",\"data\":{\"amount\":1},}", false, false},
        {"{" ATTRIBUTES "," TYPE ",\"data\":{\"amount\":-1}}", false, false},
        {"{" ATTRIBUTES "," TYPE ",\"data\":{\"amount\":null}}", false, false},
        {"{" ATTRIBUTES ",\"type\":\"billing.other\",\"data\":{\"amount\":1}}", false, false},
        {"{" ATTRIBUTES ",\"type\":\"service.call_forwarding\",\"data\":{" LINE
         ",\"condition\":\"CFU\",\"active\":true}}",
         false, false},
        {"{" ATTRIBUTES ",\"type\":\"care.outage\",\"data\":{\"minutes\":1}}", false, false},
        {"{" ATTRIBUTES "," TYPE ",\"data\":{\"a\":1,\"b\":1,\"c\":1,\"d\":1,\"e\":1,\"f\":1,"
         "\"g\":1,\"h\":1,\"amount\":1}}",
         true, true},
        {"{" ATTRIBUTES "," TYPE ",\"data\":{\"a\":1,\"b\":1,\"c\":1,\"d\":1,\"e\":1,\"f\":1,"
         "\"g\":1,\"h\":1,\"i\":1,\"amount\":1}}",
         false, true},
        {"{" ATTRIBUTES "," TYPE ",\"data\":{\"amount\":1},\"x\":\"\\ud83d\\ude00\"}", false, true},
        {"", false, false},
    };
    struct cw_decoder *d = cw_decoder_new(&limits), *other = cw_decoder_new(&limits);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct cw_str text = {rows[i].text, strlen(rows[i].text)};
        if (is_straight(d, text) != rows[i].straight || agree(d, other, text) != rows[i].taken)
            fail_msg("%s", rows[i].text);
    }
    cw_decoder_free(other);
    cw_decoder_free(d);
}

static uint64_t rnd(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

/* Changes a byte, takes a piece out, or writes a piece over another one. */
static void damage(struct cw_buf *b, uint64_t *seed)
{
    static const char bits[] = "{}[]\",:\\0-e.9ntf\x80\xe8\xff";
    size_t at = rnd(seed) % b->n, from = rnd(seed) % b->n, n = 1 + rnd(seed) % 12;
    n = n < b->n - at ? n : b->n - at;
    n = n < b->n - from ? n : b->n - from;
    if (rnd(seed) % 3 == 0) {
        b->p[at] = bits[rnd(seed) % sizeof bits];
    } else if (rnd(seed) % 2) {
        memmove(b->p + at, b->p + at + n, b->n - at - n);
        b->n -= n;
    } else {
        memmove(b->p + at, b->p + from, n);
    }
}

static void damaged_events_differ_in_nothing(void **state)
{
    (void)state;
    uint64_t seed = UINT64_C(0x2b5d0f3c9e8a7146);
    struct cw_decoder *d = cw_decoder_new(&limits), *other = cw_decoder_new(&limits);
    struct cw_buf b = {0};
    size_t straight = 0, taken = 0;
    for (unsigned round = 0; round < 60000; round++) {
        (void)event_of(&b, (enum cw_event_type)(round % CW_EV_COUNT), ",\"x\":{\"type\":[1,2]}");
        damage(&b, &seed);
        struct cw_str text = {b.p, b.n};
        straight += is_straight(d, text);
        taken += agree(d, other, text);
    }
    assert_true(straight > 1000 && taken > 1000);
    cw_buf_free(&b);
    cw_decoder_free(other);
    cw_decoder_free(d);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_is_taken_straight),
        cmocka_unit_test(the_unusual_is_left_to_the_tree),
        cmocka_unit_test(damaged_events_differ_in_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
