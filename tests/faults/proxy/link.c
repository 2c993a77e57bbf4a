/* A connection's two flows: what is read waits in a queue until it is due, then is written as the
 * weather lets it.
 *
 * A flow that is held does not lose bytes: the kernel's buffers fill, the sender waits, and when
 * the weather clears all goes on, as with a network that has dropped packets for a while.
 */
#include "tests/faults/proxy/link.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define CHUNK (64 * 1024)
/* A flow that has so much waiting reads no more. */
#define WAITING_MOST (8 * 1024 * 1024)
/* What a limited rate may send at once after a pause, in seconds. */
#define BURST 0.05

struct chunk {
    struct chunk *next;
    ev_tstamp due;
    size_t at, n;
    char bytes[CHUNK];
};

struct flow {
    struct link *link;
    enum way way;
    int from, to;
    struct chunk *first, **last;
    size_t waiting;
    bool ended, told; /* its sender has ended; the receiver was told */
    double allowed;   /* bytes, where the rate is limited */
    ev_tstamp counted;
    ev_io on_from, on_to;
    ev_timer later;
};

struct link {
    struct link *next;
    struct listener *of;
    bool connected;
    struct flow flows[N_WAYS];
};

static void move(struct flow *f);

/* ---- an end ---- */

static void forget(struct flow *f)
{
    struct ev_loop *loop = f->link->of->loop;
    ev_io_stop(loop, &f->on_from);
    ev_io_stop(loop, &f->on_to);
    ev_timer_stop(loop, &f->later);
    while (f->first) {
        struct chunk *c = f->first;
        f->first = c->next;
        free(c);
    }
}

static void end(struct link *l, bool reset)
{
    const struct linger at_once = {.l_onoff = 1};
    struct link **at = &l->of->first;
    while (*at != l)
        at = &(*at)->next;
    *at = l->next;
    for (int w = 0; w < N_WAYS; w++) {
        forget(&l->flows[w]);
        if (reset)
            (void)setsockopt(l->flows[w].from, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        (void)close(l->flows[w].from);
    }
    free(l);
}

void link_reset_all(struct listener *of)
{
    while (of->first)
        end(of->first, true);
}

/* ---- a flow ---- */

static const struct weather *weather(const struct flow *f)
{
    return &f->link->of->weather;
}

/* Reads on, or not. */
static void watch_sender(struct flow *f)
{
    struct ev_loop *loop = f->link->of->loop;
    if (!f->ended && f->waiting < WAITING_MOST && !weather(f)->held[f->way])
        ev_io_start(loop, &f->on_from);
    else
        ev_io_stop(loop, &f->on_from);
}

static void again_in(struct flow *f, ev_tstamp after)
{
    struct ev_loop *loop = f->link->of->loop;
    ev_timer_stop(loop, &f->later);
    ev_timer_set(&f->later, after, 0.);
    ev_timer_start(loop, &f->later);
}

/* How many of n bytes the rate lets through now. */
static size_t let_through(struct flow *f, size_t n)
{
    double rate = weather(f)->rate;
    ev_tstamp now = ev_now(f->link->of->loop);
    if (rate <= 0)
        return n;
    f->allowed += (now - f->counted) * rate;
    f->counted = now;
    if (f->allowed > rate * BURST + 1)
        f->allowed = rate * BURST + 1;
    return f->allowed < (double)n ? (size_t)f->allowed : n;
}

static void written(struct flow *f, size_t n)
{
    struct chunk *c = f->first;
    f->allowed -= weather(f)->rate > 0 ? (double)n : 0;
    f->link->of->moved[f->way] += n;
    f->waiting -= n;
    c->at += n;
    if (c->at < c->n)
        return;
    f->first = c->next;
    if (!f->first)
        f->last = &f->first;
    free(c);
}

/* True to go on; false to wait for whatever was arranged, or when the link is gone. */
static bool write_some(struct flow *f)
{
    const struct weather *w = weather(f);
    struct ev_loop *loop = f->link->of->loop;
    struct chunk *c = f->first;
    size_t n = let_through(f, c->n - c->at);
    if (c->due > ev_now(loop) || n == 0) {
        again_in(f, c->due > ev_now(loop) ? c->due - ev_now(loop) : 1 / w->rate + 0.001);
        return false;
    }
    if (w->slice && n > w->slice)
        n = w->slice;
    ssize_t done = send(f->to, c->bytes + c->at, n, MSG_NOSIGNAL);
    if (done < 0 && errno != EAGAIN) {
        end(f->link, true);
        return false;
    }
    if (done < 0) {
        ev_io_start(loop, &f->on_to);
        return false;
    }
    written(f, (size_t)done);
    if (!w->slice)
        return true;
    again_in(f, 0.); /* Each slice in a turn of its own. */
    return false;
}

/* All is written: the sender's end is passed on, and after both the link has done its work. */
static void pass_end(struct flow *f)
{
    struct link *l = f->link;
    if (!f->ended || f->told)
        return;
    f->told = true;
    (void)shutdown(f->to, SHUT_WR);
    if (l->flows[UP].told && l->flows[DOWN].told)
        end(l, false);
}

static void move(struct flow *f)
{
    if (!f->link->connected)
        return;
    watch_sender(f);
    if (weather(f)->held[f->way])
        return;
    while (f->first)
        if (!write_some(f))
            return;
    pass_end(f);
}

size_t link_count(const struct listener *of)
{
    size_t n = 0;
    for (const struct link *l = of->first; l; l = l->next)
        n++;
    return n;
}

static bool is_there(const struct listener *of, const struct link *l)
{
    const struct link *at = of->first;
    while (at && at != l)
        at = at->next;
    return at != NULL;
}

void link_move_all(struct listener *of)
{
    for (struct link *l = of->first, *next; l; l = next) {
        next = l->next;
        move(&l->flows[UP]);
        if (is_there(of, l)) /* The first way may have been its end. */
            move(&l->flows[DOWN]);
    }
}

static void on_from(struct ev_loop *loop, ev_io *io, int events)
{
    struct flow *f = io->data;
    struct chunk *c = malloc(sizeof *c);
    (void)events;
    ssize_t n = c ? recv(f->from, c->bytes, sizeof c->bytes, 0) : -1;
    if (n <= 0)
        free(c);
    if (n < 0 && (!c || errno != EAGAIN)) {
        end(f->link, true);
        return;
    }
    if (n < 0)
        return;
    if (n == 0) {
        f->ended = true;
    } else {
        c->next = NULL;
        c->at = 0;
        c->n = (size_t)n;
        c->due = ev_now(loop) + weather(f)->delay;
        *f->last = c;
        f->last = &c->next;
        f->waiting += c->n;
    }
    move(f);
}

static void on_to(struct ev_loop *loop, ev_io *io, int events)
{
    (void)events;
    ev_io_stop(loop, io);
    move(io->data);
}

static void on_later(struct ev_loop *loop, ev_timer *t, int events)
{
    (void)loop;
    (void)events;
    move(t->data);
}

/* ---- a beginning ---- */

static void on_connected(struct ev_loop *loop, ev_io *io, int events)
{
    struct flow *f = io->data;
    struct link *l = f->link;
    int err = 0;
    socklen_t n = sizeof err;
    (void)events;
    ev_io_stop(loop, io);
    ev_set_cb(io, on_to);
    if (getsockopt(f->to, SOL_SOCKET, SO_ERROR, &err, &n) != 0 || err) {
        end(l, true);
        return;
    }
    l->connected = true;
    move(&l->flows[DOWN]);
    move(&l->flows[UP]);
}

static void prepare(struct link *l, enum way way, int from, int to)
{
    struct flow *f = &l->flows[way];
    const int on = 1;
    *f = (struct flow){.link = l, .way = way, .from = from, .to = to};
    f->last = &f->first;
    f->counted = ev_now(l->of->loop);
    (void)setsockopt(from, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    ev_io_init(&f->on_from, on_from, from, EV_READ);
    ev_io_init(&f->on_to, on_to, to, EV_WRITE);
    ev_timer_init(&f->later, on_later, 0., 0.);
    f->on_from.data = f->on_to.data = f->later.data = f;
}

void link_begin(struct listener *of, int client)
{
    struct link *l = calloc(1, sizeof *l);
    int server = l ? socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0) : -1;
    if (server < 0) {
        free(l);
        (void)close(client);
        return;
    }
    l->of = of;
    l->next = of->first;
    of->first = l;
    of->accepted++;
    prepare(l, UP, client, server);
    prepare(l, DOWN, server, client);
    (void)connect(server, (const struct sockaddr *)&of->server, sizeof of->server);
    ev_set_cb(&l->flows[UP].on_to, on_connected);
    ev_io_start(of->loop, &l->flows[UP].on_to);
}
