/* The index of the outbox: the latest version of each task, and what it remembers of its past. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "ctl/repair/outbox_index.h"

static void take(struct cw_outbox_index *x, uint64_t id, int version, const char *manager,
                 const char *state, bool wake, int64_t offset)
{
    char json[256];
    int n =
        snprintf(json, sizeof json,
                 "{\"task_id\":\"t-%016llx\",\"version\":%d,\"manager\":\"%s\",\"state\":\"%s\","
                 "\"priority\":1,\"escalated_to\":null,\"wake\":%s}",
                 (unsigned long long)id, version, manager, state, wake ? "true" : "false");
    const struct cw_message m = {
        .value = {json, (size_t)n}, .partition = (int32_t)(id % 3), .offset = offset};
    assert_int_equal(cw_outbox_index_take(x, &m), 0);
}

static const struct cw_latest *latest(const struct cw_outbox_index *x, uint64_t id)
{
    char text[24];
    int n = snprintf(text, sizeof text, "t-%016llx", (unsigned long long)id);
    return cw_outbox_index_find(x, (struct cw_str){text, (size_t)n});
}

static void test_the_latest_version_counts(void **state)
{
    struct cw_outbox_index x = {0};
    (void)state;
    take(&x, 7, 1, "am1", "open", false, 10);
    take(&x, 7, 2, "am1", "open", true, 11);
    take(&x, 7, 3, "am2", "open", false, 12);
    take(&x, 7, 4, "am2", "open", false, 13);
    take(&x, 7, 2, "am1", "open", true, 14); /* told again: it is older */
    const struct cw_latest *e = latest(&x, 7);
    assert_non_null(e);
    assert_int_equal(e->version, 4);
    assert_int_equal(e->offset, 13);
    assert_int_equal(e->partition, 1);
    assert_int_equal(e->moved, 3);
    assert_int_equal(e->woke, 2);
    assert_true(e->manager == cw_outbox_manager(CW_STR("am2")));
    assert_int_equal(x.n_open, 1);
    take(&x, 7, 5, "am2", "done", false, 15);
    assert_false(latest(&x, 7)->open);
    assert_int_equal(x.n_open, 0);
    assert_int_equal(x.n, 1);
    assert_int_equal(x.records, 6);
    cw_outbox_index_free(&x);
}

/* With --since what is read begins in the middle: what was done at earlier versions still holds. */
static void test_the_first_that_is_seen_is_no_hand_over(void **state)
{
    struct cw_outbox_index x = {0};
    (void)state;
    take(&x, 7, 5, "am1", "open", false, 10);
    assert_int_equal(latest(&x, 7)->moved, 0);
    take(&x, 7, 6, "am2", "open", false, 11);
    take(&x, 7, 7, "am2", "open", false, 12);
    assert_int_equal(latest(&x, 7)->moved, 6);
    cw_outbox_index_free(&x);
}

static void test_it_grows(void **state)
{
    struct cw_outbox_index x = {0};
    (void)state;
    for (uint64_t i = 1; i <= 5000; i++)
        take(&x, i << 40 | i, 1, "am1", "open", false, (int64_t)i);
    assert_int_equal(x.n, 5000);
    for (uint64_t i = 1; i <= 5000; i++)
        assert_int_equal(latest(&x, i << 40 | i)->offset, i);
    assert_null(latest(&x, 5001));
    cw_outbox_index_free(&x);
}

static void test_what_is_no_task_is_passed_over(void **state)
{
    static const char *const values[] = {
        "not json", "{}",
        "{\"task_id\":\"mine\",\"version\":1,\"manager\":\"a\",\"state\":\"open\",\"priority\":1}"};
    struct cw_outbox_index x = {0};
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        const struct cw_message m = {.value = {values[i], strlen(values[i])}};
        assert_int_equal(cw_outbox_index_take(&x, &m), 0);
    }
    assert_int_equal(x.unreadable, 3);
    assert_int_equal(x.n, 0);
    assert_null(cw_outbox_index_find(&x, CW_STR("mine")));
    cw_outbox_index_free(&x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_latest_version_counts),
        cmocka_unit_test(test_the_first_that_is_seen_is_no_hand_over),
        cmocka_unit_test(test_it_grows),
        cmocka_unit_test(test_what_is_no_task_is_passed_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
