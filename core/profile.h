/* A client's profile, packed: one block of bytes that is the same in memory and in the state log.
 *
 * What a task may need is kept (names, contacts, manager, classes, dates); lines go into the
 * client's own lines. Unpacking borrows from the block and allocates nothing.
 */
#ifndef CW_CORE_PROFILE_H
#define CW_CORE_PROFILE_H

#include "churnwatch/buf.h"
#include "churnwatch/event.h"

#define CW_PROFILE_CONTACTS_MOST 64
#define CW_PROFILE_DATES_MOST 256
#define CW_PROFILE_INTERESTS_MOST 64

void cw_profile_pack(struct cw_buf *b, const struct cw_profile *p);

/* Room for the arrays of an unpacked profile. */
struct cw_profile_room {
    struct cw_contact contacts[CW_PROFILE_CONTACTS_MOST];
    struct cw_profile_date dates[CW_PROFILE_DATES_MOST];
    struct cw_str interests[CW_PROFILE_INTERESTS_MOST];
};
/* False when the block is damaged. p has no lines. */
bool cw_profile_unpack(struct cw_str packed, struct cw_profile *ret, struct cw_profile_room *room);

/* Out of the packed block: it is asked for more often than the rest. -1 when absent. */
static inline int32_t cw_profile_phones(struct cw_str packed)
{
    enum { AT = 6 * sizeof(uint8_t) + sizeof(int32_t) };
    struct cw_reader r = cw_reader(packed.p + AT, packed.n < AT ? 0 : packed.n - AT);
    int32_t phones = cw_read_i32(&r);
    return r.failed ? -1 : phones;
}

#endif
