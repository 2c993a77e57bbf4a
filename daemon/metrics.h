/* The metrics page: Prometheus text from the board's counters and the standings of shards and
 * delivery. Each metric is one row with its sentence; nothing is registered at run time. */
#ifndef CW_DAEMON_METRICS_H
#define CW_DAEMON_METRICS_H

#include "daemon/board.h"
#include "daemon/delivery.h"

struct cw_metrics_view {
    const struct cw_settings *settings;
    const struct cw_board *board;
    const struct cw_shard_status *shards;
    size_t n_shards;
    const struct cw_delivery_shard *deliveries;
    size_t n_deliveries;
    enum cw_delivery_standing delivery;
    bool ready;
    cw_wall_time started;
};
void cw_metrics_write(struct cw_buf *b, const struct cw_metrics_view *v);

#endif
