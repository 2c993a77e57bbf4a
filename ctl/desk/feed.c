/* Reading a stream page by page. See feed.h. */
#include "ctl/desk/feed.h"

#include <string.h>

#include "ctl/hash_json.h"

#define PAGE "500"

const redisReply *cw_feed_fields(const redisReply *entry)
{
    return entry->elements == 2 && entry->element[1]->type == REDIS_REPLY_ARRAY ? entry->element[1]
                                                                                : NULL;
}

void cw_feed_json(struct cw_buf *b, const redisReply *entry)
{
    const redisReply *fields = cw_feed_fields(entry);
    cw_buf_puts(b, "{\"id\":");
    cw_buf_json_str(b, (struct cw_str){entry->element[0]->str, (size_t)entry->element[0]->len});
    for (size_t i = 0; fields && i + 1 < fields->elements; i += 2) {
        const redisReply *name = fields->element[i], *value = fields->element[i + 1];
        cw_hash_value(b, (struct cw_str){name->str, (size_t)name->len},
                      (struct cw_str){value->str, (size_t)value->len});
    }
    cw_buf_puts(b, "}");
}

/* The start of the next page: "(" and the id of the last entry seen. */
static void remember(char from[72], const redisReply *entry)
{
    (void)snprintf(from, 72, "(%.64s", entry->element[0]->str);
}

enum cw_exit cw_feed_walk(struct cw_redis *r, const char *manager, const char *since,
                          bool (*each)(void *arg, const redisReply *entry), void *arg)
{
    struct cw_key key = cw_redis_desk_key(r, manager, "feed");
    char from[72];
    bool more = true;
    (void)snprintf(from, sizeof from, "%s%.64s", strcmp(since, "-") == 0 ? "" : "(", since);
    while (more) {
        redisReply *page = cw_redis_ask(r, "XRANGE", key.text, from, "+", "COUNT", PAGE, NULL);
        if (!page)
            return cw_redis_fail(r);
        more = page->elements > 0;
        for (size_t i = 0; more && i < page->elements; i++) {
            remember(from, page->element[i]);
            more = each(arg, page->element[i]);
        }
        freeReplyObject(page);
    }
    return CW_EXIT_DONE;
}
