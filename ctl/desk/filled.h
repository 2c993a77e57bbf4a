/* Whether what Redis shows is what the daemon delivers: an emptied Redis looks like an idle one. */
#ifndef CW_CTL_DESK_FILLED_H
#define CW_CTL_DESK_FILLED_H

#include "ctl/redis.h"

/* CW_EXIT_DONE, or the complaint has been printed: nothing was ever delivered to this Redis, it was
 * emptied, or it is being filled anew. That a daemon refuses it is said on stderr; what it holds
 * may still be looked at. */
enum cw_exit cw_desk_filled(struct cw_redis *redis);

#endif
