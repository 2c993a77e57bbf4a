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
        {"g-580-0042", "g-…42"}, {"abcd", "…"}, {"abcde", "ab…de"}, {"", ""}};
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

static void test_quoted(void **state)
{
    static const struct row rows[] = {
        {"/subject: \"g-580-0042\", but the message's key is \"g-580-0043\", at byte 16",
         "/subject: \"g-…42\", but the message's key is \"g-…43\", at byte 16"},
        {"\"a\"b-c-d\", but the message has no key", "\"a\"…-d\", but the message has no key"},
        {"cut: \"g-580-0042", "cut: \"g-…42"},
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
