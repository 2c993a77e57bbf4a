/* What the decoder asks of a JSON library, and nothing more: one parsed tree, read only.
 *
 * Every number is kept as a double beside the text it was read from: integers too large for 64 bits
 * are no error, and whoever needs a number exactly reads its text (core/locate.h).
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

struct cw_json; /* opaque; a value lives as long as its root */

struct cw_json_fault {
    enum cw_reject_code code;
    size_t at;      /* the byte up to which the parser had read */
    char text[128]; /* why, printable ASCII */
};

/* Returns 0 (caller frees with cw_json_free), -CW_E_REJECT with ret_fault filled, -CW_E_NOMEM. */
int cw_json_parse(struct cw_str text, struct cw_json **ret_root, struct cw_json_fault *ret_fault);
void cw_json_free(struct cw_json *root);
/* The same, but the tree lies in the room and goes with it: never to be freed by itself. */
int cw_json_parse_in(struct cw_json_room *room, struct cw_str text, struct cw_json **ret_root,
                     struct cw_json_fault *ret_fault);

enum cw_json_kind cw_json_kind(const struct cw_json *v);
struct cw_str cw_json_string(const struct cw_json *v);
double cw_json_number(const struct cw_json *v);
/* NULL when it is no object or has no such member. */
const struct cw_json *cw_json_member(const struct cw_json *v, const char *name);
/* 0 when it is no array; NULL beyond its end. */
size_t cw_json_size(const struct cw_json *v);
const struct cw_json *cw_json_element(const struct cw_json *v, size_t i);

/* Calls back with each member of an object, in the order of the text; with none for anything else.
 */
void cw_json_each(const struct cw_json *v,
                  void (*fn)(void *arg, const char *name, const struct cw_json *member), void *arg);

#endif
