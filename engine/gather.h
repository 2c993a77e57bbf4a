/* What the bus has, brought to the shards: assignments, messages, the ends of inputs. An input of
 * which too much waits is held back. On the engine's thread.
 */
#ifndef CW_ENGINE_GATHER_H
#define CW_ENGINE_GATHER_H

#include "engine/link.h"
#include "engine/shards.h"

/* Waits so long for the bus, then takes what it has, up to `most` happenings and for about a
 * commit's interval; but one at least, and no other while a shard is to be restored. Returns 0 with
 * *more telling whether the bus may have more, which is left as it was where the bus asks for
 * another try; else what the bus said, or -CW_E_NOMEM. */
int cw_gather(struct cw_shards *s, const struct cw_link *link, int wait_ms, size_t most, bool *more,
              struct cw_errbuf *eb);
/* Inputs that were held back go on where few enough messages wait. Returns what the bus said. */
int cw_gather_resume(struct cw_run *r, const struct cw_link *link, struct cw_errbuf *eb);

#endif
