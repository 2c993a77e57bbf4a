/* libmicrohttpd on the main loop: it keeps its sockets in an epoll set of its own, and the loop
 * watches that one descriptor. Requests are small and answered from memory, so nothing blocks. */
#include "daemon/http.h"

#include <errno.h>
#include <microhttpd.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "churnwatch/compat.h"

struct cw_http {
    struct cw_http_pages pages;
    struct ev_loop *loop;
    struct MHD_Daemon *mhd;
    ev_io io;
    ev_timer turn; /* connections' time-outs, and work left from the last turn */
    char path[108];
};

/* ---- pages ---- */

static unsigned healthz(const struct cw_http *h, struct cw_buf *b)
{
    (void)h;
    cw_buf_puts(b, "ok\n");
    return MHD_HTTP_OK;
}

static unsigned readyz(const struct cw_http *h, struct cw_buf *b)
{
    if (!h->pages.ready(h->pages.arg, b))
        return MHD_HTTP_SERVICE_UNAVAILABLE;
    cw_buf_puts(b, "ready\n");
    return MHD_HTTP_OK;
}

static unsigned metrics(const struct cw_http *h, struct cw_buf *b)
{
    h->pages.metrics(h->pages.arg, b);
    return MHD_HTTP_OK;
}

static const struct {
    const char *path, *type;
    unsigned (*write)(const struct cw_http *h, struct cw_buf *b);
} pages[] = {
    {"/metrics", "text/plain; version=0.0.4; charset=utf-8", metrics},
    {"/healthz", "text/plain; charset=utf-8", healthz},
    {"/readyz", "text/plain; charset=utf-8", readyz},
};

static cw_mhd_result respond(struct MHD_Connection *c, unsigned status, const char *type,
                             const char *text, size_t n)
{
    struct MHD_Response *r =
        MHD_create_response_from_buffer(n, (void *)(uintptr_t)text, MHD_RESPMEM_MUST_COPY);
    if (!r)
        return MHD_NO;
    (void)MHD_add_response_header(r, "Content-Type", type);
    (void)MHD_add_response_header(r, "Cache-Control", "no-store");
    cw_mhd_result queued = MHD_queue_response(c, status, r);
    MHD_destroy_response(r);
    return queued;
}

static cw_mhd_result on_request(void *arg, struct MHD_Connection *c, const char *url,
                                const char *method, const char *version, const char *upload,
                                size_t *upload_n, void **state)
{
    static const char plain[] = "text/plain; charset=utf-8";
    const struct cw_http *h = arg;
    (void)version;
    (void)upload;
    (void)state;
    if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)
        return *upload_n ? MHD_NO : respond(c, MHD_HTTP_METHOD_NOT_ALLOWED, plain, "only GET\n", 9);
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
        struct cw_buf b = {0};
        if (strcmp(url, pages[i].path) != 0)
            continue;
        unsigned status = pages[i].write(h, &b);
        cw_mhd_result done = b.failed ? MHD_NO : respond(c, status, pages[i].type, b.p, b.n);
        cw_buf_free(&b);
        return done;
    }
    return respond(c, MHD_HTTP_NOT_FOUND, plain, "/metrics /healthz /readyz\n", 26);
}

/* ---- the loop ---- */

static void run(struct cw_http *h)
{
    MHD_UNSIGNED_LONG_LONG ms = 0;
    (void)MHD_run(h->mhd);
    ev_timer_stop(h->loop, &h->turn);
    if (MHD_get_timeout(h->mhd, &ms) == MHD_YES) {
        ev_timer_set(&h->turn, (double)ms / 1000, 0.);
        ev_timer_start(h->loop, &h->turn);
    }
}

static void on_io(struct ev_loop *loop, ev_io *io, int events)
{
    (void)loop;
    (void)events;
    run(io->data);
}

static void on_turn(struct ev_loop *loop, ev_timer *t, int events)
{
    (void)loop;
    (void)events;
    run(t->data);
}

/* ---- sockets ---- */

static int listen_unix(struct cw_http *h, const char *path, struct cw_errbuf *eb)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    struct stat st;
    if (strlen(path) >= sizeof a.sun_path)
        return cw_fail(eb, CW_E_INVALID, "http.listen: the path is too long");
    (void)strcpy(a.sun_path, path);
    if (lstat(path, &st) == 0 && S_ISSOCK(st.st_mode))
        (void)unlink(path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    /* To connect takes the right to write, which the process's mask keeps from the group. */
    if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof a) != 0 || chmod(path, 0660) != 0 ||
        listen(fd, 16) != 0) {
        int err = cw_fail(eb, CW_E_IO, "http.listen: unix:%s: %s", path, strerror(errno));
        if (fd >= 0)
            (void)close(fd);
        return err;
    }
    (void)strcpy(h->path, path);
    return fd;
}

static int split_host(const char *text, char host[256], const char **ret_port, struct cw_errbuf *eb)
{
    const char *colon = strrchr(text, ':');
    size_t n = colon ? (size_t)(colon - text) : 0;
    if (n > 1 && text[0] == '[' && text[n - 1] == ']') {
        text++;
        n -= 2;
    }
    if (n == 0 || n >= 256 || !colon[1])
        return cw_fail(eb, CW_E_INVALID, "http.listen: HOST:PORT or unix:PATH is wanted");
    memcpy(host, text, n);
    host[n] = '\0';
    *ret_port = colon + 1;
    return 0;
}

static int listen_tcp(const char *text, struct cw_errbuf *eb)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
                                   .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    struct addrinfo *a;
    char host[256];
    const char *port = NULL;
    int one = 1, err = split_host(text, host, &port, eb);
    if (err)
        return err;
    int failed = getaddrinfo(host, port, &hints, &a);
    if (failed)
        return cw_fail(eb, CW_E_INVALID, "http.listen: %s: %s", text, gai_strerror(failed));
    int fd = socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) != 0 ||
        bind(fd, a->ai_addr, a->ai_addrlen) != 0 || listen(fd, 64) != 0) {
        err = cw_fail(eb, CW_E_IO, "http.listen: %s: %s", text, strerror(errno));
        if (fd >= 0)
            (void)close(fd);
        fd = err;
    }
    freeaddrinfo(a);
    return fd;
}

static int start(struct cw_http *h, int fd, struct cw_errbuf *eb)
{
    h->mhd = MHD_start_daemon(MHD_USE_EPOLL, 0, NULL, NULL, on_request, h, MHD_OPTION_LISTEN_SOCKET,
                              fd, MHD_OPTION_CONNECTION_LIMIT, 64u, MHD_OPTION_CONNECTION_TIMEOUT,
                              30u, MHD_OPTION_END);
    const union MHD_DaemonInfo *info =
        h->mhd ? MHD_get_daemon_info(h->mhd, MHD_DAEMON_INFO_EPOLL_FD) : NULL;
    if (!info) {
        (void)close(fd);
        return cw_fail(eb, CW_E_IO, "http.listen: the HTTP server did not start");
    }
    ev_io_init(&h->io, on_io, info->epoll_fd, EV_READ);
    ev_timer_init(&h->turn, on_turn, 0., 0.);
    h->io.data = h->turn.data = h;
    ev_io_start(h->loop, &h->io);
    return 0;
}

int cw_http_open(const char *listen, struct ev_loop *loop, const struct cw_http_pages *p,
                 struct cw_http **ret_http, struct cw_errbuf *eb)
{
    struct cw_http *h = calloc(1, sizeof *h);
    if (!h)
        return cw_fail(eb, CW_E_NOMEM, "no memory for the HTTP server");
    h->pages = *p;
    h->loop = loop;
    int fd =
        strncmp(listen, "unix:", 5) == 0 ? listen_unix(h, listen + 5, eb) : listen_tcp(listen, eb);
    int err = fd < 0 ? fd : start(h, fd, eb);
    if (err) {
        free(h);
        return err;
    }
    *ret_http = h;
    return 0;
}

void cw_http_close(struct cw_http *h)
{
    if (!h)
        return;
    ev_io_stop(h->loop, &h->io);
    ev_timer_stop(h->loop, &h->turn);
    MHD_stop_daemon(h->mhd);
    if (h->path[0])
        (void)unlink(h->path);
    free(h);
}
