/* A proxy for cuts and delays: `proxy LISTEN:SERVER…`, ports on 127.0.0.1, one listener a pair.
 *
 * It is told what to do by lines on its input, and answers each with one line; it ends with its
 * input.
 *
 *     N COMMAND [ARGUMENT]      N counts listeners from 0; * is all of them
 *
 *     pass                  everything goes on at once again
 *     reset                 every connection is reset; new ones are served
 *     cut                   as reset, and new ones are reset too, until `pass`
 *     blackhole up|down|both   bytes of this way wait; up is from client to server
 *     delay MS              every byte, each way
 *     slice BYTES           so many a write at most
 *     rate BYTES            a second, each way of each connection
 *     stats                 "ok LINKS ACCEPTED UP DOWN": connections now, ever; bytes
 *
 * What was said before stays until `pass`.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/faults/proxy/link.h"

#define LISTENERS_MOST 16
#define LINE_MOST 200

static struct listener listeners[LISTENERS_MOST];
static size_t n_listeners;

/* ---- commands ---- */

/* Each gets its argument, "" for none, and returns whether it understood it. */
static bool pass(struct listener *of, const char *arg)
{
    of->weather = (struct weather){0};
    link_move_all(of);
    return *arg == '\0';
}

static bool reset(struct listener *of, const char *arg)
{
    link_reset_all(of);
    return *arg == '\0';
}

static bool cut(struct listener *of, const char *arg)
{
    of->weather.cut = true;
    return reset(of, arg);
}

static bool blackhole(struct listener *of, const char *arg)
{
    bool both = strcmp(arg, "both") == 0, up = strcmp(arg, "up") == 0;
    if (!both && !up && strcmp(arg, "down") != 0)
        return false;
    of->weather.held[UP] |= both || up;
    of->weather.held[DOWN] |= both || !up;
    link_move_all(of);
    return true;
}

static bool number(const char *arg, double *ret_n)
{
    char *end;
    double n = strtod(arg, &end);
    if (end == arg || *end || !(n >= 0 && n < 1e12))
        return false;
    *ret_n = n;
    return true;
}

static bool delay(struct listener *of, const char *arg)
{
    double ms;
    if (!number(arg, &ms))
        return false;
    of->weather.delay = ms / 1000;
    return true;
}

static bool slice(struct listener *of, const char *arg)
{
    double bytes;
    if (!number(arg, &bytes))
        return false;
    of->weather.slice = (size_t)bytes;
    return true;
}

static bool rate(struct listener *of, const char *arg)
{
    return number(arg, &of->weather.rate);
}

static const struct {
    const char *name;
    bool (*obey)(struct listener *of, const char *arg);
} commands[] = {
    {"pass", pass},   {"reset", reset}, {"cut", cut},   {"blackhole", blackhole},
    {"delay", delay}, {"slice", slice}, {"rate", rate},
};

static void tell_stats(const struct listener *of)
{
    (void)printf("ok %zu %llu %llu %llu\n", link_count(of), (unsigned long long)of->accepted,
                 (unsigned long long)of->moved[UP], (unsigned long long)of->moved[DOWN]);
}

static bool obey(const char *name, struct listener *of, const char *arg)
{
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (strcmp(commands[i].name, name) == 0)
            return commands[i].obey(of, arg);
    return false;
}

/* "N COMMAND [ARGUMENT]" */
static void take(char *line)
{
    char *rest = NULL, *who = strtok_r(line, " ", &rest), *name = strtok_r(NULL, " ", &rest),
         *arg = strtok_r(NULL, " ", &rest), *end = NULL;
    bool all = who && strcmp(who, "*") == 0, good = who && name;
    size_t first = good && !all ? strtoul(who, &end, 10) : 0;
    good = good && (all || (*end == '\0' && first < n_listeners));
    if (good && !all && strcmp(name, "stats") == 0) {
        tell_stats(&listeners[first]);
        return;
    }
    for (size_t i = first; good && i < (all ? n_listeners : first + 1); i++)
        good = obey(name, &listeners[i], arg ? arg : "");
    (void)puts(good ? "ok" : "not understood");
}

static void on_input(struct ev_loop *loop, ev_io *io, int events)
{
    static char line[LINE_MOST];
    static size_t n;
    (void)events;
    ssize_t got = read(io->fd, line + n, sizeof line - n);
    if (got <= 0) {
        ev_break(loop, EVBREAK_ALL);
        return;
    }
    n += (size_t)got;
    for (char *end; (end = memchr(line, '\n', n));) {
        size_t taken = (size_t)(end - line) + 1;
        *end = '\0';
        take(line);
        n -= taken;
        memmove(line, line + taken, n);
    }
    if (n == sizeof line)
        n = 0; /* A line so long is none of ours, and gets no answer. */
}

/* ---- listening ---- */

static void on_client(struct ev_loop *loop, ev_io *io, int events)
{
    struct listener *of = io->data;
    const struct linger at_once = {.l_onoff = 1};
    (void)loop;
    (void)events;
    int client = accept4(io->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (client < 0)
        return;
    if (!of->weather.cut) {
        link_begin(of, client);
        return;
    }
    (void)setsockopt(client, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    (void)close(client);
}

static struct sockaddr_in loopback(unsigned port)
{
    return (struct sockaddr_in){.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static bool listen_to(struct ev_loop *loop, const char *pair)
{
    struct listener *of = &listeners[n_listeners];
    unsigned port, server;
    const int on = 1;
    if (n_listeners == LISTENERS_MOST || sscanf(pair, "%5u:%5u", &port, &server) != 2)
        return false;
    *of = (struct listener){.loop = loop, .server = loopback(server)};
    const struct sockaddr_in at = loopback(port);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        bind(fd, (const struct sockaddr *)&at, sizeof at) != 0 || listen(fd, 128) != 0)
        return false;
    ev_io_init(&of->on_client, on_client, fd, EV_READ);
    of->on_client.data = of;
    ev_io_start(loop, &of->on_client);
    n_listeners++;
    return true;
}

int main(int argc, char **argv)
{
    struct ev_loop *loop = ev_default_loop(0);
    ev_io input;
    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    for (int i = 1; i < argc; i++) {
        if (!listen_to(loop, argv[i])) {
            (void)fprintf(stderr, "proxy: %s: %s\n", argv[i], strerror(errno));
            return 1;
        }
    }
    ev_io_init(&input, on_input, STDIN_FILENO, EV_READ);
    ev_io_start(loop, &input);
    (void)puts("ready");
    ev_run(loop, 0);
    return 0;
}
