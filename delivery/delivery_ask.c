/* Delivery asks Redis: a question carries what its answer needs, and an answer that nobody foresaw
 * ends the connection. Main thread. */
#include <stdio.h>
#include <stdlib.h>

#include "board/log.h"
#include "delivery/delivery_state.h"

struct cw_str cw_delivery_key(const struct cw_delivery *d, char text[80])
{
    int n = snprintf(text, 80, "%sdelivery", d->setup.settings->redis_prefix);
    return (struct cw_str){text, (size_t)n};
}

struct question *cw_delivery_question(struct cw_delivery *d)
{
    struct question *q = calloc(1, sizeof *q);
    if (q)
        *q = (struct question){.d = d, .session = d->session, .shard = -1};
    return q;
}

void cw_delivery_ask(struct cw_delivery *d, const struct cw_str *argv, size_t argc, cw_reply_fn *fn,
                     struct question *q)
{
    const struct cw_redis_port *redis = &d->setup.redis;
    if (q && redis->send(redis->self, argv, argc, fn, q) == 0)
        return;
    free(q);
    redis->drop(redis->self, "a command could not be sent");
}

void cw_delivery_wrong(struct cw_delivery *d, const char *event, const struct cw_reply *r)
{
    char said[256], quoted[300];
    struct cw_str t = r->kind == CW_REPLY_ERROR ? r->text : CW_STR("an answer of another kind");
    (void)snprintf(said, sizeof said, "%.*s", (int)(t.n < 255 ? t.n : 255), t.p);
    cw_log(CW_LOG_ERROR, event, "reply=%s", cw_log_quote(said, quoted, sizeof quoted));
    d->setup.redis.drop(d->setup.redis.self, event);
}
