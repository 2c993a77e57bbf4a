/* Delivery's batches: tasks read of the outbox wait, go to Redis many in one call and several calls
 * at a time, and the answers say how far each shard has come. What was not applied is read again
 * from the offset in Redis. Main thread. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "board/log.h"
#include "churnwatch/faults.h"
#include "delivery/delivery_state.h"

static void count(struct cw_delivery *d, enum cw_counter c, uint64_t n)
{
    if (d->setup.board)
        cw_board_count(d->setup.board, c, n);
}

/* ---- tasks that wait ---- */

void cw_delivery_task(struct cw_delivery *d, int32_t shard, int64_t offset, cw_wall_time written,
                      struct cw_str json)
{
    struct shard *sh = cw_delivery_find(d, shard);
    struct cw_errbuf eb = {""};
    if (!sh || sh->standing != SHARD_READING || offset < sh->expected)
        return;
    sh->refused = false;
    int err = cw_batch_add(&sh->waiting, offset, written, json, &eb);
    if (err == -CW_E_NOMEM) {
        /* Nothing may be passed over: the shard starts again from its stored offset. */
        d->setup.redis.drop(d->setup.redis.self, "out of memory");
        return;
    }
    if (err) {
        char quoted[300];
        count(d, CW_COUNT_outbox_unreadable, 1);
        cw_log(CW_LOG_ERROR, "outbox_unreadable", "shard=%" PRId32 " offset=%" PRId64 " reason=%s",
               shard, offset, cw_log_quote(eb.text, quoted, sizeof quoted));
    }
    sh->expected = offset + 1;
    sh->at_end = false;
    d->n_waiting++;
}

void cw_delivery_drop(struct cw_delivery *d, struct shard *sh, size_t n)
{
    cw_batch_drop(&sh->waiting, n);
    d->n_waiting -= n;
}

bool cw_delivery_has_room(const struct cw_delivery *d)
{
    const struct cw_settings *s = d->setup.settings;
    return d->n_waiting < (size_t)(s->redis_batch * s->redis_in_flight);
}

/* ---- their answers ---- */

static void observe(struct cw_delivery *d, const struct question *q)
{
    cw_wall_time now = d->setup.now();
    if (!d->setup.board)
        return;
    cw_board_observe(d->setup.board, CW_HISTOGRAM_redis_call_seconds, now - q->sent);
    if (q->written != CW_NO_TIME)
        cw_board_observe(d->setup.board, CW_HISTOGRAM_delivery_seconds, now - q->written);
    if (q->happened != CW_NO_TIME)
        cw_board_observe(d->setup.board, CW_HISTOGRAM_event_to_redis_seconds,
                         now > q->happened ? now - q->happened : 0);
}

static void on_offset_apart(void *arg, const struct cw_reply *r)
{
    (void)r;
    free(arg);
}

/* The second call of cw_write. */
static void send_offset_apart(struct cw_delivery *d, const struct shard *sh, int64_t next)
{
    char key[80], field[16], value[24];
    int n = snprintf(field, sizeof field, "%" PRId32, sh->number);
    int m = snprintf(value, sizeof value, "%" PRId64, next);
    const struct cw_str argv[] = {
        CW_STR("HSET"), cw_delivery_key(d, key), {field, (size_t)n}, {value, (size_t)m}};
    CW_POINT(delivery_between);
    cw_delivery_ask(d, argv, 4, on_offset_apart, cw_delivery_question(d));
}

static void applied(struct cw_delivery *d, struct shard *sh, const struct cw_batch_applied *a)
{
    sh->stored = a->stored;
    if (CW_BUG(two_calls))
        send_offset_apart(d, sh, sh->stored);
    count(d, CW_COUNT_delivered, (uint64_t)a->tasks);
    count(d, CW_COUNT_delivery_batches, 1);
}

static void gap(struct cw_delivery *d, struct shard *sh)
{
    count(d, CW_COUNT_delivery_gaps, 1);
    cw_log(CW_LOG_WARNING, "delivery_gap", "shard=%" PRId32 " sent_to=%" PRId64, sh->number,
           sh->chain);
    cw_delivery_ask_offset(d, sh);
}

static void answered(struct cw_delivery *d, struct shard *sh, const struct cw_reply *r)
{
    struct cw_batch_applied done;
    switch (cw_batch_answer(r, &done)) {
    case CW_BATCH_APPLIED:
        applied(d, sh, &done);
        break;
    case CW_BATCH_GAP:
        gap(d, sh);
        break;
    case CW_BATCH_EPOCH:
        cw_delivery_halt(d);
        cw_delivery_settle(d);
        break;
    case CW_BATCH_REFUSED:
        cw_delivery_wrong(d, "batch_refused", r);
        break;
    case CW_BATCH_NOT_A_REPLY:
        cw_delivery_wrong(d, "batch_answer_unknown", r);
        break;
    }
}

static void on_batch(void *arg, const struct cw_reply *r)
{
    struct question *q = arg;
    struct cw_delivery *d = q->d;
    struct shard *any = cw_delivery_find(d, q->shard), *sh = cw_delivery_still_of_use(q, r);
    d->unanswered--;
    if (any && any->generation == q->generation)
        any->unanswered--;
    if (r->kind == CW_REPLY_LIST)
        observe(d, q);
    free(q);
    if (!sh)
        return;
    answered(d, sh, r);
    cw_delivery_flush(d);
    d->setup.outbox.wake(d->setup.outbox.self);
}

/* ---- sending ---- */

/* NULL for the right one; the others make deliberate mistakes. */
static const char *function_of_batch(void)
{
    if (CW_BUG(no_prev_check))
        return "cw_put";
    return CW_BUG(two_calls) || CW_BUG(null_is_failure) ? "cw_write" : NULL;
}

/* Each commit leaves a transaction's marker behind the last task, and the offset in Redis would
 * stay in front of it for as long as no task comes. When retention has taken all there was, the
 * outbox begins behind the marker, as if tasks were gone. So a shard that has come to the outbox's
 * end passes it, with a batch of no tasks: at once after a start and before the end, else when no
 * batch has gone for a minute. */
enum { PASS_TICKS = 60 / CW_DELIVERY_TICK };

static bool may_pass(const struct shard *sh)
{
    return sh->at_end && !sh->waiting.n && !sh->unanswered && sh->end > 0 && sh->end > sh->chain &&
           !sh->passes_after;
}

/* The first waiting tasks of a shard become d->args; returns how many, and the offset after them:
 * the outbox's end where none waits. */
static size_t fill(struct cw_delivery *d, const struct shard *sh, int64_t *ret_next)
{
    const struct cw_settings *s = d->setup.settings;
    struct cw_apply_head head = {.function = function_of_batch(),
                                 .settings = s,
                                 .epoch = d->epoch,
                                 .shard = sh->number,
                                 .prev = sh->chain,
                                 .next = sh->waiting.n ? sh->chain : sh->end,
                                 .delivered_at = d->setup.now()};
    size_t n = cw_batch_fill(&sh->waiting, (size_t)s->redis_batch, &head, &d->args);
    *ret_next = head.next;
    return n;
}

/* False when nothing can be sent on this connection any more. */
static bool send_batch(struct cw_delivery *d, struct shard *sh)
{
    const struct cw_redis_port *redis = &d->setup.redis;
    int64_t next;
    size_t n = fill(d, sh, &next);
    struct question *q = cw_delivery_question(d);
    if (!q || cw_apply_ready(&d->args) != 0)
        goto out;
    q->shard = sh->number;
    q->generation = sh->generation;
    q->sent = d->setup.now();
    q->written = n ? sh->waiting.first->written : CW_NO_TIME;
    q->happened = n ? cw_batch_happened(sh->waiting.first) : CW_NO_TIME;
    if (redis->send(redis->self, d->args.argv, d->args.argc, on_batch, q) != 0)
        goto out;
    sh->chain = next;
    sh->passes_after = PASS_TICKS;
    sh->unanswered++;
    d->unanswered++;
    cw_delivery_drop(d, sh, n);
    if (CW_BUG(null_is_failure))
        send_offset_apart(d, sh, next);
    CW_POINT(delivery_sent);
    return true;
out:
    free(q);
    redis->drop(redis->self, "a batch could not be sent");
    return false;
}

void cw_delivery_flush(struct cw_delivery *d)
{
    const size_t most = (size_t)d->setup.settings->redis_in_flight;
    if (d->standing != CW_DELIVERY_OPEN)
        return;
    /* One batch a shard by turns, so that a busy shard does not hold back the others. */
    for (size_t idle = 0; idle < d->n_shards && d->unanswered < most;) {
        struct shard *sh = d->shards[d->turn++ % d->n_shards];
        if (sh->standing != SHARD_READING || !(sh->waiting.n || may_pass(sh))) {
            idle++;
            continue;
        }
        idle = 0;
        if (!send_batch(d, sh))
            return;
    }
}
