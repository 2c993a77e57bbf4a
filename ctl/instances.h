/* What the running instances say of themselves in Redis: <prefix><kind>:<instance>. */
#ifndef CW_CTL_INSTANCES_H
#define CW_CTL_INSTANCES_H

#include "ctl/redis.h"

/* Calls with each instance's text of that kind ("status", "dry"). 0; or -CW_E_IO, then
 * cw_redis_fail; or -CW_E_NOMEM. */
int cw_instances_each(struct cw_redis *r, const char *kind,
                      void (*each)(void *arg, const char *instance, struct cw_str text), void *arg);

#endif
