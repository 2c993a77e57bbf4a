/* See redis_call.h. */
#include "ctl/repair/redis_call.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

void cw_call_word(struct cw_call *c, const char *word)
{
    cw_buf_put(&c->words, word, strlen(word) + 1);
    c->n++;
}

void cw_call_number(struct cw_call *c, int64_t number)
{
    char text[24];
    (void)snprintf(text, sizeof text, "%" PRId64, number);
    cw_call_word(c, text);
}

void cw_call_refill(struct cw_call *c, const struct cw_redis *r, const char *function,
                    const char *holder)
{
    struct cw_key key = cw_redis_key(r, "delivery");
    cw_call_word(c, "FCALL");
    cw_call_word(c, function);
    cw_call_word(c, "1");
    cw_call_word(c, key.text);
    cw_call_word(c, holder);
}

redisReply *cw_call_ask(struct cw_call *c, struct cw_redis *r)
{
    const char **argv = c->words.failed ? NULL : calloc(c->n, sizeof *argv), *p = c->words.p;
    size_t *lengths = c->words.failed ? NULL : calloc(c->n, sizeof *lengths);
    redisReply *reply = NULL;
    for (size_t i = 0; argv && lengths && i < c->n; i++, p += lengths[i - 1] + 1) {
        argv[i] = p;
        lengths[i] = strlen(p);
    }
    if (argv && lengths)
        reply = cw_redis_ask_words(r, argv, lengths, c->n);
    else
        (void)cw_fail(&r->eb, CW_E_NOMEM, "no memory for a call");
    free(argv);
    free(lengths);
    cw_buf_free(&c->words);
    *c = (struct cw_call){0};
    return reply;
}
