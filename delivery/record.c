/* Splitting a task record at its top level.
 *
 * The text is our own encoder's, but a topic can be written to by anybody: the scanner accepts JSON
 * objects and nothing else, never reads outside the text, and what cw_apply would refuse is
 * refused here, one record alone instead of its whole batch. Pure; any thread.
 */
#include "delivery/record.h"

#include <string.h>

#include "churnwatch/civil.h"

struct scan {
    const char *p, *end;
    struct cw_buf *out;
};

static void skip_blanks(struct scan *s)
{
    while (s->p < s->end && memchr(" \t\r\n", *s->p, 4))
        s->p++;
}

static bool take(struct scan *s, char c)
{
    skip_blanks(s);
    if (s->p == s->end || *s->p != c)
        return false;
    s->p++;
    return true;
}

/* ---- strings ---- */

static bool hex4(struct scan *s, uint32_t *ret_code)
{
    uint32_t code = 0;
    if (s->end - s->p < 4)
        return false;
    for (int i = 0; i < 4; i++) {
        char c = *s->p++;
        const char *digits = "0123456789abcdef", *at;
        if (c >= 'A' && c <= 'F')
            c = (char)(c + ('a' - 'A'));
        at = c ? strchr(digits, c) : NULL;
        if (!at)
            return false;
        code = code << 4 | (uint32_t)(at - digits);
    }
    *ret_code = code;
    return true;
}

static void put_utf8(struct cw_buf *b, uint32_t code)
{
    if (code < 0x80) {
        cw_buf_u8(b, (uint8_t)code);
    } else if (code < 0x800) {
        cw_buf_u8(b, (uint8_t)(0xC0 | code >> 6));
        cw_buf_u8(b, (uint8_t)(0x80 | (code & 0x3F)));
    } else if (code < 0x10000) {
        cw_buf_u8(b, (uint8_t)(0xE0 | code >> 12));
        cw_buf_u8(b, (uint8_t)(0x80 | (code >> 6 & 0x3F)));
        cw_buf_u8(b, (uint8_t)(0x80 | (code & 0x3F)));
    } else {
        cw_buf_u8(b, (uint8_t)(0xF0 | code >> 18));
        cw_buf_u8(b, (uint8_t)(0x80 | (code >> 12 & 0x3F)));
        cw_buf_u8(b, (uint8_t)(0x80 | (code >> 6 & 0x3F)));
        cw_buf_u8(b, (uint8_t)(0x80 | (code & 0x3F)));
    }
}

static bool unicode_escape(struct scan *s)
{
    uint32_t code, low;
    if (!hex4(s, &code) || (code >= 0xDC00 && code <= 0xDFFF))
        return false;
    if (code >= 0xD800 && code <= 0xDBFF) {
        if (s->end - s->p < 2 || memcmp(s->p, "\\u", 2) != 0)
            return false;
        s->p += 2;
        if (!hex4(s, &low) || low < 0xDC00 || low > 0xDFFF)
            return false;
        code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    }
    put_utf8(s->out, code);
    return true;
}

static bool escape(struct scan *s)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    if (s->p == s->end)
        return false;
    char c = *s->p++;
    if (c == 'u')
        return unicode_escape(s);
    const char *at = c ? strchr(from, c) : NULL;
    if (!at)
        return false;
    cw_buf_put(s->out, &to[at - from], 1);
    return true;
}

static bool string(struct scan *s)
{
    if (!take(s, '"'))
        return false;
    while (s->p < s->end && *s->p != '"') {
        const char *from = s->p;
        while (s->p < s->end && *s->p != '"' && *s->p != '\\')
            s->p++;
        cw_buf_put(s->out, from, (size_t)(s->p - from));
        if (s->p < s->end && *s->p == '\\') {
            s->p++;
            if (!escape(s))
                return false;
        }
    }
    return take(s, '"');
}

/* ---- other values ---- */

/* An object or array, as it stands. Brackets inside strings do not count. */
static bool nested(struct scan *s)
{
    const char *from = s->p;
    size_t depth = 0;
    bool quoted = false;
    for (; s->p < s->end; s->p++) {
        char c = *s->p;
        if (quoted && c == '\\' && s->end - s->p > 1)
            s->p++;
        else if (c == '"')
            quoted = !quoted;
        else if (!quoted && (c == '{' || c == '['))
            depth++;
        else if (!quoted && (c == '}' || c == ']') && --depth == 0)
            break;
    }
    if (s->p == s->end)
        return false;
    s->p++;
    cw_buf_put(s->out, from, (size_t)(s->p - from));
    return true;
}

static bool is_number(struct cw_str t)
{
    for (size_t i = 0; i < t.n; i++)
        if (!memchr("+-.0123456789eE", t.p[i], 15))
            return false;
    return t.n > 0 && (t.p[0] == '-' || (t.p[0] >= '0' && t.p[0] <= '9'));
}

static bool equals(struct cw_str t, const char *text)
{
    return t.n == strlen(text) && memcmp(t.p, text, t.n) == 0;
}

static bool bare(struct scan *s)
{
    struct cw_str t = {s->p, 0};
    while (s->p < s->end && !memchr(",}] \t\r\n", *s->p, 7))
        s->p++;
    t.n = (size_t)(s->p - t.p);
    if (equals(t, "null"))
        return true;
    cw_buf_put(s->out, t.p, t.n);
    return equals(t, "true") || equals(t, "false") || is_number(t);
}

static bool value(struct scan *s)
{
    skip_blanks(s);
    if (s->p == s->end)
        return false;
    if (*s->p == '"')
        return string(s);
    return *s->p == '{' || *s->p == '[' ? nested(s) : bare(s);
}

/* ---- the record ---- */

static bool piece(struct scan *s, struct cw_task_record *r, bool (*read)(struct scan *))
{
    size_t at = r->text.n;
    if (r->n_pieces == 2 * CW_RECORD_MEMBERS_MOST || !read(s))
        return false;
    r->piece[r->n_pieces].at = at;
    r->piece[r->n_pieces++].n = r->text.n - at;
    return true;
}

static bool object(struct scan *s, struct cw_task_record *r)
{
    if (!take(s, '{'))
        return false;
    do {
        if (!piece(s, r, string) || !take(s, ':') || !piece(s, r, value))
            return false;
    } while (take(s, ','));
    if (!take(s, '}'))
        return false;
    skip_blanks(s);
    return s->p == s->end;
}

struct cw_str cw_record_piece(const struct cw_task_record *r, size_t i)
{
    return (struct cw_str){r->text.p + r->piece[i].at, r->piece[i].n};
}

struct cw_str cw_record_member(const struct cw_task_record *r, const char *name)
{
    for (size_t i = 0; i + 1 < r->n_pieces; i += 2)
        if (equals(cw_record_piece(r, i), name))
            return cw_record_piece(r, i + 1);
    return (struct cw_str){0};
}

static bool is_name(struct cw_str t)
{
    for (size_t i = 0; i < t.n; i++) {
        char c = t.p[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!letter && !(c >= '0' && c <= '9') && !memchr("._-", c, 3))
            return false;
    }
    return t.n > 0 && t.n <= 64;
}

static bool is_name_or_empty(struct cw_str t)
{
    return t.n == 0 || is_name(t);
}

static bool is_count(struct cw_str t)
{
    for (size_t i = 0; i < t.n; i++)
        if (t.p[i] < '0' || t.p[i] > '9')
            return false;
    return t.n > 0 && t.n <= 9;
}

/* What cw_apply asks of a record. */
static const struct {
    const char *name;
    bool (*holds)(struct cw_str);
} needed[] = {
    {"task_id", is_name},  {"manager", is_name},   {"state", is_name},
    {"version", is_count}, {"priority", is_count}, {"escalated_to", is_name_or_empty},
};

/* What people write on a task, and deliveries: a record would erase it. */
static bool is_reserved(struct cw_str name)
{
    return equals(name, "note") || equals(name, "delivered_at") ||
           (name.n >= 4 && memcmp(name.p, "desk", 4) == 0);
}

/* Of two members of one name C and Lua would each see another. */
static bool is_repeated(const struct cw_task_record *r, size_t at)
{
    struct cw_str name = cw_record_piece(r, at);
    for (size_t i = 0; i < at; i += 2) {
        struct cw_str other = cw_record_piece(r, i);
        if (other.n == name.n && memcmp(other.p, name.p, name.n) == 0)
            return true;
    }
    return false;
}

static int check(struct cw_task_record *r, struct cw_errbuf *eb)
{
    struct cw_str due = cw_record_member(r, "due_at");
    cw_event_time at;
    for (size_t i = 0; i < r->n_pieces; i += 2) {
        if (is_reserved(cw_record_piece(r, i)))
            return cw_fail(eb, CW_E_INVALID, "it has a member that belongs to the desk");
        if (is_repeated(r, i))
            return cw_fail(eb, CW_E_INVALID, "it has two members of one name");
    }
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
        if (!needed[i].holds(cw_record_member(r, needed[i].name)))
            return cw_fail(eb, CW_E_INVALID, "%s is missing or not what it should be",
                           needed[i].name);
    r->due_s = -1;
    if (due.n == 0)
        return 0;
    if (cw_parse_rfc3339(due, &at) != 0 || at < 0)
        return cw_fail(eb, CW_E_INVALID, "due_at is no time");
    r->due_s = at / CW_SECOND;
    return 0;
}

int cw_record_split(struct cw_str json, struct cw_task_record *r, struct cw_errbuf *eb)
{
    struct scan s = {json.p, json.p ? json.p + json.n : json.p, &r->text};
    cw_buf_clear(&r->text);
    r->n_pieces = 0;
    bool read = json.p && object(&s, r);
    if (r->text.failed)
        return cw_fail(eb, CW_E_NOMEM, "no memory for a task record");
    if (!read)
        return cw_fail(eb, CW_E_INVALID, "not a JSON object of at most %d members",
                       CW_RECORD_MEMBERS_MOST);
    return check(r, eb);
}

void cw_record_free(struct cw_task_record *r)
{
    cw_buf_free(&r->text);
    r->n_pieces = 0;
}
