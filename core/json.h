/* One parsed JSON text, read only: what the decoder asks of a parser, and nothing more.
 *
 * The tree is the same whoever read the text: our own reader of plain texts (core/json_plain.c), or
 * the library (core/json_jansson.c) for all others and for every refusal. Every number is kept as a
 * double: integers too large for 64 bits are no error, and whoever needs a number exactly reads its
 * text.
 */
#ifndef CW_CORE_JSON_H
#define CW_CORE_JSON_H

#include "churnwatch/event.h"
#include "core/json_room.h"

enum cw_json_kind {
    CW_JSON_NULL,
    CW_JSON_FALSE,
    CW_JSON_TRUE,
    CW_JSON_NUMBER,
    CW_JSON_STRING,
    CW_JSON_ARRAY,
    CW_JSON_OBJECT
};

/* A value; it lies in the room it was read into, with all it points at. */
struct cw_json {
    enum cw_json_kind kind;
    struct cw_str name;         /* of a member of an object, without NUL; else absent */
    const struct cw_json *next; /* of the same array or object, in the order of the text */
    union {
        struct cw_str text; /* STRING: what it says; NUMBER: as written, absent: not known */
        struct {
            const struct cw_json *first; /* NULL: empty */
            size_t n;
        } of; /* ARRAY, OBJECT */
    } u;
    double number;
};

struct cw_json_fault {
    enum cw_reject_code code;
    size_t at;      /* the byte up to which the parser had read */
    char text[128]; /* why, printable ASCII */
};

/* Returns 0, -CW_E_REJECT with ret_fault filled, -CW_E_NOMEM. The text is borrowed for the call. */
int cw_json_parse(struct cw_json_room *room, struct cw_str text, const struct cw_json **ret_root,
                  struct cw_json_fault *ret_fault);

/* The two behind it. The plain reader takes nothing nested deeper than this; its NULL says that the
 * text is not plain, or that there is no memory, and nothing else. */
#define CW_JSON_PLAIN_DEPTH 8
const struct cw_json *cw_json_plain(struct cw_json_room *room, struct cw_str text);
int cw_json_library(struct cw_json_room *room, struct cw_str text, const struct cw_json **ret_root,
                    struct cw_json_fault *ret_fault);

static inline enum cw_json_kind cw_json_kind(const struct cw_json *v)
{
    return v->kind;
}

static inline struct cw_str cw_json_string(const struct cw_json *v)
{
    return v->u.text;
}

static inline double cw_json_number(const struct cw_json *v)
{
    return v->number;
}

/* Whether a member's name, which is without NUL, is that one. Names are short: what a call would
 * cost is more than their bytes. */
static inline bool cw_json_is_named(struct cw_str is, const char *name)
{
    size_t same = 0;
    while (same < is.n && is.p[same] == name[same])
        same++;
    return same == is.n && name[same] == '\0';
}

/* The first element or member; NULL when there is none, or v cannot have any. */
static inline const struct cw_json *cw_json_first(const struct cw_json *v)
{
    return v->kind >= CW_JSON_ARRAY ? v->u.of.first : NULL;
}

/* 0 when it is no array. */
static inline size_t cw_json_size(const struct cw_json *v)
{
    return v->kind == CW_JSON_ARRAY ? v->u.of.n : 0;
}

/* By walking there; NULL beyond the end, or when it is no array. */
const struct cw_json *cw_json_element(const struct cw_json *v, size_t i);
/* NULL when it is no object or has no such member. */
const struct cw_json *cw_json_member(const struct cw_json *v, const char *name);
/* The same; the search begins behind *hint, a member found before, where one that is asked for in
 * the order of the text stands, and leaves there what it found. NULL there: at the first. */
const struct cw_json *cw_json_member_after(const struct cw_json *v, const char *name,
                                           const struct cw_json **hint);

#endif
