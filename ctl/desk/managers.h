/* Which managers there are: those of manager.profiles, as an onlooker reads them, and those that
 * Redis keeps something for. One thread. */
#ifndef CW_CTL_DESK_MANAGERS_H
#define CW_CTL_DESK_MANAGERS_H

#include "ctl/redis.h"

/* Somebody to look at: known to Redis or to manager.profiles. CW_EXIT_DONE also where the topic
 * cannot be read, which is said on stderr. Otherwise the complaint, with the nearest names, has
 * been printed, and the exit code is returned. */
enum cw_exit cw_managers_known(const struct cw_ctl *ctl, struct cw_redis *redis,
                               const char *manager);
/* Somebody to give a task to, as the engine asks before it does: known to manager.profiles, or no
 * managers are loaded at all. Otherwise likewise. */
enum cw_exit cw_managers_can_take(const struct cw_ctl *ctl, struct cw_redis *redis,
                                  const char *manager);

#endif
