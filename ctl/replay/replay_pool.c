/* Batches, and the threads that share each; see replay_pool.h.
 *
 * There are two batches: one is filled by the caller while the threads work through the other.
 * `turn` counts the batches handed over and `busy` the threads not done with the last; both, and
 * `ending`, are guarded by the lock. All else of a batch belongs to the caller while it fills it,
 * and to the threads, each its own outputs, while they work.
 */
#include "ctl/replay/replay_pool.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { LINES_MOST = 32768, BYTES_MOST = 8 << 20 };
enum { LINES_ALONE = 512 }; /* so few stay in the processor's own memory until they are judged */
enum { STEP_LINES = 3 };    /* between two steps of expecting a client */

struct entry {
    size_t line, key; /* where they begin in the batch's text */
    size_t line_n, key_n;
    struct cw_replay_place place; /* but for its key */
    bool keyed;
    uint32_t hash; /* of its key */
};
struct batch {
    struct cw_buf text;
    struct entry *entries; /* LINES_MOST of them */
    size_t n;
};

/* A line that came out, in a worker's `out`: this, then its text. */
enum produce { PRODUCED_TASK, PRODUCED_REFUSED, PRODUCED_RISK };
struct produced {
    size_t of; /* the place of its cause in the batch */
    size_t n;
    enum produce what;
};
struct worker {
    struct cw_replay_pool *pool;
    struct cw_replay_hand *hand;
    pthread_t thread;
    bool started;
    unsigned self;
    size_t at;         /* the entry it takes in */
    struct cw_buf out; /* of `produced` and texts */
    struct cw_buf line;
    size_t given; /* bytes of `out` that are out already */
    int err;
};
struct cw_replay_pool {
    struct cw_replay *replay;
    struct cw_replay_out out;
    struct batch batches[2];
    struct batch *filled, *worked;
    struct worker *workers;
    unsigned n; /* 1: the caller works through the batches itself */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    uint64_t turn;
    unsigned busy;
    bool ending;
    int err;
};

/* ---- the threads ---- */

static void put_out(struct worker *w, enum produce what, struct cw_str text)
{
    struct produced p = {.of = w->at, .n = text.n, .what = what};
    cw_buf_put(&w->out, &p, sizeof p);
    cw_buf_put(&w->out, text.p, text.n);
}

static void on_task(void *arg, const struct cw_task_version *v)
{
    put_out(arg, PRODUCED_TASK, v->json);
}

static void on_refused(void *arg, const struct cw_refused *r)
{
    struct worker *w = arg;
    cw_buf_clear(&w->line);
    cw_refused_json(&w->line, r);
    put_out(w, PRODUCED_REFUSED, (struct cw_str){w->line.p, w->line.n});
}

static void on_risk(void *arg, const struct cw_client_risk *r)
{
    struct worker *w = arg;
    cw_buf_clear(&w->line);
    cw_client_risk_json(&w->line, cw_replay_settings(w->pool->replay)->zone, r);
    put_out(w, PRODUCED_RISK, (struct cw_str){w->line.p, w->line.n});
}

static bool is_own(const struct worker *w, const struct entry *e)
{
    return w->pool->n == 1 || (unsigned)e->place.partition % w->pool->n == w->self;
}

static void look_ahead(const struct worker *w, const struct batch *b)
{
    for (unsigned step = 0; step < CW_EXPECT_STEPS; step++) {
        size_t at = w->at + (CW_EXPECT_STEPS - step) * STEP_LINES;
        const struct entry *e = at < b->n ? &b->entries[at] : NULL;
        if (e && e->keyed && is_own(w, e))
            cw_replay_expect(w->hand, e->place.partition, e->hash, step);
    }
}

static int take(struct worker *w, const struct batch *b, const struct entry *e)
{
    struct cw_replay_place p = e->place;
    p.key = e->keyed ? (struct cw_str){b->text.p + e->key, e->key_n} : (struct cw_str){0};
    return cw_replay_take(w->hand, &p, (struct cw_str){b->text.p + e->line, e->line_n});
}

static void work_through(struct worker *w, const struct batch *b)
{
    for (w->at = 0; w->at < b->n && !w->err; w->at++) {
        const struct entry *e = &b->entries[w->at];
        look_ahead(w, b);
        if (is_own(w, e))
            w->err = take(w, b, e);
    }
    if (!w->err && (w->out.failed || w->line.failed))
        w->err = -CW_E_NOMEM;
}

static void *run_worker(void *arg)
{
    struct worker *w = arg;
    struct cw_replay_pool *p = w->pool;
    uint64_t seen = 0;
    (void)pthread_mutex_lock(&p->lock);
    for (;;) {
        while (p->turn == seen && !p->ending)
            (void)pthread_cond_wait(&p->changed, &p->lock);
        if (p->turn == seen)
            break;
        seen = p->turn;
        struct batch *b = p->worked;
        (void)pthread_mutex_unlock(&p->lock);
        work_through(w, b);
        (void)pthread_mutex_lock(&p->lock);
        if (--p->busy == 0)
            (void)pthread_cond_broadcast(&p->changed);
    }
    (void)pthread_mutex_unlock(&p->lock);
    return NULL;
}

/* ---- what comes out ---- */

/* Texts lie where they fall: a head is copied out, not pointed at. */
static bool head_of(const struct worker *w, struct produced *ret)
{
    if (w->given == w->out.n)
        return false;
    memcpy(ret, w->out.p + w->given, sizeof *ret);
    return true;
}

static struct worker *next_to_give(struct cw_replay_pool *p, struct produced *ret)
{
    struct worker *first = NULL;
    struct produced head;
    for (unsigned i = 0; i < p->n; i++)
        if (head_of(&p->workers[i], &head) && (!first || head.of < ret->of)) {
            first = &p->workers[i];
            *ret = head;
        }
    return first;
}

static void give_out(struct cw_replay_pool *p)
{
    void (*const out[])(void *arg, struct cw_str text) = {[PRODUCED_TASK] = p->out.task,
                                                          [PRODUCED_REFUSED] = p->out.refused,
                                                          [PRODUCED_RISK] = p->out.risk};
    struct produced head = {0};
    for (struct worker *w; (w = next_to_give(p, &head));) {
        struct cw_str text = {w->out.p + w->given + sizeof head, head.n};
        out[head.what](p->out.arg, text);
        w->given += sizeof head + head.n;
    }
    for (unsigned i = 0; i < p->n; i++) {
        struct worker *w = &p->workers[i];
        p->err = p->err ? p->err : w->err;
        cw_buf_clear(&w->out);
        w->given = 0;
    }
}

/* ---- the caller's side ---- */

static void wait_for_threads(struct cw_replay_pool *p)
{
    (void)pthread_mutex_lock(&p->lock);
    while (p->busy)
        (void)pthread_cond_wait(&p->changed, &p->lock);
    (void)pthread_mutex_unlock(&p->lock);
}

static void make_empty(struct batch *b)
{
    b->n = 0;
    cw_buf_clear(&b->text);
}

static int work_alone(struct cw_replay_pool *p)
{
    work_through(p->workers, p->filled);
    give_out(p);
    make_empty(p->filled);
    return p->err;
}

/* The batch that was filled is worked on from now on, and the one before is empty again. */
static int hand_over(struct cw_replay_pool *p)
{
    if (p->n == 1)
        return work_alone(p);
    wait_for_threads(p);
    give_out(p);
    struct batch *empty = p->worked;
    make_empty(empty);
    if (p->err)
        return p->err;
    (void)pthread_mutex_lock(&p->lock);
    p->worked = p->filled;
    p->filled = empty;
    p->busy = p->n;
    p->turn++;
    (void)pthread_cond_broadcast(&p->changed);
    (void)pthread_mutex_unlock(&p->lock);
    return 0;
}

int cw_replay_pool_line(struct cw_replay_pool *p, enum cw_replay_kind kind, struct cw_str line)
{
    struct batch *b = p->filled;
    struct entry *e = &b->entries[b->n++];
    *e = (struct entry){.place = cw_replay_place(p->replay, kind, line),
                        .line = b->text.n,
                        .line_n = line.n,
                        .key = b->text.n + line.n};
    struct cw_str key = e->place.key;
    bool inside = key.p >= line.p && key.p < line.p + line.n;
    e->keyed = key.p != NULL;
    e->key_n = key.n;
    e->hash = e->keyed ? cw_shard_hash(key) : 0;
    cw_buf_put(&b->text, line.p, line.n);
    if (inside)
        e->key = e->line + (size_t)(key.p - line.p);
    else if (e->keyed)
        cw_buf_put(&b->text, key.p, key.n);
    if (b->text.failed)
        return -CW_E_NOMEM;
    size_t most = p->n == 1 ? LINES_ALONE : LINES_MOST;
    return b->n == most || b->text.n >= BYTES_MOST ? hand_over(p) : 0;
}

int cw_replay_pool_flush(struct cw_replay_pool *p)
{
    int err = hand_over(p);
    if (!err) {
        wait_for_threads(p);
        give_out(p);
    }
    return err ? err : p->err;
}

/* ---- making and freeing ---- */

static bool start(struct cw_replay_pool *p, struct worker *w)
{
    struct cw_replay_sinks sinks = {on_task, on_refused, p->out.risk ? on_risk : NULL, w};
    w->pool = p;
    w->self = (unsigned)(w - p->workers);
    w->hand = cw_replay_hand_new(p->replay, &sinks);
    if (p->n == 1)
        return w->hand != NULL;
    w->started = w->hand && pthread_create(&w->thread, NULL, run_worker, w) == 0;
    return w->started;
}

struct cw_replay_pool *cw_replay_pool_new(struct cw_replay *r, unsigned threads,
                                          const struct cw_replay_out *out)
{
    struct cw_replay_pool *p = calloc(1, sizeof *p);
    if (!p)
        return NULL;
    (void)pthread_mutex_init(&p->lock, NULL);
    (void)pthread_cond_init(&p->changed, NULL);
    p->replay = r;
    p->out = *out;
    p->n = threads;
    p->workers = calloc(threads, sizeof *p->workers);
    p->filled = &p->batches[0];
    p->worked = &p->batches[1];
    bool ok = p->workers != NULL;
    for (int i = 0; i < 2; i++) {
        p->batches[i].entries = calloc(LINES_MOST, sizeof *p->batches[i].entries);
        ok = ok && p->batches[i].entries;
    }
    for (unsigned i = 0; ok && i < threads; i++)
        ok = start(p, &p->workers[i]);
    if (ok)
        return p;
    cw_replay_pool_free(p);
    return NULL;
}

static void free_worker(struct worker *w)
{
    if (w->started)
        (void)pthread_join(w->thread, NULL);
    cw_replay_hand_free(w->hand);
    cw_buf_free(&w->out);
    cw_buf_free(&w->line);
}

void cw_replay_pool_free(struct cw_replay_pool *p)
{
    if (!p)
        return;
    (void)pthread_mutex_lock(&p->lock);
    p->ending = true;
    (void)pthread_cond_broadcast(&p->changed);
    (void)pthread_mutex_unlock(&p->lock);
    for (unsigned i = 0; p->workers && i < p->n; i++)
        free_worker(&p->workers[i]);
    free(p->workers);
    for (int i = 0; i < 2; i++) {
        free(p->batches[i].entries);
        cw_buf_free(&p->batches[i].text);
    }
    (void)pthread_cond_destroy(&p->changed);
    (void)pthread_mutex_destroy(&p->lock);
    free(p);
}
