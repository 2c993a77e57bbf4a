/* Walking over the instances. See instances.h. */
#include "ctl/instances.h"

#include <string.h>

struct walk {
    struct cw_redis *redis;
    size_t before; /* bytes of a key before the instance's name */
    void (*each)(void *arg, const char *instance, struct cw_str text);
    void *arg;
};

/* One that has just ended has no text any more. */
static int take_key(const struct walk *w, const char *key)
{
    redisReply *text = cw_redis_ask(w->redis, "GET", key, NULL);
    if (!text)
        return -CW_E_IO;
    if (text->type == REDIS_REPLY_STRING)
        w->each(w->arg, key + w->before, (struct cw_str){text->str, (size_t)text->len});
    freeReplyObject(text);
    return 0;
}

static int take_page(const struct walk *w, const redisReply *keys)
{
    int err = 0;
    for (size_t i = 0; !err && i < keys->elements; i++)
        err = take_key(w, keys->element[i]->str);
    return err;
}

/* The prefix may hold characters that a pattern gives a meaning to. */
static void put_pattern(struct cw_buf *b, const char *prefix, const char *kind)
{
    for (; *prefix; prefix++) {
        if (strchr("*?[]\\^", *prefix))
            cw_buf_puts(b, "\\");
        cw_buf_put(b, prefix, 1);
    }
    cw_buf_printf(b, "%s:*", kind);
    cw_buf_put(b, "", 1);
}

int cw_instances_each(struct cw_redis *r, const char *kind,
                      void (*each)(void *arg, const char *instance, struct cw_str text), void *arg)
{
    struct walk w = {r, strlen(r->prefix) + strlen(kind) + 1, each, arg};
    struct cw_buf pattern = {0};
    char cursor[24] = "0";
    put_pattern(&pattern, r->prefix, kind);
    int err = pattern.failed ? -CW_E_NOMEM : 0;
    while (!err) {
        redisReply *page =
            cw_redis_ask(r, "SCAN", cursor, "MATCH", pattern.p, "COUNT", "1000", NULL);
        err = page ? take_page(&w, page->element[1]) : -CW_E_IO;
        (void)snprintf(cursor, sizeof cursor, "%s", page ? page->element[0]->str : "0");
        freeReplyObject(page);
        if (strcmp(cursor, "0") == 0)
            break;
    }
    cw_buf_free(&pattern);
    return err;
}
