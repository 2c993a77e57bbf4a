/* What the process shows of itself: readiness, metrics, its status in Redis. Main thread. */
#include "board/log.h"
#include "daemon/shell_state.h"

bool cw_shell_ready(struct cw_shell *sh, struct cw_errbuf *why)
{
    size_t n = cw_board_shards(sh->board, sh->shards, CW_BOARD_SHARDS_MOST);
    if (!cw_board_all_assigned(sh->board, sh->n_engines)) {
        (void)cw_fail(why, CW_E_RETRY, "an engine thread has no assignment");
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        if (sh->shards[i].standing == CW_SHARD_STOPPED) {
            (void)cw_fail(why, CW_E_RETRY,
                          "shard %d has stopped: %s; churnwatchctl doctor --shard %d --repair",
                          (int)sh->shards[i].shard, sh->shards[i].reason, (int)sh->shards[i].shard);
            return false;
        }
        if (sh->shards[i].standing != CW_SHARD_RUNNING) {
            (void)cw_fail(why, CW_E_RETRY, "shard %d is not running", (int)sh->shards[i].shard);
            return false;
        }
    }
    return cw_delivery_ready(sh->delivery, why);
}

static void look_at_feeds(struct cw_shell *sh, size_t n_shards)
{
    bool spoken[CW_INPUTS] = {false};
    for (size_t i = 0; i < n_shards; i++)
        for (enum cw_input in = 0; in < CW_INPUTS; in++)
            spoken[in] |= sh->shards[i].next[in] > 0;
    cw_feeds_look(&sh->feeds, sh->board, spoken, cw_shell_now());
}

struct cw_metrics_view cw_shell_view(struct cw_shell *sh)
{
    static struct cw_delivery_shard deliveries[CW_BOARD_SHARDS_MOST];
    static struct cw_accuracy_list accuracy; /* too large for a stack */
    struct cw_metrics_view v = {.settings = sh->s,
                                .board = sh->board,
                                .feeds = &sh->feeds,
                                .shards = sh->shards,
                                .accuracy = &accuracy,
                                .deliveries = deliveries,
                                .started = sh->started,
                                .live_version = cw_board_settings_least(sh->board, sh->n_engines),
                                .reload = &sh->reload};
    cw_board_accuracy_sum(sh->board, &accuracy);
    v.assigned = cw_board_all_assigned(sh->board, sh->n_engines);
    v.ready = cw_shell_ready(sh, &v.why);
    v.n_shards = cw_board_shards(sh->board, sh->shards, CW_BOARD_SHARDS_MOST);
    v.n_deliveries = cw_delivery_shards(sh->delivery, deliveries, CW_BOARD_SHARDS_MOST);
    v.delivery = cw_delivery_standing(sh->delivery);
    look_at_feeds(sh, v.n_shards);
    cw_process_read(&v.process);
    v.log_suppressed = cw_log_suppressed();
    return v;
}

void cw_shell_page_metrics(void *arg, struct cw_buf *b)
{
    struct cw_metrics_view v = cw_shell_view(arg);
    cw_metrics_write(b, &v);
}

bool cw_shell_page_ready(void *arg, struct cw_buf *b)
{
    struct cw_errbuf why = {""};
    if (cw_shell_ready(arg, &why))
        return true;
    cw_buf_printf(b, "not ready: %s\n", why.text);
    return false;
}

void cw_shell_send_status(struct cw_shell *sh)
{
    struct cw_redis_port port = cw_redis_port(sh->redis);
    struct cw_metrics_view v = cw_shell_view(sh);
    sh->told_version = v.live_version;
    cw_status_send(&port, &v, cw_shell_now());
}
