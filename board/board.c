/* The notice board: counters anyone may raise, and the shards' standings under one lock.
 *
 * Engine threads write, the main thread reads. The lock is held for a copy and never over a call
 * out.
 */
#include "board/board.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct cw_board {
    atomic_uint_fast64_t counters[CW_COUNTERS];
    atomic_uint_fast64_t rejects[CW_INPUTS][CW_REJECT_COUNT];
    atomic_uint_fast64_t beats[CW_BOARD_ENGINES_MOST];
    atomic_bool assigned[CW_BOARD_ENGINES_MOST];
    atomic_int versions[CW_BOARD_ENGINES_MOST]; /* of the settings, plus one; 0 unknown */
    atomic_uint_fast64_t inputs[CW_INPUTS];
    atomic_int_fast64_t input_last[CW_INPUTS];
    atomic_uint_fast64_t events[CW_EV_COUNT];
    struct cw_histogram histograms[CW_HISTOGRAMS];
    pthread_mutex_t lock;                                /* of all below */
    struct cw_shard_status shards[CW_BOARD_SHARDS_MOST]; /* by shard number */
    size_t n_shards;
    struct cw_dry_list dry;
    struct cw_accuracy_list accuracy;
    bool fatal;
    char reason[256];
    void (*wake)(void *arg);
    void *wake_arg;
};

struct cw_board *cw_board_new(void)
{
    struct cw_board *b = calloc(1, sizeof *b);
    if (b && pthread_mutex_init(&b->lock, NULL) != 0) {
        free(b);
        b = NULL;
    }
    for (int in = 0; b && in < CW_INPUTS; in++)
        atomic_init(&b->input_last[in], CW_NO_TIME);
    return b;
}

void cw_board_free(struct cw_board *b)
{
    if (!b)
        return;
    (void)pthread_mutex_destroy(&b->lock);
    free(b);
}

/* Locking a plain mutex that exists cannot fail. */
static void lock(struct cw_board *b)
{
    (void)pthread_mutex_lock(&b->lock);
}

static void unlock(struct cw_board *b)
{
    (void)pthread_mutex_unlock(&b->lock);
}

/* ---- counters ---- */

void cw_board_count(struct cw_board *b, enum cw_counter c, uint64_t n)
{
    atomic_fetch_add_explicit(&b->counters[c], n, memory_order_relaxed);
}

uint64_t cw_board_counter(const struct cw_board *b, enum cw_counter c)
{
    return atomic_load_explicit(&b->counters[c], memory_order_relaxed);
}

void cw_board_reject(struct cw_board *b, enum cw_input in, enum cw_reject_code code)
{
    atomic_fetch_add_explicit(&b->rejects[in][code], 1, memory_order_relaxed);
}

uint64_t cw_board_rejects(const struct cw_board *b, enum cw_input in, enum cw_reject_code code)
{
    return atomic_load_explicit(&b->rejects[in][code], memory_order_relaxed);
}

void cw_board_beat(struct cw_board *b, size_t engine)
{
    atomic_fetch_add_explicit(&b->beats[engine], 1, memory_order_relaxed);
}

uint64_t cw_board_beats(const struct cw_board *b, size_t engine)
{
    return atomic_load_explicit(&b->beats[engine], memory_order_relaxed);
}

void cw_board_taken(struct cw_board *b, enum cw_input in, cw_wall_time at)
{
    atomic_fetch_add_explicit(&b->inputs[in], 1, memory_order_relaxed);
    if (at != CW_NO_TIME)
        atomic_store_explicit(&b->input_last[in], at, memory_order_relaxed);
}

uint64_t cw_board_inputs(const struct cw_board *b, enum cw_input in)
{
    return atomic_load_explicit(&b->inputs[in], memory_order_relaxed);
}

cw_wall_time cw_board_input_last(const struct cw_board *b, enum cw_input in)
{
    return atomic_load_explicit(&b->input_last[in], memory_order_relaxed);
}

void cw_board_event(struct cw_board *b, enum cw_event_type type)
{
    atomic_fetch_add_explicit(&b->events[type], 1, memory_order_relaxed);
}

uint64_t cw_board_events(const struct cw_board *b, enum cw_event_type type)
{
    return atomic_load_explicit(&b->events[type], memory_order_relaxed);
}

/* ---- histograms ---- */

static const enum cw_bounds bounds[CW_HISTOGRAMS] = {
#define HISTOGRAM(name, bounds, text) [CW_HISTOGRAM_##name] = CW_BOUNDS_##bounds,
#include "board/histograms.def"
#undef HISTOGRAM
};

void cw_board_observe(struct cw_board *b, enum cw_histogram_name h, int64_t value)
{
    cw_histogram_add(&b->histograms[h], bounds[h], value);
}

void cw_board_histogram(const struct cw_board *b, enum cw_histogram_name h,
                        struct cw_histogram_values *ret)
{
    cw_histogram_read(&b->histograms[h], ret);
}

/* ---- shards ---- */

void cw_board_wake(struct cw_board *b, void (*wake)(void *arg), void *arg)
{
    lock(b);
    b->wake = wake;
    b->wake_arg = arg;
    unlock(b);
}

/* Releases the lock, then wakes the reader when there is something new. */
static void unlock_and_wake(struct cw_board *b, bool news)
{
    void (*wake)(void *) = news ? b->wake : NULL;
    void *arg = b->wake_arg;
    unlock(b);
    if (wake)
        wake(arg);
}

void cw_board_settings(struct cw_board *b, size_t engine, int32_t version)
{
    if (atomic_exchange(&b->versions[engine], version + 1) == version + 1)
        return;
    lock(b);
    unlock_and_wake(b, true);
}

int32_t cw_board_settings_least(const struct cw_board *b, size_t n)
{
    int32_t least = n ? INT32_MAX : -1;
    for (size_t i = 0; i < n; i++) {
        int32_t version = atomic_load(&b->versions[i]) - 1;
        least = version < least ? version : least;
    }
    return least;
}

void cw_board_assigned(struct cw_board *b, size_t engine, bool assigned)
{
    if (atomic_exchange(&b->assigned[engine], assigned) == assigned)
        return;
    lock(b);
    unlock_and_wake(b, true);
}

bool cw_board_all_assigned(const struct cw_board *b, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!atomic_load(&b->assigned[i]))
            return false;
    return n > 0;
}

/* Where the shard is, or where it would go. */
static size_t place(const struct cw_board *b, int32_t shard)
{
    size_t i = 0;
    while (i < b->n_shards && b->shards[i].shard < shard)
        i++;
    return i;
}

static bool holds(const struct cw_board *b, size_t at, int32_t shard)
{
    return at < b->n_shards && b->shards[at].shard == shard;
}

void cw_board_shard(struct cw_board *b, const struct cw_shard_status *s)
{
    lock(b);
    size_t at = place(b, s->shard);
    bool known = holds(b, at, s->shard);
    if (!known && b->n_shards == CW_BOARD_SHARDS_MOST) {
        unlock(b);
        return;
    }
    bool news =
        !known || b->shards[at].standing != s->standing || b->shards[at].commits != s->commits;
    if (!known) {
        memmove(&b->shards[at + 1], &b->shards[at], (b->n_shards - at) * sizeof *b->shards);
        b->n_shards++;
    }
    b->shards[at] = *s;
    unlock_and_wake(b, news);
}

void cw_board_drop(struct cw_board *b, int32_t shard)
{
    lock(b);
    size_t at = place(b, shard);
    bool known = holds(b, at, shard);
    if (known) {
        b->n_shards--;
        memmove(&b->shards[at], &b->shards[at + 1], (b->n_shards - at) * sizeof *b->shards);
    }
    cw_accuracy_list_put(&b->accuracy, shard, NULL, 0);
    unlock_and_wake(b, known);
}

size_t cw_board_shards(struct cw_board *b, struct cw_shard_status *ret, size_t most)
{
    lock(b);
    size_t n = b->n_shards;
    if (n)
        memcpy(ret, b->shards, (n < most ? n : most) * sizeof *ret);
    unlock(b);
    return n;
}

/* ---- accuracy ---- */

void cw_board_accuracy(struct cw_board *b, int32_t shard, const struct cw_accuracy *rows, size_t n)
{
    lock(b);
    cw_accuracy_list_put(&b->accuracy, shard, rows, n);
    unlock(b);
}

void cw_board_accuracy_sum(struct cw_board *b, struct cw_accuracy_list *ret_list)
{
    lock(b);
    *ret_list = b->accuracy;
    unlock(b);
    cw_accuracy_list_sum(ret_list);
}

/* ---- dry findings ---- */

void cw_board_dry(struct cw_board *b, int32_t shard, const struct cw_dry *found, size_t n)
{
    lock(b);
    for (size_t i = 0; i < n; i++)
        cw_dry_list_add(&b->dry, shard, &found[i]);
    unlock(b);
}

void cw_board_dry_list(struct cw_board *b, struct cw_dry_list *ret_list)
{
    lock(b);
    *ret_list = b->dry;
    unlock(b);
}

/* ---- the end ---- */

/* The first reason stands: what follows from it explains less. */
void cw_board_fatal(struct cw_board *b, const char *reason)
{
    lock(b);
    if (!b->fatal)
        (void)snprintf(b->reason, sizeof b->reason, "%s", reason);
    b->fatal = true;
    unlock_and_wake(b, true);
}

bool cw_board_is_fatal(struct cw_board *b, char reason[256])
{
    lock(b);
    bool fatal = b->fatal;
    if (fatal)
        memcpy(reason, b->reason, sizeof b->reason);
    unlock(b);
    return fatal;
}
