/* See takeover.h. */
#include "ctl/repair/takeover.h"

#include <string.h>

#include "ctl/repair/redis_call.h"

#define FORGET_MOST 100 /* tasks let go of in one call */

static void keep(char out[CW_EPOCH_MOST + 1], struct cw_str text)
{
    (void)snprintf(out, CW_EPOCH_MOST + 1, "%.*s", (int)text.n, text.p);
}

struct cw_standing cw_takeover_standing(const redisReply *delivery)
{
    struct cw_standing s;
    keep(s.epoch, cw_redis_field(delivery, "epoch"));
    keep(s.refill, cw_redis_field(delivery, "refill"));
    return s;
}

static enum cw_exit ask(struct cw_redis *r, struct cw_call *call, uint64_t *count)
{
    redisReply *reply = cw_call_ask(call, r);
    if (!reply)
        return cw_redis_fail(r);
    if (count)
        *count += (uint64_t)reply->integer;
    freeReplyObject(reply);
    return CW_EXIT_DONE;
}

enum cw_exit cw_takeover_begin(struct cw_redis *r, const struct cw_standing *standing,
                               const char *holder)
{
    struct cw_call call = {0};
    cw_call_refill(&call, r, "cw_refill_begin", standing->epoch);
    cw_call_word(&call, standing->refill);
    cw_call_word(&call, holder);
    return ask(r, &call, NULL);
}

enum cw_exit cw_takeover_end(struct cw_redis *r, const char *holder, const char *epoch,
                             const int64_t *offsets, int32_t n)
{
    struct cw_call call = {0};
    cw_call_refill(&call, r, "cw_refill_end", holder);
    cw_call_word(&call, epoch);
    for (int32_t p = 0; p < n; p++) {
        cw_call_number(&call, p);
        cw_call_number(&call, offsets[p]);
    }
    return ask(r, &call, NULL);
}

/* ---- what the outbox does not know ---- */

/* pairs: some of <prefix>tasks, task and manager by turns. */
static enum cw_exit sweep_page(struct cw_redis *r, const char *holder,
                               const struct cw_outbox_index *index, const redisReply *pairs,
                               uint64_t *dropped)
{
    enum cw_exit code = CW_EXIT_DONE;
    for (size_t i = 0; i < pairs->elements && !code;) {
        struct cw_call call = {0};
        cw_call_refill(&call, r, "cw_forget", holder);
        size_t head = call.n;
        for (; i < pairs->elements && call.n < head + FORGET_MOST; i += 2) {
            struct cw_str id = {pairs->element[i]->str, (size_t)pairs->element[i]->len};
            if (!cw_outbox_index_find(index, id))
                cw_call_word(&call, id.p);
        }
        if (call.n > head)
            code = ask(r, &call, dropped);
        cw_buf_free(&call.words);
    }
    return code;
}

enum cw_exit cw_takeover_sweep(struct cw_redis *r, const char *holder,
                               const struct cw_outbox_index *index, uint64_t *ret_dropped)
{
    struct cw_key key = cw_redis_key(r, "tasks");
    char cursor[24] = "0";
    enum cw_exit code = CW_EXIT_DONE;
    do {
        redisReply *page = cw_redis_ask(r, "HSCAN", key.text, cursor, "COUNT", "1000", NULL);
        code =
            page ? sweep_page(r, holder, index, page->element[1], ret_dropped) : cw_redis_fail(r);
        (void)snprintf(cursor, sizeof cursor, "%s", page ? page->element[0]->str : "0");
        freeReplyObject(page);
    } while (!code && strcmp(cursor, "0") != 0);
    return code;
}
