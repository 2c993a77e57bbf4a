/* Pointers: parsing, and walking a tree and its text by them. See pointer.h. */
#include "core/pointer.h"

#include <string.h>

#include "core/locate.h"

/* ---- parsing ---- */

struct parse {
    struct cw_json_room *room;
    const char *text;
    struct cw_errbuf *eb;
};

static int refuse(const struct parse *ps, const char *what)
{
    return cw_fail(ps->eb, CW_E_INVALID, "\"%.100s\" is no JSON Pointer: %s", ps->text, what);
}

/* What ~0, ~1 and ~2 stand for; 0 for anything else. */
static char meant_by(char digit)
{
    return digit == '0' ? '~' : digit == '1' ? '/' : digit == '2' ? '[' : 0;
}

/* A piece of the text without its escapes, terminated, in the room. */
static int unescape(const struct parse *ps, const char *p, size_t n, struct cw_str *ret_piece)
{
    char *out = cw_json_room_take(ps->room, n + 1);
    size_t to = 0;
    if (!out)
        return -CW_E_NOMEM;
    for (size_t i = 0; i < n; i++) {
        char c = p[i];
        if (c == '~') {
            c = i + 1 < n ? meant_by(p[++i]) : 0;
            if (!c)
                return refuse(ps, "after ~ stands 0 (for ~), 1 (for /) or 2 (for [)");
        }
        out[to++] = c;
    }
    out[to] = '\0';
    *ret_piece = (struct cw_str){out, to};
    return 0;
}

/* The place an element's number names; SIZE_MAX when it is none. */
static size_t index_of(struct cw_str name)
{
    size_t index = 0;
    if (name.n < 1 || name.n > 9 || (name.p[0] == '0' && name.n > 1))
        return SIZE_MAX;
    for (size_t i = 0; i < name.n; i++) {
        if (name.p[i] < '0' || name.p[i] > '9')
            return SIZE_MAX;
        index = index * 10 + (size_t)(name.p[i] - '0');
    }
    return index;
}

static int add_name(const struct parse *ps, const char *p, size_t n, struct cw_pointer *out)
{
    struct cw_str name;
    int err = unescape(ps, p, n, &name);
    if (!err)
        out->steps[out->n++] = (struct cw_pointer_step){.name = name.p, .index = index_of(name)};
    return err;
}

/* `key=value`, from between the brackets. */
static int add_pick(const struct parse *ps, const char *p, size_t n, struct cw_pointer *out)
{
    const char *equals = memchr(p, '=', n);
    struct cw_str key, is;
    int err = unescape(ps, p, (size_t)(equals - p), &key);
    if (!err)
        err = unescape(ps, equals + 1, n - (size_t)(equals + 1 - p), &is);
    if (!err)
        out->steps[out->n++] = (struct cw_pointer_step){.key = key.p, .is = is};
    return err;
}

/* Where the brackets of a pick open in a token; NULL when it has none. */
static const char *pick_in(const char *p, size_t n)
{
    const char *open = n && p[n - 1] == ']' ? memchr(p, '[', n) : NULL;
    return open && memchr(open, '=', (size_t)(p + n - open)) ? open : NULL;
}

/* One token: a name, a name with a pick, or (in a list's own pointers) a pick alone. */
static int add_token(const struct parse *ps, const char *p, size_t n, struct cw_pointer *out)
{
    const char *open = pick_in(p, n);
    size_t of_name = open ? (size_t)(open - p) : n;
    int err = open == p ? 0 : add_name(ps, p, of_name, out);
    if (!err && open)
        err = add_pick(ps, open + 1, n - of_name - 2, out);
    return err;
}

/* Room for the steps of a text: each token is a name, a pick, or both. */
static size_t steps_most(const char *text)
{
    size_t n = 0;
    for (; *text; text++)
        n += *text == '/';
    return 2 * n;
}

int cw_pointer_parse(struct cw_json_room *room, const char *text, struct cw_pointer *ret_pointer,
                     struct cw_errbuf *eb)
{
    struct parse ps = {room, text, eb};
    size_t n = strlen(text);
    if (n && text[0] != '/')
        return refuse(&ps, "it begins with /");
    if (n > CW_POINTER_BYTES_MOST || steps_most(text) > CW_POINTER_STEPS_MOST)
        return refuse(&ps, "it is too long");
    char *copy = cw_json_room_take(room, n + 1);
    struct cw_pointer out = {.text = copy};
    out.steps = cw_json_room_take(room, (steps_most(text) + 1) * sizeof *out.steps);
    if (!copy || !out.steps)
        return cw_fail(eb, CW_E_NOMEM, "out of memory");
    memcpy(copy, text, n + 1);
    int err = 0;
    for (const char *p = text; *p && !err;) {
        size_t of_token = strcspn(++p, "/");
        err = add_token(&ps, p, of_token, &out);
        p += of_token;
    }
    if (!err)
        *ret_pointer = out;
    return err;
}

/* ---- walking ---- */

static bool is_picked(const struct cw_json *element, const struct cw_pointer_step *step)
{
    const struct cw_json *v = cw_json_member(element, step->key);
    if (!v || cw_json_kind(v) != CW_JSON_STRING)
        return false;
    struct cw_str s = cw_json_string(v);
    return s.n == step->is.n && memcmp(s.p, step->is.p, s.n) == 0;
}

/* The element a step leads to; SIZE_MAX for none. v is an array. */
static size_t element_of(const struct cw_json *v, const struct cw_pointer_step *step)
{
    size_t n = cw_json_size(v);
    if (step->name)
        return step->index < n ? step->index : SIZE_MAX;
    size_t i = 0;
    for (const struct cw_json *el = cw_json_first(v); el; el = el->next, i++)
        if (is_picked(el, step))
            return i;
    return SIZE_MAX;
}

static const struct cw_json *follow(const struct cw_json *v, const struct cw_pointer_step *step)
{
    if (cw_json_kind(v) != CW_JSON_ARRAY)
        return step->name ? cw_json_member(v, step->name) : NULL;
    size_t i = element_of(v, step);
    return i == SIZE_MAX ? NULL : cw_json_element(v, i);
}

const struct cw_json *cw_pointer_find(const struct cw_pointer *p, const struct cw_json *from)
{
    for (size_t i = 0; i < p->n && from; i++)
        from = follow(from, &p->steps[i]);
    return from;
}

static size_t locate_element(struct cw_str text, size_t at, size_t index)
{
    at = cw_locate_first(text, at);
    while (index-- > 0)
        at = cw_locate_next(text, at);
    return at;
}

size_t cw_pointer_locate(const struct cw_pointer *p, const struct cw_json *from, struct cw_str text,
                         size_t at)
{
    for (size_t i = 0; i < p->n; i++) {
        const struct cw_pointer_step *step = &p->steps[i];
        const struct cw_json *to = follow(from, step);
        if (!to)
            return CW_NOWHERE;
        if (cw_json_kind(from) == CW_JSON_ARRAY)
            at = locate_element(text, at, element_of(from, step));
        else
            at = cw_locate_member(text, at, step->name);
        from = to;
    }
    return at;
}
