/* The metrics page: Prometheus text from the board's counters and the standings of shards and
 * delivery. Each metric is one row with its sentence, from which its HELP line and docs/metrics.md
 * are made; nothing is registered at run time. No label holds a client, a number
 * or a manager.
 */
#ifndef CW_DAEMON_METRICS_H
#define CW_DAEMON_METRICS_H

#include <stdio.h>

#include "board/board.h"
#include "daemon/feeds.h"
#include "daemon/process.h"
#include "daemon/reload.h"
#include "delivery/delivery.h"

struct cw_metrics_view {
    const struct cw_settings *settings;
    const struct cw_board *board;
    const struct cw_feeds *feeds;
    const struct cw_shard_status *shards;
    size_t n_shards;
    const struct cw_accuracy_list *accuracy; /* added up; NULL: none */
    const struct cw_delivery_shard *deliveries;
    size_t n_deliveries;
    enum cw_delivery_standing delivery;
    bool assigned; /* each engine thread knows which shards are its own */
    bool ready;
    struct cw_errbuf why; /* it is not */
    cw_wall_time started;
    int32_t live_version; /* in force on all engines; -1 not known yet */
    const struct cw_reload *reload;
    struct cw_process process;
    uint64_t log_suppressed; /* lines */
};
void cw_metrics_write(struct cw_buf *b, const struct cw_metrics_view *v);
/* docs/metrics.md. */
void cw_metrics_page(FILE *out);

#endif
