/* Delivery's shards: which are ours, and from where the outbox of each is read; see delivery.h for
 * the states. Main thread. */
#include "delivery/delivery.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "board/log.h"
#include "churnwatch/faults.h"
#include "delivery/delivery_state.h"

/* ---- from where ---- */

struct shard *cw_delivery_find(const struct cw_delivery *d, int32_t number)
{
    for (size_t i = 0; i < d->n_shards; i++)
        if (d->shards[i]->number == number)
            return d->shards[i];
    return NULL;
}

/* What was read or sent counts no more. */
static void halt(struct cw_delivery *d, struct shard *sh, enum shard_standing standing)
{
    if (sh->standing == SHARD_READING)
        d->setup.outbox.leave(d->setup.outbox.self, sh->number);
    cw_delivery_drop(d, sh, sh->waiting.n);
    sh->generation = ++d->generations;
    sh->unanswered = 0;
    sh->standing = standing;
    sh->at_end = false;
}

void cw_delivery_halt(struct cw_delivery *d)
{
    for (size_t i = 0; i < d->n_shards; i++)
        halt(d, d->shards[i], SHARD_WAITING);
}

static void read_from(struct cw_delivery *d, struct shard *sh, int64_t offset)
{
    sh->standing = SHARD_READING;
    sh->stored = sh->chain = offset;
    sh->expected = offset == CW_OFFSET_NONE ? 0 : offset;
    sh->at_end = false;
    sh->passes_after = 0;
    d->setup.outbox.read(d->setup.outbox.self, sh->number, offset);
}

static bool offset_of(const struct cw_reply *r, int64_t *ret_offset)
{
    int64_t v = 0;
    if (r->kind == CW_REPLY_NIL) {
        *ret_offset = CW_OFFSET_NONE;
        return true;
    }
    if (r->kind != CW_REPLY_TEXT || r->text.n == 0 || r->text.n > 18)
        return false;
    for (size_t i = 0; i < r->text.n; i++) {
        if (r->text.p[i] < '0' || r->text.p[i] > '9')
            return false;
        v = v * 10 + (r->text.p[i] - '0');
    }
    *ret_offset = v;
    return true;
}

struct shard *cw_delivery_still_of_use(const struct question *q, const struct cw_reply *r)
{
    struct shard *sh = cw_delivery_find(q->d, q->shard);
    if (!sh || r->kind == CW_REPLY_UNKNOWN || q->session != q->d->session ||
        q->generation != sh->generation)
        return NULL;
    return sh;
}

static void on_offset(void *arg, const struct cw_reply *r)
{
    struct question *q = arg;
    struct cw_delivery *d = q->d;
    struct shard *sh = cw_delivery_still_of_use(q, r);
    int64_t offset;
    free(q);
    if (!sh || sh->standing != SHARD_ASKING)
        return;
    if (offset_of(r, &offset))
        read_from(d, sh, offset);
    else
        cw_delivery_wrong(d, "offset_unreadable", r);
}

/* Deliberate mistakes: an offset of our own to go on from, where the one in Redis is the only one
 * to be believed. */
static int64_t own_offset(const struct shard *sh)
{
    if (CW_BUG(null_is_success))
        return sh->chain;
    if (CW_BUG(null_is_failure))
        return sh->stored;
    return CW_BUG(own_offset) ? sh->expected : CW_OFFSET_NONE;
}

void cw_delivery_ask_offset(struct cw_delivery *d, struct shard *sh)
{
    char key[80], field[16];
    if (own_offset(sh) > 0) {
        halt(d, sh, SHARD_ASKING);
        read_from(d, sh, own_offset(sh));
        return;
    }
    struct question *q = cw_delivery_question(d);
    int n = snprintf(field, sizeof field, "%" PRId32, sh->number);
    const struct cw_str argv[] = {CW_STR("HGET"), cw_delivery_key(d, key), {field, (size_t)n}};
    halt(d, sh, SHARD_ASKING);
    if (q) {
        q->shard = sh->number;
        q->generation = sh->generation;
    }
    cw_delivery_ask(d, argv, 3, on_offset, q);
}

void cw_delivery_opened(struct cw_delivery *d)
{
    d->standing = CW_DELIVERY_OPEN;
    for (size_t i = 0; i < d->n_shards; i++)
        cw_delivery_ask_offset(d, d->shards[i]);
}

/* ---- which are ours ---- */

static bool among(int32_t number, const int32_t *shards, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (shards[i] == number)
            return true;
    return false;
}

static void remove_shard(struct cw_delivery *d, size_t i)
{
    struct shard *sh = d->shards[i];
    halt(d, sh, SHARD_WAITING);
    free(sh);
    memmove(&d->shards[i], &d->shards[i + 1], (d->n_shards - i - 1) * sizeof(struct shard *));
    d->n_shards--;
}

static void add_shard(struct cw_delivery *d, int32_t number)
{
    if (d->n_shards == d->cap_shards) {
        size_t cap = d->cap_shards ? d->cap_shards * 2 : 16;
        struct shard **shards = reallocarray(d->shards, cap, sizeof(struct shard *));
        if (!shards)
            return; /* The next turn of cw_delivery_owned tries again. */
        d->shards = shards;
        d->cap_shards = cap;
    }
    struct shard *sh = calloc(1, sizeof *sh);
    if (!sh)
        return;
    sh->number = number;
    /* No answer to what an earlier holder of this number asked can be taken for ours. */
    sh->generation = ++d->generations;
    sh->stored = CW_OFFSET_NONE;
    d->shards[d->n_shards++] = sh;
    if (d->standing == CW_DELIVERY_OPEN)
        cw_delivery_ask_offset(d, sh);
}

void cw_delivery_owned(struct cw_delivery *d, const int32_t *shards, size_t n)
{
    for (size_t i = d->n_shards; i-- > 0;)
        if (!among(d->shards[i]->number, shards, n))
            remove_shard(d, i);
    for (size_t i = 0; i < n; i++)
        if (!cw_delivery_find(d, shards[i]))
            add_shard(d, shards[i]);
}

/* ---- the outbox speaks ---- */

void cw_delivery_end(struct cw_delivery *d, int32_t shard, int64_t offset)
{
    struct shard *sh = cw_delivery_find(d, shard);
    if (!sh || sh->standing != SHARD_READING || offset < sh->expected)
        return;
    sh->at_end = true;
    sh->end = sh->expected = offset;
    sh->refused = false;
}

void cw_delivery_lost(struct cw_delivery *d, int32_t shard)
{
    struct shard *sh = cw_delivery_find(d, shard);
    if (!sh || sh->standing != SHARD_READING)
        return;
    cw_log(CW_LOG_ERROR, "delivery_refused",
           "shard=%" PRId32 " offset=%" PRId64 " reason=\"the outbox does not hold the offset that "
           "is stored in Redis\" mend=\"run churnwatchctl redeliver\"",
           shard, sh->stored);
    halt(d, sh, SHARD_REFUSED);
    sh->refused = true;
}

/* Not at once: as long as the broker's disk has it so, it is the same again. */
void cw_delivery_damaged(struct cw_delivery *d, int32_t shard)
{
    struct shard *sh = cw_delivery_find(d, shard);
    if (sh && sh->standing == SHARD_READING)
        halt(d, sh, SHARD_REFUSED);
}

/* ---- connections ---- */

void cw_delivery_redis_up(struct cw_delivery *d)
{
    d->session++;
    cw_delivery_settle(d);
}

void cw_delivery_redis_down(struct cw_delivery *d)
{
    d->session++;
    d->standing = CW_DELIVERY_DOWN;
    cw_delivery_halt(d);
}

void cw_delivery_tick(struct cw_delivery *d)
{
    if (d->standing == CW_DELIVERY_REFUSED)
        cw_delivery_settle(d);
    if (d->standing != CW_DELIVERY_OPEN)
        return;
    cw_delivery_check_epoch(d);
    for (size_t i = 0; i < d->n_shards; i++) {
        struct shard *sh = d->shards[i];
        sh->passes_after -= sh->passes_after > 0;
        if (sh->standing == SHARD_REFUSED)
            cw_delivery_ask_offset(d, sh);
    }
}

struct cw_delivery *cw_delivery_new(const struct cw_delivery_setup *setup)
{
    struct cw_delivery *d = calloc(1, sizeof *d);
    if (!d)
        return NULL;
    d->setup = *setup;
    (void)snprintf(d->epoch, sizeof d->epoch, "%s", setup->epoch);
    return d;
}

void cw_delivery_settings(struct cw_delivery *d, const struct cw_settings *s)
{
    d->setup.settings = s;
}

void cw_delivery_free(struct cw_delivery *d)
{
    if (!d)
        return;
    for (size_t i = 0; i < d->n_shards; i++) {
        cw_delivery_drop(d, d->shards[i], d->shards[i]->waiting.n);
        free(d->shards[i]);
    }
    free(d->shards);
    cw_apply_free(&d->args);
    free(d);
}
