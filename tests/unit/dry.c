/* A detector in dry mode judges as ever, is counted and listed, and its signals go nowhere. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/rehearsal.h"

#define CLIENT "g-580-0042"
#define LINE "8613500000011"
#define DRY "detectors.complaint.mode=dry"

static void complain(struct rehearsal *r, const char *time, const char *client)
{
    r_event(r, "care.complaint", time, client, "{'severity':4,'topic':'bill','ticket':'T'}");
}

static void port(struct rehearsal *r, const char *time)
{
    r_event(r, "service.port_out", time, CLIENT, "{'msisdn':'" LINE "','stage':'inquiry'}");
}

static void what_is_found_is_listed_and_opens_no_task(void **state)
{
    (void)state;
    struct rehearsal *r = r_new((const char *const[]){DRY, NULL});
    const struct cw_dry *found;
    complain(r, "2026-03-02 10:00", CLIENT);
    assert_null(r_task(r, CLIENT));
    assert_int_equal(cw_shard_open_tasks(r_shard(r)), 0);
    assert_int_equal(cw_shard_dry(r_shard(r), &found), 1);
    assert_string_equal(found[0].client, CLIENT);
    assert_int_equal(found[0].detector, CW_DET_complaint);
    assert_true(found[0].severity > 0);
    assert_true(found[0].at == cw_shard_clock(r_shard(r)));
    const struct cw_shard_counters *n = cw_shard_counters(r_shard(r));
    assert_int_equal(n->signals_dry, 1);
    assert_int_equal(n->dry_by_detector[CW_DET_complaint], 1);
    assert_int_equal(n->by_detector[CW_DET_complaint] + n->signals + n->signals_off, 0);
    cw_shard_dry_forget(r_shard(r), 1);
    assert_int_equal(cw_shard_dry(r_shard(r), &found), 0);
    r_free(r);
}

/* Other detectors go on as if it were not there: the same bytes as when it is off. */
static void the_others_tasks_are_untouched(void **state)
{
    (void)state;
    struct rehearsal *dry = r_new((const char *const[]){DRY, NULL}),
                     *off = r_new((const char *const[]){"detectors.complaint.mode=off", NULL});
    struct rehearsal *both[] = {dry, off};
    for (int i = 0; i < 2; i++) {
        port(both[i], "2026-03-02 09:00");
        complain(both[i], "2026-03-02 10:00", CLIENT);
        r_tick(both[i], "2026-03-05 03:00");
    }
    assert_true(r_versions(dry, NULL) > 0);
    assert_int_equal(r_versions(dry, NULL), r_versions(off, NULL));
    for (size_t i = 0; i < r_versions(dry, NULL); i++)
        assert_string_equal(r_version_text(dry, i), r_version_text(off, i));
    assert_int_equal(cw_shard_counters(r_shard(dry))->signals_dry, 1);
    assert_int_equal(cw_shard_counters(r_shard(off))->signals_off, 1);
    r_free(dry);
    r_free(off);
}

static void more_than_the_list_holds_is_counted(void **state)
{
    (void)state;
    struct rehearsal *r = r_new((const char *const[]){DRY, NULL});
    const struct cw_dry *found;
    char client[16];
    for (int i = 0; i < CW_DRY_MOST + 5; i++) {
        (void)snprintf(client, sizeof client, "g-%d", i);
        complain(r, "2026-03-02 10:00", client);
    }
    assert_int_equal(cw_shard_dry(r_shard(r), &found), CW_DRY_MOST);
    assert_string_equal(found[CW_DRY_MOST - 1].client, "g-255");
    assert_int_equal(cw_shard_counters(r_shard(r))->signals_dry, CW_DRY_MOST + 5);
    r_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_found_is_listed_and_opens_no_task),
        cmocka_unit_test(the_others_tasks_are_untouched),
        cmocka_unit_test(more_than_the_list_holds_is_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
