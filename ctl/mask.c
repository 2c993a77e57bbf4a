/* See mask.h. */
#include "ctl/mask.h"

#include <string.h>

#define DIGITS_LEAST 7
#define FOUND_LEAST 8
#define KEPT 2

/* Plain letters alone: two Chinese characters are most of a name. */
static void put_end(struct cw_buf *b, const char *p)
{
    for (size_t i = 0; i < KEPT; i++)
        if ((unsigned char)p[i] >= 0x80)
            return;
    cw_buf_put(b, p, KEPT);
}

void cw_mask_id(struct cw_buf *b, struct cw_str id)
{
    if (id.n <= 2 * KEPT) {
        cw_buf_puts(b, id.n ? "…" : "");
        return;
    }
    put_end(b, id.p);
    cw_buf_puts(b, "…");
    put_end(b, id.p + id.n - KEPT);
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

/* ---- what reasons quote ---- */

static bool begins(struct cw_str text, size_t at, struct cw_str with)
{
    return text.n - at >= with.n && memcmp(text.p + at, with.p, with.n) == 0;
}

/* The mark that a quotation opens with at this place; 0: none does. The parser's own signs stand
 * between single ones too, "'}' expected near '139'". */
static char opens(struct cw_str text, size_t at)
{
    static const struct cw_str near = CW_STR(" near '");
    if (at + 1 >= near.n && begins(text, at + 1 - near.n, near))
        return '\'';
    return text.p[at] == '"' ? '"' : 0;
}

/* Does the reason itself go on here, behind a quotation? */
static bool goes_on(struct cw_str text, size_t at)
{
    static const struct cw_str ways[] = {CW_STR(", at byte "), CW_STR(", but the message"),
                                         CW_STR(" in manager.profiles")};
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
        if (begins(text, at, ways[i]))
            return true;
    return at == text.n;
}

/* At the last mark that may be the closing one, since what is quoted may hold marks of its own; at
 * the text's end where it is cut. */
static size_t quotation_end(struct cw_str text, size_t at, char mark)
{
    static const struct cw_str second = CW_STR(", but the message's key is \"");
    size_t end = text.n;
    for (; at < text.n; at++) {
        if (text.p[at] != mark)
            continue;
        if (begins(text, at + 1, second))
            return at;
        if (goes_on(text, at + 1))
            end = at;
    }
    return end;
}

/* What was found may be a name as well as an id: of a short one nothing is left. */
static void mask_found(struct cw_buf *b, struct cw_str found)
{
    if (found.n >= FOUND_LEAST)
        cw_mask_id(b, found);
    else
        cw_buf_puts(b, found.n ? "…" : "");
}

void cw_mask_quoted(struct cw_buf *b, struct cw_str text)
{
    for (size_t i = 0; i < text.n; i++) {
        char mark = opens(text, i);
        cw_buf_put(b, text.p + i, 1);
        if (!mark)
            continue;
        size_t end = quotation_end(text, i + 1, mark);
        mask_found(b, (struct cw_str){text.p + i + 1, end - i - 1});
        if (end < text.n)
            cw_buf_put(b, &mark, 1);
        i = end;
    }
}
