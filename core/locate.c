/* Scanning JSON text that a parser has gone over already, for what a parsed tree does not tell: the
 * place of a member, and the exact text of a number.
 *
 * Pure; runs on the thread of its decoder. Only amounts and complaints pay for it.
 */
#include "core/locate.h"

#include <string.h>

#include "core/scan.h"

/* ---- any bytes ---- */

/* Overlong forms, surrogates and what lies beyond U+10FFFF are shut out by the range of the second
 * byte. */
size_t cw_utf8_length(const char *text, size_t n)
{
    const unsigned char *p = (const unsigned char *)text;
    static const struct {
        unsigned char from, to, low, high, length;
    } forms[] = {
        {0x00, 0x7f, 0x00, 0x00, 1}, {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
        {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
        {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
    };
    size_t f = 0;
    while (f < sizeof forms / sizeof *forms && (p[0] < forms[f].from || p[0] > forms[f].to))
        f++;
    if (f == sizeof forms / sizeof *forms || forms[f].length > n)
        return 0;
    if (forms[f].length > 1 && (p[1] < forms[f].low || p[1] > forms[f].high))
        return 0;
    for (size_t i = 2; i < forms[f].length; i++)
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    return forms[f].length;
}

size_t cw_locate_bad_utf8(struct cw_str text)
{
    for (size_t i = 0, length; i < text.n; i += length) {
        length = (text.p[i] & 0x80) ? cw_utf8_length(text.p + i, text.n - i) : 1;
        if (length == 0)
            return i;
    }
    return CW_NOWHERE;
}

/* One past the string that begins at `at`; the end of the text when it is not closed. */
static size_t skip_string(struct cw_str text, size_t at)
{
    for (at++; at < text.n; at += 2) { /* a backslash, and what follows it */
        at = (size_t)(cw_scan_quote(text.p + at, text.p + text.n) - text.p);
        if (at < text.n && text.p[at] == '"')
            return at + 1;
    }
    return text.n;
}

size_t cw_locate_too_deep(struct cw_str text, size_t most)
{
    size_t depth = 0;
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if (c == '"')
            i = skip_string(text, i) - 1;
        else if ((c == '{' || c == '[') && ++depth > most)
            return i;
        else if ((c == '}' || c == ']') && depth > 0)
            depth--;
    }
    return CW_NOWHERE;
}

/* ---- accepted text ---- */

static bool is_space(char c)
{
    return (unsigned char)c <= ' ' && (c == ' ' || c == '\t' || c == '\n' || c == '\r');
}

static size_t skip_space(struct cw_str text, size_t at)
{
    while (at < text.n && is_space(text.p[at]))
        at++;
    return at;
}

static bool is_at(struct cw_str text, size_t at, char c)
{
    return at < text.n && text.p[at] == c;
}

static size_t skip_scalar(struct cw_str text, size_t at)
{
    while (at < text.n && !is_space(text.p[at]) && !memchr(",:]}", text.p[at], 4))
        at++;
    return at;
}

/* One past the object or array that begins at `at`. */
static size_t skip_nest(struct cw_str text, size_t at)
{
    size_t depth = 0;
    while (at < text.n) {
        char c = text.p[at];
        if (c == '"') {
            at = skip_string(text, at);
            continue;
        }
        depth += c == '{' || c == '[';
        at++;
        if ((c == '}' || c == ']') && --depth == 0)
            break;
    }
    return at;
}

static size_t skip_value(struct cw_str text, size_t at)
{
    if (is_at(text, at, '"'))
        return skip_string(text, at);
    if (is_at(text, at, '{') || is_at(text, at, '['))
        return skip_nest(text, at);
    return skip_scalar(text, at);
}

size_t cw_locate_root(struct cw_str text)
{
    size_t at = skip_space(text, 0);
    return at < text.n ? at : CW_NOWHERE;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The four digits of \uXXXX at p, of n bytes; -1 when they are not there. */
static int32_t hex_four(const char *p, size_t n)
{
    int32_t code = 0;
    for (size_t i = 0; i < 4; i++) {
        int digit = i < n ? hex_digit(p[i]) : -1;
        if (digit < 0)
            return -1;
        code = code * 16 + digit;
    }
    return code;
}

/* Takes the \uXXXX a raw text begins with, or the two that make one character; -1: malformed. */
static int32_t take_unicode(struct cw_str *raw)
{
    int32_t code = raw->n > 2 ? hex_four(raw->p + 2, raw->n - 2) : -1;
    size_t length = 6;
    if (code >= 0xd800 && code < 0xdc00 && raw->n > 8) {
        int32_t low = hex_four(raw->p + 8, raw->n - 8);
        code = low < 0xdc00 ? -1 : 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
        length = 12;
    }
    if (code < 0)
        return -1;
    raw->p += length;
    raw->n -= length;
    return code;
}

static size_t put_utf8(int32_t code, char out[4])
{
    size_t more = code < 0x80 ? 0 : code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    static const unsigned char lead[] = {0, 0xc0, 0xe0, 0xf0};
    out[0] = (char)(lead[more] | code >> (6 * more));
    for (size_t i = 1; i <= more; i++)
        out[i] = (char)(0x80 | (code >> (6 * (more - i)) & 0x3f));
    return more + 1;
}

size_t cw_locate_escape(struct cw_str *raw, char out[4])
{
    static const char letters[] = "bfnrt\"\\/", meant[] = "\b\f\n\r\t\"\\/";
    if (raw->n >= 2 && raw->p[1] == 'u') {
        int32_t code = take_unicode(raw);
        return code < 0 ? 0 : put_utf8(code, out);
    }
    const char *letter = raw->n >= 2 ? memchr(letters, raw->p[1], sizeof letters - 1) : NULL;
    if (!letter)
        return 0;
    out[0] = meant[letter - letters];
    raw->p += 2;
    raw->n -= 2;
    return 1;
}

/* Whether the raw content of a string, escapes and all, is that name. */
static bool is_name(struct cw_str raw, const char *name)
{
    while (raw.n && *name) {
        char out[4];
        if (*raw.p != '\\') {
            if (*raw.p != *name)
                return false;
            raw = (struct cw_str){raw.p + 1, raw.n - 1};
            name++;
            continue;
        }
        size_t length = cw_locate_escape(&raw, out);
        if (length == 0 || strncmp(out, name, length) != 0)
            return false;
        name += length;
    }
    return raw.n == 0 && *name == '\0';
}

/* From the name at `at` on. */
static size_t find_member(struct cw_str text, size_t at, const char *name)
{
    while (is_at(text, at, '"')) {
        size_t after = skip_string(text, at);
        struct cw_str raw = {text.p + at + 1, after - at >= 2 ? after - at - 2 : 0};
        at = skip_space(text, after);
        if (!is_at(text, at, ':'))
            break;
        at = skip_space(text, at + 1);
        if (is_name(raw, name))
            return at < text.n ? at : CW_NOWHERE;
        at = skip_space(text, skip_value(text, at));
        if (!is_at(text, at, ','))
            break;
        at = skip_space(text, at + 1);
    }
    return CW_NOWHERE;
}

size_t cw_locate_member(struct cw_str text, size_t at, const char *name)
{
    return is_at(text, at, '{') ? find_member(text, skip_space(text, at + 1), name) : CW_NOWHERE;
}

size_t cw_locate_further(struct cw_str text, size_t at, const char *name)
{
    if (at >= text.n)
        return CW_NOWHERE;
    at = skip_space(text, skip_value(text, at));
    return is_at(text, at, ',') ? find_member(text, skip_space(text, at + 1), name) : CW_NOWHERE;
}

size_t cw_locate_first(struct cw_str text, size_t at)
{
    if (!is_at(text, at, '['))
        return CW_NOWHERE;
    at = skip_space(text, at + 1);
    return at < text.n && text.p[at] != ']' ? at : CW_NOWHERE;
}

size_t cw_locate_next(struct cw_str text, size_t at)
{
    if (at >= text.n)
        return CW_NOWHERE;
    at = skip_space(text, skip_value(text, at));
    if (!is_at(text, at, ','))
        return CW_NOWHERE;
    at = skip_space(text, at + 1);
    return at < text.n ? at : CW_NOWHERE;
}

struct cw_str cw_locate_number(struct cw_str text, size_t at)
{
    if (at >= text.n)
        return (struct cw_str){0};
    return (struct cw_str){text.p + at, skip_scalar(text, at) - at};
}

/* ---- the way to a byte ---- */

#define LEVELS 32

struct level {
    bool object;
    size_t index;       /* of the element, in an array */
    struct cw_str name; /* raw, of the member, in an object */
};

struct way {
    struct level levels[LEVELS];
    size_t depth;
    bool wants_name; /* the next string is a member's name */
    size_t last;     /* where the last name or element begins */
};

static void open_level(struct way *w, bool object)
{
    if (w->depth < LEVELS)
        w->levels[w->depth] = (struct level){.object = object};
    w->depth++;
    w->wants_name = object;
}

static void close_level(struct way *w)
{
    w->depth -= w->depth > 0;
    w->wants_name = false;
}

static struct level *top(struct way *w)
{
    return w->depth > 0 && w->depth <= LEVELS ? &w->levels[w->depth - 1] : NULL;
}

/* Goes over one token; returns where the next may begin. */
static size_t step(struct way *w, struct cw_str text, size_t at)
{
    char c = text.p[at];
    struct level *l = top(w);
    if (c == '"') {
        size_t after = skip_string(text, at);
        if (w->wants_name && l) {
            l->name = (struct cw_str){text.p + at + 1, after - at >= 2 ? after - at - 2 : 0};
            w->last = at;
        }
        w->wants_name = false;
        return after;
    }
    if (c == '{' || c == '[')
        open_level(w, c == '{');
    else if (c == '}' || c == ']')
        close_level(w);
    else if (c == ',' && l) {
        l->index++;
        w->wants_name = l->object;
    }
    if ((c == ',' || c == '[') && top(w) && !top(w)->object)
        w->last = skip_space(text, at + 1);
    return at + 1;
}

/* Appends as much as fits, keeping room for the terminator. */
static size_t append(char *out, size_t size, size_t n, const char *p, size_t more)
{
    for (size_t i = 0; i < more && n + 1 < size; i++)
        out[n++] = p[i];
    return n;
}

static size_t append_level(char *out, size_t size, size_t n, const struct level *l)
{
    if (!l->object) {
        char digits[24];
        size_t at = sizeof digits;
        size_t v = l->index;
        do
            digits[--at] = (char)('0' + v % 10);
        while ((v /= 10) > 0);
        n = append(out, size, n, "/", 1);
        return append(out, size, n, digits + at, sizeof digits - at);
    }
    n = append(out, size, n, "/", 1);
    for (size_t i = 0; i < l->name.n; i++) {
        char c = l->name.p[i];
        if (c == '~' || c == '/')
            n = append(out, size, n, c == '~' ? "~0" : "~1", 2);
        else
            n = append(out, size, n, &c, 1);
    }
    return n;
}

size_t cw_locate_last(struct cw_str text, size_t before, char *ret_pointer, size_t size)
{
    struct way w = {.last = 0};
    for (size_t at = 0; at < text.n && at < before;)
        at = step(&w, text, at);
    size_t n = 0;
    for (size_t i = 0; i < w.depth && i < LEVELS; i++)
        n = append_level(ret_pointer, size, n, &w.levels[i]);
    ret_pointer[n] = '\0';
    return w.last;
}
