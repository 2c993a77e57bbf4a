/* The growing byte buffer, little-endian pieces and their reader, and JSON pieces.
 *
 * Owns nothing but the buffer's memory; runs on any thread. Numbers are little-endian,
 * so that images are the same on every machine.
 */
#include "churnwatch/buf.h"

#include <endian.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ABSENT UINT32_MAX

char *cw_buf_room(struct cw_buf *b, size_t more)
{
    if (b->failed)
        return NULL;
    if (b->p && more <= b->cap - b->n)
        return b->p + b->n;
    size_t cap = b->cap ? b->cap : 256;
    while (cap - b->n < more && cap <= SIZE_MAX / 2)
        cap *= 2;
    char *p = cap - b->n < more ? NULL : realloc(b->p, cap);
    if (!p) {
        b->failed = true;
        return NULL;
    }
    b->p = p;
    b->cap = cap;
    return p + b->n;
}

void cw_buf_put(struct cw_buf *b, const void *bytes, size_t n)
{
    if (n == 0)
        return;
    char *to = cw_buf_room(b, n);
    if (!to)
        return;
    memcpy(to, bytes, n);
    b->n += n;
}

void cw_buf_puts(struct cw_buf *b, const char *text)
{
    cw_buf_put(b, text, strlen(text));
}

void cw_buf_printf(struct cw_buf *b, const char *fmt, ...)
{
    va_list ap, again;
    va_start(ap, fmt);
    va_copy(again, ap);
    size_t left = b->cap - b->n;
    int n = vsnprintf(left ? b->p + b->n : NULL, left, fmt, ap);
    if (n >= 0 && (size_t)n >= left) {
        char *to = cw_buf_room(b, (size_t)n + 1);
        if (to)
            n = vsnprintf(to, (size_t)n + 1, fmt, again);
    }
    va_end(again);
    va_end(ap);
    if (n < 0)
        b->failed = true;
    if (!b->failed)
        b->n += (size_t)n;
}

void cw_buf_clear(struct cw_buf *b)
{
    b->n = 0;
    b->failed = false;
}

void cw_buf_free(struct cw_buf *b)
{
    free(b->p);
    *b = (struct cw_buf){0};
}

/* ---- little-endian pieces ---- */

void cw_buf_u8(struct cw_buf *b, uint8_t v)
{
    cw_buf_put(b, &v, sizeof v);
}

void cw_buf_u16(struct cw_buf *b, uint16_t v)
{
    v = htole16(v);
    cw_buf_put(b, &v, sizeof v);
}

void cw_buf_u32(struct cw_buf *b, uint32_t v)
{
    v = htole32(v);
    cw_buf_put(b, &v, sizeof v);
}

void cw_buf_u64(struct cw_buf *b, uint64_t v)
{
    v = htole64(v);
    cw_buf_put(b, &v, sizeof v);
}

void cw_buf_i32(struct cw_buf *b, int32_t v)
{
    cw_buf_u32(b, (uint32_t)v);
}

void cw_buf_i64(struct cw_buf *b, int64_t v)
{
    cw_buf_u64(b, (uint64_t)v);
}

void cw_buf_f32(struct cw_buf *b, float v)
{
    uint32_t bits;
    memcpy(&bits, &v, sizeof bits);
    cw_buf_u32(b, bits);
}

void cw_buf_str(struct cw_buf *b, struct cw_str s)
{
    if (s.p && s.n >= ABSENT) {
        b->failed = true;
        return;
    }
    cw_buf_u32(b, s.p ? (uint32_t)s.n : ABSENT);
    if (s.p)
        cw_buf_put(b, s.p, s.n);
}

struct cw_reader cw_reader(const void *bytes, size_t n)
{
    const char *p = bytes ? bytes : "";
    return (struct cw_reader){.p = p, .end = p + n};
}

const void *cw_read(struct cw_reader *r, size_t n)
{
    if (r->failed || (size_t)(r->end - r->p) < n) {
        r->failed = true;
        return NULL;
    }
    const char *p = r->p;
    r->p += n;
    return p;
}

uint8_t cw_read_u8(struct cw_reader *r)
{
    const unsigned char *p = cw_read(r, 1);
    return p ? *p : 0;
}

uint16_t cw_read_u16(struct cw_reader *r)
{
    uint16_t v = 0;
    const void *p = cw_read(r, sizeof v);
    if (p)
        memcpy(&v, p, sizeof v);
    return le16toh(v);
}

uint32_t cw_read_u32(struct cw_reader *r)
{
    uint32_t v = 0;
    const void *p = cw_read(r, sizeof v);
    if (p)
        memcpy(&v, p, sizeof v);
    return le32toh(v);
}

uint64_t cw_read_u64(struct cw_reader *r)
{
    uint64_t v = 0;
    const void *p = cw_read(r, sizeof v);
    if (p)
        memcpy(&v, p, sizeof v);
    return le64toh(v);
}

int32_t cw_read_i32(struct cw_reader *r)
{
    return (int32_t)cw_read_u32(r);
}

int64_t cw_read_i64(struct cw_reader *r)
{
    return (int64_t)cw_read_u64(r);
}

float cw_read_f32(struct cw_reader *r)
{
    uint32_t bits = cw_read_u32(r);
    float v;
    memcpy(&v, &bits, sizeof v);
    return v;
}

struct cw_str cw_read_str(struct cw_reader *r)
{
    uint32_t n = cw_read_u32(r);
    if (r->failed || n == ABSENT)
        return (struct cw_str){0};
    const char *p = cw_read(r, n);
    return p ? (struct cw_str){p, n} : (struct cw_str){0};
}

/* ---- JSON pieces ---- */

/* What each byte below 0x20, '"' and '\\' is written as after a backslash; 0 = \u00XX. */
static char short_escape(unsigned char c)
{
    static const char by_code[0x20] = {
        ['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't'};
    return c < 0x20 ? by_code[c] : (char)c;
}

static void put_escape(struct cw_buf *b, unsigned char c)
{
    char short_form = short_escape(c);
    if (short_form)
        cw_buf_put(b, (char[2]){'\\', short_form}, 2);
    else
        cw_buf_printf(b, "\\u%04x", c);
}

void cw_buf_json_str(struct cw_buf *b, struct cw_str s)
{
    cw_buf_puts(b, "\"");
    size_t from = 0;
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        cw_buf_put(b, s.p + from, i - from);
        put_escape(b, c);
        from = i + 1;
    }
    if (from < s.n)
        cw_buf_put(b, s.p + from, s.n - from);
    cw_buf_puts(b, "\"");
}

void cw_buf_money(struct cw_buf *b, cw_money m)
{
    uint64_t size = m < 0 ? 0 - (uint64_t)m : (uint64_t)m;
    uint64_t yuan = size / (uint64_t)CW_YUAN;
    unsigned frac = (unsigned)(size % (uint64_t)CW_YUAN);
    const char *sign = m < 0 ? "-" : "";
    if (frac % 100)
        cw_buf_printf(b, "%s%llu.%04u", sign, (unsigned long long)yuan, frac);
    else
        cw_buf_printf(b, "%s%llu.%02u", sign, (unsigned long long)yuan, frac / 100);
}

void cw_buf_number(struct cw_buf *b, double v, int decimals)
{
    size_t at = b->n;
    cw_buf_printf(b, "%.*f", decimals, isfinite(v) ? v : 0.0);
    if (b->failed || b->p[at] != '-')
        return;
    /* What rounds to nothing has no sign. */
    for (size_t i = at + 1; i < b->n; i++)
        if (b->p[i] != '0' && b->p[i] != '.')
            return;
    memmove(b->p + at, b->p + at + 1, --b->n - at);
}
