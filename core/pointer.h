/* JSON Pointers (RFC 6901), and one thing more: after a member's name, `[name=arpu]` picks the
 * first element of that member's array whose member `name` is the text `arpu`, as in
 * `/characteristic[name=arpu]/value`. Where a name itself ends so, `~2` stands for its `[`.
 *
 * Pure. A pointer is parsed once, into a room, and lives as long as the room.
 */
#ifndef CW_CORE_POINTER_H
#define CW_CORE_POINTER_H

#include "core/json.h"

#define CW_POINTER_STEPS_MOST 32
#define CW_POINTER_BYTES_MOST 512

struct cw_pointer_step {
    const char *name; /* of a member, or the index of an element; NULL: picks */
    size_t index;     /* SIZE_MAX: the name is no index */
    const char *key;  /* picks the element whose member `key` … */
    struct cw_str is; /* … is this text */
};

struct cw_pointer {
    const char *text; /* as it was written, terminated */
    struct cw_pointer_step *steps;
    size_t n;
};

/* Returns 0; -CW_E_INVALID with the sentence in eb; -CW_E_NOMEM. */
int cw_pointer_parse(struct cw_json_room *room, const char *text, struct cw_pointer *ret_pointer,
                     struct cw_errbuf *eb);
/* The value it points at, seen from `from`; NULL: nothing is there. */
const struct cw_json *cw_pointer_find(const struct cw_pointer *p, const struct cw_json *from);
/* Where that value begins in the text that `from` was read from, itself at byte `at`; CW_NOWHERE
 * when nothing is there. */
size_t cw_pointer_locate(const struct cw_pointer *p, const struct cw_json *from, struct cw_str text,
                         size_t at);

#endif
