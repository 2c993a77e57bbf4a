/* TLS to Redis; see redis_tls.h. hiredis's own session would take any certificate that some known
 * authority has signed, whoever it was signed for; so the session is made here. */
#include "delivery/redis_tls.h"

#include "churnwatch/compat.h"

int cw_redis_supported(const struct cw_redis_url *u, struct cw_errbuf *eb)
{
    if (u->way == CW_REDIS_TLS && !CW_HAVE_REDIS_TLS)
        return cw_fail(
            eb, CW_E_INVALID,
            "redis.url: rediss:// needs hiredis 1.0 or later with its TLS library, which "
            "this build has not; let stunnel listen on 127.0.0.1 and use redis://");
    return 0;
}

#if CW_HAVE_REDIS_TLS

#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <string.h>

#include <hiredis/hiredis_ssl.h>
#include <openssl/err.h>
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
    ERR_clear_error(); /* What is there belongs to an earlier connection. */
    SSL *ssl = SSL_new(tls);
    if (ssl && must_be(ssl, host) && redisInitiateSSL(c, ssl) == REDIS_OK)
        return true; /* The connection owns it. */
    SSL_free(ssl);
    return false;
}

const char *cw_redis_tls_reason(void)
{
    return ERR_reason_error_string(ERR_peek_last_error());
}

/* A server that hangs up in the middle must not end the process. */
static bool prove(struct ssl_ctx_st *tls, redisContext *c, const char *host)
{
    void (*usual)(int) = signal(SIGPIPE, SIG_IGN);
    errno = 0;
    bool proven = cw_redis_tls_begin(tls, c, host);
    int why = errno;
    (void)signal(SIGPIPE, usual);
    errno = why;
    return proven;
}

int cw_redis_tls_prove(redisContext *c, const char *host, struct cw_errbuf *eb)
{
    struct ssl_ctx_st *tls = cw_redis_tls_new();
    if (!tls)
        return cw_fail(eb, CW_E_NOMEM, "no memory for TLS");
    int err = 0;
    if (!prove(tls, c, host)) {
        const char *why = cw_redis_tls_reason();
        if (why)
            err = cw_fail(eb, CW_E_REFUSED, "TLS: %s", why);
        else
            err = cw_fail(eb, CW_E_IO, "TLS: %s",
                          errno == EAGAIN ? "no answer in time" : strerror(errno));
    }
    cw_redis_tls_free(tls); /* The connection has its own hold on it. */
    return err;
}

#else

/* cw_redis_supported has refused such a URL. */
struct ssl_ctx_st *cw_redis_tls_new(void)
{
    return NULL;
}

void cw_redis_tls_free(struct ssl_ctx_st *tls)
{
    (void)tls;
}

bool cw_redis_tls_begin(struct ssl_ctx_st *tls, redisContext *c, const char *host)
{
    (void)tls;
    (void)c;
    (void)host;
    return false;
}

const char *cw_redis_tls_reason(void)
{
    return NULL;
}

int cw_redis_tls_prove(redisContext *c, const char *host, struct cw_errbuf *eb)
{
    (void)c;
    (void)host;
    return cw_fail(eb, CW_E_INVALID, "this build has no TLS");
}

#endif
