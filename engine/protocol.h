/* The protocol above the bus: assignments, restore, batches, commits and what to do when one fails.
 *
 * A state machine that is given turns by one engine thread (or by a test); it blocks only in the
 * bus. Whatever goes wrong short of fatal has one cure: the transaction is aborted, the memory of
 * all shards thrown away and restored from the state log, the inputs sought back.
 */
#ifndef CW_ENGINE_PROTOCOL_H
#define CW_ENGINE_PROTOCOL_H

#include "board/board.h"
#include "engine/link.h"

struct cw_protocol;
/* Borrows all until freed, but holds the settings. NULL: no memory. */
struct cw_protocol *cw_protocol_new(const struct cw_settings *s, struct cw_bus *bus,
                                    struct cw_board *board, const struct cw_env *env);
/* Throws away what is not committed. The bus is not closed. */
void cw_protocol_free(struct cw_protocol *p);

/* Settings read anew, in force before the next batch; what of them only a restart changes must be
 * as before. On the engine's thread; holds them. */
void cw_protocol_settings(struct cw_protocol *p, const struct cw_settings *files);
/* Version of the live settings in force; -1 before they have been read. */
int32_t cw_protocol_version(const struct cw_protocol *p);
/* There is an assignment; it may be of no shard. */
bool cw_protocol_assigned(const struct cw_protocol *p);

/* The memory of a shard that is running, to be looked at until the next turn; NULL: it is not. */
const struct cw_shard *cw_protocol_shard(const struct cw_protocol *p, int32_t shard);

/* Waits for the bus, at most 100 ms; takes, judges, and commits what is due. Returns 0, or
 * -CW_E_FATAL after the reason was put on the board: no further turn may follow. */
int cw_protocol_turn(struct cw_protocol *p);
/* Commits all that has been judged, before closing. Returns 0 or -CW_E_FATAL; a commit that failed
 * otherwise is left to the next start. */
int cw_protocol_finish(struct cw_protocol *p);

#endif
