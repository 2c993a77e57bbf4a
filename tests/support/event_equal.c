/* Two events, member by member as their type's shape has them. See event_equal.h. */
#include "tests/support/event_equal.h"

#include <string.h>

#include "core/decode_members.h"

static bool same_text(struct cw_str a, struct cw_str b)
{
    return a.n == b.n && (a.p == NULL) == (b.p == NULL) && (a.n == 0 || !memcmp(a.p, b.p, a.n));
}

static bool same_text_at(const void *a, const void *b, size_t at)
{
    struct cw_str s, t;
    memcpy(&s, (const char *)a + at, sizeof s);
    memcpy(&t, (const char *)b + at, sizeof t);
    return same_text(s, t);
}

static bool same_bytes_at(const void *a, const void *b, size_t at, size_t n)
{
    return memcmp((const char *)a + at, (const char *)b + at, n) == 0;
}

static const char *differ(const struct cw_shape *shape, const void *a, const void *b);

static bool same_member(const struct cw_member *m, const void *a, const void *b)
{
    switch (m->kind) {
    case CW_M_TEXT:
    case CW_M_ID:
    case CW_M_PHONE:
    case CW_M_NAME:
        return same_text_at(a, b, m->at);
    case CW_M_NUMBER:
        return same_bytes_at(a, b, m->at, sizeof(cw_number)) &&
               (!m->also || same_text_at(a, b, m->also));
    case CW_M_TIME:
    case CW_M_MONEY:
    case CW_M_INT64:
    case CW_M_REAL:
        return same_bytes_at(a, b, m->at, 8);
    case CW_M_DATE:
        return same_bytes_at(a, b, m->at, sizeof(cw_day));
    case CW_M_CYCLE:
        return same_bytes_at(a, b, m->at, sizeof(cw_cycle));
    case CW_M_WORD:
        return same_bytes_at(a, b, m->at, sizeof(int));
    case CW_M_EITHER:
    case CW_M_BOOL:
        return same_bytes_at(a, b, m->at, sizeof(bool));
    case CW_M_INT32:
        return same_bytes_at(a, b, m->at, sizeof(int32_t));
    case CW_M_OBJECT:
        return !differ(m->sub, (const char *)a + m->at, (const char *)b + m->at);
    default:
        return false; /* no event has lists */
    }
}

static const char *differ(const struct cw_shape *shape, const void *a, const void *b)
{
    for (size_t i = 0; i < shape->n; i++)
        if (!same_member(&shape->members[i], a, b))
            return shape->members[i].name;
    return NULL;
}

const char *cw_event_differ(const struct cw_event *a, const struct cw_event *b)
{
    if (a->type != b->type)
        return "type";
    if (!same_text(a->id, b->id) || !same_text(a->source, b->source))
        return "id or source";
    if (!same_text(a->subject, b->subject) || a->time != b->time)
        return "subject or time";
    return differ(cw_event_shape(a->type), a, b);
}
