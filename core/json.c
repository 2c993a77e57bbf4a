/* A text's tree, from the reader that can; and the ways about it. Owns nothing. */
#include "core/json.h"

#include <string.h>

int cw_json_parse(struct cw_json_room *room, struct cw_str text, const struct cw_json **ret_root,
                  struct cw_json_fault *ret_fault)
{
    *ret_root = cw_json_plain(room, text);
    return *ret_root ? 0 : cw_json_library(room, text, ret_root, ret_fault);
}

const struct cw_json *cw_json_element(const struct cw_json *v, size_t i)
{
    const struct cw_json *el = v->kind == CW_JSON_ARRAY ? v->u.of.first : NULL;
    for (; el && i > 0; i--)
        el = el->next;
    return el;
}

static const struct cw_json *named(const struct cw_json *from, const struct cw_json *end,
                                   const char *name)
{
    while (from != end && !cw_json_is_named(from->name, name))
        from = from->next;
    return from == end ? NULL : from;
}

const struct cw_json *cw_json_member_after(const struct cw_json *v, const char *name,
                                           const struct cw_json **hint)
{
    if (v->kind != CW_JSON_OBJECT)
        return NULL;
    const struct cw_json *from = *hint ? (*hint)->next : v->u.of.first;
    const struct cw_json *found = named(from, NULL, name);
    if (!found)
        found = named(v->u.of.first, from, name);
    if (found)
        *hint = found;
    return found;
}

const struct cw_json *cw_json_member(const struct cw_json *v, const char *name)
{
    const struct cw_json *hint = NULL;
    return cw_json_member_after(v, name, &hint);
}
