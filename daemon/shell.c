/* The main thread: owns the loop, the board, delivery and its ports, HTTP, timers and signals. See
 * shell_state.h for its parts. */
#include "daemon/shell_state.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "board/log.h"
#include "delivery/epoch.h"
#include "delivery/redis_login.h"
#include "delivery/redis_tls.h"

cw_wall_time cw_shell_now(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_REALTIME, &t);
    return (cw_wall_time)t.tv_sec * CW_SECOND + t.tv_nsec / 1000;
}

void cw_shell_complain(const char *event, const char *text)
{
    char quoted[600];
    cw_log(CW_LOG_ERROR, event, "reason=%s", cw_log_quote(text, quoted, sizeof quoted));
}

_Noreturn void cw_shell_leave(const char *event, const char *text)
{
    cw_shell_complain(event, text);
    cw_log_settle(true);
    _exit(CW_EXIT_RESTART);
}

/* ---- the watchers ---- */

/* Only a restart mends what an engine calls fatal; nothing is lost by it, so nothing is tidied. */
static void check_fatal(struct cw_shell *sh)
{
    char reason[256];
    if (!cw_board_is_fatal(sh->board, reason))
        return;
    cw_shell_leave("fatal", reason);
}

static void update_owned(struct cw_shell *sh)
{
    static int32_t numbers[CW_BOARD_SHARDS_MOST];
    size_t n = cw_board_shards(sh->board, sh->shards, CW_BOARD_SHARDS_MOST);
    for (size_t i = 0; i < n; i++)
        numbers[i] = sh->shards[i].shard;
    cw_delivery_owned(sh->delivery, numbers, n);
}

static void wake_loop(void *arg)
{
    struct cw_shell *sh = arg;
    ev_async_send(sh->loop, &sh->wake);
}

static void on_status(struct ev_loop *loop, ev_timer *t, int events)
{
    struct cw_shell *sh = t->data;
    struct cw_redis_port port = cw_redis_port(sh->redis);
    (void)loop;
    (void)events;
    cw_shell_send_status(sh);
    cw_dry_status_send(&sh->dry, &port, sh->board, sh->s, cw_shell_now());
}

static void on_wake(struct ev_loop *loop, ev_async *w, int events)
{
    struct cw_shell *sh = w->data;
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
        cw_shell_send_status(sh);
}

static void on_tick(struct ev_loop *loop, ev_timer *t, int events)
{
    struct cw_shell *sh = t->data;
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
    struct cw_shell *sh = t->data;
    (void)loop;
    (void)events;
    if (!sh->stopping && cw_delivery_standing(sh->delivery) == CW_DELIVERY_OPEN)
        cw_pump_tick(sh->pump);
}

static void on_look(struct ev_loop *loop, ev_timer *t, int events)
{
    struct cw_shell *sh = t->data;
    struct cw_metrics_view v = cw_shell_view(sh);
    (void)loop;
    (void)events;
    cw_service_look(&sh->service, &v, sh->n_engines);
}

/* The engines take theirs up before their next batch, the rest of the process does here. What is
 * not named here needs a restart, as params.def says. */
static void put_in_force(struct cw_shell *sh, const struct cw_settings *fresh)
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
    struct cw_shell *sh = w->data;
    (void)loop;
    (void)events;
    if (sh->stopping)
        return;
    cw_service_reloading(&sh->service);
    struct cw_settings *fresh = cw_reload(&sh->reload, sh->s, sh->source, cw_shell_now());
    if (fresh)
        put_in_force(sh, fresh);
    cw_shell_send_status(sh);
    cw_service_reloaded(&sh->service);
}

/* ---- starting ---- */

static void redis_up(void *arg)
{
    struct cw_shell *sh = arg;
    cw_delivery_redis_up(sh->delivery);
}

static void redis_down(void *arg)
{
    struct cw_shell *sh = arg;
    cw_delivery_redis_down(sh->delivery);
}

static void epoch_recorded(void *arg, bool ok)
{
    struct cw_shell *sh = arg;
    cw_delivery_epoch_recorded(sh->delivery, ok);
}

static void epoch_known(void *arg, const char *epoch)
{
    struct cw_shell *sh = arg;
    cw_delivery_epoch_known(sh->delivery, epoch);
}

/* The pauses between attempts at a server differ from one process to the next. */
static int seed_random(struct cw_errbuf *eb)
{
    unsigned seed;
    if (getrandom(&seed, sizeof seed, 0) != (ssize_t)sizeof seed)
        return cw_fail(eb, CW_E_IO, "no randomness");
    srandom(seed);
    return 0;
}

static int open_delivery(struct cw_shell *sh, struct cw_errbuf *eb)
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
    const struct cw_control_ears ears = {epoch_recorded, epoch_known, sh};
    sh->control = cw_control_open(sh->s, cw_sender_port(sh->sender), &ears);
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
                                            .now = cw_shell_now};
    sh->delivery = cw_delivery_new(&setup);
    if (!sh->delivery)
        return cw_fail(eb, CW_E_NOMEM, "no memory for delivery");
    cw_outbox_serve(sh->outbox, sh->delivery);
    return 0;
}

static int open_moves(struct cw_shell *sh, struct cw_errbuf *eb)
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

static int open_http(struct cw_shell *sh, struct cw_errbuf *eb)
{
    const struct cw_http_pages pages = {cw_shell_page_metrics, cw_shell_page_ready, sh};
    if (!sh->s->http_listen[0])
        return 0;
    return cw_http_open(sh->s->http_listen, sh->loop, &pages, &sh->http, eb);
}

static int start_engines(struct cw_shell *sh, struct cw_errbuf *eb)
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

static void start_signal(struct cw_shell *sh, ev_signal *w, int number,
                         void (*fn)(struct ev_loop *, ev_signal *, int))
{
    ev_signal_init(w, fn, number);
    w->data = sh;
    ev_signal_start(sh->loop, w);
}

static void start_watchers(struct cw_shell *sh)
{
    ev_async_init(&sh->wake, on_wake);
    ev_async_init(&sh->joined, cw_shell_on_joined);
    ev_timer_init(&sh->status, on_status, CW_STATUS_EVERY, CW_STATUS_EVERY);
    ev_timer_init(&sh->tick, on_tick, CW_DELIVERY_TICK, CW_DELIVERY_TICK);
    ev_timer_init(&sh->look, on_look, 0., cw_service_every(&sh->service));
    ev_timer_init(&sh->moves, on_moves, CW_PUMP_EVERY, CW_PUMP_EVERY);
    ev_timer_init(&sh->overdue, cw_shell_on_overdue, CW_SHELL_ENGINES_BOUND, 0.);
    ev_timer_init(&sh->ending, cw_shell_on_ending, CW_SHELL_STOP_POLL, CW_SHELL_STOP_POLL);
    sh->wake.data = sh->joined.data = sh->status.data = sh->tick.data = sh->look.data = sh;
    sh->moves.data = sh->ending.data = sh;
    ev_async_start(sh->loop, &sh->wake);
    ev_async_start(sh->loop, &sh->joined);
    ev_timer_start(sh->loop, &sh->status);
    ev_timer_start(sh->loop, &sh->tick);
    ev_timer_start(sh->loop, &sh->look);
    ev_timer_start(sh->loop, &sh->moves);
    start_signal(sh, &sh->term, SIGTERM, cw_shell_on_stop);
    start_signal(sh, &sh->interrupt, SIGINT, cw_shell_on_stop);
    start_signal(sh, &sh->hangup, SIGHUP, on_hangup);
    cw_board_wake(sh->board, wake_loop, sh);
}

static int start(struct cw_shell *sh, struct cw_errbuf *eb)
{
    sh->started = cw_shell_now();
    cw_service_init(&sh->service);
    cw_feeds_begin(&sh->feeds, sh->s->silent_after, sh->started);
    sh->loop = ev_default_loop(EVFLAG_AUTO);
    sh->board = cw_board_new();
    sh->shards = calloc(CW_BOARD_SHARDS_MOST, sizeof *sh->shards);
    if (!sh->loop || !sh->board || !sh->shards)
        return cw_fail(eb, CW_E_NOMEM, "no memory for the main loop");
    int err = seed_random(eb);
    if (!err)
        err = cw_epoch_draw("", sh->fresh, eb);
    if (!err)
        err = cw_shell_look_at_bus(sh, eb);
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
static void close_sender(struct cw_shell *sh, int code)
{
    if (!cw_sender_close(sh->sender))
        _exit(code);
}

static void close_all(struct cw_shell *sh, int code)
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
    static struct cw_shell sh;
    struct cw_errbuf eb = {""};
    sh = (struct cw_shell){.s = cw_settings_hold(s), .source = source, .told_version = -1};
    int code = 0, err = start(&sh, &eb);
    if (err) {
        cw_shell_complain("start_failed", eb.text);
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
