/* Batches for Redis. See refill.h. */
#include "ctl/repair/refill.h"

#include <stdlib.h>
#include <string.h>

#include "bus/bus.h"

/* Ended tasks of one batch are let go together: those of an hour are near enough. */
#define SPREAD CW_HOUR

enum cw_exit cw_refill_open(struct cw_refill *f)
{
    f->records = calloc((size_t)f->settings->redis_batch, sizeof *f->records);
    return f->records ? CW_EXIT_DONE : cw_ctl_fail(CW_EXIT_WRONG, "%s", cw_strerror(-CW_E_NOMEM));
}

void cw_refill_free(struct cw_refill *f)
{
    for (size_t i = 0; f->records && i < (size_t)f->settings->redis_batch; i++)
        cw_record_free(&f->records[i]);
    free(f->records);
    cw_apply_free(&f->args);
    f->records = NULL;
}

/* ---- sending ---- */

static redisReply *send(struct cw_refill *f)
{
    size_t n = f->args.argc;
    const char **argv = calloc(n, sizeof *argv);
    size_t *lengths = calloc(n, sizeof *lengths);
    redisReply *reply = NULL;
    for (size_t i = 0; argv && lengths && i < n; i++) {
        argv[i] = f->args.argv[i].p ? f->args.argv[i].p : "";
        lengths[i] = f->args.argv[i].n;
    }
    if (argv && lengths)
        reply = cw_redis_ask_words(f->redis, argv, lengths, n);
    else
        (void)cw_fail(&f->redis->eb, CW_E_NOMEM, "no memory for a batch");
    free(argv);
    free(lengths);
    return reply;
}

static bool put_together(struct cw_refill *f)
{
    int64_t age = f->now - f->since;
    const struct cw_apply_head head = {.function = "cw_refill",
                                       .settings = f->settings,
                                       .epoch = f->holder,
                                       .prev = CW_OFFSET_NONE,
                                       .next = CW_OFFSET_NONE,
                                       .delivered_at = f->since,
                                       .age = age > 0 ? age : 0};
    cw_apply_begin(&f->args, &head);
    for (size_t i = 0; i < f->n; i++)
        cw_apply_add(&f->args, &f->records[i]);
    return cw_apply_ready(&f->args) == 0;
}

enum cw_exit cw_refill_flush(struct cw_refill *f)
{
    if (f->n == 0)
        return CW_EXIT_DONE;
    if (!put_together(f))
        return cw_ctl_fail(CW_EXIT_WRONG, "%s", cw_strerror(-CW_E_NOMEM));
    redisReply *reply = send(f);
    if (!reply)
        return cw_redis_fail(f->redis);
    f->written += (uint64_t)reply->integer;
    f->n = 0;
    freeReplyObject(reply);
    return CW_EXIT_DONE;
}

/* ---- taking ---- */

enum cw_exit cw_refill_add(struct cw_refill *f, const struct cw_message *m, bool ended)
{
    cw_wall_time at = m->timestamp_ms < 0 ? f->now : m->timestamp_ms * 1000;
    /* From one partition to the next time goes back. */
    cw_wall_time apart = at > f->since ? at - f->since : f->since - at;
    enum cw_exit code = CW_EXIT_DONE;
    struct cw_errbuf eb;
    if (ended && f->now - at >= f->settings->retention) {
        f->expired++;
        return CW_EXIT_DONE;
    }
    if (f->n == (size_t)f->settings->redis_batch || (f->n && apart > SPREAD))
        code = cw_refill_flush(f);
    if (code)
        return code;
    if (f->n == 0)
        f->since = at;
    int err = cw_record_split(m->value, &f->records[f->n], &eb);
    if (err)
        return cw_ctl_fail(CW_EXIT_WRONG, "outbox partition %d offset %lld: %s", m->partition,
                           (long long)m->offset, eb.text);
    f->n++;
    return CW_EXIT_DONE;
}
