/* Lines of plain and compressed files, and what a line tells before it is parsed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "ctl/lines/lines.h"
#include "ctl/lines/members.h"
#include "ctl/replay/refused.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static char path[] = "/tmp/cw-lines-XXXXXX";

static int make_file(void **state)
{
    (void)state;
    int fd = mkstemp(path);
    return fd < 0 ? -1 : close(fd);
}

static int drop_file(void **state)
{
    (void)state;
    return unlink(path);
}

static void write_file(const void *bytes, size_t n)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
}

/* A gzip member or zstd frame of the text, appended to b. */
static void add_gzip(struct cw_buf *b, const char *text, size_t n)
{
    z_stream z = {0};
    assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
    size_t room = deflateBound(&z, n);
    z.next_in = (Bytef *)(uintptr_t)text;
    z.avail_in = (unsigned)n;
    z.next_out = (Bytef *)cw_buf_room(b, room);
    z.avail_out = (unsigned)room;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    b->n += room - z.avail_out;
    assert_int_equal(deflateEnd(&z), Z_OK);
}

static void add_zstd(struct cw_buf *b, const char *text, size_t n)
{
    size_t room = ZSTD_compressBound(n);
    char *to = cw_buf_room(b, room);
    size_t made = ZSTD_compress(to, room, text, n, 3);
    assert_false(ZSTD_isError(made));
    b->n += made;
}

static void add_plain(struct cw_buf *b, const char *text, size_t n)
{
    cw_buf_put(b, text, n);
}

static const struct {
    const char *name;
    void (*add)(struct cw_buf *b, const char *text, size_t n);
} codings[] = {{"plain", add_plain}, {"gzip", add_gzip}, {"zstd", add_zstd}};

/* 60,000 lines, about 6 MB: many blocks, lines across their borders, one line longer than any. */
static void long_text(struct cw_buf *b)
{
    for (int i = 0; i < 60000; i++) {
        cw_buf_printf(b, "%d", i);
        for (int k = 0; k < (i == 777 ? 3000000 : i % 100); k++)
            cw_buf_u8(b, (uint8_t)('a' + (i * 7 + k % 1000 * (k % 1000)) % 26));
        cw_buf_puts(b, "\n");
    }
}

static void check_long_lines(const struct cw_buf *text, const char *coding)
{
    struct cw_lines *l;
    struct cw_str line;
    struct cw_errbuf eb = {""};
    size_t at = 0;
    int got;
    if (cw_lines_open(path, &l, &eb) != 0)
        fail_msg("%s: %s", coding, eb.text);
    while ((got = cw_lines_next(l, &line, &eb)) > 0) {
        assert_true(at + line.n < text->n);
        assert_memory_equal(line.p, text->p + at, line.n);
        at += line.n + 1;
        assert_int_equal(text->p[at - 1], '\n');
    }
    if (got)
        fail_msg("%s: %s", coding, eb.text);
    assert_int_equal(at, text->n);
    assert_int_equal(cw_lines_number(l), 60000);
    assert_true(cw_lines_share(l) == 1);
    cw_lines_close(l);
}

static void every_line_comes_back(void **state)
{
    (void)state;
    struct cw_buf text = {0}, file = {0};
    long_text(&text);
    for (size_t i = 0; i < COUNT(codings); i++) {
        /* In two pieces, as tools that append leave it. */
        cw_buf_clear(&file);
        codings[i].add(&file, text.p, text.n / 3);
        codings[i].add(&file, text.p + text.n / 3, text.n - text.n / 3);
        assert_false(file.failed);
        write_file(file.p, file.n);
        check_long_lines(&text, codings[i].name);
    }
    cw_buf_free(&text);
    cw_buf_free(&file);
}

static void lines_of_small_files(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *lines; /* each in brackets */
    } rows[] = {
        {"", ""},
        {"\n", ""},
        {"a", "[a]"},
        {"a\n", "[a]"},
        {"\n\na\n\nb", "[a][b]"},
        {"a\r\n\r\nb\r\n", "[a\r][b\r]"},
        {" \n", "[ ]"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct cw_lines *l;
        struct cw_str line;
        struct cw_buf got = {0};
        write_file(rows[i].text, strlen(rows[i].text));
        assert_int_equal(cw_lines_open(path, &l, NULL), 0);
        while (cw_lines_next(l, &line, NULL) > 0)
            cw_buf_printf(&got, "[%.*s]", (int)line.n, line.p);
        cw_buf_u8(&got, 0);
        assert_string_equal(got.p, rows[i].lines);
        cw_buf_free(&got);
        cw_lines_close(l);
    }
}

static int read_to_end(struct cw_errbuf *eb)
{
    struct cw_lines *l;
    struct cw_str line;
    int got = cw_lines_open(path, &l, eb);
    if (got)
        return got;
    while ((got = cw_lines_next(l, &line, eb)) > 0)
        ;
    cw_lines_close(l);
    return got;
}

static void damage_is_told(void **state)
{
    (void)state;
    struct cw_buf file = {0};
    struct cw_errbuf eb = {""};
    for (size_t i = 1; i < COUNT(codings); i++) {
        cw_buf_clear(&file);
        codings[i].add(&file, "one\ntwo\n", 8);
        write_file(file.p, file.n - 3);
        assert_int_equal(read_to_end(&eb), -CW_E_IO);
        assert_non_null(strstr(eb.text, "cut short"));
        file.p[file.n / 2] ^= 0x7f;
        file.p[5] ^= 0x7f;
        write_file(file.p, file.n);
        assert_int_equal(read_to_end(&eb), -CW_E_IO);
        assert_non_null(strstr(eb.text, codings[i].name));
    }
    cw_buf_free(&file);
    assert_int_equal(cw_lines_open("/nonexistent/file", &(struct cw_lines *){NULL}, &eb), -CW_E_IO);
    assert_non_null(strstr(eb.text, "/nonexistent/file: No such file"));
}

static struct cw_str str(const char *text)
{
    return (struct cw_str){text, strlen(text)};
}

static void members_without_parsing(void **state)
{
    (void)state;
    static const struct {
        const char *line, *text; /* text NULL: none */
    } rows[] = {
        {"{\"subject\":\"g1\"}", "g1"},
        {"{\"data\":{\"subject\":\"no\"},\"subject\" : \"g2\" }", "g2"},
        {"{\"x\":\"\\\"subject\\\":\",\"subject\":\"g3\"}", "g3"},
        {"{\"x\":\"ends in one \\\\\",\"subject\":\"g5\"}", "g5"},
        {"{\"x\":\"\\\\\\\",\\\"\",\"subject\":\"g6\"}", "g6"},
        {"{\"subject\":\"g\\u0034\\n\"}", "g4\n"},
        {"{\"subject\":\"\\ud800\"}", NULL},
        {"{\"subject\":\"\"}", ""},
        {"{\"subject\":5}", NULL},
        {"{\"subject\":\"open", NULL},
        {"{\"subject\":\"open\\\"", NULL},
        {"{\"subject\":", NULL},
        {"[\"subject\"]", NULL},
        {"", NULL},
    };
    struct cw_buf b = {0};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct cw_str s = cw_member_text(str(rows[i].line), "subject", &b);
        assert_int_equal(s.p != NULL, rows[i].text != NULL);
        if (rows[i].text) {
            assert_int_equal(s.n, strlen(rows[i].text));
            assert_memory_equal(s.p, rows[i].text, s.n);
        }
    }
    static const char *const beside[] = {
        "{\"a\":1,\"type\":\"t\",\"b\":[1,{\"subject\":2}],\"subject\":\"s\"}",
        "{\"subject\":\"s\",\"a\":1,\"type\":\"t\"}",
        "{\"type\":\"t\\u0021\",\"subject\":\"s\"}",
        "{\"subject\":\"s\"}",
    };
    struct cw_buf of_type = {0};
    for (size_t i = 0; i < COUNT(beside); i++) {
        struct cw_str line = str(beside[i]), type = cw_member_text(line, "type", &of_type);
        struct cw_str s = cw_member_text_beside(line, type, "subject", &b);
        assert_int_equal(s.n, 1);
        assert_int_equal(s.p[0], 's');
        assert_null(cw_member_text_beside(line, type, "time", &b).p);
    }
    cw_buf_free(&of_type);
    cw_buf_free(&b);
    assert_true(cw_member_has(str("{\"specversion\":1}"), "specversion"));
    assert_false(cw_member_has(str("{\"x\":\"specversion\"}"), "specversion"));
    assert_true(cw_type_is_billing(CW_STR("billing.charge")));
    assert_false(cw_type_is_billing(CW_STR("billing.")));
    assert_false(cw_type_is_billing(CW_STR("service.call")));
    assert_false(cw_type_is_billing((struct cw_str){NULL, 0}));
}

static void refusals_as_json(void **state)
{
    (void)state;
    static const struct {
        struct cw_str value;
        const char *tail;
    } rows[] = {
        {CW_STR("{\"a\":1}"), "\"value\":\"{\\\"a\\\":1}\"}\n"},
        {CW_STR(""), "\"value\":\"\"}\n"},
        {CW_STR("\xff"), "\"value_base64\":\"/w==\"}\n"},
        {CW_STR("\xff\xfe"), "\"value_base64\":\"//4=\"}\n"},
        {CW_STR("a\xff\x62"), "\"value_base64\":\"Yf9i\"}\n"},
        {CW_STR("abc\x80"), "\"value_base64\":\"YWJjgA==\"}\n"},
    };
    struct cw_reject why = {.code = CW_REJECT_NOT_UTF8, .detail = "not \"UTF-8\""};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct cw_buf b = {0}, expected = {0};
        struct cw_refused r = {&why, "billing.events", 2, 41, rows[i].value};
        cw_refused_json(&b, &r);
        cw_buf_printf(&expected,
                      "{\"cw_error\":\"not-utf8\",\"cw_detail\":\"not \\\"UTF-8\\\"\","
                      "\"cw_topic\":\"billing.events\",\"cw_partition\":\"2\",\"cw_offset\":\"41\","
                      "%s",
                      rows[i].tail);
        assert_int_equal(b.n, expected.n);
        assert_memory_equal(b.p, expected.p, b.n);
        cw_buf_free(&b);
        cw_buf_free(&expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_line_comes_back), cmocka_unit_test(lines_of_small_files),
        cmocka_unit_test(damage_is_told),        cmocka_unit_test(members_without_parsing),
        cmocka_unit_test(refusals_as_json),
    };
    return cmocka_run_group_tests(tests, make_file, drop_file);
}
