/* Delivery's shards and batches; see delivery.h for the states. Main thread. */
#include "delivery/delivery.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "board/log.h"
#include "churnwatch/faults.h"
#include "delivery/delivery_state.h"

static void ask_offset(struct cw_delivery *d, struct shard *sh);

static void count(struct cw_delivery *d, enum cw_counter c, uint64_t n)
{
    if (d->setup.board)
        cw_board_count(d->setup.board, c, n);
}

/* ---- asking ---- */

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

/* An answer nobody foresaw. All of them are met alike: a new connection, which checks the server,
 * the functions and the epoch, and goes on from the stored offset. */
void cw_delivery_wrong(struct cw_delivery *d, const char *event, const struct cw_reply *r)
{
    char said[256], quoted[300];
    struct cw_str t = r->kind == CW_REPLY_ERROR ? r->text : CW_STR("an answer of another kind");
    (void)snprintf(said, sizeof said, "%.*s", (int)(t.n < 255 ? t.n : 255), t.p);
    cw_log(CW_LOG_ERROR, event, "reply=%s", cw_log_quote(said, quoted, sizeof quoted));
    d->setup.redis.drop(d->setup.redis.self, event);
}

/* ---- shards ---- */

static struct shard *find(const struct cw_delivery *d, int32_t number)
{
    for (size_t i = 0; i < d->n_shards; i++)
        if (d->shards[i]->number == number)
            return d->shards[i];
    return NULL;
}

static void free_task(struct waiting_task *t)
{
    cw_record_free(&t->record);
    free(t);
}

static void drop_waiting(struct cw_delivery *d, struct shard *sh)
{
    while (sh->first) {
        struct waiting_task *t = sh->first;
        sh->first = t->next;
        free_task(t);
    }
    d->n_waiting -= sh->n_waiting;
    sh->n_waiting = 0;
    sh->last = &sh->first;
}

/* What was read or sent counts no more. */
static void halt(struct cw_delivery *d, struct shard *sh, enum shard_standing standing)
{
    if (sh->standing == SHARD_READING)
        d->setup.outbox.leave(d->setup.outbox.self, sh->number);
    drop_waiting(d, sh);
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

/* The shard a question was about, if the answer is still of use. */
static struct shard *still_of_use(const struct question *q, const struct cw_reply *r)
{
    struct shard *sh = find(q->d, q->shard);
    if (!sh || r->kind == CW_REPLY_UNKNOWN || q->session != q->d->session ||
        q->generation != sh->generation)
        return NULL;
    return sh;
}

static void on_offset(void *arg, const struct cw_reply *r)
{
    struct question *q = arg;
    struct cw_delivery *d = q->d;
    struct shard *sh = still_of_use(q, r);
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

static void ask_offset(struct cw_delivery *d, struct shard *sh)
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
        ask_offset(d, d->shards[i]);
}

/* ---- ownership ---- */

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
    sh->last = &sh->first;
    d->shards[d->n_shards++] = sh;
    if (d->standing == CW_DELIVERY_OPEN)
        ask_offset(d, sh);
}

void cw_delivery_owned(struct cw_delivery *d, const int32_t *shards, size_t n)
{
    for (size_t i = d->n_shards; i-- > 0;)
        if (!among(d->shards[i]->number, shards, n))
            remove_shard(d, i);
    for (size_t i = 0; i < n; i++)
        if (!find(d, shards[i]))
            add_shard(d, shards[i]);
}

/* ---- batches ---- */

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

static void applied(struct cw_delivery *d, struct shard *sh, const struct cw_reply *r)
{
    if (r->n_items != 2 || r->items[0].kind != CW_REPLY_NUMBER ||
        r->items[1].kind != CW_REPLY_NUMBER) {
        cw_delivery_wrong(d, "batch_answer_unknown", r);
        return;
    }
    sh->stored = r->items[0].number;
    if (CW_BUG(two_calls))
        send_offset_apart(d, sh, sh->stored);
    count(d, CW_COUNT_delivered, (uint64_t)r->items[1].number);
    count(d, CW_COUNT_delivery_batches, 1);
}

static bool says(const struct cw_reply *r, const char *code)
{
    size_t n = strlen(code);
    return r->text.n >= n && memcmp(r->text.p, code, n) == 0;
}

static void not_applied(struct cw_delivery *d, struct shard *sh, const struct cw_reply *r)
{
    if (says(r, "CWGAP ")) {
        count(d, CW_COUNT_delivery_gaps, 1);
        cw_log(CW_LOG_WARNING, "delivery_gap", "shard=%" PRId32 " sent_to=%" PRId64, sh->number,
               sh->chain);
        ask_offset(d, sh);
    } else if (says(r, "CWEPOCH ")) {
        cw_delivery_halt(d);
        cw_delivery_settle(d);
    } else {
        cw_delivery_wrong(d, "batch_refused", r);
    }
}

static void on_batch(void *arg, const struct cw_reply *r)
{
    struct question *q = arg;
    struct cw_delivery *d = q->d;
    struct shard *any = find(d, q->shard), *sh = still_of_use(q, r);
    d->unanswered--;
    if (any && any->generation == q->generation)
        any->unanswered--;
    if (r->kind == CW_REPLY_LIST)
        observe(d, q);
    free(q);
    if (!sh)
        return;
    if (r->kind == CW_REPLY_LIST)
        applied(d, sh, r);
    else if (r->kind == CW_REPLY_ERROR)
        not_applied(d, sh, r);
    else
        cw_delivery_wrong(d, "batch_answer_unknown", r);
    cw_delivery_flush(d);
    d->setup.outbox.wake(d->setup.outbox.self);
}

/* NULL for the right one; the others make deliberate mistakes. */
static const char *function_of_batch(void)
{
    if (CW_BUG(no_prev_check))
        return "cw_put";
    return CW_BUG(two_calls) || CW_BUG(null_is_failure) ? "cw_write" : NULL;
}

/* The first waiting tasks of a shard as the arguments of one call; returns how many, and the offset
 * after them. */
static size_t collect(struct cw_delivery *d, const struct shard *sh, int64_t *ret_next)
{
    const struct cw_settings *s = d->setup.settings;
    size_t n = 0, most = (size_t)s->redis_batch;
    const struct waiting_task *t = sh->first;
    for (; t && n < most; t = t->next, n++)
        *ret_next = t->offset + 1;
    const struct cw_apply_head head = {.function = function_of_batch(),
                                       .settings = s,
                                       .epoch = d->epoch,
                                       .shard = sh->number,
                                       .prev = sh->chain,
                                       .next = *ret_next,
                                       .delivered_at = d->setup.now()};
    cw_apply_begin(&d->args, &head);
    t = sh->first;
    for (size_t i = 0; i < n; i++, t = t->next)
        if (t->record.n_pieces)
            cw_apply_add(&d->args, &t->record);
    return n;
}

static void forget_first(struct cw_delivery *d, struct shard *sh, size_t n)
{
    for (; n > 0; n--) {
        struct waiting_task *t = sh->first;
        sh->first = t->next;
        free_task(t);
        sh->n_waiting--;
        d->n_waiting--;
    }
    if (!sh->first)
        sh->last = &sh->first;
}

static cw_event_time updated_at(const struct cw_task_record *r)
{
    cw_event_time at;
    return cw_parse_rfc3339(cw_record_member(r, "updated_at"), &at) == 0 ? at : CW_NO_TIME;
}

/* False when nothing can be sent on this connection any more. */
static bool send_batch(struct cw_delivery *d, struct shard *sh)
{
    const struct cw_redis_port *redis = &d->setup.redis;
    int64_t next = sh->chain;
    size_t n = collect(d, sh, &next);
    struct question *q = cw_delivery_question(d);
    if (!q || cw_apply_ready(&d->args) != 0)
        goto out;
    q->shard = sh->number;
    q->generation = sh->generation;
    q->sent = d->setup.now();
    q->written = sh->first->written;
    q->happened = updated_at(&sh->first->record);
    if (redis->send(redis->self, d->args.argv, d->args.argc, on_batch, q) != 0)
        goto out;
    sh->chain = next;
    sh->unanswered++;
    d->unanswered++;
    forget_first(d, sh, n);
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
        if (sh->standing != SHARD_READING || sh->n_waiting == 0) {
            idle++;
            continue;
        }
        idle = 0;
        if (!send_batch(d, sh))
            return;
    }
}

/* ---- the outbox speaks ---- */

void cw_delivery_task(struct cw_delivery *d, int32_t shard, int64_t offset, cw_wall_time written,
                      struct cw_str json)
{
    struct shard *sh = find(d, shard);
    struct cw_errbuf eb = {""};
    if (!sh || sh->standing != SHARD_READING || offset < sh->expected)
        return;
    struct waiting_task *t = calloc(1, sizeof *t);
    int err = t ? cw_record_split(json, &t->record, &eb) : -CW_E_NOMEM;
    if (err == -CW_E_NOMEM) {
        /* Nothing may be passed over: the shard starts again from its stored offset. */
        free(t);
        d->setup.redis.drop(d->setup.redis.self, "out of memory");
        return;
    }
    if (err) {
        /* It goes along as an offset without a task. */
        char quoted[300];
        cw_record_free(&t->record);
        count(d, CW_COUNT_outbox_unreadable, 1);
        cw_log(CW_LOG_ERROR, "outbox_unreadable", "shard=%" PRId32 " offset=%" PRId64 " reason=%s",
               shard, offset, cw_log_quote(eb.text, quoted, sizeof quoted));
    }
    t->offset = offset;
    t->written = written;
    sh->expected = offset + 1;
    sh->at_end = false;
    *sh->last = t;
    sh->last = &t->next;
    sh->n_waiting++;
    d->n_waiting++;
}

void cw_delivery_end(struct cw_delivery *d, int32_t shard, int64_t offset)
{
    struct shard *sh = find(d, shard);
    if (sh && sh->standing == SHARD_READING && offset >= sh->expected)
        sh->at_end = true;
}

void cw_delivery_lost(struct cw_delivery *d, int32_t shard)
{
    struct shard *sh = find(d, shard);
    if (!sh || sh->standing != SHARD_READING)
        return;
    cw_log(CW_LOG_ERROR, "delivery_refused",
           "shard=%" PRId32 " offset=%" PRId64 " reason=\"the outbox does not hold the offset that "
           "is stored in Redis\" mend=\"run churnwatchctl redeliver\"",
           shard, sh->stored);
    halt(d, sh, SHARD_REFUSED);
}

bool cw_delivery_has_room(const struct cw_delivery *d)
{
    const struct cw_settings *s = d->setup.settings;
    return d->n_waiting < (size_t)(s->redis_batch * s->redis_in_flight);
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
    for (size_t i = 0; i < d->n_shards; i++)
        if (d->shards[i]->standing == SHARD_REFUSED)
            ask_offset(d, d->shards[i]);
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
        drop_waiting(d, d->shards[i]);
        free(d->shards[i]);
    }
    free(d->shards);
    cw_apply_free(&d->args);
    free(d);
}
