/* Where a line of NDJSON goes: its topic by its kind, its key as the contract says.
 *
 * Nothing is checked but what is needed to send it: a line that breaks the contract goes on its
 * way, for the daemon to refuse.
 */
#ifndef CW_CTL_LINES_ADDRESS_H
#define CW_CTL_LINES_ADDRESS_H

#include "ctl/lines/mapped.h"

struct cw_address {
    const char *topic; /* NULL: neither an event, an outcome, a profile nor a manager */
    struct cw_str key; /* absent: none */
};
/* What an address may have to borrow from; all zero is empty. */
struct cw_address_room {
    struct cw_buf key, type;
    struct cw_decoder *mapper; /* made when the settings map an input */
};
void cw_address_room_free(struct cw_address_room *room);

/* The key points into the line or the room. Lines of inputs that the settings map are known by what
 * their profiles make of them, the contract's own by their members. */
struct cw_address cw_address_of(const struct cw_settings *s, struct cw_str line,
                                struct cw_address_room *room);

#endif
