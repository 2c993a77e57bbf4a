/* Text for people: cleaning, widths, tables that line up and give way. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/text.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static struct cw_str str(const char *text)
{
    return (struct cw_str){text, strlen(text)};
}

static void cleaning_and_width(void **state)
{
    (void)state;
    static const struct {
        const char *text, *clean;
        size_t width;
    } rows[] = {
        {"", "", 0},
        {"plain", "plain", 5},
        {"舟山 A1", "舟山 A1", 7},
        {"\x1b[2J", "?[2J", 4},
        {"a\nb\tc\x7f", "a?b?c?", 6},
        {"\xc2\x9b"
         "2J",
         "?2J", 3}, /* The one-character form of ESC [. */
        {"\xff\xe8\x88", "???", 3},
        {"e\xcc\x81", "e\xcc\x81", 1}, /* A combining accent. */
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct cw_buf b = {0};
        cw_text_clean(&b, str(rows[i].text));
        assert_int_equal(cw_text_width((struct cw_str){b.p, b.n}), rows[i].width);
        cw_buf_u8(&b, 0);
        assert_string_equal(b.p, rows[i].clean);
        cw_buf_free(&b);
    }
    assert_int_equal(cw_text_fit(str("舟山港"), 5), 6);
    assert_int_equal(cw_text_fit(str("舟山港"), 6), 9);
    assert_int_equal(cw_text_fit(str("ab"), 0), 0);
}

static void check_table(const struct cw_table *t, size_t width, const char *expected)
{
    char *printed = NULL;
    size_t n;
    FILE *out = open_memstream(&printed, &n);
    assert_non_null(out);
    cw_table_print(t, width, out);
    assert_int_equal(fclose(out), 0);
    assert_string_equal(printed, expected);
    free(printed);
}

static void tables_line_up(void **state)
{
    (void)state;
    struct cw_table t = {.columns = 3, .right = 1 << 1};
    static const char *const cells[] = {"客户", "n", "headline", "x", "", "消费突降"};
    for (size_t i = 0; i < COUNT(cells); i++)
        cw_table_text(&t, cells[i]);
    cw_table_text(&t, "long name");
    cw_table_count(&t, -12);
    cw_table_text(&t, "");
    check_table(&t, 0,
                "客户         n  headline\n"
                "x               消费突降\n"
                "long name  -12  \n");
    check_table(&t, 22,
                "客户         n  headl…\n"
                "x               消费…\n"
                "long name  -12  \n");
    cw_table_free(&t);
}

static int use_utf8(void **state)
{
    (void)state;
    return setlocale(LC_CTYPE, "C.UTF-8") ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cleaning_and_width),
        cmocka_unit_test(tables_line_up),
    };
    return cmocka_run_group_tests(tests, use_utf8, NULL);
}
