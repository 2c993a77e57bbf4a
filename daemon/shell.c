/* The main thread: owns the loop, the board, delivery and its ports, HTTP, timers and signals.
 *
 * Stopping goes in steps, and the loop keeps turning through all of them: the engines commit and
 * end (a thread waits for them), then what they have put into the outbox is delivered, within a
 * bound, then everything is closed.
 */
#include "daemon/shell.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "board/log.h"
#include "daemon/dry_status.h"
#include "daemon/http.h"
#include "daemon/service.h"
#include "daemon/status.h"
#include "delivery/control.h"
#include "delivery/outbox.h"
#include "delivery/pump.h"
#include "delivery/redis_login.h"
#include "delivery/redis_port.h"
#include "delivery/wake.h"
#include "engine/engine.h"

#define TICK 5.0
#define STOP_POLL 0.02
#define ENGINES_BOUND 20.0 /* seconds for the last commits: a transaction's time-out and more */
#define STOP_BOUND 10.0    /* and for delivering the rest */

struct shell {
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
    ev_tstamp stop_by;
    pthread_t joiner;
    ev_async wake, joined;
    ev_signal term, interrupt, hangup;
    ev_timer status, tick, look, moves, overdue, ending;
};

static cw_wall_time wall_now(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_REALTIME, &t);
    return (cw_wall_time)t.tv_sec * CW_SECOND + t.tv_nsec / 1000;
}

static void complain(const char *event, const char *text)
{
    char quoted[600];
    cw_log(CW_LOG_ERROR, event, "reason=%s", cw_log_quote(text, quoted, sizeof quoted));
}

/* What a restart cures. Nothing is lost by it, so nothing is tidied. */
static _Noreturn void leave(const char *event, const char *text)
{
    complain(event, text);
    cw_log_settle(true);
    _exit(CW_EXIT_RESTART);
}

/* ---- the board ---- */

/* Only a restart mends what an engine calls fatal; nothing is lost by it, so nothing is tidied. */
static void check_fatal(struct shell *sh)
{
    char reason[256];
    if (!cw_board_is_fatal(sh->board, reason))
        return;
    leave("fatal", reason);
}

static void update_owned(struct shell *sh)
{
    static int32_t numbers[CW_BOARD_SHARDS_MOST];
    size_t n = cw_board_shards(sh->board, sh->shards, CW_BOARD_SHARDS_MOST);
    for (size_t i = 0; i < n; i++)
        numbers[i] = sh->shards[i].shard;
    cw_delivery_owned(sh->delivery, numbers, n);
}

static void wake_loop(void *arg)
{
    struct shell *sh = arg;
    ev_async_send(sh->loop, &sh->wake);
}

/* ---- pages and status ---- */

static bool ready(struct shell *sh, struct cw_errbuf *why)
{
    size_t n = cw_board_shards(sh->board, sh->shards, CW_BOARD_SHARDS_MOST);
    if (cw_board_counter(sh->board, CW_COUNT_rebalances) == 0) {
        (void)cw_fail(why, CW_E_RETRY, "no shards have been assigned yet");
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        if (sh->shards[i].standing != CW_SHARD_RUNNING) {
            (void)cw_fail(why, CW_E_RETRY, "shard %d is not running", (int)sh->shards[i].shard);
            return false;
        }
    }
    return cw_delivery_ready(sh->delivery, why);
}

static void look_at_feeds(struct shell *sh, size_t n_shards)
{
    bool spoken[CW_INPUTS] = {false};
    for (size_t i = 0; i < n_shards; i++)
        for (enum cw_input in = 0; in < CW_INPUTS; in++)
            spoken[in] |= sh->shards[i].next[in] > 0;
    cw_feeds_look(&sh->feeds, sh->board, spoken, wall_now());
}

/* The view borrows from sh and from deliveries. */
static struct cw_metrics_view view_of(struct shell *sh,
                                      struct cw_delivery_shard deliveries[CW_BOARD_SHARDS_MOST])
{
    struct cw_metrics_view v = {.settings = sh->s,
                                .board = sh->board,
                                .feeds = &sh->feeds,
                                .shards = sh->shards,
                                .deliveries = deliveries,
                                .started = sh->started,
                                .live_version = cw_board_settings_least(sh->board, sh->n_engines),
                                .reload = &sh->reload};
    v.ready = ready(sh, &v.why);
    v.n_shards = cw_board_shards(sh->board, sh->shards, CW_BOARD_SHARDS_MOST);
    v.n_deliveries = cw_delivery_shards(sh->delivery, deliveries, CW_BOARD_SHARDS_MOST);
    v.delivery = cw_delivery_standing(sh->delivery);
    look_at_feeds(sh, v.n_shards);
    cw_process_read(&v.process);
    v.log_suppressed = cw_log_suppressed();
    return v;
}

static struct cw_delivery_shard deliveries[CW_BOARD_SHARDS_MOST];

static void page_metrics(void *arg, struct cw_buf *b)
{
    struct cw_metrics_view v = view_of(arg, deliveries);
    cw_metrics_write(b, &v);
}

static bool page_ready(void *arg, struct cw_buf *b)
{
    struct cw_errbuf why = {""};
    if (ready(arg, &why))
        return true;
    cw_buf_printf(b, "not ready: %s\n", why.text);
    return false;
}

static void send_status(struct shell *sh)
{
    struct cw_redis_port port = cw_redis_port(sh->redis);
    struct cw_metrics_view v = view_of(sh, deliveries);
    sh->told_version = v.live_version;
    cw_status_send(&port, &v, wall_now());
}

static void on_status(struct ev_loop *loop, ev_timer *t, int events)
{
    struct shell *sh = t->data;
    struct cw_redis_port port = cw_redis_port(sh->redis);
    (void)loop;
    (void)events;
    send_status(sh);
    cw_dry_status_send(&sh->dry, &port, sh->board, sh->s, wall_now());
}

static void on_wake(struct ev_loop *loop, ev_async *w, int events)
{
    struct shell *sh = w->data;
    (void)loop;
    (void)events;
    check_fatal(sh);
    cw_outbox_come_back(sh->outbox); /* What woke us may be a commit. */
    /* Engines that end drop their shards, whose last tasks are still to be delivered. */
    if (sh->stopping)
        return;
    update_owned(sh);
    /* Whoever changed a threshold waits to hear that it is in force. */
    if (cw_board_settings_least(sh->board, sh->n_engines) != sh->told_version)
        send_status(sh);
}

static void on_tick(struct ev_loop *loop, ev_timer *t, int events)
{
    struct shell *sh = t->data;
    (void)loop;
    (void)events;
    check_fatal(sh);
    if (!sh->stopping)
        update_owned(sh);
    cw_delivery_tick(sh->delivery);
    if (cw_delivery_standing(sh->delivery) == CW_DELIVERY_OPEN)
        cw_wake_tick(&sh->timers);
    cw_log_settle(false);
}

/* Nothing is taken any more once we stop; Redis keeps it for the next start. */
static void on_moves(struct ev_loop *loop, ev_timer *t, int events)
{
    struct shell *sh = t->data;
    (void)loop;
    (void)events;
    if (!sh->stopping && cw_delivery_standing(sh->delivery) == CW_DELIVERY_OPEN)
        cw_pump_tick(sh->pump);
}

static void on_look(struct ev_loop *loop, ev_timer *t, int events)
{
    struct shell *sh = t->data;
    struct cw_metrics_view v = view_of(sh, deliveries);
    (void)loop;
    (void)events;
    cw_service_look(&sh->service, &v, sh->n_engines);
}

/* ---- stopping ---- */

static void *join_engines(void *arg)
{
    struct shell *sh = arg;
    for (size_t i = 0; i < sh->n_engines; i++)
        cw_engine_join(sh->engines[i]);
    ev_async_send(sh->loop, &sh->joined);
    return NULL;
}

static void on_ending(struct ev_loop *loop, ev_timer *t, int events)
{
    struct shell *sh = t->data;
    bool late = ev_now(loop) > sh->stop_by;
    (void)events;
    if (!late && cw_delivery_standing(sh->delivery) == CW_DELIVERY_OPEN &&
        (!cw_delivery_idle(sh->delivery) || !cw_pump_rests(sh->pump)))
        return;
    if (!cw_delivery_idle(sh->delivery))
        cw_log(CW_LOG_WARNING, "stopped_early",
               "reason=\"not all is delivered; the outbox keeps it for the next start\"");
    ev_break(loop, EVBREAK_ALL);
}

/* An engine that the bus does not answer cannot be stopped. What it has not committed was never
 * done, so nothing is lost by not waiting on. */
static void on_overdue(struct ev_loop *loop, ev_timer *t, int events)
{
    (void)loop;
    (void)t;
    (void)events;
    leave("stopped_uncommitted",
          "the bus does not answer; the next start goes on from the last commit");
}

static void on_joined(struct ev_loop *loop, ev_async *w, int events)
{
    struct shell *sh = w->data;
    (void)events;
    ev_timer_stop(loop, &sh->overdue);
    (void)pthread_join(sh->joiner, NULL);
    sh->n_engines = 0;
    cw_delivery_read_on(sh->delivery);
    sh->stop_by = ev_now(loop) + STOP_BOUND;
    ev_timer_start(loop, &sh->ending);
}

static void on_stop(struct ev_loop *loop, ev_signal *w, int events)
{
    struct shell *sh = w->data;
    (void)events;
    if (sh->stopping)
        return;
    sh->stopping = true;
    cw_log(CW_LOG_INFO, "stopping", "signal=%d", w->signum);
    cw_service_stopping(&sh->service);
    for (size_t i = 0; i < sh->n_engines; i++)
        cw_engine_stop(sh->engines[i]);
    ev_timer_start(loop, &sh->overdue);
    if (pthread_create(&sh->joiner, NULL, join_engines, sh) == 0)
        return;
    (void)join_engines(sh);
    sh->n_engines = 0;
    ev_break(loop, EVBREAK_ALL);
}

/* The engines take theirs up before their next batch, the rest of the process does here. What is
 * not named here needs a restart, as params.def says. */
static void put_in_force(struct shell *sh, const struct cw_settings *fresh)
{
    for (size_t i = 0; i < sh->n_engines; i++)
        cw_engine_settings(sh->engines[i], fresh);
    cw_delivery_settings(sh->delivery, fresh);
    cw_log_level_set((enum cw_log_level)fresh->log_level);
    sh->feeds.longest = fresh->silent_after;
    cw_settings_free(sh->s);
    sh->s = fresh;
}

static void on_hangup(struct ev_loop *loop, ev_signal *w, int events)
{
    struct shell *sh = w->data;
    (void)loop;
    (void)events;
    if (sh->stopping)
        return;
    cw_service_reloading(&sh->service);
    struct cw_settings *fresh = cw_reload(&sh->reload, sh->s, sh->source, wall_now());
    if (fresh)
        put_in_force(sh, fresh);
    send_status(sh);
    cw_service_reloaded(&sh->service);
}

/* ---- starting ---- */

static void redis_up(void *arg)
{
    struct shell *sh = arg;
    cw_delivery_redis_up(sh->delivery);
}

static void redis_down(void *arg)
{
    struct shell *sh = arg;
    cw_delivery_redis_down(sh->delivery);
}

static void epoch_recorded(void *arg, bool ok)
{
    struct shell *sh = arg;
    cw_delivery_epoch_recorded(sh->delivery, ok);
}

static int draw_epoch(char out[CW_EPOCH_MOST + 1], struct cw_errbuf *eb)
{
    unsigned char bytes[16];
    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
        return cw_fail(eb, CW_E_IO, "no randomness");
    for (size_t i = 0; i < sizeof bytes; i++)
        (void)snprintf(out + 2 * i, 3, "%02x", bytes[i]);
    unsigned seed;
    memcpy(&seed, bytes, sizeof seed);
    srandom(seed);
    return 0;
}

static int open_delivery(struct shell *sh, struct cw_errbuf *eb)
{
    struct cw_redis_setup redis = {.loop = sh->loop,
                                   .timeout = sh->s->redis_timeout,
                                   .board = sh->board,
                                   .up = redis_up,
                                   .down = redis_down,
                                   .arg = sh};
    int err = cw_redis_login(sh->s, &redis.url, eb);
    if (!err)
        err = cw_redis_supported(&redis.url, eb);
    if (!err)
        err = cw_outbox_open(sh->s, sh->loop, &sh->outbox, eb);
    if (!err)
        err = cw_sender_open(sh->s, sh->loop, &sh->sender, eb);
    if (err)
        return err;
    sh->control = cw_control_open(sh->s, cw_sender_port(sh->sender), epoch_recorded, sh);
    sh->redis = cw_redis_start(&redis);
    if (!sh->control || !sh->redis)
        return cw_fail(eb, CW_E_NOMEM, "no memory for the Redis connection");
    const struct cw_delivery_setup setup = {.settings = sh->s,
                                            .board = sh->board,
                                            .redis = cw_redis_port(sh->redis),
                                            .outbox = cw_outbox_port(sh->outbox),
                                            .control = cw_control_port(sh->control),
                                            .epoch = sh->epoch,
                                            .fresh_epoch = sh->fresh,
                                            .now = wall_now};
    sh->delivery = cw_delivery_new(&setup);
    if (!sh->delivery)
        return cw_fail(eb, CW_E_NOMEM, "no memory for delivery");
    cw_outbox_serve(sh->outbox, sh->delivery);
    return 0;
}

static int open_moves(struct shell *sh, struct cw_errbuf *eb)
{
    const struct cw_pump_setup setup = {.settings = sh->s,
                                        .board = sh->board,
                                        .redis = cw_redis_port(sh->redis),
                                        .sender = cw_sender_port(sh->sender)};
    sh->pump = cw_pump_new(&setup);
    if (!sh->pump)
        return cw_fail(eb, CW_E_NOMEM, "no memory for the pump");
    sh->timers =
        (struct cw_wake){.redis = setup.redis, .prefix = sh->s->redis_prefix, .board = sh->board};
    return 0;
}

static int open_http(struct shell *sh, struct cw_errbuf *eb)
{
    const struct cw_http_pages pages = {page_metrics, page_ready, sh};
    if (!sh->s->http_listen[0])
        return 0;
    return cw_http_open(sh->s->http_listen, sh->loop, &pages, &sh->http, eb);
}

static int start_engines(struct shell *sh, struct cw_errbuf *eb)
{
    size_t n = (size_t)sh->s->engine_threads;
    sh->engines = calloc(n, sizeof(struct cw_engine *));
    if (!sh->engines)
        return cw_fail(eb, CW_E_NOMEM, "no memory for the engines");
    for (size_t i = 0; i < n; i++) {
        int err = cw_engine_start(sh->s, (int)i, sh->board, &sh->engines[i], eb);
        if (err)
            return err;
        sh->n_engines++;
    }
    return 0;
}

static void start_signal(struct shell *sh, ev_signal *w, int number,
                         void (*fn)(struct ev_loop *, ev_signal *, int))
{
    ev_signal_init(w, fn, number);
    w->data = sh;
    ev_signal_start(sh->loop, w);
}

static void start_watchers(struct shell *sh)
{
    ev_async_init(&sh->wake, on_wake);
    ev_async_init(&sh->joined, on_joined);
    ev_timer_init(&sh->status, on_status, CW_STATUS_EVERY, CW_STATUS_EVERY);
    ev_timer_init(&sh->tick, on_tick, TICK, TICK);
    ev_timer_init(&sh->look, on_look, 0., cw_service_every(&sh->service));
    ev_timer_init(&sh->moves, on_moves, CW_PUMP_EVERY, CW_PUMP_EVERY);
    ev_timer_init(&sh->overdue, on_overdue, ENGINES_BOUND, 0.);
    ev_timer_init(&sh->ending, on_ending, STOP_POLL, STOP_POLL);
    sh->wake.data = sh->joined.data = sh->status.data = sh->tick.data = sh->look.data = sh;
    sh->moves.data = sh->ending.data = sh;
    ev_async_start(sh->loop, &sh->wake);
    ev_async_start(sh->loop, &sh->joined);
    ev_timer_start(sh->loop, &sh->status);
    ev_timer_start(sh->loop, &sh->tick);
    ev_timer_start(sh->loop, &sh->look);
    ev_timer_start(sh->loop, &sh->moves);
    start_signal(sh, &sh->term, SIGTERM, on_stop);
    start_signal(sh, &sh->interrupt, SIGINT, on_stop);
    start_signal(sh, &sh->hangup, SIGHUP, on_hangup);
    cw_board_wake(sh->board, wake_loop, sh);
}

static int start(struct shell *sh, struct cw_errbuf *eb)
{
    sh->started = wall_now();
    cw_service_init(&sh->service);
    cw_feeds_begin(&sh->feeds, sh->s->silent_after, sh->started);
    sh->loop = ev_default_loop(EVFLAG_AUTO);
    sh->board = cw_board_new();
    sh->shards = calloc(CW_BOARD_SHARDS_MOST, sizeof *sh->shards);
    if (!sh->loop || !sh->board || !sh->shards)
        return cw_fail(eb, CW_E_NOMEM, "no memory for the main loop");
    int err = draw_epoch(sh->fresh, eb);
    if (!err)
        err = cw_engine_prepare(sh->s, eb);
    if (!err)
        err = cw_control_epoch(sh->s, sh->epoch, eb);
    if (!err)
        err = open_delivery(sh, eb);
    if (!err)
        err = open_moves(sh, eb);
    if (!err)
        err = open_http(sh, eb);
    if (err)
        return err;
    start_watchers(sh);
    return start_engines(sh, eb);
}

/* The sender's thread may still wait for a bus that does not answer, on what we would free. What it
 * was sending is in Redis until the bus has it. */
static void close_sender(struct shell *sh, int code)
{
    if (!cw_sender_close(sh->sender))
        _exit(code);
}

static void close_all(struct shell *sh, int code)
{
    for (size_t i = 0; i < sh->n_engines; i++)
        cw_engine_stop(sh->engines[i]);
    for (size_t i = 0; i < sh->n_engines; i++)
        cw_engine_join(sh->engines[i]);
    cw_http_close(sh->http);
    cw_redis_stop(sh->redis);
    cw_outbox_close(sh->outbox);
    close_sender(sh, code);
    cw_control_close(sh->control);
    cw_pump_free(sh->pump);
    cw_delivery_free(sh->delivery);
    cw_board_free(sh->board);
    free(sh->engines);
    free(sh->shards);
    cw_settings_free(sh->s);
}

int cw_shell_run(const struct cw_settings *s, const struct cw_settings_source *source)
{
    static struct shell sh;
    struct cw_errbuf eb = {""};
    sh = (struct shell){.s = cw_settings_hold(s), .source = source, .told_version = -1};
    int code = 0, err = start(&sh, &eb);
    if (err) {
        complain("start_failed", eb.text);
        code = err == -CW_E_INVALID || err == -CW_E_NOTFOUND ? CW_EXIT_CONFIG : CW_EXIT_RESTART;
    } else {
        cw_log(CW_LOG_INFO, "started", "instance=%s version=%s", s->instance, CW_VERSION);
        (void)ev_run(sh.loop, 0);
    }
    close_all(&sh, code);
    if (!err)
        cw_log(CW_LOG_INFO, "stopped", "instance=%s", s->instance);
    return code;
}
