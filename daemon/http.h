/* /metrics, /healthz and /readyz on the main loop. */
#ifndef CW_DAEMON_HTTP_H
#define CW_DAEMON_HTTP_H

#include <ev.h>

#include "churnwatch/buf.h"

struct cw_http_pages {
    void (*metrics)(void *arg, struct cw_buf *b);
    /* Writes one line saying why not, when false. */
    bool (*ready)(void *arg, struct cw_buf *b);
    void *arg;
};
struct cw_http;
/* listen: HOST:PORT (HOST an address, IPv6 in brackets) or unix:PATH. A socket left at PATH by an
 * earlier run is replaced. */
int cw_http_open(const char *listen, struct ev_loop *loop, const struct cw_http_pages *pages,
                 struct cw_http **ret_http, struct cw_errbuf *eb);
void cw_http_close(struct cw_http *h); /* accepts NULL */

#endif
