/* Which outcomes were taken in already: exact for the last few, a mark for all before them. Private
 * to the core and to what reads task.outcomes as it does.
 *
 * The pump hands on each of a manager's moves at least once and never skips one: whatever comes
 * again, comes again in order, from any place on (delivery/pump.h). The end of a move's id is the
 * stream id that Redis gave it, MS-SEQ, which rises within its source, the words before. So of
 * those that left the ring, the greatest of each source is enough: what is not above it was heard,
 * however many there were. The ring keeps moves apart that came out of order all the same, as when
 * a Redis whose clock is behind takes over.
 *
 * An id of another form is known as long as it is in the ring.
 */
#ifndef CW_CORE_HEARD_H
#define CW_CORE_HEARD_H

#include <stdbool.h>
#include <stdint.h>

#include "churnwatch/types.h"

#define CW_HEARD_LAST 8
#define CW_HEARD_SOURCES 4 /* a client's managers, whose moves are told apart, beyond the ring */

/* ms 0: an id of another form; source is a hash of the whole of it then. */
struct cw_heard_id {
    uint64_t source, ms, seq;
};
/* All zero is "nothing heard". */
struct cw_heard {
    struct cw_heard_id last[CW_HEARD_LAST]; /* ring */
    struct cw_heard_id marks[CW_HEARD_SOURCES];
    struct cw_heard_id rest; /* the mark of every source that has none; its source says nothing */
    uint8_t n, next;
    uint8_t n_marks;
};

bool cw_heard_has(const struct cw_heard *h, struct cw_str id);
/* id: not heard yet. */
void cw_heard_add(struct cw_heard *h, struct cw_str id);

#endif
