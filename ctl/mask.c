/* See mask.h. */
#include "ctl/mask.h"

#include <string.h>

#define DIGITS_LEAST 7
#define KEPT 2

void cw_mask_id(struct cw_buf *b, struct cw_str id)
{
    if (id.n <= 2 * KEPT) {
        cw_buf_puts(b, id.n ? "…" : "");
        return;
    }
    cw_buf_put(b, id.p, KEPT);
    cw_buf_puts(b, "…");
    cw_buf_put(b, id.p + id.n - KEPT, KEPT);
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

void cw_mask_numbers(struct cw_buf *b, struct cw_str text)
{
    for (size_t i = 0; i < text.n;) {
        size_t n = 0;
        while (i + n < text.n && is_digit(text.p[i + n]))
            n++;
        if (n >= DIGITS_LEAST) {
            cw_buf_puts(b, "…");
            cw_buf_put(b, text.p + i + n - KEPT, KEPT);
        } else {
            n += n == 0;
            cw_buf_put(b, text.p + i, n);
        }
        i += n;
    }
}

/* Where what was opened ends: an id may hold quotes of its own, and the text may be cut. */
static size_t quote_end(struct cw_str text, size_t at)
{
    for (; at < text.n; at++)
        if (text.p[at] == '"' && (at + 1 == text.n || strchr(",)", text.p[at + 1])))
            break;
    return at;
}

void cw_mask_quoted(struct cw_buf *b, struct cw_str text)
{
    for (size_t i = 0; i < text.n; i++) {
        cw_buf_put(b, text.p + i, 1);
        if (text.p[i] != '"')
            continue;
        size_t end = quote_end(text, i + 1);
        cw_mask_id(b, (struct cw_str){text.p + i + 1, end - i - 1});
        cw_buf_puts(b, end < text.n ? "\"" : "");
        i = end;
    }
}
