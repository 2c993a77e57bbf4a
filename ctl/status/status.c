/* Gathering from Redis, and what the files of the status share. See status.h. */
#include "ctl/status/status.h"
#include "ctl/instances.h"

#include <stdlib.h>
#include <string.h>

#include "ctl/age.h"
#include "ctl/redis.h"

int cw_status_new(const struct cw_ctl *ctl, struct cw_status *ret)
{
    *ret = (struct cw_status){
        .ctl = ctl, .now = cw_age_now(), .instances = json_object(), .problems = json_array()};
    return ret->instances && ret->problems ? 0 : -CW_E_NOMEM;
}

void cw_status_free(struct cw_status *st)
{
    json_decref(st->instances);
    json_decref(st->redis);
    json_decref(st->shards);
    json_decref(st->problems);
}

/* ---- members ---- */

const char *cw_status_text(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

json_int_t cw_status_count(const json_t *object, const char *name)
{
    return json_integer_value(json_object_get(object, name));
}

const json_t *cw_status_shard(const struct cw_status *st, json_int_t shard, const char **ret_name)
{
    const char *name;
    json_t *instance, *found;
    size_t i;
    json_object_foreach(st->instances, name, instance)
    {
        json_array_foreach(json_object_get(instance, "shards"), i, found)
        {
            if (cw_status_count(found, "shard") != shard)
                continue;
            *ret_name = name;
            return found;
        }
    }
    return NULL;
}

/* ---- instances ---- */

static void add_instance(void *arg, const char *name, struct cw_str text)
{
    struct cw_status *st = arg;
    json_t *said = json_loadb(text.p, text.n, 0, NULL);
    json_t *kept = json_is_object(said) ? json_incref(said) : json_null();
    (void)json_object_set_new(st->instances, name, kept);
    json_decref(said);
}

/* ---- what Redis holds ---- */

static int add_count(json_t *to, struct cw_redis *redis, const char *command, const char *name)
{
    struct cw_key key = cw_redis_key(redis, name);
    redisReply *n = cw_redis_ask(redis, command, key.text, NULL);
    if (!n)
        return -CW_E_IO;
    (void)json_object_set_new(to, name, json_integer(n->integer));
    freeReplyObject(n);
    return 0;
}

static int add_delivery(json_t *to, struct cw_redis *redis)
{
    struct cw_key key = cw_redis_key(redis, "delivery");
    redisReply *hash = cw_redis_ask(redis, "HGETALL", key.text, NULL);
    json_t *delivery = json_object();
    for (size_t i = 0; hash && i + 1 < hash->elements; i += 2)
        (void)json_object_set_new(delivery, hash->element[i]->str,
                                  json_string(hash->element[i + 1]->str));
    (void)json_object_set_new(to, "delivery", delivery);
    bool good = hash != NULL;
    freeReplyObject(hash);
    return good ? 0 : -CW_E_IO;
}

void cw_status_ask_redis(struct cw_status *st)
{
    struct cw_redis redis;
    json_t *holds = json_object();
    int err = cw_redis_connect(st->ctl->settings, &redis);
    if (!err)
        err = cw_instances_each(&redis, "status", add_instance, st);
    if (!err)
        err = add_count(holds, &redis, "SCARD", "managers");
    if (!err)
        err = add_count(holds, &redis, "HLEN", "tasks");
    if (!err)
        err = add_delivery(holds, &redis);
    /* A question that a server answers with a refusal has reached it. */
    if (err == -CW_E_IO && redis.c && !redis.c->err)
        err = -CW_E_REFUSED;
    st->redis_err = err;
    if (err)
        st->redis_error = redis.eb;
    else
        st->redis = json_incref(holds);
    json_decref(holds);
    cw_redis_close(&redis);
}
