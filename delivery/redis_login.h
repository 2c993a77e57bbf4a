/* Where Redis is and how it lets us in: redis.url and redis.password_file together. */
#ifndef CW_DELIVERY_REDIS_LOGIN_H
#define CW_DELIVERY_REDIS_LOGIN_H

#include "churnwatch/settings.h"
#include "delivery/redis_url.h"

/* Returns 0; -CW_E_INVALID for settings that do not go together; what cw_secret_read returns. eb
 * names the setting, and never holds the password. */
int cw_redis_login(const struct cw_settings *s, struct cw_redis_url *ret_url, struct cw_errbuf *eb);

#endif
