/* TLS to Redis: who the server is, is checked, against the system's certificates and by its name.
 * Only in builds with CW_HAVE_REDIS_TLS. Main thread. */
#ifndef CW_DELIVERY_REDIS_TLS_H
#define CW_DELIVERY_REDIS_TLS_H

#include <hiredis/hiredis.h>
#include <stdbool.h>

struct ssl_ctx_st;

/* The system's certificates, or those that SSL_CERT_FILE and SSL_CERT_DIR name. NULL: no memory. */
struct ssl_ctx_st *cw_redis_tls_new(void);
void cw_redis_tls_free(struct ssl_ctx_st *tls);
/* Begins on a connection that has just been begun; host is the name or address it must prove. */
bool cw_redis_tls_begin(struct ssl_ctx_st *tls, redisContext *c, const char *host);

#endif
