/* The list of dry findings: each cause once, the latest first, and what is oldest makes room. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "board/dry_list.h"

static void find(struct cw_dry_list *l, const char *client, int detector, cw_event_time at)
{
    struct cw_dry d = {.detector = (uint8_t)detector, .at = at, .severity = 0.5F};
    (void)snprintf(d.client, sizeof d.client, "%s", client);
    cw_dry_list_add(l, 3, &d);
}

static void a_cause_is_listed_once(void **state)
{
    struct cw_dry_list *l = calloc(1, sizeof *l);
    (void)state;
    assert_non_null(l);
    find(l, "a", 0, 10);
    find(l, "b", 0, 20);
    find(l, "a", 1, 30);
    find(l, "a", 0, 40);
    assert_int_equal(l->n, 3);
    cw_dry_list_sort(l);
    assert_string_equal(l->seen[0].last.client, "a");
    assert_int_equal(l->seen[0].last.detector, 0);
    assert_int_equal(l->seen[0].times, 2);
    assert_true(l->seen[0].first_at == 10 && l->seen[0].last.at == 40);
    assert_int_equal(l->seen[0].shard, 3);
    assert_int_equal(l->seen[1].last.detector, 1);
    assert_string_equal(l->seen[2].last.client, "b");
    free(l);
}

/* Also when the list was sorted in between. */
static void the_oldest_makes_room(void **state)
{
    struct cw_dry_list *l = calloc(1, sizeof *l);
    char client[16];
    (void)state;
    assert_non_null(l);
    for (int i = 0; i < CW_DRY_LIST_MOST + 3; i++) {
        (void)snprintf(client, sizeof client, "c%d", i);
        find(l, client, 0, i);
        if (i == 100)
            find(l, "c0", 0, i);
        if (i % 50 == 0)
            cw_dry_list_sort(l);
    }
    assert_int_equal(l->n, CW_DRY_LIST_MOST);
    cw_dry_list_sort(l);
    assert_string_equal(l->seen[0].last.client, client);
    bool zero = false, one = false;
    for (size_t i = 0; i < l->n; i++) {
        zero |= strcmp(l->seen[i].last.client, "c0") == 0;
        one |= strcmp(l->seen[i].last.client, "c1") == 0;
    }
    assert_true(zero); /* found again, so it is not the oldest */
    assert_false(one);
    free(l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cause_is_listed_once),
        cmocka_unit_test(the_oldest_makes_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
