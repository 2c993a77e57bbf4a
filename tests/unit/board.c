/* The notice board: counters from several threads, standings in order, who is woken when. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "board/board.h"

static int woken;
static void wake(void *arg)
{
    (void)arg;
    woken++;
}

static void *count_up(void *arg)
{
    for (int i = 0; i < 10000; i++) {
        cw_board_count(arg, CW_COUNT_messages, 2);
        cw_board_reject(arg, CW_IN_SERVICE, CW_REJECT_NOT_JSON);
    }
    return NULL;
}

static void counts_from_all_threads(void **state)
{
    (void)state;
    struct cw_board *b = cw_board_new();
    pthread_t t[3];
    for (int i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&t[i], NULL, count_up, b), 0);
    for (int i = 0; i < 3; i++)
        assert_int_equal(pthread_join(t[i], NULL), 0);
    assert_int_equal(cw_board_counter(b, CW_COUNT_messages), 60000);
    assert_int_equal(cw_board_counter(b, CW_COUNT_commits), 0);
    assert_int_equal(cw_board_rejects(b, CW_IN_SERVICE, CW_REJECT_NOT_JSON), 30000);
    assert_int_equal(cw_board_rejects(b, CW_IN_BILLING, CW_REJECT_NOT_JSON), 0);
    cw_board_free(b);
}

static void shards_stand_in_order(void **state)
{
    (void)state;
    struct cw_board *b = cw_board_new();
    struct cw_shard_status got[4];
    static const int32_t shards[] = {7, 2, 5};
    for (size_t i = 0; i < 3; i++)
        cw_board_shard(b, &(struct cw_shard_status){.shard = shards[i], .clients = i});
    cw_board_shard(b, &(struct cw_shard_status){.shard = 5, .clients = 50});
    assert_int_equal(cw_board_shards(b, got, 4), 3);
    assert_int_equal(got[0].shard, 2);
    assert_int_equal(got[1].shard, 5);
    assert_int_equal(got[1].clients, 50);
    assert_int_equal(got[2].shard, 7);
    cw_board_drop(b, 5);
    cw_board_drop(b, 6);
    got[1].shard = -1;
    assert_int_equal(cw_board_shards(b, got, 1), 2); /* no more than fit are copied */
    assert_int_equal(got[1].shard, -1);
    assert_int_equal(cw_board_shards(b, got, 4), 2);
    assert_int_equal(got[1].shard, 7);
    cw_board_free(b);
}

static void wakes_for_news_only(void **state)
{
    (void)state;
    struct cw_board *b = cw_board_new();
    struct cw_shard_status s = {.shard = 1, .standing = CW_SHARD_RESTORING};
    cw_board_wake(b, wake, NULL);
    woken = 0;
    cw_board_shard(b, &s);
    assert_int_equal(woken, 1);
    s.restored = 10;
    cw_board_shard(b, &s);
    assert_int_equal(woken, 1);
    s.standing = CW_SHARD_RUNNING;
    cw_board_shard(b, &s);
    assert_int_equal(woken, 2);
    s.commits = 1;
    cw_board_shard(b, &s);
    assert_int_equal(woken, 3);
    cw_board_drop(b, 1);
    assert_int_equal(woken, 4);
    cw_board_drop(b, 1);
    assert_int_equal(woken, 4);
    cw_board_free(b);
}

static void first_fatal_reason_stands(void **state)
{
    (void)state;
    struct cw_board *b = cw_board_new();
    char reason[256] = "untouched";
    assert_false(cw_board_is_fatal(b, reason));
    assert_string_equal(reason, "untouched");
    cw_board_wake(b, wake, NULL);
    woken = 0;
    cw_board_fatal(b, "fenced");
    cw_board_fatal(b, "and so on");
    assert_true(cw_board_is_fatal(b, reason));
    assert_string_equal(reason, "fenced");
    assert_true(woken >= 1);
    cw_board_free(b);
}

/* One engine's assignment, however often it changes, is not the other's. */
static void all_are_assigned_when_each_is(void **state)
{
    (void)state;
    struct cw_board *b = cw_board_new();
    woken = 0;
    cw_board_wake(b, wake, NULL);
    assert_false(cw_board_all_assigned(b, 0));
    cw_board_assigned(b, 1, true);
    cw_board_assigned(b, 1, true);
    assert_int_equal(woken, 1);
    assert_false(cw_board_all_assigned(b, 2));
    cw_board_assigned(b, 0, true);
    assert_true(cw_board_all_assigned(b, 2));
    assert_false(cw_board_all_assigned(b, 3));
    cw_board_assigned(b, 1, false);
    assert_int_equal(woken, 3);
    assert_false(cw_board_all_assigned(b, 2));
    cw_board_free(b);
}

static void a_full_board_takes_no_more(void **state)
{
    (void)state;
    struct cw_board *b = cw_board_new();
    struct cw_shard_status one;
    for (int32_t i = 0; i <= CW_BOARD_SHARDS_MOST; i++)
        cw_board_shard(b, &(struct cw_shard_status){.shard = i});
    assert_int_equal(cw_board_shards(b, &one, 1), CW_BOARD_SHARDS_MOST);
    cw_board_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_from_all_threads),
        cmocka_unit_test(shards_stand_in_order),
        cmocka_unit_test(wakes_for_news_only),
        cmocka_unit_test(first_fatal_reason_stands),
        cmocka_unit_test(a_full_board_takes_no_more),
        cmocka_unit_test(all_are_assigned_when_each_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
