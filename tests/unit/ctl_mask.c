/* What lists show of clients: rows of texts and what is left of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "ctl/mask.h"

struct row {
    const char *text, *masked;
};

static void check(void (*mask)(struct cw_buf *b, struct cw_str s), const struct row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct cw_buf b = {0};
        mask(&b, (struct cw_str){rows[i].text, strlen(rows[i].text)});
        cw_buf_put(&b, "", 1);
        assert_string_equal(b.p, rows[i].masked);
        cw_buf_free(&b);
    }
}

static void test_ids(void **state)
{
    static const struct row rows[] = {
        {"g-580-0042", "g-…42"}, {"abcd", "…"}, {"abcde", "ab…de"}, {"王小明", "…"}, {"", ""}};
    (void)state;
    check(cw_mask_id, rows, sizeof rows / sizeof *rows);
}

static void test_numbers(void **state)
{
    static const struct row rows[] = {{"found 8613500000001, then 10010", "found …01, then 10010"},
                                      {"8613500000001", "…01"},
                                      {"2026-03-02 at byte 123456", "2026-03-02 at byte 123456"},
                                      {"1234567", "…67"},
                                      {"", ""}};
    (void)state;
    check(cw_mask_numbers, rows, sizeof rows / sizeof *rows);
}

/* Reasons as core/ and engine/ write them. */
static void test_quoted(void **state)
{
    static const struct row rows[] = {
        {"/subject: \"g-580-0042\", but the message's key is \"g-580-0043\", at byte 16",
         "/subject: \"g-…42\", but the message's key is \"g-…43\", at byte 16"},
        {"/subject: \"g-42\", but the message's key is \"g-580-00",
         "/subject: \"…\", but the message's key is \"g-…00"},
        {"\"a\"b-c-d\", but the message has no key", "\"…\", but the message has no key"},
        {"\"王, (\"小\")明\", but the message's key is no UTF-8, at byte 9",
         "\"…\", but the message's key is no UTF-8, at byte 9"},
        {"cut: \"g-580-0042", "cut: \"g-…42"},
        {"/data/msisdn: expected 1 to 15 digits, found \"139-5800-1234\", at byte 90",
         "/data/msisdn: expected 1 to 15 digits, found \"13…34\", at byte 90"},
        {"/kind: expected one of individual, group, found \"王小明\", at byte 8",
         "/kind: expected one of individual, group, found \"…\", at byte 8"},
        {"/name (from /客户): expected 1 to 256 bytes of text without NUL, found 300: "
         "\"舟山远洋渔业有限公司...\", at byte 8",
         "/name (from /客户): expected 1 to 256 bytes of text without NUL, found 300: \"…..\", at "
         "byte 8"},
        {"/vip: the profile's map has no \"陈\", \"明\", at byte 8",
         "/vip: the profile's map has no \"…\", at byte 8"},
        {"/to: no manager \"张经理\" in manager.profiles; make the move again once there is one "
         "(asked for by the desk of am01 for task t-1)",
         "/to: no manager \"…\" in manager.profiles; make the move again once there is one "
         "(asked for by the desk of am01 for task t-1)"},
        {"/data/x: expected an RFC 3339 time, found \"\", at byte 8",
         "/data/x: expected an RFC 3339 time, found \"\", at byte 8"},
        {"string or '}' expected near '王小明', at byte 1",
         "string or '}' expected near '…', at byte 1"},
        {"unexpected newline near '\"it's 139-5800', at byte 1",
         "unexpected newline near '\"i…00', at byte 1"},
        {"'[' or '{' expected near '139-5800", "'[' or '{' expected near '13…00"},
        {"'}' expected near end of file, at byte 1", "'}' expected near end of file, at byte 1"},
        {"none", "none"},
        {"", ""}};
    (void)state;
    check(cw_mask_quoted, rows, sizeof rows / sizeof *rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ids),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_quoted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
