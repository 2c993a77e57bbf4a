/* An event straight from its text, without a tree: each member's value is put where it belongs as
 * it is read.
 *
 * The tables are the same (core/decode_event.c), and so are the readers of values. Whatever is not
 * as it mostly is, this gives up: an attribute behind the data that says what the data are, a
 * member that is missing or there twice, a value that is refused, and all that the plain reader
 * gives up at. Then the text is read again by way of a tree, which alone says what is wrong. So
 * what is claimed here is only that an event taken is the event that the tree gives
 * (tests/fuzz/decode.c).
 *
 * Runs on the decoder's thread; owns nothing.
 */
#include <string.h>

#include "core/decode_members.h"
#include "core/json_plain.h"
#include "core/locate.h"

enum { OTHERS_MOST = 8, DEPTH_MEMBERS = 1, DEPTH_DATA = 2 };

struct straight {
    struct cw_decoder *d;
    struct cw_plain text;
    struct cw_envelope *env;
    struct cw_event *ev;
};

/* The members of one object, as they come. */
struct object {
    const struct cw_shape *shape;
    size_t next;   /* the row that follows the last one met: mostly the one that comes */
    uint32_t seen; /* rows met, a bit each */
    struct cw_str others[OTHERS_MOST]; /* names of members of which there is no row */
    size_t n_others;
};

/* Sixteen bytes at once: of a name that is followed by as many in the text's copy, and of a
 * CW_NAME. */
static bool is_named(struct cw_str is, const char *name)
{
    cw_scan_bytes a, b;
    if (is.n >= CW_SCAN_STEP)
        return false;
    memcpy(&a, is.p, sizeof a);
    memcpy(&b, name, sizeof b);
    return cw_scan_first(a != b) >= is.n && name[is.n] == '\0';
}

/* The place of its row; the number of rows when there is none. */
static size_t row_of(const struct object *o, struct cw_str name)
{
    size_t n = o->shape->n;
    for (size_t i = 0; i < n; i++) {
        size_t at = o->next + i < n ? o->next + i : o->next + i - n;
        if (is_named(name, o->shape->members[at].name))
            return at;
    }
    return n;
}

/* False also when there are too many to tell. */
static bool is_first(struct object *o, struct cw_str name)
{
    for (size_t i = 0; i < o->n_others; i++)
        if (o->others[i].n == name.n && memcmp(o->others[i].p, name.p, name.n) == 0)
            return false;
    if (o->n_others == OTHERS_MOST)
        return false;
    o->others[o->n_others++] = name;
    return true;
}

static bool is_whole(struct cw_decoder *d, const struct object *o, const void *out)
{
    struct cw_node object = {.at = CW_NOWHERE};
    uint32_t missing = ((UINT32_C(1) << o->shape->n) - 1) & ~o->seen;
    for (; missing; missing &= missing - 1)
        if (o->shape->members[__builtin_ctz(missing)].required)
            return false;
    return !o->shape->check || o->shape->check(d, &object, out) == 0;
}

static char *take_object(struct straight *s, char *p, const struct cw_shape *shape, void *out,
                         int depth);

/* depth: how many objects the value lies in. */
static char *take_value(struct straight *s, char *p, const struct cw_member *m, void *out,
                        int depth)
{
    if (m->kind == CW_M_OBJECT)
        return take_object(s, p, m->sub, (char *)out + m->at, depth + 1);
    struct cw_json v = {.kind = CW_JSON_NULL};
    p = cw_plain_value(&s->text, p, &v, depth);
    if (!p || (!m->required && v.kind == CW_JSON_NULL))
        return p;
    struct cw_node nd = {.v = &v, .at = CW_NOWHERE};
    return cw_read_value(s->d, &nd, m, out) == 0 ? p : NULL;
}

/* A member of which there is no row: the data, or one that is let pass. */
static char *take_other(struct straight *s, char *p, struct object *o, struct cw_str name,
                        int depth)
{
    if (!is_first(o, name))
        return NULL;
    if (depth == DEPTH_MEMBERS && is_named(name, CW_NAME("data"))) {
        s->ev->type = cw_event_type_of(s->env->type);
        bool known = s->env->type.p && s->ev->type != CW_EV_COUNT;
        return known ? take_object(s, p, cw_event_shape(s->ev->type), s->ev, DEPTH_DATA) : NULL;
    }
    struct cw_json v = {.kind = CW_JSON_NULL};
    return cw_plain_value(&s->text, p, &v, depth);
}

static char *take_member(struct straight *s, char *p, struct object *o, void *out, int depth)
{
    struct cw_str name;
    p = cw_plain_string(&s->text, p, &name);
    if (!p || *(p = cw_plain_space(p)) != ':')
        return NULL;
    p = cw_plain_space(p + 1);
    size_t row = row_of(o, name);
    if (row == o->shape->n)
        return take_other(s, p, o, name, depth);
    if (o->seen >> row & 1)
        return NULL;
    o->seen |= UINT32_C(1) << row;
    o->next = row + 1;
    return take_value(s, p, &o->shape->members[row], out, depth);
}

/* depth: of its members. One without any is left to the tree. */
static char *take_object(struct straight *s, char *p, const struct cw_shape *shape, void *out,
                         int depth)
{
    struct object o = {.shape = shape, .n_others = 0};
    if (*p != '{')
        return NULL;
    do {
        p = take_member(s, cw_plain_space(p + 1), &o, out, depth);
        p = p ? cw_plain_space(p) : NULL;
    } while (p && *p == ',');
    return p && *p == '}' && is_whole(s->d, &o, out) ? p + 1 : NULL;
}

bool cw_decode_straight(struct cw_decoder *d, struct cw_envelope *ret_env, struct cw_event *ret)
{
    struct straight s = {.d = d, .env = ret_env, .ev = ret};
    memset(ret_env, 0, sizeof *ret_env);
    memset(ret, 0, sizeof *ret);
    ret->type = CW_EV_COUNT;
    char *p = cw_plain_begin(&s.text, &d->room, d->text);
    p = p ? take_object(&s, p, &cw_envelope_shape, ret_env, DEPTH_MEMBERS) : NULL;
    return p && cw_plain_space(p) == s.text.end && ret->type != CW_EV_COUNT;
}
