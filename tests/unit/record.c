/* A task record into hash members: every kind of value, and texts that are no record. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "delivery/record.h"

#define HEAD                                                                                       \
    "{\"task_id\":\"t-1\",\"manager\":\"am1\",\"state\":\"open\",\"version\":3,\"priority\":871"

static struct cw_str str(const char *text)
{
    return (struct cw_str){text, strlen(text)};
}

static void test_values(void **state)
{
    (void)state;
    static const struct {
        const char *json, *bare;
        size_t n;
    } rows[] = {
        {"\"plain\"", "plain", 5},
        {"\"\"", "", 0},
        {"\"a\\\"b\\\\c\\/d\\n\\t\\b\\f\\r\"", "a\"b\\c/d\n\t\b\f\r", 12},
        {"\"\\u4e09\\u00e9\\u0041\"",
         "\xe4\xb8\x89\xc3\xa9"
         "A",
         6},
        {"\"\\ud83d\\ude00\"", "\xf0\x9f\x98\x80", 4},
        {"\"a\\u0000b\"", "a\0b", 3},
        {"12.40", "12.40", 5},
        {"-0.0001", "-0.0001", 7},
        {"123456789012345678901234567890", "123456789012345678901234567890", 30},
        {"1e5", "1e5", 3},
        {"true", "true", 4},
        {"false", "false", 5},
        {"null", "", 0},
        {"{\"a\": [1.50, \"]}\\\"\"]}", "{\"a\": [1.50, \"]}\\\"\"]}", 21},
        {"[]", "[]", 2},
        {" [ {} ] ", "[ {} ]", 6},
    };
    struct cw_task_record r = {0};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char json[512];
        struct cw_errbuf eb;
        (void)snprintf(json, sizeof json, HEAD ", \"x\" : %s}", rows[i].json);
        assert_int_equal(cw_record_split(str(json), &r, &eb), 0);
        struct cw_str x = cw_record_member(&r, "x");
        assert_int_equal(x.n, rows[i].n);
        assert_memory_equal(x.p, rows[i].bare, x.n);
        assert_int_equal(r.n_pieces, 12);
        assert_int_equal(r.due_s, -1);
    }
    cw_record_free(&r);
}

static void test_due(void **state)
{
    (void)state;
    struct cw_task_record r = {0};
    struct cw_errbuf eb;
    assert_int_equal(
        cw_record_split(str(HEAD ",\"due_at\":\"2026-03-02T02:00:00+08:00\"}"), &r, &eb), 0);
    assert_int_equal(r.due_s, 1772388000);
    assert_int_equal(cw_record_split(str(HEAD ",\"due_at\":null}"), &r, &eb), 0);
    assert_int_equal(r.due_s, -1);
    assert_int_equal(cw_record_split(str(HEAD ",\"due_at\":\"soon\"}"), &r, &eb), -CW_E_INVALID);
    cw_record_free(&r);
}

static void test_no_records(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "",
        "[]",
        "null",
        "{}",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1",
        HEAD,
        HEAD ",}",
        HEAD "}x",
        HEAD ",\"x\":\"",
        HEAD ",\"x\":\"\\",
        HEAD ",\"x\":\"\\q\"}",
        HEAD ",\"x\":\"\\u12\"}",
        HEAD ",\"x\":\"\\ud83d\"}",
        HEAD ",\"x\":\"\\ude00\"}",
        HEAD ",\"x\":yes}",
        HEAD ",\"x\":[1,2}",
        HEAD ",\"escalated_to\":\"a b\"}",
        HEAD ",\"version\":4}",
        HEAD ",\"x\":1,\"y\":2,\"x\":1}",
        /* What people write, and deliveries. */
        HEAD ",\"note\":\"erased\"}",
        HEAD ",\"delivered_at\":null}",
        HEAD ",\"desk\":\"claimed\"}",
        HEAD ",\"desk_rev\":7}",
        "{\"task_id\":\"t 1\",\"manager\":\"am1\",\"state\":\"open\",\"version\":3,\"priority\":1}",
        "{\"task_id\":\"t-1\",\"manager\":\"am:1\",\"state\":\"open\",\"version\":3,\"priority\":"
        "1}",
        "{\"task_id\":\"t-1\",\"manager\":\"am1\",\"version\":3,\"priority\":1}",
        "{\"task_id\":\"t-1\",\"manager\":\"am1\",\"state\":\"open\",\"version\":-3,\"priority\":"
        "1}",
        "{\"task_id\":\"t-1\",\"manager\":\"am1\",\"state\":\"open\",\"version\":3,\"priority\":1."
        "5}",
    };
    struct cw_task_record r = {0};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct cw_errbuf eb;
        /* A copy of exactly that size, so that a byte read beyond it is seen by the sanitizer. */
        size_t n = strlen(rows[i]);
        char *copy = malloc(n + 1);
        assert_non_null(copy);
        memcpy(copy, rows[i], n);
        char *exact = realloc(copy, n ? n : 1);
        if (cw_record_split((struct cw_str){exact, n}, &r, &eb) != -CW_E_INVALID)
            fail_msg("accepted: %s", rows[i]);
        free(exact);
    }
    assert_int_equal(cw_record_split((struct cw_str){0}, &r, NULL), -CW_E_INVALID);
    cw_record_free(&r);
}

/* More members than a record may have. */
static void test_too_many(void **state)
{
    (void)state;
    struct cw_buf b = {0};
    struct cw_task_record r = {0};
    cw_buf_puts(&b, HEAD);
    for (int i = 5; i < CW_RECORD_MEMBERS_MOST; i++)
        cw_buf_printf(&b, ",\"m%d\":%d", i, i);
    size_t most = b.n;
    cw_buf_puts(&b, "}");
    assert_int_equal(cw_record_split((struct cw_str){b.p, b.n}, &r, NULL), 0);
    b.n = most;
    cw_buf_puts(&b, ",\"one\":1}");
    assert_int_equal(cw_record_split((struct cw_str){b.p, b.n}, &r, NULL), -CW_E_INVALID);
    cw_buf_free(&b);
    cw_record_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_due),
        cmocka_unit_test(test_no_records),
        cmocka_unit_test(test_too_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
