/* Room for one parsed tree: pieces are cut off one after the other and given back all at once.
 *
 * A tree of an event is some forty small allocations; made and freed one by one among what lives
 * longer, they cost more than the parsing. Zeroed at first; of one thread.
 */
#ifndef CW_CORE_JSON_ROOM_H
#define CW_CORE_JSON_ROOM_H

#include <stddef.h>

struct cw_json_block;
struct cw_json_room {
    struct cw_json_block *block; /* the one in use, then those before it; owned */
};

/* Room for n bytes, aligned for anything, until the room is cleared; NULL: no memory. */
void *cw_json_room_take(struct cw_json_room *r, size_t n);
/* Everything taken is void; one block is kept. */
void cw_json_room_clear(struct cw_json_room *r);
void cw_json_room_free(struct cw_json_room *r);

#endif
