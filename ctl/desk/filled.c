/* Whether Redis is filled: its epoch, and what the instances say of delivery. See filled.h. */
#include "ctl/desk/filled.h"

#include <jansson.h>
#include <string.h>

#include "ctl/instances.h"

/* An instance that refuses this Redis says so in it. */
static void hear(void *arg, const char *instance, struct cw_str text)
{
    bool *said = arg;
    json_t *status = json_loadb(text.p, text.n, 0, NULL);
    const json_t *delivery = json_object_get(status, "delivery");
    const char *standing = json_string_value(json_object_get(delivery, "standing"));
    const char *why = json_string_value(json_object_get(status, "why_not"));
    if (standing && strcmp(standing, "refused") == 0 && !*said) {
        (void)cw_ctl_fail(CW_EXIT_DONE, "%s delivers nothing into this Redis: %s", instance,
                          why && *why ? why : "it is not the one that was filled");
        *said = true;
    }
    json_decref(status);
}

static enum cw_exit not_filled(struct cw_redis *redis, const redisReply *at_rest)
{
    bool said = false;
    if (at_rest->element[1]->str)
        return cw_ctl_fail(CW_EXIT_WRONG,
                           "this Redis is being filled anew; if no churnwatchctl redeliver is "
                           "running, one was cut short: run it again");
    if (cw_instances_each(redis, "status", hear, &said) != 0)
        return cw_redis_fail(redis);
    return cw_ctl_fail(
        CW_EXIT_WRONG,
        "nothing has been delivered into this Redis under \"%s\", or it was emptied: "
        "churnwatchctl status says which, churnwatchctl redeliver fills it",
        redis->prefix);
}

enum cw_exit cw_desk_filled(struct cw_redis *redis)
{
    struct cw_key key = cw_redis_key(redis, "delivery");
    redisReply *at_rest = cw_redis_ask(redis, "HMGET", key.text, "epoch", "refill", NULL);
    if (!at_rest || at_rest->elements != 2) {
        freeReplyObject(at_rest);
        return cw_redis_fail(redis);
    }
    bool filled = at_rest->element[0]->str, said = false;
    enum cw_exit code = filled ? CW_EXIT_DONE : not_filled(redis, at_rest);
    freeReplyObject(at_rest);
    if (filled && cw_instances_each(redis, "status", hear, &said) != 0)
        code = cw_redis_fail(redis);
    return code;
}
