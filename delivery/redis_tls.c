/* TLS to Redis; see redis_tls.h. hiredis's own session would take any certificate that some known
 * authority has signed, whoever it was signed for; so the session is made here. */
#include "delivery/redis_tls.h"

#include <arpa/inet.h>

#include <hiredis/hiredis_ssl.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

struct ssl_ctx_st *cw_redis_tls_new(void)
{
    SSL_CTX *tls = SSL_CTX_new(TLS_client_method());
    if (!tls)
        return NULL;
    SSL_CTX_set_verify(tls, SSL_VERIFY_PEER, NULL);
    if (SSL_CTX_set_min_proto_version(tls, TLS1_2_VERSION) != 1 ||
        SSL_CTX_set_default_verify_paths(tls) != 1) {
        SSL_CTX_free(tls);
        return NULL;
    }
    return tls;
}

void cw_redis_tls_free(struct ssl_ctx_st *tls)
{
    SSL_CTX_free(tls);
}

/* A name is sent to the server too, which may have several; an address is none. */
static bool must_be(SSL *ssl, const char *host)
{
    struct in6_addr address;
    if (inet_pton(AF_INET, host, &address) == 1 || inet_pton(AF_INET6, host, &address) == 1)
        return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host) == 1;
    return SSL_set1_host(ssl, host) == 1 && SSL_set_tlsext_host_name(ssl, host) == 1;
}

bool cw_redis_tls_begin(struct ssl_ctx_st *tls, redisContext *c, const char *host)
{
    SSL *ssl = SSL_new(tls);
    if (ssl && must_be(ssl, host) && redisInitiateSSL(c, ssl) == REDIS_OK)
        return true; /* The connection owns it. */
    SSL_free(ssl);
    return false;
}
