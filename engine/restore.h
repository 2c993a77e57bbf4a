/* A shard's memory from its state log, and the check that state and positions are of one piece. */
#ifndef CW_ENGINE_RESTORE_H
#define CW_ENGINE_RESTORE_H

#include "engine/link.h"
#include "engine/repair_order.h"
#include "engine/shard_run.h"

/* Restores a shard just assigned and starts its inputs. Returns 0 with the shard RUNNING, or
 * STOPPED with its reason where its log is torn, damaged, cut or of a newer release, or where
 * messages of its inputs are gone unread; an order made for just this moment says how to go on
 * then, and is carried out by the next commit (NULL: there is none); else what the bus said, or
 * -CW_E_NOMEM: the shard must then be forgotten and restored anew. */
int cw_restore_run(struct cw_run *r, const struct cw_repair *order, const struct cw_link *link,
                   struct cw_errbuf *eb);

/* A shard that has met what cannot be read of an input lets go of its memory and is looked at again
 * later, which reads from in front of the damage; or has STOPPED, where that has gone on for long.
 * No commit under way has it. What the bus said, or -CW_E_NOMEM. */
int cw_restore_later(struct cw_run *r, const struct cw_link *link, struct cw_errbuf *eb);

#endif
