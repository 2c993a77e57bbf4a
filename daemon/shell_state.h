/* The inside of the shell; private to daemon/shell*.c.
 *
 *   shell.c        starting, the loop's watchers, reload, closing
 *   shell_bus.c    what a start looks at first, with patience
 *   shell_show.c   what the process shows of itself
 *   shell_stop.c   stopping, step by step
 */
#ifndef CW_DAEMON_SHELL_STATE_H
#define CW_DAEMON_SHELL_STATE_H

#include <ev.h>
#include <pthread.h>

#include "daemon/dry_status.h"
#include "daemon/http.h"
#include "daemon/service.h"
#include "daemon/shell.h"
#include "daemon/status.h"
#include "delivery/control.h"
#include "delivery/outbox.h"
#include "delivery/pump.h"
#include "delivery/redis_port.h"
#include "delivery/wake.h"
#include "engine/engine.h"

#define CW_SHELL_STOP_POLL 0.02
#define CW_SHELL_ENGINES_BOUND                                                                     \
    20.0 /* seconds for the last commits: a transaction's time-out and more */
#define CW_SHELL_STOP_BOUND (10 * CW_SECOND) /* and for delivering the rest */

struct cw_shell {
    const struct cw_settings *s; /* in force, but for what is live; held */
    struct ev_loop *loop;
    struct cw_board *board;
    struct cw_delivery *delivery;
    struct cw_redis *redis;
    struct cw_outbox *outbox;
    struct cw_sender *sender;
    struct cw_control *control;
    struct cw_pump *pump;
    struct cw_wake timers;
    struct cw_http *http;
    struct cw_engine **engines; /* owned */
    size_t n_engines;
    struct cw_shard_status *shards; /* room for all of the board's */
    char epoch[CW_EPOCH_MOST + 1], fresh[CW_EPOCH_MOST + 1];
    cw_wall_time started;
    struct cw_feeds feeds;
    const struct cw_settings_source *source;
    struct cw_reload reload; /* how the last one went */
    struct cw_dry_told dry;
    int32_t told_version; /* of the live settings, in the last status */
    struct cw_service service;
    bool stopping;
    cw_mono_time stop_by;
    pthread_t joiner;
    ev_async wake, joined;
    ev_signal term, interrupt, hangup;
    ev_timer status, tick, look, moves, overdue, ending;
};

cw_wall_time cw_shell_now(void);
void cw_shell_complain(const char *event, const char *text);
/* What a restart cures. Nothing is lost by it, so nothing is tidied. */
_Noreturn void cw_shell_leave(const char *event, const char *text);

/* shell_bus.c. 0, or with eb what ends the start. */
int cw_shell_look_at_bus(struct cw_shell *sh, struct cw_errbuf *eb);

/* shell_show.c. The view borrows from sh until the next one. */
bool cw_shell_ready(struct cw_shell *sh, struct cw_errbuf *why);
struct cw_metrics_view cw_shell_view(struct cw_shell *sh);
void cw_shell_page_metrics(void *arg, struct cw_buf *b);
bool cw_shell_page_ready(void *arg, struct cw_buf *b);
void cw_shell_send_status(struct cw_shell *sh);

/* shell_stop.c: what the watchers call. */
void cw_shell_on_stop(struct ev_loop *loop, ev_signal *w, int events);
void cw_shell_on_overdue(struct ev_loop *loop, ev_timer *t, int events);
void cw_shell_on_joined(struct ev_loop *loop, ev_async *w, int events);
void cw_shell_on_ending(struct ev_loop *loop, ev_timer *t, int events);

#endif
