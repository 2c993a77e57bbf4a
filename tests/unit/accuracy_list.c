/* What results said of the detectors: a shard's rows replace its former ones and go with it; shards
 * are added up by segment and detector; what finds no room is left out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "board/accuracy_list.h"

static struct cw_accuracy row_of(char *segment, int detector, uint32_t false_alarms)
{
    struct cw_accuracy row = {.segment = segment};
    row.tasks[detector][CW_RESULT_FALSE_ALARM] = false_alarms;
    return row;
}

static void check(const struct cw_accuracy_list *l, size_t i, const char *segment, int detector,
                  uint32_t false_alarms)
{
    assert_true(i < l->n);
    assert_string_equal(l->rows[i].segment, segment);
    assert_int_equal(l->rows[i].detector, detector);
    assert_int_equal(l->rows[i].tasks[CW_RESULT_FALSE_ALARM], false_alarms);
}

static void shards_are_added_up(void **state)
{
    static char all[] = "", a1[] = "class=A1";
    struct cw_accuracy_list *l = calloc(1, sizeof *l);
    (void)state;
    assert_non_null(l);
    struct cw_accuracy seven[] = {row_of(a1, 2, 5), row_of(all, 2, 9), row_of(all, 1, 0)};
    struct cw_accuracy eight[] = {row_of(all, 2, 30), row_of(all, 0, 4)};
    cw_accuracy_list_put(l, 7, seven, 3);
    cw_accuracy_list_put(l, 8, eight, 2);
    seven[0].tasks[2][CW_RESULT_FALSE_ALARM] = 6;
    cw_accuracy_list_put(l, 7, seven, 3);
    assert_int_equal(l->n, 4); /* none of detector 1, which had no result */
    cw_accuracy_list_sum(l);
    assert_int_equal(l->n, 3);
    check(l, 0, "", 0, 4);
    check(l, 1, "", 2, 39);
    check(l, 2, "class=A1", 2, 6);
    free(l);
}

static void a_shard_that_goes_takes_its_rows(void **state)
{
    static char all[] = "";
    struct cw_accuracy_list *l = calloc(1, sizeof *l);
    struct cw_accuracy row = row_of(all, 3, 1);
    (void)state;
    assert_non_null(l);
    cw_accuracy_list_put(l, 1, &row, 1);
    cw_accuracy_list_put(l, 2, &row, 1);
    cw_accuracy_list_put(l, 1, NULL, 0);
    assert_int_equal(l->n, 1);
    assert_int_equal(l->rows[0].shard, 2);
    free(l);
}

static void it_is_never_longer_than_its_room(void **state)
{
    struct cw_accuracy_list *l = calloc(1, sizeof *l);
    struct cw_accuracy rows[200];
    char names[200][200];
    (void)state;
    assert_non_null(l);
    for (int i = 0; i < 200; i++) {
        (void)snprintf(names[i], sizeof names[i], "%0150d", i); /* longer than is kept */
        rows[i] = (struct cw_accuracy){.segment = names[i]};
        for (int d = 0; d < CW_DETECTORS; d++)
            rows[i].tasks[d][CW_RESULT_LOST] = 1;
    }
    cw_accuracy_list_put(l, 1, rows, 200);
    assert_int_equal(l->n, CW_ACCURACY_LIST_MOST);
    assert_int_equal(strlen(l->rows[0].segment), CW_ACCURACY_SEGMENT_MOST - 1);
    free(l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shards_are_added_up),
        cmocka_unit_test(a_shard_that_goes_takes_its_rows),
        cmocka_unit_test(it_is_never_longer_than_its_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
