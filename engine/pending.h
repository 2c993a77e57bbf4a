/* What a shard wants appended at its next commit: task versions and dead letters, as bytes of our
 * own, since what they are made from is gone by then.
 */
#ifndef CW_ENGINE_PENDING_H
#define CW_ENGINE_PENDING_H

#include "churnwatch/shard.h"
#include "engine/link.h"

/* Zero it to begin. */
struct cw_pending {
    struct cw_buf bytes; /* packed records; owned */
    size_t records, tasks;
};

void cw_pending_free(struct cw_pending *p);
/* Forgets all records, keeps the memory. */
void cw_pending_clear(struct cw_pending *p);

/* Packs a record; borrows it until return. A failure is remembered in the buffer. */
void cw_pending_pack(struct cw_buf *b, const struct cw_record *r);
/* The refused message, bytes and headers unchanged, with the headers that say why; topic is the
 * topic's name. */
void cw_pending_pack_dead(struct cw_buf *b, const struct cw_message *m, const char *topic,
                          const struct cw_reject *why);
/* Takes over packed records' bytes by copy. */
void cw_pending_add(struct cw_pending *p, struct cw_str packed);
void cw_pending_task(struct cw_pending *p, int32_t shard, const struct cw_task_version *v);

/* Appends all, in order, to the open transaction. Returns what the bus says, or -CW_E_NOMEM. */
int cw_pending_append(const struct cw_pending *p, const struct cw_link *link, struct cw_errbuf *eb);

#endif
