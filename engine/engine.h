/* One engine thread: a member of the consumer group, its shards, and the protocol that moves them.
 *
 * It owns its bus; it speaks to the main thread through the board alone.
 */
#ifndef CW_ENGINE_ENGINE_H
#define CW_ENGINE_ENGINE_H

#include "board/board.h"
#include "churnwatch/settings.h"

struct cw_engine;
/* Checks and (where allowed) creates the topics, before any engine. eb names what is missing and
 * the command that makes it. -CW_E_RETRY: the brokers are not ready, and the same later is right.
 */
int cw_engine_prepare(const struct cw_settings *s, struct cw_errbuf *eb);
/* Starts thread n. Borrows the settings, which its bus keeps, and the board until cw_engine_join.
 */
int cw_engine_start(const struct cw_settings *s, int n, struct cw_board *board,
                    struct cw_engine **ret_engine, struct cw_errbuf *eb);
/* Settings read anew, for the next batch (see protocol.h); safe from any thread. What was given
 * before and not taken up is forgotten. */
void cw_engine_settings(struct cw_engine *e, const struct cw_settings *files);
/* Asks it to commit what it has and close; safe from any thread. */
void cw_engine_stop(struct cw_engine *e);
/* Waits for its end and frees it; accepts NULL. */
void cw_engine_join(struct cw_engine *e);

#endif
