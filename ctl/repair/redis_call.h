/* A call with as many words as there happen to be: put together word by word, then asked. */
#ifndef CW_CTL_REPAIR_REDIS_CALL_H
#define CW_CTL_REPAIR_REDIS_CALL_H

#include "ctl/redis.h"

struct cw_call {
    struct cw_buf words; /* owned; each with its end */
    size_t n;
};
void cw_call_word(struct cw_call *c, const char *word);
void cw_call_number(struct cw_call *c, int64_t number);
/* FCALL function 1 <prefix>delivery holder: how every call of a refill begins. */
void cw_call_refill(struct cw_call *c, const struct cw_redis *r, const char *function,
                    const char *holder);
/* Asks, and empties c for the next call. As cw_redis_ask. */
redisReply *cw_call_ask(struct cw_call *c, struct cw_redis *r);

#endif
