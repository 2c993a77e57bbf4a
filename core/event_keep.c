/* Keeping an event's texts; see event_keep.h. */
#include "core/event_keep.h"

#include <string.h>

#include "core/decode_members.h"

/* Where a member of an event has its text; NULL: it has none. */
static struct cw_str *text_of(const struct cw_member *m, unsigned char *object)
{
    switch (m->kind) {
    case CW_M_TEXT:
    case CW_M_ID:
    case CW_M_PHONE:
    case CW_M_NAME:
        return (struct cw_str *)(void *)(object + m->at);
    case CW_M_NUMBER:
        return m->also ? (struct cw_str *)(void *)(object + m->also) : NULL;
    default:
        return NULL;
    }
}

static void each_member(const struct cw_shape *shape, unsigned char *object,
                        void (*each)(void *arg, struct cw_str *text), void *arg)
{
    for (size_t i = 0; i < shape->n; i++) {
        const struct cw_member *m = &shape->members[i];
        struct cw_str *text = text_of(m, object);
        if (text)
            each(arg, text);
        else if (m->kind == CW_M_OBJECT)
            each_member(m->sub, object + m->at, each, arg);
    }
}

static void each_text(struct cw_event *ev, void (*each)(void *arg, struct cw_str *text), void *arg)
{
    each(arg, &ev->id);
    each(arg, &ev->source);
    each(arg, &ev->subject);
    if (ev->type < CW_EV_COUNT)
        each_member(cw_event_shape(ev->type), (unsigned char *)ev, each, arg);
}

static void add(void *arg, struct cw_str *text)
{
    *(size_t *)arg += text->n;
}

size_t cw_event_keep_bytes(const struct cw_event *ev)
{
    size_t n = 0;
    each_text((struct cw_event *)(uintptr_t)ev, add, &n);
    return n;
}

static void copy(void *arg, struct cw_str *text)
{
    char **to = arg;
    if (!text->p)
        return;
    memcpy(*to, text->p, text->n);
    text->p = *to;
    *to += text->n;
}

void cw_event_keep(struct cw_event *ev, char *room)
{
    each_text(ev, copy, &room);
}
