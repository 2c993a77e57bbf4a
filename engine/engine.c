/* The engine thread: opens its bus, gives the protocol turns until it is asked to stop, commits and
 * closes. Everything but the stop flag and the settings given to it is the thread's own.
 */
#include "engine/engine.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>

#include "board/log.h"
#include "bus/bus_open.h"
#include "engine/protocol.h"

enum { FIRST_MS = 500 }; /* that the other threads wait at most for the first to be assigned */

struct cw_engine {
    const struct cw_settings *settings;
    struct cw_board *board;
    int n;
    pthread_t thread;
    atomic_bool stop;
    /* Read anew and not taken up yet; held by whoever takes it out. */
    _Atomic(const struct cw_settings *) given;
};

int cw_engine_prepare(const struct cw_settings *s, struct cw_errbuf *eb)
{
    return cw_bus_prepare(s, eb);
}

/* ---- the machine's clocks ---- */

static int64_t clock_of(clockid_t id)
{
    struct timespec ts;
    (void)clock_gettime(id, &ts);
    return ts.tv_sec * CW_SECOND + ts.tv_nsec / 1000;
}

static cw_mono_time mono(void *arg)
{
    (void)arg;
    return clock_of(CLOCK_MONOTONIC);
}

static cw_wall_time wall(void *arg)
{
    (void)arg;
    return clock_of(CLOCK_REALTIME);
}

static void beat(void *arg)
{
    struct cw_engine *e = arg;
    cw_board_beat(e->board, (size_t)e->n);
}

static bool stopping(void *arg)
{
    return atomic_load(&((struct cw_engine *)arg)->stop);
}

/* Between two tries: the bus does not answer, and that is no reason to be thought stuck. */
static void rest(void *arg, int ms)
{
    struct timespec ts = {ms / 1000, ms % 1000 * 1000000L};
    beat(arg);
    (void)nanosleep(&ts, NULL);
}

/* ---- the thread ---- */

static void take_settings(struct cw_engine *e, struct cw_protocol *p)
{
    const struct cw_settings *given = atomic_exchange(&e->given, NULL);
    if (!given)
        return;
    cw_protocol_settings(p, given);
    cw_settings_free(given);
}

/* A group without members is given to the first one at once, and whoever joins while that is under
 * way throws it back to the pause that librdkafka makes between two joins, one to two seconds. Of
 * one who joins later it hears by its next heartbeat. */
static void let_the_first_join(struct cw_engine *e)
{
    for (int ms = 0; e->n > 0 && ms < FIRST_MS && !cw_board_all_assigned(e->board, 1); ms += 10)
        rest(e, 10);
}

static void turn_until_stopped(struct cw_engine *e, struct cw_bus *bus)
{
    /* Without a second hand commits are waited for. */
    const struct cw_env machine = {mono, wall, rest, e, beat, stopping, cw_hand_new()};
    struct cw_protocol *p = cw_protocol_new(e->settings, bus, e->board, &machine);
    if (!p) {
        cw_hand_free(machine.hand);
        cw_board_fatal(e->board, cw_strerror(-CW_E_NOMEM));
        return;
    }
    int err = 0;
    let_the_first_join(e);
    while (!err && !atomic_load(&e->stop)) {
        beat(e);
        take_settings(e, p);
        err = cw_protocol_turn(p);
        cw_board_settings(e->board, (size_t)e->n, cw_protocol_version(p));
        cw_board_assigned(e->board, (size_t)e->n, cw_protocol_assigned(p));
    }
    if (!err)
        (void)cw_protocol_finish(p); /* What went wrong is on the board. */
    cw_protocol_free(p);
    cw_hand_free(machine.hand);
}

static void *run(void *arg)
{
    struct cw_engine *e = arg;
    (void)prctl(PR_SET_NAME, "engine", 0, 0, 0); /* what top and the bench call it */
    struct cw_errbuf eb = {""};
    struct cw_bus *bus;
    if (cw_bus_open(e->settings, e->n, &bus, &eb) != 0) {
        char quoted[600];
        cw_log(CW_LOG_ERROR, "bus_open_failed", "engine=%d reason=%s", e->n,
               cw_log_quote(eb.text, quoted, sizeof quoted));
        cw_board_fatal(e->board, eb.text);
        return NULL;
    }
    turn_until_stopped(e, bus);
    bus->ops->close(bus);
    return NULL;
}

int cw_engine_start(const struct cw_settings *s, int n, struct cw_board *board,
                    struct cw_engine **ret_engine, struct cw_errbuf *eb)
{
    struct cw_engine *e = calloc(1, sizeof *e);
    if (!e)
        return cw_fail(eb, CW_E_NOMEM, "no memory for an engine thread");
    e->settings = s;
    e->board = board;
    e->n = n;
    int err = pthread_create(&e->thread, NULL, run, e);
    if (err) {
        free(e);
        return cw_fail(eb, CW_E_IO, "cannot start engine thread %d: %s", n, strerror(err));
    }
    *ret_engine = e;
    return 0;
}

void cw_engine_settings(struct cw_engine *e, const struct cw_settings *files)
{
    cw_settings_free(atomic_exchange(&e->given, cw_settings_hold(files)));
}

void cw_engine_stop(struct cw_engine *e)
{
    atomic_store(&e->stop, true);
}

void cw_engine_join(struct cw_engine *e)
{
    if (!e)
        return;
    (void)pthread_join(e->thread, NULL);
    cw_settings_free(atomic_load(&e->given));
    free(e);
}
