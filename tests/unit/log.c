/* Log lines as they reach standard error, in each of their forms, their limits, and that masks
 * hide. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "board/log_journal.h"
#include "board/log_limit.h"
#include "board/log_line.h"

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

/* Takes "time=2026-03-02T02:00:00.000Z " away from the beginning of each line. */
static char *timeless(char *text)
{
    char *to = text;
    for (const char *from = text; *from;) {
        int n = 0;
        assert_int_equal(sscanf(from, "time=%*4d-%*2d-%*2dT%*2d:%*2d:%*2d.%*3dZ %n", &n), 0);
        assert_int_equal(n, strlen("time=2026-03-02T02:00:00.000Z "));
        size_t line = strcspn(from + n, "\n") + 1;
        memmove(to, from + n, line);
        to += line;
        from += (size_t)n + line;
    }
    *to = '\0';
    return text;
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
    assert_string_equal(timeless(out),
                        "level=warning event=shard_stopped shard=3 reason=\"say \\\"no\\\"\"\n"
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
    assert_string_equal(timeless(out), "level=error event=heard n=2\n");
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
    /* And what was held back is told in the end, once. */
    catch_stderr();
    cw_log_settle(false); /* The window is not over. */
    cw_log_settle(true);
    cw_log_settle(true);
    release_stderr(out, sizeof out);
    assert_string_equal(timeless(out), "level=info event=suppressed suppressed=20 of=again\n");
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
    struct cw_log_place *a = cw_log_place_of(&p, file, 1);
    assert_ptr_equal(cw_log_place_of(&p, file, 1), a);
    assert_ptr_not_equal(cw_log_place_of(&p, file, 2), a);
    assert_ptr_not_equal(cw_log_place_of(&p, other, 1), a);
    for (int i = 0; i < 2 * CW_LOG_PLACES; i++)
        assert_non_null(cw_log_place_of(&p, file, i));
    assert_ptr_equal(cw_log_place_of(&p, file, 1), a);
}

static void a_place_gone_quiet_is_found_once(void **state)
{
    (void)state;
    static struct cw_log_places p;
    struct cw_log_place found;
    struct cw_log_place *a = cw_log_place_of(&p, "a.c", 1);
    a->limit = (struct cw_log_limit){.since = 5, .lines = CW_LOG_LINES, .held_back = 3};
    (void)cw_log_place_of(&p, "a.c", 2);
    assert_false(cw_log_places_quiet(&p, 5 + CW_LOG_WINDOW - 1, &found));
    assert_true(cw_log_places_quiet(&p, 5 + CW_LOG_WINDOW, &found));
    assert_int_equal(found.line, 1);
    assert_int_equal(found.limit.held_back, 3);
    assert_false(cw_log_places_quiet(&p, INT64_MAX, &found));
}

/* ---- forms ---- */

static const struct cw_log_line torn = {.at = INT64_C(1772416800123456),
                                        .level = CW_LOG_ERROR,
                                        .file = "daemon/x.c",
                                        .line = 7,
                                        .event = "shard_stopped",
                                        .suppressed = 4,
                                        .fields =
                                            "shard=3 reason=\"say \\\"no\\\"\\x0aoff\" x.y=c:1"};

static void written(const struct cw_log_line *l,
                    void (*form)(const struct cw_log_line *, struct cw_buf *), const char *expected)
{
    struct cw_buf b = {0};
    form(l, &b);
    cw_buf_put(&b, "", 1);
    assert_false(b.failed);
    assert_string_equal(b.p, expected);
    cw_buf_free(&b);
}

static void one_line_in_each_form(void **state)
{
    (void)state;
    written(&torn, cw_log_write_logfmt,
            "time=2026-03-02T02:00:00.123Z level=error event=shard_stopped suppressed=4 shard=3 "
            "reason=\"say \\\"no\\\"\\x0aoff\" x.y=c:1");
    written(
        &torn, cw_log_write_json,
        "{\"time\":\"2026-03-02T02:00:00.123Z\",\"level\":\"error\",\"event\":\"shard_stopped\","
        "\"suppressed\":\"4\",\"shard\":\"3\",\"reason\":\"say "
        "\\\"no\\\"\\noff\",\"x.y\":\"c:1\"}");
}

static void the_journal_gets_fields(void **state)
{
    (void)state;
    static const char *const expected[] = {
        ("MESSAGE=event=shard_stopped suppressed=4 shard=3 reason=\"say \\\"no\\\"\\x0aoff\" "
         "x.y=c:1"),
        "PRIORITY=3",
        "CW_EVENT=shard_stopped",
        "CODE_FILE=daemon/x.c",
        "CODE_LINE=7",
        "CW_SHARD=3",
        "CW_REASON=say \"no\"\noff",
        "CW_X_Y=c:1",
    };
    struct iovec fields[CW_LOG_FIELDS_MOST];
    struct cw_buf b = {0};
    assert_int_equal(cw_log_journal_fields(&torn, &b, fields), sizeof expected / sizeof *expected);
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        assert_int_equal(fields[i].iov_len, strlen(expected[i]));
        assert_memory_equal(fields[i].iov_base, expected[i], fields[i].iov_len);
    }
    cw_buf_free(&b);
}

/* More pairs than the journal takes are cut at the bound, not beyond it. */
static void pairs_are_bounded(void **state)
{
    (void)state;
    static char many[1200];
    struct iovec fields[CW_LOG_FIELDS_MOST];
    struct cw_buf b = {0};
    for (int i = 0; i < 100; i++)
        (void)snprintf(many + strlen(many), sizeof many - strlen(many), "key%d=%d ", i, i);
    struct cw_log_line l = torn;
    l.fields = many;
    assert_int_equal(cw_log_journal_fields(&l, &b, fields), CW_LOG_FIELDS_MOST);
    cw_buf_free(&b);
}

/* Any bytes at all, as a value quoted or not, are valid JSON on one line, and what is UTF-8 comes
 * through as it was. */
static void json_is_valid_for_any_bytes(void **state)
{
    (void)state;
    uint32_t random = 1;
    for (int round = 0; round < 20000; round++) {
        char bytes[65], quoted[300], fields[500];
        for (size_t i = 0; i < sizeof bytes - 1; i++) {
            random = random * 1664525 + 1013904223;
            bytes[i] = (char)(random >> 24 ? random >> 24 : 1);
        }
        bytes[sizeof bytes - 1] = '\0';
        cw_log_quote(bytes, quoted, (size_t)(round % (int)sizeof quoted));
        (void)snprintf(fields, sizeof fields, "q=%s %s", round % 2 ? quoted : "", bytes);
        struct cw_log_line l = torn;
        struct cw_buf b = {0};
        l.fields = fields;
        cw_log_write_json(&l, &b);
        assert_false(b.failed);
        assert_null(memchr(b.p, '\n', b.n));
        json_error_t error;
        json_t *line = json_loadb(b.p, b.n, JSON_ALLOW_NUL, &error);
        if (!line)
            fail_msg("%s: %.*s", error.text, (int)b.n, b.p);
        json_decref(line);
        cw_buf_free(&b);
    }
}

static void json_keeps_what_is_utf8(void **state)
{
    (void)state;
    static char out[4096];
    char quoted[64];
    cw_log_format_set(CW_LOG_JSON);
    catch_stderr();
    cw_log(CW_LOG_INFO, "texts", "name=%s", cw_log_quote("上海 \xff", quoted, sizeof quoted));
    release_stderr(out, sizeof out);
    assert_non_null(strstr(out, "\"name\":\"上海 \xef\xbf\xbd\"}\n"));
    cw_log_format_set(CW_LOG_LOGFMT);
}

static void the_journal_is_known_by_its_stream(void **state)
{
    (void)state;
    char name[64];
    struct stat is;
    FILE *stream = tmpfile();
    assert_non_null(stream);
    assert_int_equal(fstat(fileno(stream), &is), 0);
    assert_int_equal(unsetenv("JOURNAL_STREAM"), 0);
    assert_false(cw_log_is_journal(fileno(stream)));
    (void)snprintf(name, sizeof name, "%llu:%llu", (unsigned long long)is.st_dev,
                   (unsigned long long)is.st_ino);
    assert_int_equal(setenv("JOURNAL_STREAM", name, 1), 0);
    assert_true(cw_log_is_journal(fileno(stream)));
    (void)snprintf(name, sizeof name, "%llu:%llu", (unsigned long long)is.st_dev,
                   (unsigned long long)is.st_ino + 1);
    assert_int_equal(setenv("JOURNAL_STREAM", name, 1), 0);
    assert_false(cw_log_is_journal(fileno(stream)));
    assert_int_equal(unsetenv("JOURNAL_STREAM"), 0);
    (void)fclose(stream);
}

static void without_a_journal_lines_go_to_stderr(void **state)
{
    (void)state;
    char out[4096];
    if (cw_log_journal_listens())
        skip(); /* This machine's journal would take it. */
    cw_log_format_set(CW_LOG_JOURNAL);
    catch_stderr();
    cw_log(CW_LOG_INFO, "homeless", "n=%d", 1);
    release_stderr(out, sizeof out);
    assert_string_equal(timeless(out), "level=info event=homeless n=1\n");
    cw_log_format_set(CW_LOG_AUTO);
    catch_stderr();
    cw_log(CW_LOG_INFO, "plain", "n=%d", 2);
    release_stderr(out, sizeof out);
    assert_string_equal(timeless(out), "level=info event=plain n=2\n");
}

/* ---- what is hidden ---- */

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
        cmocka_unit_test(a_place_gone_quiet_is_found_once),
        cmocka_unit_test(one_line_in_each_form),
        cmocka_unit_test(the_journal_gets_fields),
        cmocka_unit_test(pairs_are_bounded),
        cmocka_unit_test(json_is_valid_for_any_bytes),
        cmocka_unit_test(json_keeps_what_is_utf8),
        cmocka_unit_test(the_journal_is_known_by_its_stream),
        cmocka_unit_test(without_a_journal_lines_go_to_stderr),
        cmocka_unit_test(masks_hide_and_are_stable),
        cmocka_unit_test(quotes_escape_and_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
