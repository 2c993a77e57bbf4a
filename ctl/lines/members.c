/* A line's members without a tree. See members.h. */
#include "ctl/lines/members.h"

#include <string.h>

#include "core/json.h"
#include "core/locate.h"
#include "core/scan.h"

/* The string that begins at `at`, quotes included; absent when it is none or is not closed. */
static struct cw_str quoted(struct cw_str line, size_t at)
{
    if (at >= line.n || line.p[at] != '"')
        return (struct cw_str){0};
    for (size_t i = at + 1; i < line.n; i++) {
        if (line.p[i] == '\\')
            i++;
        else if (line.p[i] == '"')
            return (struct cw_str){line.p + at, i + 1 - at};
    }
    return (struct cw_str){0};
}

static struct cw_str unescaped(struct cw_str text, struct cw_buf *b)
{
    struct cw_json_room room = {0};
    const struct cw_json *v;
    struct cw_json_fault fault;
    bool read = cw_json_parse(&room, text, &v, &fault) == 0;
    cw_buf_clear(b);
    if (read)
        cw_buf_put(b, cw_json_string(v).p, cw_json_string(v).n);
    cw_json_room_free(&room);
    return !read || b->failed ? (struct cw_str){0} : (struct cw_str){b->p, b->n};
}

/* What stands at `at`, if it is text. */
static struct cw_str text_at(struct cw_str line, size_t at, struct cw_buf *b)
{
    if (at >= line.n || line.p[at] != '"')
        return (struct cw_str){0};
    const char *from = line.p + at + 1, *end = line.p + line.n, *to = cw_scan_quote(from, end);
    if (to < end && *to == '"')
        return (struct cw_str){from, (size_t)(to - from)};
    struct cw_str text = quoted(line, at);
    return text.p ? unescaped(text, b) : text;
}

struct cw_str cw_member_text(struct cw_str line, const char *member, struct cw_buf *b)
{
    return text_at(line, cw_locate_member(line, cw_locate_root(line), member), b);
}

struct cw_str cw_member_text_beside(struct cw_str line, struct cw_str beside, const char *member,
                                    struct cw_buf *b)
{
    size_t at = CW_NOWHERE;
    if (beside.p > line.p && beside.p < line.p + line.n)
        at = cw_locate_further(line, (size_t)(beside.p - line.p) - 1, member);
    return at == CW_NOWHERE ? cw_member_text(line, member, b) : text_at(line, at, b);
}

bool cw_member_has(struct cw_str line, const char *member)
{
    return cw_locate_member(line, cw_locate_root(line), member) != CW_NOWHERE;
}

bool cw_type_is_billing(struct cw_str type)
{
    return type.n > 8 && memcmp(type.p, "billing.", 8) == 0;
}
