/* From redis.url to an open connection: TCP, plain or by TLS, a local socket, or the master that a
 * Sentinel names. */
#include <stdlib.h>
#include <string.h>

#include "ctl/redis.h"
#include "delivery/redis_login.h"
#include "delivery/redis_tls.h"

struct opening {
    struct cw_redis *r;
    const struct cw_redis_url *url;
    struct timeval timeout;
};

/* Keeps the connection, or says why there is none. */
static int keep(struct opening *o, redisContext *c)
{
    if (!c)
        return -CW_E_NOMEM;
    o->r->c = c;
    if (c->err)
        return cw_fail(&o->r->eb, CW_E_IO, "%s", c->errstr);
    return redisSetTimeout(c, o->timeout) == REDIS_OK ? 0 : -CW_E_IO;
}

static int connect_tcp(struct opening *o, const struct cw_redis_host *h)
{
    int err = keep(o, redisConnectWithTimeout(h->name, h->port, o->timeout));
    if (err) {
        struct cw_errbuf why = o->r->eb;
        (void)cw_fail(&o->r->eb, CW_E_IO, "%.255s port %d: %.200s", h->name, h->port, why.text);
        cw_redis_close(o->r);
    }
    return err;
}

/* ---- TLS ---- */

static int connect_tls(struct opening *o, const struct cw_redis_host *h)
{
    struct cw_errbuf why = {""};
    int err = connect_tcp(o, h);
    if (err)
        return err;
    err = cw_redis_tls_prove(o->r->c, h->name, &why);
    if (err) {
        (void)cw_fail(&o->r->eb, CW_E_IO, "%.255s port %d: %.200s", h->name, h->port, why.text);
        cw_redis_close(o->r);
    }
    return err;
}

/* ---- Sentinel ---- */

static int read_address(struct opening *o, const redisReply *address,
                        struct cw_redis_host *ret_host)
{
    if (address->type != REDIS_REPLY_ARRAY || address->elements != 2)
        return cw_fail(&o->r->eb, CW_E_IO, "the sentinel knows no master \"%s\"", o->url->master);
    long port = strtol(address->element[1]->str, NULL, 10);
    if (port < 1 || port > UINT16_MAX || address->element[0]->len >= (int)sizeof ret_host->name)
        return cw_fail(&o->r->eb, CW_E_IO, "the sentinel gives no address");
    (void)snprintf(ret_host->name, sizeof ret_host->name, "%s", address->element[0]->str);
    ret_host->port = (uint16_t)port;
    return 0;
}

static int ask_sentinel(struct opening *o, const struct cw_redis_host *sentinel,
                        struct cw_redis_host *ret_master)
{
    int err = connect_tcp(o, sentinel);
    if (err)
        return err;
    redisReply *address =
        cw_redis_ask(o->r, "SENTINEL", "get-master-addr-by-name", o->url->master, NULL);
    err = address ? read_address(o, address, ret_master) : -CW_E_IO;
    freeReplyObject(address);
    cw_redis_close(o->r);
    return err;
}

/* The first sentinel that answers decides. */
static int connect_master(struct opening *o)
{
    struct cw_redis_host master;
    int err = -CW_E_IO;
    for (size_t i = 0; err && i < o->url->n_hosts; i++)
        err = ask_sentinel(o, &o->url->hosts[i], &master);
    return err ? err : connect_tcp(o, &master);
}

/* ---- all of it ---- */

static int connect_any(struct opening *o)
{
    switch (o->url->way) {
    case CW_REDIS_TCP:
        return connect_tcp(o, &o->url->hosts[0]);
    case CW_REDIS_UNIX:
        return keep(o, redisConnectUnixWithTimeout(o->url->path, o->timeout));
    case CW_REDIS_SENTINEL:
        return connect_master(o);
    case CW_REDIS_TLS:
        return connect_tls(o, &o->url->hosts[0]);
    }
    return -CW_E_INVALID;
}

/* True for an answer, whatever it is; a refusal is in eb. */
static bool agreed(redisReply *reply)
{
    bool good = reply != NULL;
    freeReplyObject(reply);
    return good;
}

static bool log_in(struct opening *o)
{
    const struct cw_redis_url *u = o->url;
    if (u->user[0])
        return agreed(cw_redis_ask(o->r, "AUTH", u->user, u->password, NULL));
    return !u->password[0] || agreed(cw_redis_ask(o->r, "AUTH", u->password, NULL));
}

static bool select_db(struct opening *o)
{
    char db[16];
    (void)snprintf(db, sizeof db, "%d", o->url->db);
    return o->url->db == 0 || agreed(cw_redis_ask(o->r, "SELECT", db, NULL));
}

int cw_redis_connect(const struct cw_settings *s, struct cw_redis *ret_redis)
{
    struct cw_redis_url url;
    *ret_redis = (struct cw_redis){.prefix = s->redis_prefix};
    struct opening o = {.r = ret_redis,
                        .url = &url,
                        .timeout = {.tv_sec = s->redis_timeout / CW_SECOND,
                                    .tv_usec = s->redis_timeout % CW_SECOND}};
    if (cw_redis_login(s, &url, &ret_redis->eb) != 0 ||
        cw_redis_supported(&url, &ret_redis->eb) != 0)
        return -CW_E_INVALID;
    int err = connect_any(&o);
    if (!err && log_in(&o) && select_db(&o))
        return 0;
    /* One that was reached and would not let us in has said so. */
    if (!err)
        err = ret_redis->c && ret_redis->c->err ? -CW_E_IO : -CW_E_REFUSED;
    cw_redis_close(ret_redis);
    return err;
}

enum cw_exit cw_redis_open(const struct cw_settings *s, struct cw_redis *ret_redis)
{
    int err = cw_redis_connect(s, ret_redis);
    if (!err)
        return CW_EXIT_DONE;
    if (err == -CW_E_INVALID)
        return cw_ctl_fail(CW_EXIT_WRONG, "%s", ret_redis->eb.text);
    return cw_ctl_fail(err == -CW_E_REFUSED ? CW_EXIT_WRONG : CW_EXIT_UNREACHABLE, "Redis: %s",
                       ret_redis->eb.text);
}
