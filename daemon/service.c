/* Talking to systemd. Main thread; owns nothing but what was said last. */
#include "daemon/service.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <systemd/sd-daemon.h>
#include <time.h>

#define EVERY 1.0
/* systemd advises to feed it at half its time; a quarter leaves room for one late turn. */
#define PER_WATCHDOG 4
#define EXTENSION "EXTEND_TIMEOUT_USEC=30000000"

/* A manager that does not listen is its own concern: systemd kills what it does not hear of. */
static void tell(const char *state)
{
    (void)sd_notify(0, state);
}

void cw_service_init(struct cw_service *s)
{
    *s = (struct cw_service){0};
    if (sd_watchdog_enabled(0, &s->watchdog) <= 0)
        s->watchdog = 0;
    tell("STATUS=starting");
}

void cw_service_waiting(struct cw_service *s, const char *reason)
{
    (void)snprintf(s->said, sizeof s->said, "STATUS=starting, waiting: %s", reason);
    tell(s->said);
}

double cw_service_every(const struct cw_service *s)
{
    double quarter = (double)s->watchdog / PER_WATCHDOG / CW_SECOND;
    return s->watchdog && quarter < EVERY ? quarter : EVERY;
}

/* ---- how things stand ---- */

struct census {
    size_t running, restoring, stopped;
    int64_t waiting;
    uint64_t progress; /* rises with every record restored and every shard that runs */
};

static struct census count(const struct cw_metrics_view *v)
{
    struct census c = {0};
    for (size_t i = 0; i < v->n_shards; i++) {
        const struct cw_shard_status *s = &v->shards[i];
        c.running += s->standing == CW_SHARD_RUNNING;
        c.stopped += s->standing == CW_SHARD_STOPPED;
        c.progress += (uint64_t)s->restored + (s->standing >= CW_SHARD_RUNNING);
        for (enum cw_input in = 0; in < CW_INPUTS; in++)
            c.waiting += s->lag[in] > 0 ? s->lag[in] : 0;
    }
    c.restoring = v->n_shards - c.running - c.stopped;
    return c;
}

void cw_service_status(const struct cw_metrics_view *v, char *out, size_t size)
{
    struct census c = count(v);
    char stopped[32] = "";
    const char *redis = cw_delivery_standing_name(v->delivery);
    if (c.stopped)
        (void)snprintf(stopped, sizeof stopped, "%zu stopped, ", c.stopped);
    if (!v->assigned)
        (void)snprintf(out, size, "waiting for an assignment, Redis %s", redis);
    else if (v->n_shards == 0)
        (void)snprintf(out, size, "standing by, no shards, Redis %s", redis);
    else if (c.restoring)
        (void)snprintf(out, size, "restoring, %zu of %zu shards done, %sRedis %s",
                       v->n_shards - c.restoring, v->n_shards, stopped, redis);
    else
        (void)snprintf(out, size, "running, %zu shards, %s%" PRId64 " messages waiting, Redis %s",
                       c.running, stopped, c.waiting, redis);
}

static void say_status(struct cw_service *s, const struct cw_metrics_view *v)
{
    char text[sizeof s->said];
    (void)snprintf(text, sizeof text, "STATUS=");
    cw_service_status(v, text + strlen(text), sizeof text - strlen(text));
    if (strcmp(text, s->said) == 0)
        return;
    memcpy(s->said, text, sizeof text);
    tell(text);
}

/* ---- ready ---- */

static void look_for_ready(struct cw_service *s, const struct cw_metrics_view *v)
{
    struct census c = count(v);
    if (v->assigned && c.restoring == 0) {
        s->ready = true;
        tell("READY=1");
    } else if (c.progress > s->progress) {
        tell(EXTENSION);
    }
    s->progress = c.progress;
}

/* ---- the watchdog ---- */

static bool all_beat(const struct cw_service *s, const struct cw_board *b, size_t engines)
{
    for (size_t i = 0; i < engines; i++)
        if (cw_board_beats(b, i) == s->beats[i])
            return false;
    return true;
}

static void feed(struct cw_service *s, const struct cw_board *b, size_t engines)
{
    if (!s->watchdog || (!s->stopping && !all_beat(s, b, engines)))
        return;
    for (size_t i = 0; i < engines; i++)
        s->beats[i] = cw_board_beats(b, i);
    tell("WATCHDOG=1");
}

/* ---- the main loop's part ---- */

void cw_service_look(struct cw_service *s, const struct cw_metrics_view *v, size_t engines)
{
    feed(s, v->board, engines);
    if (s->stopping)
        return;
    if (!s->ready)
        look_for_ready(s, v);
    say_status(s, v);
}

/* The time is what systemd tells this reload from an earlier one by. */
void cw_service_reloading(struct cw_service *s)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    if (s->ready)
        (void)sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRId64,
                         (int64_t)t.tv_sec * CW_SECOND + t.tv_nsec / 1000);
}

void cw_service_reloaded(struct cw_service *s)
{
    if (s->ready)
        tell("READY=1");
}

void cw_service_stopping(struct cw_service *s)
{
    s->stopping = true;
    tell("STOPPING=1\nSTATUS=stopping: committing and delivering what is judged");
}
