/* Two trees side by side. See json_equal.h. */
#include "tests/support/json_equal.h"

#include <string.h>

#include "core/locate.h"

static bool same(struct cw_str a, struct cw_str b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static const char *differ(struct cw_str text, size_t at, const struct cw_json *a,
                          const struct cw_json *b);

/* Where a member stands; the locator takes terminated names. */
static size_t place(struct cw_str text, size_t at, struct cw_str name)
{
    char terminated[128] = "";
    if (name.n >= sizeof terminated)
        return CW_NOWHERE;
    memcpy(terminated, name.p, name.n);
    return cw_locate_member(text, at, terminated);
}

static const char *differ_inside(struct cw_str text, size_t at, const struct cw_json *a,
                                 const struct cw_json *b)
{
    const struct cw_json *x = a->u.of.first, *y = b->u.of.first;
    size_t n = 0, element = cw_locate_first(text, at);
    if (a->u.of.n != b->u.of.n)
        return "counts";
    for (; x && y; x = x->next, y = y->next, n++) {
        bool member = a->kind == CW_JSON_OBJECT;
        const char *what = differ(text, member ? place(text, at, x->name) : element, x, y);
        if (what)
            return what;
        element = cw_locate_next(text, element);
    }
    return x || y || n != a->u.of.n ? "counts" : NULL;
}

static const char *differ(struct cw_str text, size_t at, const struct cw_json *a,
                          const struct cw_json *b)
{
    if (a->kind != b->kind)
        return "kinds";
    if (!same(a->name, b->name))
        return "names";
    if (a->kind == CW_JSON_STRING)
        return same(a->u.text, b->u.text) ? NULL : "texts";
    if (a->kind >= CW_JSON_ARRAY)
        return differ_inside(text, at, a, b);
    if (a->kind != CW_JSON_NUMBER)
        return NULL;
    if (memcmp(&a->number, &b->number, sizeof a->number) != 0)
        return "numbers";
    return at == CW_NOWHERE || same(a->u.text, cw_locate_number(text, at)) ? NULL
                                                                           : "a number's text";
}

const char *cw_json_differ(struct cw_str text, const struct cw_json *a, const struct cw_json *b)
{
    return differ(text, cw_locate_root(text), a, b);
}
