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
 * stand for is written over them. Each part takes the place where it begins and returns the one
 * behind it, NULL to give up: kept in the reader, the place would be stored and loaded again at
 * every step, which cost more than the bytes. Pure; owns nothing.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/json_plain.h"
#include "core/locate.h"

enum { MEMBERS_MOST = 64, DIGITS_MOST = 15, NODES = 16 };

static struct cw_json *new_node(struct cw_plain *r)
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

/* ---- strings ---- */

/* Writes what an escape stands for; NULL for none, for NUL and for what takes more than one to say.
 */
static char *take_escape(const struct cw_plain *r, char *p, char **to)
{
    char out[4];
    struct cw_str raw = {p, (size_t)(r->end - p)};
    size_t n = cw_locate_escape(&raw, out);
    if (n == 0 || n == 4 || out[0] == '\0' || (n == 3 && cw_utf8_length(out, n) != n))
        return NULL;
    memcpy(*to, out, n);
    *to += n;
    return p + (size_t)(raw.p - p);
}

static char *take_character(const struct cw_plain *r, char *p, char **to)
{
    size_t n = cw_utf8_length(p, (size_t)(r->end - p));
    if (n == 0 || (unsigned char)*p < 0x20)
        return NULL;
    memmove(*to, p, n);
    *to += n;
    return p + n;
}

/* The string from its first escape on: what it says is written over how it is written. */
static char *read_escaped(const struct cw_plain *r, char *from, char *p, struct cw_str *ret)
{
    char *to = p;
    while (p && *p != '"')
        p = *p == '\\' ? take_escape(r, p, &to) : take_character(r, p, &to);
    *ret = (struct cw_str){from, (size_t)(to - from)};
    return p ? p + 1 : NULL;
}

char *cw_plain_mixed(const struct cw_plain *r, char *from, char *p, struct cw_str *ret)
{
    for (size_t n; *p != '"'; p = cw_scan_plain(p + n)) {
        if (*p == '\\')
            return read_escaped(r, from, p, ret);
        n = (*p & 0x80) ? cw_utf8_length(p, (size_t)(r->end - p)) : 0;
        if (n == 0)
            return NULL;
    }
    *ret = (struct cw_str){from, (size_t)(p - from)};
    return p + 1;
}

/* ---- numbers ---- */

static char *read_digits(char *p, uint64_t *value)
{
    for (; *p >= '0' && *p <= '9'; p++)
        *value = *value * 10 + (uint64_t)(*p - '0');
    return p;
}

/* What follows the e. */
static char *read_exponent(char *p)
{
    uint64_t any = 0;
    char *digits = p + (*p == '-' || *p == '+');
    p = read_digits(digits, &any);
    return p > digits ? p : NULL;
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
static char *read_number(char *p, struct cw_json *v)
{
    static const double tens[DIGITS_MOST + 1] = {1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                                 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
    const char *from = p;
    uint64_t digits = 0;
    bool negative = *p == '-';
    char *whole = p + negative;
    p = read_digits(whole, &digits);
    if (p == whole || (*whole == '0' && p - whole > 1))
        return NULL;
    char *point = p;
    if (*point == '.' && (p = read_digits(point + 1, &digits)) == point + 1)
        return NULL;
    size_t decimals = p > point ? (size_t)(p - point) - 1 : 0;
    bool few = (size_t)(point - whole) + decimals <= DIGITS_MOST;
    if (*p == 'e' || *p == 'E') {
        few = false;
        p = read_exponent(p + 1);
    }
    if (few)
        v->number = (negative ? -1.0 : 1.0) * (double)digits / tens[decimals];
    else if (!p || !convert_long(from, p, &v->number))
        return NULL;
    v->kind = CW_JSON_NUMBER;
    v->u.text = (struct cw_str){from, (size_t)(p - from)};
    return p;
}

/* ---- values ---- */

static char *read_word(char *p, struct cw_json *v, const char *word, enum cw_json_kind kind)
{
    size_t n = strlen(word);
    v->kind = kind;
    return strncmp(p, word, n) == 0 ? p + n : NULL;
}

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

static char *read_name(const struct cw_plain *r, char *p, const struct cw_json *object,
                       struct cw_json *v, uint64_t *seen)
{
    p = cw_plain_string(r, p, &v->name);
    if (!p || is_again(object, v->name, seen))
        return NULL;
    p = cw_plain_space(p);
    return *p == ':' && object->u.of.n < MEMBERS_MOST ? cw_plain_space(p + 1) : NULL;
}

/* What stands between the brackets of an array or object, and the one that closes it. */
static char *read_inside(struct cw_plain *r, char *p, struct cw_json *v, char close, int depth)
{
    const struct cw_json **end = &v->u.of.first;
    uint64_t seen = 0;
    for (;; p++) {
        struct cw_json *inner = new_node(r);
        if (!inner)
            return NULL;
        *inner = (struct cw_json){0};
        p = cw_plain_space(p);
        if (v->kind == CW_JSON_OBJECT)
            p = read_name(r, p, v, inner, &seen);
        if (p)
            p = cw_plain_value(r, p, inner, depth);
        if (!p)
            return NULL;
        *end = inner;
        end = &inner->next;
        v->u.of.n++;
        p = cw_plain_space(p);
        if (*p != ',')
            return *p == close ? p + 1 : NULL;
    }
}

static char *read_container(struct cw_plain *r, char *p, struct cw_json *v, enum cw_json_kind kind,
                            int depth)
{
    char close = kind == CW_JSON_OBJECT ? '}' : ']';
    v->kind = kind;
    p = cw_plain_space(p + 1);
    if (*p == close)
        return p + 1;
    return depth < CW_JSON_PLAIN_DEPTH ? read_inside(r, p, v, close, depth + 1) : NULL;
}

char *cw_plain_value(struct cw_plain *r, char *p, struct cw_json *v, int depth)
{
    switch (*p) {
    case '"':
        v->kind = CW_JSON_STRING;
        return cw_plain_string(r, p, &v->u.text);
    case '{':
        return read_container(r, p, v, CW_JSON_OBJECT, depth);
    case '[':
        return read_container(r, p, v, CW_JSON_ARRAY, depth);
    case 't':
        return read_word(p, v, "true", CW_JSON_TRUE);
    case 'f':
        return read_word(p, v, "false", CW_JSON_FALSE);
    case 'n':
        return read_word(p, v, "null", CW_JSON_NULL);
    default:
        return read_number(p, v);
    }
}

char *cw_plain_begin(struct cw_plain *ret, struct cw_json_room *room, struct cw_str text)
{
    char *copy =
        text.n < SIZE_MAX - CW_SCAN_STEP ? cw_json_room_take(room, text.n + CW_SCAN_STEP) : NULL;
    if (!copy)
        return NULL;
    if (text.n)
        memcpy(copy, text.p, text.n);
    memset(copy + text.n, 0, CW_SCAN_STEP);
    *ret = (struct cw_plain){.end = copy + text.n, .room = room};
    return cw_plain_space(copy);
}

const struct cw_json *cw_json_plain(struct cw_json_room *room, struct cw_str text)
{
    struct cw_plain r;
    char *p = cw_plain_begin(&r, room, text);
    struct cw_json *root = p ? new_node(&r) : NULL;
    if (!root)
        return NULL;
    *root = (struct cw_json){0};
    p = cw_plain_value(&r, p, root, 0);
    return p && cw_plain_space(p) == r.end ? root : NULL;
}
