/* One task record of the outbox, split into the members that become a Redis hash.
 *
 * Strings are kept bare (escapes resolved), numbers and booleans as they stand in the JSON, objects
 * and arrays as their JSON text, null as the empty string. No number is ever written anew. What
 * people write on a task, and deliveries (`note`, `delivered_at`, `desk…`), is no member of a
 * record.
 */
#ifndef CW_DELIVERY_RECORD_H
#define CW_DELIVERY_RECORD_H

#include "churnwatch/buf.h"

#define CW_RECORD_MEMBERS_MOST 64

struct cw_task_record {
    struct cw_buf text; /* owned; the pieces lie in it */
    struct {
        size_t at, n;
    } piece[2 * CW_RECORD_MEMBERS_MOST]; /* name, value, name, value … */
    size_t n_pieces;
    int64_t due_s; /* of due_at, seconds since 1970; -1 where it is null or absent */
};

/* Returns 0; -CW_E_INVALID for text that is no task record (eb says why), -CW_E_NOMEM. r must be
 * zeroed or used before; after a failure it may only be used again or freed. */
int cw_record_split(struct cw_str json, struct cw_task_record *r, struct cw_errbuf *eb);
/* Borrows. The i-th piece; the value of a member ({NULL, 0} when there is none). */
struct cw_str cw_record_piece(const struct cw_task_record *r, size_t i);
struct cw_str cw_record_member(const struct cw_task_record *r, const char *name);
void cw_record_free(struct cw_task_record *r); /* its parts; r itself is the caller's */

#endif
