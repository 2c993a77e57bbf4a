/* redis.url taken apart.
 *
 *     redis://[[user:]password@]host[:port][/db]          rediss:// likewise, over TLS
 *     redis+unix://[[user:]password@]/path/to/socket[?db=N]
 *     redis+sentinel://[[user:]password@]host[:port][,host[:port]…]/master-name[/db]
 *
 * User and password may be percent-encoded; those of redis+sentinel are the master's. A user whose
 * password is elsewhere is written user:@. An IPv6 address stands in brackets. */
#ifndef CW_DELIVERY_REDIS_URL_H
#define CW_DELIVERY_REDIS_URL_H

#include "churnwatch/types.h"

#define CW_REDIS_HOSTS_MOST 16

enum cw_redis_way { CW_REDIS_TCP, CW_REDIS_TLS, CW_REDIS_UNIX, CW_REDIS_SENTINEL };
struct cw_redis_host {
    char name[256];
    uint16_t port;
};
struct cw_redis_url {
    enum cw_redis_way way;
    struct cw_redis_host hosts[CW_REDIS_HOSTS_MOST]; /* TCP, TLS: one; SENTINEL: the sentinels */
    size_t n_hosts;
    char path[108];                 /* UNIX: as long as a socket's address may be */
    char master[128];               /* SENTINEL */
    char user[128], password[1025]; /* "" for none */
    int db;
};
/* Returns 0 or -CW_E_INVALID; eb says what is wrong, never with the password in it. */
int cw_redis_url_parse(const char *text, struct cw_redis_url *ret_url, struct cw_errbuf *eb);

#endif
