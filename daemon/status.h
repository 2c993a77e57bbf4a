/* cw:status:<instance>: what this instance is doing, as JSON that expires after ten seconds. */
#ifndef CW_DAEMON_STATUS_H
#define CW_DAEMON_STATUS_H

#include "daemon/metrics.h"

#define CW_STATUS_EVERY 3 /* seconds */

/* Appends the JSON. now: when it is written. */
void cw_status_write(struct cw_buf *b, const struct cw_metrics_view *v, cw_wall_time now);
/* Sends it; without a connection nothing happens, the next one will do. */
void cw_status_send(const struct cw_redis_port *redis, const struct cw_metrics_view *v,
                    cw_wall_time now);

#endif
