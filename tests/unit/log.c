/* Log lines as they reach standard error, their limits, and that masks hide. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/log.h"
#include "daemon/log_limit.h"

static FILE *caught;
static int real_stderr;

static void catch_stderr(void)
{
    caught = tmpfile();
    assert_non_null(caught);
    real_stderr = dup(STDERR_FILENO);
    assert_true(dup2(fileno(caught), STDERR_FILENO) >= 0);
}

static void release_stderr(char *out, size_t size)
{
    assert_true(dup2(real_stderr, STDERR_FILENO) >= 0);
    (void)close(real_stderr);
    rewind(caught);
    size_t n = fread(out, 1, size - 1, caught);
    out[n] = '\0';
    (void)fclose(caught);
}

static int lines_in(const char *text)
{
    int n = 0;
    for (; *text; text++)
        n += *text == '\n';
    return n;
}

static void one_line_one_event(void **state)
{
    (void)state;
    char out[4096], quoted[64];
    catch_stderr();
    cw_log(CW_LOG_WARNING, "shard_stopped", "shard=%d reason=%s", 3,
           cw_log_quote("say \"no\"", quoted, sizeof quoted));
    cw_log(CW_LOG_INFO, "bad_value", "value=%s", "two\nlines\x1b[2J");
    release_stderr(out, sizeof out);
    assert_string_equal(out, "level=warning event=shard_stopped shard=3 reason=\"say \\\"no\\\"\"\n"
                             "level=info event=bad_value value=two?lines?[2J\n");
}

static void long_lines_are_cut(void **state)
{
    (void)state;
    static char out[8192], value[5000];
    memset(value, 'x', sizeof value - 1);
    catch_stderr();
    cw_log(CW_LOG_ERROR, "long", "value=%s", value);
    release_stderr(out, sizeof out);
    assert_int_equal(lines_in(out), 1);
    assert_true(strlen(out) <= 2048);
    assert_int_equal(out[strlen(out) - 1], '\n');
}

static void levels_silence(void **state)
{
    (void)state;
    char out[4096];
    catch_stderr();
    cw_log_level_set(CW_LOG_ERROR);
    cw_log(CW_LOG_WARNING, "unheard", "n=%d", 1);
    cw_log(CW_LOG_ERROR, "heard", "n=%d", 2);
    cw_log_level_set(CW_LOG_INFO);
    cw_log(CW_LOG_DEBUG, "unheard", "n=%d", 3);
    release_stderr(out, sizeof out);
    assert_string_equal(out, "level=error event=heard n=2\n");
}

static void a_place_that_repeats_is_held_back(void **state)
{
    (void)state;
    char out[4096];
    catch_stderr();
    for (int i = 0; i < 30; i++)
        cw_log(CW_LOG_INFO, "again", "i=%d", i);
    cw_log(CW_LOG_INFO, "elsewhere", "i=%d", 0);
    release_stderr(out, sizeof out);
    assert_int_equal(lines_in(out), CW_LOG_LINES + 1);
    assert_non_null(strstr(out, "event=elsewhere"));
}

static void what_was_held_back_is_told(void **state)
{
    (void)state;
    struct cw_log_limit l = {0};
    uint32_t held_back = 99;
    for (int i = 0; i < CW_LOG_LINES; i++)
        assert_true(cw_log_limit_pass(&l, 5, &held_back));
    assert_int_equal(held_back, 0);
    for (int i = 0; i < 7; i++)
        assert_false(cw_log_limit_pass(&l, 5 + CW_LOG_WINDOW - 1, &held_back));
    assert_true(cw_log_limit_pass(&l, 5 + CW_LOG_WINDOW, &held_back));
    assert_int_equal(held_back, 7);
    assert_true(cw_log_limit_pass(&l, 5 + CW_LOG_WINDOW, &held_back));
    assert_int_equal(held_back, 0);
}

static void places_are_told_apart(void **state)
{
    (void)state;
    static struct cw_log_places p;
    static const char file[] = "a.c", other[] = "b.c";
    struct cw_log_limit *a = cw_log_limit_of(&p, file, 1);
    assert_ptr_equal(cw_log_limit_of(&p, file, 1), a);
    assert_ptr_not_equal(cw_log_limit_of(&p, file, 2), a);
    assert_ptr_not_equal(cw_log_limit_of(&p, other, 1), a);
    for (int i = 0; i < 2 * CW_LOG_PLACES; i++)
        assert_non_null(cw_log_limit_of(&p, file, i));
    assert_ptr_equal(cw_log_limit_of(&p, file, 1), a);
}

static void masks_hide_and_are_stable(void **state)
{
    (void)state;
    char a[24], b[24], c[24];
    struct cw_str id = CW_STR("8613500000042");
    cw_log_mask(id, a);
    assert_string_equal(cw_log_mask(id, b), a);
    assert_string_not_equal(cw_log_mask(CW_STR("8613500000142"), c), a);
    assert_null(strstr(a, "86135"));
    assert_memory_equal(a, "c:", 2);
    assert_string_equal(a + 10, "..42");
    /* Of a short id the end would tell too much. */
    assert_string_equal(cw_log_mask(CW_STR("10010"), b) + 10, "..");
    /* Nothing in an id breaks a line or a value. */
    assert_string_equal(cw_log_mask(CW_STR("abcdef\n\""), b) + 10, "..??");
}

static void quotes_escape_and_fit(void **state)
{
    (void)state;
    char out[16];
    assert_string_equal(cw_log_quote("a b", out, sizeof out), "\"a b\"");
    assert_string_equal(cw_log_quote("a\nb\\", out, sizeof out), "\"a\\x0ab\\\\\"");
    for (size_t size = 1; size <= sizeof out; size++) {
        memset(out, '#', sizeof out);
        cw_log_quote("\n\n\n\n\"\"\"\"\"\"", out, size);
        assert_true(strnlen(out, size) < size);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_line_one_event),
        cmocka_unit_test(long_lines_are_cut),
        cmocka_unit_test(levels_silence),
        cmocka_unit_test(a_place_that_repeats_is_held_back),
        cmocka_unit_test(what_was_held_back_is_told),
        cmocka_unit_test(places_are_told_apart),
        cmocka_unit_test(masks_hide_and_are_stable),
        cmocka_unit_test(quotes_escape_and_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
