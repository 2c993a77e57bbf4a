/* Address and password of Redis from the settings. Owns nothing; any thread. */
#include "delivery/redis_login.h"

#include <string.h>

#include "config/secret.h"

_Static_assert(sizeof((struct cw_redis_url *)0)->password > CW_SECRET_MOST, "a secret fits");

static int add_password(const char *file, struct cw_redis_url *u, struct cw_errbuf *eb)
{
    struct cw_secret secret;
    struct cw_errbuf why = {""};
    int err = cw_secret_read(file, &secret, &why);
    if (err)
        return cw_fail(eb, (enum cw_err) - err, "redis.password_file: %.480s", why.text);
    memcpy(u->password, secret.text, sizeof secret.text);
    cw_secret_wipe(&secret);
    return 0;
}

int cw_redis_login(const struct cw_settings *s, struct cw_redis_url *ret_url, struct cw_errbuf *eb)
{
    struct cw_redis_url u;
    bool by_file = s->redis_password_file[0] != '\0';
    int err = cw_redis_url_parse(s->redis_url, &u, eb);
    if (!err && by_file && u.password[0])
        err = cw_fail(eb, CW_E_INVALID,
                      "redis.password_file: there is a password in redis.url as well; leave it out "
                      "there");
    if (!err && by_file)
        err = add_password(s->redis_password_file, &u, eb);
    if (!err && u.user[0] && !u.password[0])
        err = cw_fail(eb, CW_E_INVALID,
                      "redis.url: the user has no password; name its file in redis.password_file");
    if (!err)
        *ret_url = u;
    explicit_bzero(&u, sizeof u);
    return err;
}
