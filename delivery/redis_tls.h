/* TLS to Redis: who the server is, is checked, against the system's certificates and by its name.
 * For the daemon's connection, which waits for nothing, and for churnwatchctl's, which waits. One
 * thread a context. */
#ifndef CW_DELIVERY_REDIS_TLS_H
#define CW_DELIVERY_REDIS_TLS_H

#include <hiredis/hiredis.h>
#include <stdbool.h>

#include "delivery/redis_url.h"

struct ssl_ctx_st;

/* Whether this build can speak to such a URL: 0, or -CW_E_INVALID with the way out in eb. */
int cw_redis_supported(const struct cw_redis_url *u, struct cw_errbuf *eb);

/* The system's certificates, or those that SSL_CERT_FILE and SSL_CERT_DIR name. NULL: no memory, or
 * a build without TLS. */
struct ssl_ctx_st *cw_redis_tls_new(void);
void cw_redis_tls_free(struct ssl_ctx_st *tls);
/* Begins on a connection that has just been begun; host is the name or address it must prove. */
bool cw_redis_tls_begin(struct ssl_ctx_st *tls, redisContext *c, const char *host);
/* The same, to the end, on a connection that waits: 0; -CW_E_REFUSED when the server proves nothing
 * or speaks no TLS; -CW_E_IO when it does not answer; -CW_E_NOMEM. On failure c is of no use. */
int cw_redis_tls_prove(redisContext *c, const char *host, struct cw_errbuf *eb);
/* What TLS itself last had against a connection of this thread, which hiredis does not always hand
 * on; NULL: nothing. Static. */
const char *cw_redis_tls_reason(void);

#endif
