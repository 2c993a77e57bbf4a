/* The second hand: one work at a time, beside its owner's thread. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/hand.h"

enum { WORKS = 200 };

/* A work that ends when it is let. */
struct work {
    pthread_mutex_t lock;
    pthread_cond_t let;
    bool may_end;
    pthread_t by;
    int done;
};

static void wait_for_leave(void *arg)
{
    struct work *w = arg;
    (void)pthread_mutex_lock(&w->lock);
    while (!w->may_end)
        (void)pthread_cond_wait(&w->let, &w->lock);
    (void)pthread_mutex_unlock(&w->lock);
    w->by = pthread_self();
    w->done++;
}

static void let_end(struct work *w)
{
    (void)pthread_mutex_lock(&w->lock);
    w->may_end = true;
    (void)pthread_cond_signal(&w->let);
    (void)pthread_mutex_unlock(&w->lock);
}

static void it_works_beside_its_owner(void **state)
{
    (void)state;
    struct work w = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false, 0, 0};
    struct cw_hand *h = cw_hand_new();
    assert_non_null(h);
    assert_true(h->is_done(h));
    h->begin(h, wait_for_leave, &w);
    assert_false(h->is_done(h));
    let_end(&w);
    h->finish(h);
    assert_true(h->is_done(h));
    assert_int_equal(w.done, 1);
    assert_false(pthread_equal(w.by, pthread_self()));
    cw_hand_free(h);
}

/* What a work wrote is there when it has been waited for. */
static void one_follows_the_other(void **state)
{
    (void)state;
    struct work w = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, true, 0, 0};
    struct cw_hand *h = cw_hand_new();
    assert_non_null(h);
    for (int i = 0; i < WORKS; i++) {
        h->begin(h, wait_for_leave, &w);
        h->finish(h);
        assert_int_equal(w.done, i + 1);
    }
    cw_hand_free(h);
}

static void it_leaves_without_having_worked(void **state)
{
    (void)state;
    cw_hand_free(cw_hand_new());
    cw_hand_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_works_beside_its_owner),
        cmocka_unit_test(one_follows_the_other),
        cmocka_unit_test(it_leaves_without_having_worked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
