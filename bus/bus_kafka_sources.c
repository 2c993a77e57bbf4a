/* The Kafka bus: the inputs' queues, taken in turn, and waiting for any of them.
 *
 * Each partition keeps a queue of its own instead of the member's common one, so that the merge can
 * leave a source alone that is ahead of the others. librdkafka's threads only raise `wakes`.
 */
#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "bus/bus_kafka_state.h"
#include "bus/topic_table.h"
#include "churnwatch/expect.h"

/* Messages between two looks at the member's own queue, where rebalances wait. */
enum { MEMBER_EVERY = 64 };
enum { BEAT_MS = 100 };
/* Bytes of a message that are fetched ahead of its turn. */
enum { TEXT_USUAL = 256 };

/* ---- being woken ---- */

static void on_wake(rd_kafka_t *rk, void *arg)
{
    struct cw_bus_kafka *k = arg;
    (void)rk;
    (void)pthread_mutex_lock(&k->lock);
    k->wakes++;
    (void)pthread_cond_signal(&k->woken);
    (void)pthread_mutex_unlock(&k->lock);
}

static uint64_t wakes_of(struct cw_bus_kafka *k)
{
    (void)pthread_mutex_lock(&k->lock);
    uint64_t n = k->wakes;
    (void)pthread_mutex_unlock(&k->lock);
    return n;
}

/* Until something was put into an empty queue since `seen` was read. */
static void wait_for_wake(struct cw_bus_kafka *k, uint64_t seen, int wait_ms)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += wait_ms / 1000;
    until.tv_nsec += wait_ms % 1000 * 1000000L;
    if (until.tv_nsec >= 1000000000L) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000L;
    }
    (void)pthread_mutex_lock(&k->lock);
    while (k->wakes == seen && pthread_cond_timedwait(&k->woken, &k->lock, &until) != ETIMEDOUT)
        ;
    (void)pthread_mutex_unlock(&k->lock);
}

void cw_kafka_sources_init(struct cw_bus_kafka *k)
{
    pthread_condattr_t monotonic;
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_mutex_init(&k->lock, NULL);
    (void)pthread_cond_init(&k->woken, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
}

void cw_kafka_sources_watch_member(struct cw_bus_kafka *k)
{
    k->member = rd_kafka_queue_get_consumer(k->consumer);
    rd_kafka_queue_cb_event_enable(k->member, on_wake, k);
}

void cw_kafka_sources_fini(struct cw_bus_kafka *k)
{
    if (k->member) {
        rd_kafka_queue_cb_event_enable(k->member, NULL, NULL);
        rd_kafka_queue_destroy(k->member);
    }
    (void)pthread_cond_destroy(&k->woken);
    (void)pthread_mutex_destroy(&k->lock);
}

/* ---- what is taken out of a queue and not given yet ---- */

/* Another thread wrote what comes next: it is fetched ahead of its turn, the message first, then
 * its text. */
static void expect_held(const struct cw_kafka_source *src)
{
    size_t text = src->held_at + 3, message = src->held_at + 6;
    if (message < src->n_held)
        cw_expect(src->held[message], sizeof *src->held[message]);
    if (text < src->n_held && src->held[text]->payload)
        cw_expect(src->held[text]->payload, TEXT_USUAL);
}

static rd_kafka_message_t *take_held(struct cw_kafka_source *src)
{
    if (src->held_at == src->n_held)
        return NULL;
    expect_held(src);
    return src->held[src->held_at++];
}

static void drop_held(struct cw_kafka_source *src)
{
    for (rd_kafka_message_t *m; (m = take_held(src));)
        rd_kafka_message_destroy(m);
}

void cw_kafka_sources_drop(struct cw_bus_kafka *k, int32_t shard)
{
    for (size_t i = 0; i < k->n_sources; i++)
        if (k->sources[i].shard == shard)
            drop_held(&k->sources[i]);
}

/* ---- the queues ---- */

bool cw_kafka_sources_open(struct cw_bus_kafka *k, const rd_kafka_topic_partition_list_t *parts)
{
    k->sources = calloc((size_t)parts->cnt + 1, sizeof *k->sources);
    if (!k->sources)
        return false;
    for (int i = 0; i < parts->cnt; i++) {
        const rd_kafka_topic_partition_t *part = &parts->elems[i];
        struct cw_kafka_source *src = &k->sources[k->n_sources];
        if (!cw_topics_input_of(k->settings, part->topic, &src->input))
            continue;
        src->shard = part->partition;
        src->queue = rd_kafka_queue_get_partition(k->consumer, part->topic, part->partition);
        if (!src->queue)
            return false;
        k->n_sources++;
        rd_kafka_queue_forward(src->queue, NULL);
        rd_kafka_queue_cb_event_enable(src->queue, on_wake, k);
    }
    return true;
}

void cw_kafka_sources_close(struct cw_bus_kafka *k)
{
    for (size_t i = 0; i < k->n_sources; i++) {
        drop_held(&k->sources[i]);
        rd_kafka_queue_cb_event_enable(k->sources[i].queue, NULL, NULL);
        rd_kafka_queue_destroy(k->sources[i].queue);
    }
    free(k->sources);
    k->sources = NULL;
    k->n_sources = k->at = 0;
}

void cw_kafka_sources_pause(struct cw_bus_kafka *k, enum cw_input in, int32_t shard, bool paused)
{
    for (size_t i = 0; i < k->n_sources; i++)
        if (k->sources[i].input == in && k->sources[i].shard == shard)
            k->sources[i].paused = paused;
}

/* ---- taking ---- */

/* Some at a time, for each look into a queue takes its lock. One that has nothing is not asked for
 * some: the library waits for that, if only for no time at all. */
static rd_kafka_message_t *take_from(struct cw_kafka_source *src)
{
    rd_kafka_message_t *m = take_held(src);
    if (m || rd_kafka_queue_length(src->queue) == 0)
        return m;
    ssize_t n = rd_kafka_consume_batch_queue(src->queue, 0, src->held, CW_KAFKA_HELD_MOST);
    src->held_at = 0;
    src->n_held = n > 0 ? (size_t)n : 0;
    return take_held(src);
}

/* Stays at a source while it gives; else looks at each once. */
static rd_kafka_message_t *take(struct cw_bus_kafka *k)
{
    for (size_t n = 0; n < k->n_sources; n++) {
        struct cw_kafka_source *src = &k->sources[k->at];
        rd_kafka_message_t *m = src->paused ? NULL : take_from(src);
        if (m)
            return m;
        k->at = (k->at + 1) % k->n_sources;
    }
    return NULL;
}

/* Of what is held of the source that gave last. */
static rd_kafka_message_t *take_next(struct cw_bus_kafka *k)
{
    struct cw_kafka_source *src = k->n_sources ? &k->sources[k->at] : NULL;
    return src && !src->paused ? take_held(src) : NULL;
}

/* Whether a heartbeat is due the library looks when something wakes its main thread, and without
 * that once a second only. Any question wakes it. */
static void keep_beating(struct cw_bus_kafka *k)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    int64_t now_ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
    if (now_ms - k->woken_ms < BEAT_MS)
        return;
    k->woken_ms = now_ms;
    char *id = rd_kafka_memberid(k->consumer);
    if (id)
        rd_kafka_mem_free(k->consumer, id);
}

static rd_kafka_message_t *of_member(const struct cw_bus_kafka *k)
{
    return k->kept ? NULL : rd_kafka_consumer_poll(k->consumer, 0);
}

rd_kafka_message_t *cw_kafka_sources_poll(struct cw_bus_kafka *k, int wait_ms)
{
    bool members_turn = ++k->taken % MEMBER_EVERY == 0;
    rd_kafka_message_t *m = members_turn ? NULL : take_next(k);
    if (m)
        return m;
    keep_beating(k);
    uint64_t seen = wakes_of(k);
    if (!members_turn)
        m = take(k);
    if (!m)
        m = of_member(k);
    if (m || k->tell_revoked || k->tell_assigned || (m = take(k)))
        return m;
    if (wait_ms <= 0)
        return NULL;
    wait_for_wake(k, seen, wait_ms);
    m = take(k);
    return m ? m : of_member(k);
}
