/* Taking redis.url apart. Pure. */
#include "delivery/redis_url.h"

#include <string.h>

#define DEFAULT_PORT 6379
#define DEFAULT_SENTINEL_PORT 26379

static const struct {
    const char *scheme;
    enum cw_redis_way way;
} ways[] = {
    {"redis://", CW_REDIS_TCP},
    {"rediss://", CW_REDIS_TLS},
    {"redis+unix://", CW_REDIS_UNIX},
    {"redis+sentinel://", CW_REDIS_SENTINEL},
};

static int wrong(struct cw_errbuf *eb, const char *what)
{
    return cw_fail(eb, CW_E_INVALID, "redis.url: %s", what);
}

/* The part of *rest before any of the stops, and *rest moved to the stop. */
static struct cw_str until(const char **rest, const char *stops)
{
    struct cw_str s = {*rest, strcspn(*rest, stops)};
    *rest += s.n;
    return s;
}

static int hex(char c)
{
    const char *digits = "0123456789abcdef", *at = NULL;
    if (c >= 'A' && c <= 'F')
        c = (char)(c + ('a' - 'A'));
    if (c)
        at = strchr(digits, c);
    return at ? (int)(at - digits) : -1;
}

static bool plain(struct cw_str s, char *out, size_t size)
{
    if (s.n >= size)
        return false;
    memcpy(out, s.p, s.n);
    out[s.n] = '\0';
    return true;
}

static bool decoded(struct cw_str s, char *out, size_t size)
{
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (c == '%') {
            int high = i + 2 < s.n ? hex(s.p[i + 1]) : -1;
            int low = high >= 0 ? hex(s.p[i + 2]) : -1;
            if (low < 0 || high * 16 + low == 0)
                return false;
            c = (char)(high * 16 + low);
            i += 2;
        }
        if (n + 1 >= size)
            return false;
        out[n++] = c;
    }
    out[n] = '\0';
    return true;
}

static bool number(struct cw_str s, int least, int most, int *ret_n)
{
    int v = 0;
    if (s.n == 0 || s.n > 5)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
        v = v * 10 + (s.p[i] - '0');
    }
    if (v < least || v > most)
        return false;
    *ret_n = v;
    return true;
}

/* [user:]password@ */
static int login(const char **rest, struct cw_redis_url *u, struct cw_errbuf *eb)
{
    const char *at = strrchr(*rest, '@');
    if (!at)
        return 0;
    struct cw_str all = {*rest, (size_t)(at - *rest)};
    const char *colon = memchr(all.p, ':', all.n);
    struct cw_str user = {all.p, colon ? (size_t)(colon - all.p) : 0};
    struct cw_str password = {colon ? colon + 1 : all.p, 0};
    password.n = (size_t)(at - password.p);
    if (!decoded(user, u->user, sizeof u->user) ||
        !decoded(password, u->password, sizeof u->password) || !(u->user[0] || u->password[0]))
        return wrong(eb, "user and password are [user:]password@, percent-encoded where needed");
    *rest = at + 1;
    return 0;
}

static int host(const char **rest, int default_port, struct cw_redis_url *u, struct cw_errbuf *eb)
{
    struct cw_redis_host *h = &u->hosts[u->n_hosts];
    int port = default_port;
    bool bracket = **rest == '[';
    if (bracket)
        (*rest)++;
    struct cw_str name = until(rest, bracket ? "]" : ":,/?");
    if (bracket && *(*rest)++ != ']')
        return wrong(eb, "an IPv6 address ends with ]");
    if (name.n == 0 || !plain(name, h->name, sizeof h->name))
        return wrong(eb, "a host name is missing or too long");
    if (**rest == ':') {
        (*rest)++;
        if (!number(until(rest, ",/?"), 1, 65535, &port))
            return wrong(eb, "a port is a number from 1 to 65535");
    }
    h->port = (uint16_t)port;
    u->n_hosts++;
    return 0;
}

/* /db or nothing, and the end. */
static int database(const char *rest, struct cw_redis_url *u, struct cw_errbuf *eb)
{
    if (*rest == '\0' || strcmp(rest, "/") == 0)
        return 0;
    if (*rest != '/' || !number((struct cw_str){rest + 1, strlen(rest + 1)}, 0, 65535, &u->db))
        return wrong(eb, "a database is a number after the last /");
    return 0;
}

static int tcp(const char *rest, struct cw_redis_url *u, struct cw_errbuf *eb)
{
    int err = host(&rest, DEFAULT_PORT, u, eb);
    return err ? err : database(rest, u, eb);
}

static int unix_socket(const char *rest, struct cw_redis_url *u, struct cw_errbuf *eb)
{
    struct cw_str path = until(&rest, "?");
    if (path.n < 2 || path.p[0] != '/' || !plain(path, u->path, sizeof u->path))
        return wrong(eb, "a socket's path is absolute and shorter than 108 bytes");
    if (*rest == '\0')
        return 0;
    if (strncmp(rest, "?db=", 4) != 0 ||
        !number((struct cw_str){rest + 4, strlen(rest + 4)}, 0, 65535, &u->db))
        return wrong(eb, "after a socket's path only ?db=N may stand");
    return 0;
}

static int sentinels(const char *rest, struct cw_redis_url *u, struct cw_errbuf *eb)
{
    for (;;) {
        int err = host(&rest, DEFAULT_SENTINEL_PORT, u, eb);
        if (err)
            return err;
        if (*rest != ',')
            break;
        rest++;
        if (u->n_hosts == CW_REDIS_HOSTS_MOST)
            return wrong(eb, "too many sentinels");
    }
    if (*rest != '/')
        return wrong(eb, "redis+sentinel:// needs /master-name after its hosts");
    rest++;
    struct cw_str master = until(&rest, "/");
    if (master.n == 0 || !plain(master, u->master, sizeof u->master))
        return wrong(eb, "redis+sentinel:// needs /master-name after its hosts");
    return database(rest, u, eb);
}

int cw_redis_url_parse(const char *text, struct cw_redis_url *ret_url, struct cw_errbuf *eb)
{
    struct cw_redis_url u = {0};
    size_t i = 0;
    while (i < sizeof ways / sizeof *ways &&
           strncmp(text, ways[i].scheme, strlen(ways[i].scheme)) != 0)
        i++;
    if (i == sizeof ways / sizeof *ways)
        return wrong(eb, "begins with redis://, rediss://, redis+unix:// or redis+sentinel://");
    const char *rest = text + strlen(ways[i].scheme);
    u.way = ways[i].way;
    int err = login(&rest, &u, eb);
    if (!err && u.way == CW_REDIS_UNIX)
        err = unix_socket(rest, &u, eb);
    else if (!err && u.way == CW_REDIS_SENTINEL)
        err = sentinels(rest, &u, eb);
    else if (!err)
        err = tcp(rest, &u, eb);
    if (!err)
        *ret_url = u;
    return err;
}
