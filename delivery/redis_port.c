/* The connection to Redis: begun, watched, ended, begun again. Main thread.
 *
 * hiredis frees a context by itself when it fails, after calling back; so the pointer is forgotten
 * in that callback and a new context is made from a timer. Nothing is sent from a callback of a
 * dying context, and none is freed from inside a callback: that waits for the loop's next turn.
 */
#include "delivery/redis_port.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "board/log.h"
#include "churnwatch/mono.h"
#include "delivery/redis_link.h"
#include "delivery/redis_tls.h"
#include <hiredis/adapters/libev.h>

#define FIRST_DELAY 0.1
#define LONGEST_DELAY 10.0

static void count(const struct cw_redis *r, enum cw_counter c)
{
    if (r->setup.board)
        cw_board_count(r->setup.board, c, 1);
}

/* ---- commands ---- */

static void reply_kind(const redisReply *from, struct cw_reply *to)
{
    *to = (struct cw_reply){.kind = CW_REPLY_LIST};
    switch (from->type) {
    case REDIS_REPLY_INTEGER:
        to->kind = CW_REPLY_NUMBER;
        to->number = from->integer;
        break;
    case REDIS_REPLY_NIL:
        to->kind = CW_REPLY_NIL;
        break;
    case REDIS_REPLY_ERROR:
    case REDIS_REPLY_STATUS:
    case REDIS_REPLY_STRING:
        to->kind = from->type == REDIS_REPLY_ERROR ? CW_REPLY_ERROR : CW_REPLY_TEXT;
        to->text = (struct cw_str){from->str, (size_t)from->len};
        break;
    }
}

/* Lists are handed on one level deep. A list there is no memory for ends the connection, as an
 * answer that was not heard does. */
static void tell(const struct command *c, const redisReply *reply)
{
    struct cw_reply to = {.kind = CW_REPLY_UNKNOWN}, *items = NULL;
    if (reply)
        reply_kind(reply, &to);
    if (reply && reply->type == REDIS_REPLY_ARRAY && reply->elements) {
        items = calloc(reply->elements, sizeof *items);
        if (!items) {
            to.kind = CW_REPLY_UNKNOWN;
            cw_redis_drop(c->r, "out of memory");
        }
        for (; items && to.n_items < reply->elements; to.n_items++)
            reply_kind(reply->element[to.n_items], &items[to.n_items]);
        to.items = items;
    }
    c->fn(c->arg, &to);
    free(items);
}

static void on_reply(redisAsyncContext *ac, void *reply, void *arg)
{
    struct command *c = arg;
    struct cw_redis *r = c->r;
    (void)ac;
    r->first = c->next;
    if (!r->first)
        r->last = &r->first;
    if (c->check)
        c->check(r, reply);
    else
        tell(c, reply);
    free(c);
}

int cw_redis_command(struct cw_redis *r, size_t argc, const char **argv, const size_t *lengths,
                     const struct command *c)
{
    if (!r->ac || r->dropping)
        return -CW_E_RETRY;
    struct command *own = malloc(sizeof *own);
    if (!own)
        return -CW_E_NOMEM;
    *own = *c;
    own->r = r;
    own->next = NULL;
    own->since = cw_mono_now();
    if (redisAsyncCommandArgv(r->ac, on_reply, own, (int)argc, argv, lengths) != REDIS_OK) {
        free(own);
        return -CW_E_RETRY;
    }
    *r->last = own;
    r->last = &own->next;
    return 0;
}

static int port_send(void *self, const struct cw_str *argv, size_t argc, cw_reply_fn *fn, void *arg)
{
    struct cw_redis *r = self;
    const struct command c = {.fn = fn, .arg = arg};
    if (!r->up)
        return -CW_E_RETRY;
    const char **p = malloc(argc * sizeof *p);
    size_t *n = malloc(argc * sizeof *n);
    int err = -CW_E_NOMEM;
    if (p && n) {
        for (size_t i = 0; i < argc; i++) {
            p[i] = argv[i].p ? argv[i].p : "";
            n[i] = argv[i].n;
        }
        err = cw_redis_command(r, argc, p, n, &c);
    }
    free(p);
    free(n);
    return err;
}

static void port_drop(void *self, const char *why)
{
    cw_redis_drop(self, why);
}

struct cw_redis_port cw_redis_port(struct cw_redis *r)
{
    return (struct cw_redis_port){.self = r, .send = port_send, .drop = port_drop};
}

/* ---- a connection's end ---- */

static void start_timer(struct cw_redis *r, ev_timer *t, ev_tstamp after)
{
    ev_timer_stop(r->setup.loop, t);
    ev_timer_set(t, after, 0.);
    ev_timer_start(r->setup.loop, t);
}

/* Half of the delay and a random part of the other half, so that many daemons do not come at once.
 */
static ev_tstamp delay(struct cw_redis *r)
{
    ev_tstamp d = FIRST_DELAY;
    for (unsigned i = 0; i < r->failures && d < LONGEST_DELAY; i++)
        d *= 2;
    r->failures++;
    if (d > LONGEST_DELAY)
        d = LONGEST_DELAY;
    return d / 2 + d / 2 * ((double)random() / (double)RAND_MAX);
}

/* The context is gone. */
static void lost(struct cw_redis *r)
{
    bool was_up = r->up;
    ev_tstamp after = 0.;
    char at[300], quoted[300];
    r->ac = NULL;
    r->up = r->dropping = false;
    ev_timer_stop(r->setup.loop, &r->turn);
    if (r->stopping)
        return;
    if (r->at_sentinel && r->found.name[0]) {
        /* Told where the master is: that is no failure. */
        start_timer(r, &r->retry, 0.);
        return;
    }
    if (was_up && (double)(cw_mono_now() - r->since) / 1e6 > LONGEST_DELAY)
        r->failures = 0;
    after = delay(r);
    count(r, CW_COUNT_redis_failures);
    cw_log(CW_LOG_WARNING, "redis_lost", "%s=%s reason=%s retry_ms=%d",
           r->at_sentinel ? "sentinel" : "at", cw_log_quote(r->at, at, sizeof at),
           cw_log_quote(r->why, quoted, sizeof quoted), (int)(after * 1000));
    r->found.name[0] = '\0';
    start_timer(r, &r->retry, after);
    if (was_up)
        r->setup.down(r->setup.arg);
}

/* Of a connection that did not come to be, hiredis tells only the inner context why. */
static const char *error_of(const redisAsyncContext *ac, const char *otherwise)
{
    if (ac->err && ac->errstr && *ac->errstr)
        return ac->errstr;
    return ac->c.errstr[0] ? ac->c.errstr : otherwise;
}

static void note_error(struct cw_redis *r, const redisAsyncContext *ac)
{
    const char *tls = r->setup.url.way == CW_REDIS_TLS ? cw_redis_tls_reason() : NULL;
    if (!r->dropping)
        (void)snprintf(r->why, sizeof r->why, "%s", tls ? tls : error_of(ac, "closed"));
}

static void on_disconnect(const redisAsyncContext *ac, int status)
{
    struct cw_redis *r = ac->data;
    (void)status;
    note_error(r, ac);
    lost(r);
}

static void on_connect(const redisAsyncContext *ac, int status)
{
    struct cw_redis *r = ac->data;
    if (status == REDIS_OK) {
        start_timer(r, &r->turn, 0.);
        return;
    }
    note_error(r, ac);
    lost(r);
}

/* Frees a context that hiredis has not freed yet; its callbacks run in here. */
static void end_connection(struct cw_redis *r)
{
    redisAsyncContext *ac = r->ac;
    redisAsyncFree(ac);
    if (r->ac == ac) /* It was not connected yet, so hiredis told nobody. */
        lost(r);
}

void cw_redis_drop(struct cw_redis *r, const char *why)
{
    if (!r->ac || r->dropping)
        return;
    if (why != r->why)
        (void)snprintf(r->why, sizeof r->why, "%s", why);
    r->dropping = true;
    start_timer(r, &r->turn, 0.);
}

/* ---- a connection's beginning ---- */

static bool secure(struct cw_redis *r, redisAsyncContext *ac)
{
    if (!r->tls)
        r->tls = cw_redis_tls_new();
    return r->tls && cw_redis_tls_begin(r->tls, &ac->c, r->setup.url.hosts[0].name);
}

static redisAsyncContext *open_context(struct cw_redis *r)
{
    const struct cw_redis_url *u = &r->setup.url;
    const struct cw_redis_host *h = &u->hosts[0];
    (void)snprintf(r->at, sizeof r->at, "%s", u->path);
    if (u->way == CW_REDIS_UNIX)
        return redisAsyncConnectUnix(u->path);
    if (u->way == CW_REDIS_SENTINEL) {
        r->at_sentinel = !r->found.name[0];
        h = r->at_sentinel ? &u->hosts[r->sentinel++ % u->n_hosts] : &r->found;
    }
    (void)snprintf(r->at, sizeof r->at, "%s:%u", h->name, h->port);
    return redisAsyncConnect(h->name, h->port);
}

static void connect_now(struct cw_redis *r)
{
    redisAsyncContext *ac = open_context(r);
    r->since = cw_mono_now();
    r->why[0] = '\0';
    bool good = ac && !ac->err;
    if (good && r->setup.url.way == CW_REDIS_TLS)
        good = secure(r, ac);
    if (!good) {
        (void)snprintf(r->why, sizeof r->why, "%s",
                       ac ? error_of(ac, "cannot connect") : "cannot connect");
        if (ac)
            redisAsyncFree(ac);
        lost(r);
        return;
    }
    r->ac = ac;
    ac->data = r;
    if (r->setup.url.way != CW_REDIS_UNIX)
        (void)redisEnableKeepAlive(&ac->c);
    if (redisLibevAttach(r->setup.loop, ac) != REDIS_OK ||
        redisAsyncSetConnectCallback(ac, on_connect) != REDIS_OK ||
        redisAsyncSetDisconnectCallback(ac, on_disconnect) != REDIS_OK)
        cw_redis_drop(r, "out of memory");
}

void cw_redis_checked(struct cw_redis *r)
{
    r->up = true;
    r->since = cw_mono_now();
    count(r, CW_COUNT_redis_connects);
    cw_log(CW_LOG_INFO, "redis_up", "functions=%s", r->load ? "loaded" : "present");
    r->setup.up(r->setup.arg);
}

/* ---- timers ---- */

static void on_retry(struct ev_loop *loop, ev_timer *t, int events)
{
    (void)loop;
    (void)events;
    connect_now(t->data);
}

static void on_turn(struct ev_loop *loop, ev_timer *t, int events)
{
    struct cw_redis *r = t->data;
    (void)loop;
    (void)events;
    if (!r->ac)
        return;
    if (r->dropping)
        end_connection(r);
    else
        cw_redis_check(r);
}

static void on_watch(struct ev_loop *loop, ev_timer *t, int events)
{
    struct cw_redis *r = t->data;
    (void)loop;
    (void)events;
    if (!r->ac)
        return;
    cw_mono_time since = r->first ? r->first->since : r->since;
    if ((r->first || !r->up) && cw_mono_now() - since > r->setup.timeout)
        cw_redis_drop(r, "no answer in time");
}

struct cw_redis *cw_redis_start(const struct cw_redis_setup *setup)
{
    struct cw_redis *r = calloc(1, sizeof *r);
    if (!r)
        return NULL;
    r->setup = *setup;
    r->last = &r->first;
    ev_timer_init(&r->retry, on_retry, 0., 0.);
    ev_timer_init(&r->turn, on_turn, 0., 0.);
    ev_tstamp every = (double)setup->timeout / 1e6 / 4;
    ev_timer_init(&r->watch, on_watch, every, every);
    r->retry.data = r->turn.data = r->watch.data = r;
    ev_timer_start(setup->loop, &r->retry);
    ev_timer_start(setup->loop, &r->watch);
    return r;
}

void cw_redis_stop(struct cw_redis *r)
{
    if (!r)
        return;
    r->stopping = true;
    if (r->ac)
        end_connection(r);
    ev_timer_stop(r->setup.loop, &r->retry);
    ev_timer_stop(r->setup.loop, &r->turn);
    ev_timer_stop(r->setup.loop, &r->watch);
    cw_redis_tls_free(r->tls);
    free(r);
}
