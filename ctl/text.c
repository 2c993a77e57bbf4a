/* Widths, cleaning and tables. See text.h. The locale's character set must be UTF-8; main sees to
 * that. */
#include "ctl/text.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#define GAP 2

/* The next character: its bytes, and its columns or -1 when it is none that may be shown. */
static size_t next(const char *p, size_t n, int *ret_columns)
{
    wchar_t c;
    mbstate_t state = {0};
    size_t length = mbrtowc(&c, p, n, &state);
    if (length == 0 || length > n) {
        *ret_columns = -1;
        return 1;
    }
    *ret_columns = wcwidth(c);
    return length;
}

void cw_text_clean(struct cw_buf *b, struct cw_str s)
{
    int columns;
    for (size_t i = 0, length; i < s.n; i += length) {
        length = next(s.p + i, s.n - i, &columns);
        if (columns < 0)
            cw_buf_puts(b, "?");
        else
            cw_buf_put(b, s.p + i, length);
    }
}

size_t cw_text_width(struct cw_str s)
{
    size_t width = 0;
    int columns;
    for (size_t i = 0; i < s.n;) {
        i += next(s.p + i, s.n - i, &columns);
        width += columns > 0 ? (size_t)columns : 0;
    }
    return width;
}

size_t cw_text_fit(struct cw_str s, size_t columns)
{
    int wide;
    size_t i = 0;
    for (size_t length; i < s.n; i += length) {
        length = next(s.p + i, s.n - i, &wide);
        if (wide > 0 && (size_t)wide > columns)
            break;
        columns -= wide > 0 ? (size_t)wide : 0;
    }
    return i;
}

void cw_text_print(struct cw_str s, FILE *out)
{
    struct cw_buf b = {0};
    cw_text_clean(&b, s);
    if (b.n)
        (void)fwrite(b.p, 1, b.n, out);
    cw_buf_free(&b);
}

size_t cw_text_terminal(void)
{
    struct winsize w;
    return isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0 ? w.ws_col : 0;
}

/* ---- tables ---- */

void cw_table_cell(struct cw_table *t, struct cw_str text)
{
    cw_text_clean(&t->bytes, text);
    cw_buf_u32(&t->ends, (uint32_t)t->bytes.n);
}

void cw_table_text(struct cw_table *t, const char *text)
{
    cw_table_cell(t, (struct cw_str){text, strlen(text)});
}

void cw_table_count(struct cw_table *t, int64_t n)
{
    char text[24];
    (void)snprintf(text, sizeof text, "%lld", (long long)n);
    cw_table_text(t, text);
}

static size_t cells(const struct cw_table *t)
{
    return t->ends.n / sizeof(uint32_t);
}

static size_t end_of(const struct cw_table *t, size_t i)
{
    struct cw_reader r = cw_reader(t->ends.p + i * sizeof(uint32_t), sizeof(uint32_t));
    return cw_read_u32(&r);
}

static struct cw_str cell(const struct cw_table *t, size_t i)
{
    size_t from = i ? end_of(t, i - 1) : 0;
    return (struct cw_str){t->bytes.p ? t->bytes.p + from : "", end_of(t, i) - from};
}

static size_t column_width(const struct cw_table *t, size_t column)
{
    size_t most = 0;
    for (size_t i = column; i < cells(t); i += t->columns) {
        size_t width = cw_text_width(cell(t, i));
        most = width > most ? width : most;
    }
    return most;
}

/* The last cell of a line ends it: no blanks follow, and where room is short it is cut. */
static void print_last(struct cw_str s, size_t room, bool bounded, FILE *out)
{
    if (bounded && cw_text_width(s) > room) {
        (void)fprintf(out, "%.*s…\n", (int)cw_text_fit(s, room ? room - 1 : 0), s.p);
        return;
    }
    (void)fprintf(out, "%.*s\n", (int)s.n, s.p);
}

static void print_cell(struct cw_str s, size_t width, bool right, FILE *out)
{
    int fill = (int)(width - cw_text_width(s));
    (void)fprintf(out, "%*s%.*s%*s", right ? fill : 0, "", (int)s.n, s.p, right ? GAP : fill + GAP,
                  "");
}

static void print_row(const struct cw_table *t, size_t first, const size_t *widths, size_t width,
                      FILE *out)
{
    size_t used = 0;
    for (size_t c = 0; c + 1 < t->columns; c++) {
        print_cell(cell(t, first + c), widths[c], t->right >> c & 1, out);
        used += widths[c] + GAP;
    }
    print_last(cell(t, first + t->columns - 1), width > used ? width - used : 0, width > 0, out);
}

void cw_table_print(const struct cw_table *t, size_t width, FILE *out)
{
    size_t *widths = calloc(t->columns, sizeof *widths);
    if (!widths || t->bytes.failed || t->ends.failed) {
        free(widths);
        (void)fputs("out of memory\n", out);
        return;
    }
    for (size_t c = 0; c < t->columns; c++)
        widths[c] = column_width(t, c);
    for (size_t i = 0; i + t->columns <= cells(t); i += t->columns)
        print_row(t, i, widths, width, out);
    free(widths);
}

void cw_table_free(struct cw_table *t)
{
    cw_buf_free(&t->bytes);
    cw_buf_free(&t->ends);
}
