/* The two readers of JSON: what each takes and with which code the library refuses the rest, after
 * the manner of JSONTestSuite (y: must be taken, n: must not, i: as we decided); and that wherever
 * both take a text they make one tree, of which damaged texts are tried by the thousand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "core/locate.h"
#include "core/scan.h"
#include "tests/support/json_equal.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

enum verdict { PLAIN = -2, LIBRARY = -1 /* from here on: a code */ };

#define DEEP_8 "[[[[[[[[1]]]]]]]]"
#define T(text, verdict)                                                                           \
    {                                                                                              \
        {text, sizeof(text) - 1}, (int)(verdict)                                                   \
    }
static const struct {
    struct cw_str text;
    int verdict;
} cases[] = {
    /* y: structure */
    T("{}", PLAIN),
    T("[]", PLAIN),
    T("[[] ]", PLAIN),
    T("[{}, []]", PLAIN),
    T(" \t\r\n[ 1 , 2 ] \n", PLAIN),
    T("{\"a\":1,\"b\":{\"a\":2}}", PLAIN),
    T("{\"\":0}", PLAIN),
    T("{\"ab\":0,\"cb\":1,\"aab\":2,\"\":3}", PLAIN),
    T("true", PLAIN),
    T("false", PLAIN),
    T("null", PLAIN),
    T("\"\"", PLAIN),
    T("\"a string longer than eight bytes, with 'quotes' and \x7f\"", PLAIN),
    T("[null,true,false,\"x\",-1,{\"n\":null}]", PLAIN),
    T(DEEP_8, PLAIN),
    T("[" DEEP_8 "]", LIBRARY),
    /* y: numbers */
    T("0", PLAIN),
    T("-0", PLAIN),
    T("-0.0", PLAIN),
    T("0.1", PLAIN),
    T("-12.75", PLAIN),
    T("123456789012345", PLAIN),
    T("0.00000000000001", PLAIN),
    T("1234567.89012345", PLAIN),
    T("1234567890123456", PLAIN),
    T("0.30000000000000004", PLAIN),
    T("123123123123123123123123123123", PLAIN),
    T("1e2", PLAIN),
    T("1E+2", PLAIN),
    T("0e1", PLAIN),
    T("-1.5e-3", PLAIN),
    T("1e-400", PLAIN),
    T("-0e-0", PLAIN),
    T("9007199254740993", PLAIN),
    T("1.7976931348623157e308", PLAIN),
    T("4.9e-324", PLAIN),
    /* y: strings */
    T("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", PLAIN),
    T("\"\\u0041\\u00e9\\u4e2D\\uFFFF and on\"", PLAIN),
    T("{\"\\u0061\":1,\"b\":2}", PLAIN),
    T("\"\xc3\xa9\xe4\xb8\xad\xf0\x9f\x98\x80\xef\xbf\xbf\"", PLAIN),
    T("\"\xe4\xb8\xad\\n\xe4\xb8\xad\"", PLAIN),
    T("\"\\ud83d\\ude00\"", LIBRARY),
    T("\"a\\u0000b\"", LIBRARY),
    /* n: structure */
    T("", CW_REJECT_NOT_JSON),
    T(" ", CW_REJECT_NOT_JSON),
    T("[", CW_REJECT_NOT_JSON),
    T("[1", CW_REJECT_NOT_JSON),
    T("[1,", CW_REJECT_NOT_JSON),
    T("[1,]", CW_REJECT_NOT_JSON),
    T("[,1]", CW_REJECT_NOT_JSON),
    T("[1 2]", CW_REJECT_NOT_JSON),
    T("[1}", CW_REJECT_NOT_JSON),
    T("[1]]", CW_REJECT_NOT_JSON),
    T("[1] x", CW_REJECT_NOT_JSON),
    T("[1]\0", CW_REJECT_NOT_JSON),
    T("{", CW_REJECT_NOT_JSON),
    T("{\"a\"}", CW_REJECT_NOT_JSON),
    T("{\"a\":}", CW_REJECT_NOT_JSON),
    T("{\"a\":1,}", CW_REJECT_NOT_JSON),
    T("{\"a\":1]", CW_REJECT_NOT_JSON),
    T("{\"a\" 1}", CW_REJECT_NOT_JSON),
    T("{a:1}", CW_REJECT_NOT_JSON),
    T("{1:1}", CW_REJECT_NOT_JSON),
    T("{'a':1}", CW_REJECT_NOT_JSON),
    T("[1]/**/", CW_REJECT_NOT_JSON),
    T("\v1", CW_REJECT_NOT_JSON),
    T("1\f", CW_REJECT_NOT_JSON),
    T("\xef\xbb\xbf{}", CW_REJECT_NOT_JSON),
    T("tru", CW_REJECT_NOT_JSON),
    T("truee", CW_REJECT_NOT_JSON),
    T("True", CW_REJECT_NOT_JSON),
    T("nul", CW_REJECT_NOT_JSON),
    T("NaN", CW_REJECT_NOT_JSON),
    T("Infinity", CW_REJECT_NOT_JSON),
    /* n: numbers */
    T("-", CW_REJECT_NOT_JSON),
    T("+1", CW_REJECT_NOT_JSON),
    T("01", CW_REJECT_NOT_JSON),
    T("-01", CW_REJECT_NOT_JSON),
    T("00", CW_REJECT_NOT_JSON),
    T("1.", CW_REJECT_NOT_JSON),
    T(".5", CW_REJECT_NOT_JSON),
    T("-.5", CW_REJECT_NOT_JSON),
    T("1.5.2", CW_REJECT_NOT_JSON),
    T("1e", CW_REJECT_NOT_JSON),
    T("1e+", CW_REJECT_NOT_JSON),
    T("1e+-2", CW_REJECT_NOT_JSON),
    T("1e2.5", CW_REJECT_NOT_JSON),
    T("1ee2", CW_REJECT_NOT_JSON),
    T("1.e2", CW_REJECT_NOT_JSON),
    T("0x10", CW_REJECT_NOT_JSON),
    T("1a", CW_REJECT_NOT_JSON),
    T("--1", CW_REJECT_NOT_JSON),
    T("1\xe4\xb8\xad", CW_REJECT_NOT_JSON),
    /* n: strings */
    T("\"", CW_REJECT_NOT_JSON),
    T("\"a", CW_REJECT_NOT_JSON),
    T("\"a long text that is not closed", CW_REJECT_NOT_JSON),
    T("\"\\\"", CW_REJECT_NOT_JSON),
    T("\"\\", CW_REJECT_NOT_JSON),
    T("\"\\x41\"", CW_REJECT_NOT_JSON),
    T("\"\\a\"", CW_REJECT_NOT_JSON),
    T("\"\\u004\"", CW_REJECT_NOT_JSON),
    T("\"\\u00g0\"", CW_REJECT_NOT_JSON),
    T("\"\\u", CW_REJECT_NOT_JSON),
    T("\"a\nb\"", CW_REJECT_NOT_JSON),
    T("\"\\n\tb\"", CW_REJECT_NOT_JSON),
    T("\"a\0b\"", CW_REJECT_NOT_JSON),
    T("\"a\x1f\"", CW_REJECT_NOT_JSON),
    /* i: surrogates that are no pair stand for nothing */
    T("\"\\ud83d\"", CW_REJECT_NOT_JSON),
    T("\"\\ude00\"", CW_REJECT_NOT_JSON),
    T("\"\\ud83d\\u0041\"", CW_REJECT_NOT_JSON),
    T("\"\\ud83dxxxde00\"", CW_REJECT_NOT_JSON),
    T("\"\\ude00\\ud83d\"", CW_REJECT_NOT_JSON),
    /* i: UTF-8 */
    T("\"\xff\"", CW_REJECT_NOT_UTF8),
    T("\"\xc3\"", CW_REJECT_NOT_UTF8),
    T("\"\xc0\xaf\"", CW_REJECT_NOT_UTF8),
    T("\"\xe0\x80\x80\"", CW_REJECT_NOT_UTF8),
    T("\"\xed\xa0\x80\"", CW_REJECT_NOT_UTF8),
    T("\"\xf4\x90\x80\x80\"", CW_REJECT_NOT_UTF8),
    T("\"\\n\xff\"", CW_REJECT_NOT_UTF8),
    T("[\xff]", CW_REJECT_NOT_UTF8),
    T("\"\xe4\xb8", CW_REJECT_NOT_UTF8),
    /* i: doubles, sizes, NUL in a name */
    T("{\"a\":1,\"a\":1}", CW_REJECT_DUPLICATE_MEMBER),
    T("{\"a\":1,\"\\u0061\":1}", CW_REJECT_DUPLICATE_MEMBER),
    T("{\"\":1,\"b\":2,\"\":1}", CW_REJECT_DUPLICATE_MEMBER),
    T("[{\"b\":1,\"a\":{},\"b\":1}]", CW_REJECT_DUPLICATE_MEMBER),
    T("1e400", CW_REJECT_OUT_OF_RANGE),
    T("-1e400", CW_REJECT_OUT_OF_RANGE),
    T("{\"a\\u0000\":1}", CW_REJECT_OUT_OF_RANGE),
};

static void judge(struct cw_str text, int verdict, const char *of)
{
    struct cw_json_room room = {0};
    struct cw_json_fault fault = {0};
    const struct cw_json *root, *either;
    const struct cw_json *plain = cw_json_plain(&room, text);
    int err = cw_json_library(&room, text, &root, &fault);
    if ((plain != NULL) != (verdict == PLAIN))
        fail_msg("%s: the plain reader %s it", of, plain ? "takes" : "leaves");
    if ((err == 0) != (verdict < 0) || (err && (int)fault.code != verdict))
        fail_msg("%s: the library says %d, %s", of, err, cw_reject_code_name(fault.code));
    if (plain && cw_json_differ(text, plain, root))
        fail_msg("%s: trees differ in %s", of, cw_json_differ(text, plain, root));
    assert_int_equal(cw_json_parse(&room, text, &either, &fault), err);
    cw_json_room_free(&room);
}

static void cases_are_judged(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        judge(cases[i].text, cases[i].verdict, cases[i].text.p);
}

/* An object of many members is the library's; so many objects are not. */
static void many_members_are_left(void **state)
{
    (void)state;
    struct cw_buf b = {0};
    for (unsigned n = 63; n <= 66; n++) {
        cw_buf_clear(&b);
        cw_buf_puts(&b, "[");
        for (unsigned k = 0; k < 3; k++) {
            for (unsigned i = 0; i < n; i++)
                cw_buf_printf(&b, "%c\"m%u\":%u", i ? ',' : '{', i, i);
            cw_buf_puts(&b, k < 2 ? "}," : "}]");
        }
        judge((struct cw_str){b.p, b.n}, n <= 64 ? PLAIN : LIBRARY, "many members");
    }
    cw_buf_free(&b);
}

static const char *const texts[] = {
    "{\"specversion\":\"1.0\",\"id\":\"e\\u4e2d\\/1\",\"source\":\"/"
    "b\",\"type\":\"billing.charge\","
    "\"subject\":\"C1\",\"time\":\"2026-03-02T02:00:00+08:00\",\"data\":{\"msisdn\":\"861371\","
    "\"amount\":-23.74,\"category\":\"sms\"}}",
    "{\"client_id\":\"g-1\",\"name\":\"\xe6\x99\xae\xe9\x99\x80\xf0\x9f\x98\x80\",\"snapshot\":"
    "true,"
    "\"lines\":[{\"msisdn\":\"1\",\"fee\":0.5},{\"msisdn\":\"2\"}],\"n\":null, \"\":[ ]}",
};

/* Bytes that mean something, put in each place of each text. */
static void damaged_texts_differ_in_nothing(void **state)
{
    (void)state;
    static const char puts[] = "\0\"\\{}[]:,-.e0u1\x1f \xff\xc3\x80\xed\xb8t";
    struct cw_json_room room = {0};
    struct cw_buf b = {0};
    size_t taken = 0;
    for (size_t t = 0; t < COUNT(texts); t++) {
        size_t n = strlen(texts[t]);
        for (size_t at = 0; at < n; at++) {
            for (size_t k = 0; k < 2 * sizeof puts; k++) {
                struct cw_json_fault fault;
                const struct cw_json *root;
                cw_buf_clear(&b);
                cw_buf_put(&b, texts[t], n);
                b.p[at] = puts[k / 2];
                if (k % 2) { /* or in its place a byte less */
                    memmove(b.p + at, b.p + at + 1, n - at - 1);
                    b.n--;
                }
                struct cw_str text = {b.p, b.n};
                const struct cw_json *plain = cw_json_plain(&room, text);
                if (plain && cw_json_library(&room, text, &root, &fault) != 0)
                    fail_msg("taken alone: %.*s", (int)b.n, b.p);
                if (plain && cw_json_differ(text, plain, root))
                    fail_msg("%s: %.*s", cw_json_differ(text, plain, root), (int)b.n, b.p);
                taken += plain != NULL;
                cw_json_room_clear(&room);
            }
        }
    }
    assert_true(taken > 1000);
    cw_buf_free(&b);
    cw_json_room_free(&room);
}

/* Members are found whatever was found before them. */
static void members_are_found_in_any_order(void **state)
{
    (void)state;
    struct cw_json_room room = {0};
    struct cw_json_fault fault;
    const struct cw_json *root;
    static const char *const names[] = {"c", "a", "no", "b", "ab", "", "abc", "a", "c"};
    static const double values[] = {3, 1, 0, 2, 4, 5, 0, 1, 3};
    assert_int_equal(
        cw_json_parse(&room, CW_STR("{\"a\":1,\"b\":2,\"c\":3,\"ab\":4,\"\":5}"), &root, &fault),
        0);
    const struct cw_json *hint = NULL;
    for (size_t i = 0; i < COUNT(names); i++) {
        const struct cw_json *v = cw_json_member(root, names[i]);
        assert_ptr_equal(v, cw_json_member_after(root, names[i], &hint));
        assert_true(values[i] > 0 ? v && v->number >= values[i] && v->number <= values[i] : !v);
    }
    assert_null(cw_json_member(cw_json_first(root), "a"));
    assert_null(cw_json_element(root, 0));
    cw_json_room_free(&room);
}

/* Every byte at every place of a run, and nothing behind the text is looked at. */
static void runs_end_where_their_bytes_say(void **state)
{
    (void)state;
    for (size_t n = 0; n < 3 * CW_SCAN_STEP; n++) {
        char *text = malloc(n + CW_SCAN_STEP), *exact = malloc(n ? n : 1);
        assert_true(text && exact);
        memset(text, 'a', n);
        memset(text + n, 0, CW_SCAN_STEP);
        memset(exact, 'a', n);
        assert_ptr_equal(cw_scan_plain(text), text + n);
        assert_ptr_equal(cw_scan_quote(exact, exact + n), exact + n);
        for (size_t at = 0; at < n; at++) {
            for (int byte = 0; byte < 256; byte++) {
                bool quote = byte == '"' || byte == '\\';
                bool plain = !quote && byte >= 0x20 && byte < 0x80;
                text[at] = exact[at] = (char)byte;
                assert_ptr_equal(cw_scan_plain(text), text + (plain ? n : at));
                assert_ptr_equal(cw_scan_quote(exact, exact + n), exact + (quote ? at : n));
            }
            text[at] = exact[at] = '"'; /* the first of two counts */
            if (at)
                text[at - 1] = exact[at - 1] = '\\';
            assert_ptr_equal(cw_scan_plain(text), text + (at ? at - 1 : 0));
            assert_ptr_equal(cw_scan_quote(exact, exact + n), exact + (at ? at - 1 : 0));
            memset(text, 'a', n);
            memset(exact, 'a', n);
        }
        free(text);
        free(exact);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(runs_end_where_their_bytes_say),
        cmocka_unit_test(cases_are_judged),
        cmocka_unit_test(many_members_are_left),
        cmocka_unit_test(damaged_texts_differ_in_nothing),
        cmocka_unit_test(members_are_found_in_any_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
