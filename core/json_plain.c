/* Our own reader of JSON, for the texts that nearly all messages are.
 *
 * jansson spends some 3 µs on an event, which is more than all else that an event costs. This
 * reader takes one pass over it, and gives up at anything that is not plain: a NUL, a surrogate
 * pair, more than a few levels, a great many members of one object, a number too large for a
 * double, and all that is wrong. Who gives up says nothing: the library then reads the text, or
 * refuses it. So there is one judge of what is JSON, and what is claimed here is only that a text
 * taken gives the library's tree (tests/fuzz/json.c).
 *
 * The text is copied into the room and followed there by NULs, where every loop ends; what escapes
 * stand for is written over them. Pure; owns nothing.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/json.h"
#include "core/locate.h"

enum { MEMBERS_MOST = 64, DIGITS_MOST = 15, PADDING = 16, NODES = 16 };

struct reader {
    char *p;         /* the next byte of the copy */
    const char *end; /* of the text; NULs from here on */
    struct cw_json_room *room;
    struct cw_json *nodes; /* not given out yet */
    size_t n_nodes;
};

static struct cw_json *new_node(struct reader *r)
{
    if (r->n_nodes == 0) {
        r->nodes = cw_json_room_take(r->room, NODES * sizeof *r->nodes);
        r->n_nodes = r->nodes ? NODES : 0;
    }
    if (!r->nodes)
        return NULL;
    r->n_nodes--;
    return r->nodes++;
}

static void skip_space(struct reader *r)
{
    while (*r->p == ' ' || *r->p == '\t' || *r->p == '\n' || *r->p == '\r')
        r->p++;
}

static bool take(struct reader *r, char c)
{
    if (*r->p != c)
        return false;
    r->p++;
    return true;
}

/* ---- strings ---- */

#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

/* The high bit of the lowest byte that is zero; of bytes above it, anything. */
static uint64_t zero_byte(uint64_t w)
{
    return (w - EACH(1)) & ~w & EACH(0x80);
}

/* The next byte that is a quote, a backslash, a control character or not ASCII. Eight at a time, as
 * the lowest byte found is right whatever is said of those above. */
static char *run_end(char *p)
{
    for (;; p += 8) {
        uint64_t w;
        memcpy(&w, p, sizeof w);
        uint64_t found = zero_byte(w ^ EACH('"')) | zero_byte(w ^ EACH('\\')) |
                         ((w - EACH(0x20)) & ~w & EACH(0x80)) | (w & EACH(0x80));
        if (found)
            return p + __builtin_ctzll(found) / 8;
    }
}

/* What an escape stands for; 0 for none, for NUL and for what takes more than one to say. */
static size_t take_escape(struct reader *r, char out[4])
{
    struct cw_str raw = {r->p, (size_t)(r->end - r->p)};
    size_t n = cw_locate_escape(&raw, out);
    if (n == 0 || n == 4 || out[0] == '\0' || (n == 3 && cw_utf8_length(out, n) != n))
        return 0;
    r->p += (size_t)(raw.p - r->p);
    return n;
}

/* The string from its first escape on: what it says is written over how it is written. */
static bool read_escaped(struct reader *r, char *from, struct cw_str *ret)
{
    char *to = r->p;
    while (*r->p != '"') {
        char out[4];
        size_t n = *r->p == '\\' ? take_escape(r, out) : 0;
        if (n) {
            memcpy(to, out, n);
        } else {
            n = cw_utf8_length(r->p, (size_t)(r->end - r->p));
            if (n == 0 || *r->p == '\\' || (unsigned char)*r->p < 0x20)
                return false;
            memmove(to, r->p, n);
            r->p += n;
        }
        to += n;
    }
    r->p++;
    *ret = (struct cw_str){from, (size_t)(to - from)};
    return true;
}

static bool read_string(struct reader *r, struct cw_str *ret)
{
    if (!take(r, '"'))
        return false;
    char *from = r->p;
    for (;;) {
        r->p = run_end(r->p);
        if (*r->p == '"')
            break;
        if (*r->p == '\\')
            return read_escaped(r, from, ret);
        size_t n = (*r->p & 0x80) ? cw_utf8_length(r->p, (size_t)(r->end - r->p)) : 0;
        if (n == 0)
            return false;
        r->p += n;
    }
    *ret = (struct cw_str){from, (size_t)(r->p - from)};
    r->p++;
    return true;
}

/* ---- numbers ---- */

static size_t read_digits(struct reader *r, uint64_t *value)
{
    const char *from = r->p;
    for (; *r->p >= '0' && *r->p <= '9'; r->p++)
        *value = *value * 10 + (uint64_t)(*r->p - '0');
    return (size_t)(r->p - from);
}

/* What follows the e. */
static bool read_exponent(struct reader *r)
{
    uint64_t any = 0;
    if (!take(r, '-'))
        (void)take(r, '+');
    return read_digits(r, &any) > 0;
}

/* As the library does it: an exponent, or more digits than a double holds. */
static bool convert_long(const char *from, const char *to, double *ret)
{
    char *end;
    *ret = strtod(from, &end);
    return end == to && isfinite(*ret);
}

/* Few digits are a whole number below 2^53 and the power of ten is exact too, so that the one
 * division is rounded once, as strtod does. */
static bool read_number(struct reader *r, struct cw_json *v)
{
    static const double tens[DIGITS_MOST + 1] = {1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                                 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
    const char *from = r->p;
    uint64_t digits = 0;
    size_t decimals = 0;
    bool negative = take(r, '-');
    bool zero = *r->p == '0';
    size_t whole = read_digits(r, &digits);
    if (whole == 0 || (zero && whole > 1))
        return false;
    if (take(r, '.') && (decimals = read_digits(r, &digits)) == 0)
        return false;
    bool few = whole + decimals <= DIGITS_MOST;
    if (take(r, 'e') || take(r, 'E')) {
        few = false;
        if (!read_exponent(r))
            return false;
    }
    if (few)
        v->number = (negative ? -1.0 : 1.0) * (double)digits / tens[decimals];
    else if (!convert_long(from, r->p, &v->number))
        return false;
    v->kind = CW_JSON_NUMBER;
    v->u.text = (struct cw_str){from, (size_t)(r->p - from)};
    return true;
}

/* ---- values ---- */

static bool read_word(struct reader *r, struct cw_json *v, const char *word, enum cw_json_kind kind)
{
    size_t n = strlen(word);
    if (strncmp(r->p, word, n) != 0)
        return false;
    r->p += n;
    v->kind = kind;
    return true;
}

static bool read_value(struct reader *r, struct cw_json *v, int depth);

/* Whether an object has a member of that name already; `seen` has a bit for each kind of name so
 * far, and only who meets their own has to look. */
static bool is_again(const struct cw_json *object, struct cw_str name, uint64_t *seen)
{
    unsigned kind = (unsigned)name.n;
    if (name.n)
        kind = kind * 7 + (unsigned char)name.p[0] * 5 + (unsigned char)name.p[name.n - 1];
    uint64_t bit = UINT64_C(1) << kind % 64;
    bool again = false;
    for (const struct cw_json *m = *seen & bit ? object->u.of.first : NULL; m && !again;
         m = m->next)
        again = m->name.n == name.n && memcmp(m->name.p, name.p, name.n) == 0;
    *seen |= bit;
    return again;
}

static bool read_name(struct reader *r, const struct cw_json *object, struct cw_json *v,
                      uint64_t *seen)
{
    if (!read_string(r, &v->name) || is_again(object, v->name, seen))
        return false;
    skip_space(r);
    if (!take(r, ':'))
        return false;
    skip_space(r);
    return object->u.of.n < MEMBERS_MOST;
}

/* What stands between the brackets of an array or object. */
static bool read_inside(struct reader *r, struct cw_json *v, char close, int depth)
{
    const struct cw_json **end = &v->u.of.first;
    uint64_t seen = 0;
    do {
        struct cw_json *inner = new_node(r);
        skip_space(r);
        if (!inner)
            return false;
        *inner = (struct cw_json){0};
        if (v->kind == CW_JSON_OBJECT && !read_name(r, v, inner, &seen))
            return false;
        if (!read_value(r, inner, depth))
            return false;
        *end = inner;
        end = &inner->next;
        v->u.of.n++;
        skip_space(r);
    } while (take(r, ','));
    return take(r, close);
}

static bool read_container(struct reader *r, struct cw_json *v, enum cw_json_kind kind, int depth)
{
    char close = kind == CW_JSON_OBJECT ? '}' : ']';
    v->kind = kind;
    r->p++;
    skip_space(r);
    if (take(r, close))
        return true;
    return depth < CW_JSON_PLAIN_DEPTH && read_inside(r, v, close, depth + 1);
}

/* v is zero but for its name. */
static bool read_value(struct reader *r, struct cw_json *v, int depth)
{
    switch (*r->p) {
    case '"':
        v->kind = CW_JSON_STRING;
        return read_string(r, &v->u.text);
    case '{':
        return read_container(r, v, CW_JSON_OBJECT, depth);
    case '[':
        return read_container(r, v, CW_JSON_ARRAY, depth);
    case 't':
        return read_word(r, v, "true", CW_JSON_TRUE);
    case 'f':
        return read_word(r, v, "false", CW_JSON_FALSE);
    case 'n':
        return read_word(r, v, "null", CW_JSON_NULL);
    default:
        return read_number(r, v);
    }
}

const struct cw_json *cw_json_plain(struct cw_json_room *room, struct cw_str text)
{
    char *copy = text.n < SIZE_MAX - PADDING ? cw_json_room_take(room, text.n + PADDING) : NULL;
    if (!copy)
        return NULL;
    if (text.n)
        memcpy(copy, text.p, text.n);
    memset(copy + text.n, 0, PADDING);
    struct reader r = {.p = copy, .end = copy + text.n, .room = room};
    struct cw_json *root = new_node(&r);
    if (!root)
        return NULL;
    *root = (struct cw_json){0};
    skip_space(&r);
    if (!read_value(&r, root, 0))
        return NULL;
    skip_space(&r);
    return r.p == r.end ? root : NULL;
}
