/* The second hand as a thread. Owns the thread; the work is borrowed while it is done. */
#include "engine/hand.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/prctl.h>

struct hand {
    struct cw_hand ops; /* first, so that the one is the other */
    pthread_t thread;
    pthread_mutex_t lock; /* of all below */
    pthread_cond_t changed;
    void (*work)(void *arg); /* NULL: none under way */
    void *arg;
    bool leave;
};

static struct hand *hand_of(struct cw_hand *h)
{
    return (struct hand *)h;
}

static void *run(void *arg)
{
    struct hand *h = arg;
    (void)prctl(PR_SET_NAME, "commit", 0, 0, 0); /* what top calls it */
    (void)pthread_mutex_lock(&h->lock);
    while (!h->leave) {
        if (!h->work) {
            (void)pthread_cond_wait(&h->changed, &h->lock);
            continue;
        }
        (void)pthread_mutex_unlock(&h->lock);
        h->work(h->arg); /* Nobody changes the two before it is done. */
        (void)pthread_mutex_lock(&h->lock);
        h->work = NULL;
        (void)pthread_cond_broadcast(&h->changed);
    }
    (void)pthread_mutex_unlock(&h->lock);
    return NULL;
}

static void begin(struct cw_hand *hand, void (*work)(void *arg), void *arg)
{
    struct hand *h = hand_of(hand);
    (void)pthread_mutex_lock(&h->lock);
    h->arg = arg;
    h->work = work;
    (void)pthread_cond_broadcast(&h->changed);
    (void)pthread_mutex_unlock(&h->lock);
}

static bool is_done(struct cw_hand *hand)
{
    struct hand *h = hand_of(hand);
    (void)pthread_mutex_lock(&h->lock);
    bool done = !h->work;
    (void)pthread_mutex_unlock(&h->lock);
    return done;
}

static void finish(struct cw_hand *hand)
{
    struct hand *h = hand_of(hand);
    (void)pthread_mutex_lock(&h->lock);
    while (h->work)
        (void)pthread_cond_wait(&h->changed, &h->lock);
    (void)pthread_mutex_unlock(&h->lock);
}

struct cw_hand *cw_hand_new(void)
{
    struct hand *h = calloc(1, sizeof *h);
    if (!h)
        return NULL;
    h->ops = (struct cw_hand){begin, is_done, finish};
    (void)pthread_mutex_init(&h->lock, NULL);
    (void)pthread_cond_init(&h->changed, NULL);
    if (pthread_create(&h->thread, NULL, run, h) == 0)
        return &h->ops;
    free(h);
    return NULL;
}

void cw_hand_free(struct cw_hand *hand)
{
    struct hand *h = hand_of(hand);
    if (!h)
        return;
    (void)pthread_mutex_lock(&h->lock);
    h->leave = true;
    (void)pthread_cond_broadcast(&h->changed);
    (void)pthread_mutex_unlock(&h->lock);
    (void)pthread_join(h->thread, NULL);
    (void)pthread_mutex_destroy(&h->lock);
    (void)pthread_cond_destroy(&h->changed);
    free(h);
}
