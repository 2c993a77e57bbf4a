/* The blocking connection. See redis.h. */
#include "ctl/redis.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "delivery/functions.h"

#define WORDS_MOST 16

void cw_redis_close(struct cw_redis *r)
{
    if (r->c)
        redisFree(r->c);
    r->c = NULL;
}

enum cw_exit cw_redis_fail(const struct cw_redis *r)
{
    return cw_ctl_fail(r->c && !r->c->err ? CW_EXIT_WRONG : CW_EXIT_UNREACHABLE, "Redis: %s",
                       r->eb.text);
}

/* ---- asking ---- */

static redisReply *answer_of(struct cw_redis *r, redisReply *reply)
{
    if (!reply) {
        (void)cw_fail(&r->eb, CW_E_IO, "%s", r->c->errstr);
        return NULL;
    }
    if (reply->type != REDIS_REPLY_ERROR)
        return reply;
    (void)cw_fail(&r->eb, CW_E_REFUSED, "%s", reply->str);
    freeReplyObject(reply);
    return NULL;
}

redisReply *cw_redis_ask(struct cw_redis *r, ...)
{
    const char *argv[WORDS_MOST];
    size_t lengths[WORDS_MOST];
    int argc = 0;
    va_list ap;
    va_start(ap, r);
    for (const char *w; argc < WORDS_MOST && (w = va_arg(ap, const char *)); argc++) {
        argv[argc] = w;
        lengths[argc] = strlen(w);
    }
    va_end(ap);
    return answer_of(r, redisCommandArgv(r->c, argc, argv, lengths));
}

redisReply *cw_redis_ask_words(struct cw_redis *r, const char **argv, const size_t *lengths,
                               size_t n)
{
    return answer_of(r, redisCommandArgv(r->c, (int)n, argv, lengths));
}

enum cw_exit cw_redis_functions(struct cw_redis *r)
{
    redisReply *version = cw_redis_ask(r, "FCALL", "cw_version", "0", NULL);
    bool there = version && version->integer >= cw_functions_version;
    freeReplyObject(version);
    if (!there && r->c->err)
        return cw_redis_fail(r);
    redisReply *loaded =
        there ? NULL : cw_redis_ask(r, "FUNCTION", "LOAD", "REPLACE", cw_functions_text, NULL);
    freeReplyObject(loaded);
    return there || loaded ? CW_EXIT_DONE : cw_redis_fail(r);
}

/* ---- names ---- */

struct cw_key cw_redis_key(const struct cw_redis *r, const char *name)
{
    struct cw_key k;
    (void)snprintf(k.text, sizeof k.text, "%s%s", r->prefix, name);
    return k;
}

struct cw_key cw_redis_desk_key(const struct cw_redis *r, const char *manager, const char *name)
{
    struct cw_key k;
    (void)snprintf(k.text, sizeof k.text, "%s%s:%s", r->prefix, manager, name);
    return k;
}

bool cw_redis_is_id(const char *text)
{
    size_t n = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");
    return n >= 1 && n <= 64 && !text[n];
}

enum cw_exit cw_redis_find_task(struct cw_redis *r, const char *task, char ret_manager[65])
{
    struct cw_key key = cw_redis_key(r, "tasks");
    redisReply *manager = cw_redis_ask(r, "HGET", key.text, task, NULL);
    if (!manager)
        return cw_redis_fail(r);
    bool found = manager->type == REDIS_REPLY_STRING;
    if (found)
        (void)snprintf(ret_manager, 65, "%s", manager->str);
    freeReplyObject(manager);
    return found ? CW_EXIT_DONE : cw_ctl_fail(CW_EXIT_WRONG, "no task %s in Redis", task);
}

struct cw_str cw_redis_field(const redisReply *pairs, const char *name)
{
    for (size_t i = 0; i + 1 < pairs->elements; i += 2)
        if (strcmp(pairs->element[i]->str, name) == 0)
            return (struct cw_str){pairs->element[i + 1]->str, (size_t)pairs->element[i + 1]->len};
    return (struct cw_str){"", 0};
}
