/* Managers and control, followed over a bus of some lines: topics that are made anew or given more
 * partitions under a running engine.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "board/log.h"
#include "churnwatch/shard.h"
#include "engine/follow.h"

/* Two topics of up to two partitions; a record is what stands in its place, NULL where it ends. */
struct desk {
    struct cw_bus bus; /* first: the bus is the desk */
    const char *const *managers[2], *const *control;
    int32_t n; /* partitions of managers */
    bool away; /* nobody tells how many */
    int counted;
    cw_mono_time now;
    struct cw_env env;
    struct cw_link link;
    struct cw_board *board;
    struct cw_follow f;
};

static cw_mono_time desk_mono(void *arg)
{
    return ((struct desk *)arg)->now;
}

static void desk_rest(void *arg, int ms)
{
    ((struct desk *)arg)->now += (int64_t)ms * CW_SECOND / 1000;
}

static const char *const *records(const struct cw_bus *b, enum cw_log log, int32_t partition)
{
    const struct desk *d = (const struct desk *)b;
    return log == CW_LOG_CONTROL ? d->control : d->managers[partition];
}

static int desk_end(struct cw_bus *b, enum cw_log log, int32_t partition, int64_t *ret_first,
                    int64_t *ret_end, struct cw_errbuf *eb)
{
    (void)eb;
    *ret_first = *ret_end = 0;
    while (records(b, log, partition)[*ret_end])
        ++*ret_end;
    return 0;
}

static int desk_partitions(struct cw_bus *b, enum cw_log log, int32_t *ret_n, struct cw_errbuf *eb)
{
    struct desk *d = (struct desk *)b;
    d->counted += log == CW_LOG_MANAGERS;
    if (d->away)
        return cw_fail(eb, CW_E_RETRY, "not now");
    *ret_n = log == CW_LOG_MANAGERS ? d->n : 1;
    return 0;
}

static int desk_read(struct cw_bus *b, enum cw_log log, int32_t partition, int64_t from, int64_t to,
                     int (*each)(void *arg, const struct cw_message *m), void *arg,
                     struct cw_errbuf *eb)
{
    int err = 0;
    (void)eb;
    for (int64_t i = from; i < to && !err; i++) {
        const char *value = records(b, log, partition)[i];
        struct cw_str id = {value + strlen("{'manager_id':'"), 1};
        const struct cw_message m = {.key = log == CW_LOG_MANAGERS ? id : CW_STR("thresholds"),
                                     .value = {value, strlen(value)},
                                     .partition = partition,
                                     .offset = i};
        err = each(arg, &m);
    }
    return err;
}

static const struct cw_bus_ops ops = {
    .end = desk_end, .partitions = desk_partitions, .read = desk_read};

#define MANAGER(id) "{\"manager_id\":\"" id "\",\"chief_manager\":\"x\"}"
#define CHANGE(version, leave)                                                                     \
    "{\"version\":" version ",\"at\":\"2026-03-02T09:00:00Z\",\"author\":\"w\",\"reason\":\"r\","  \
    "\"changes\":[{\"key\":\"detectors.complaint.leave\",\"segment\":null,\"value\":" leave "}]}"

static void catch_up(struct desk *d)
{
    struct cw_errbuf eb = {""};
    if (cw_follow_catch_up(&d->f, &d->link, &eb) != 0)
        fail_msg("%s", eb.text);
}

static void open_desk(struct desk *d)
{
    static const char *const nothing[] = {NULL};
    static const char *const managers[] = {MANAGER("a"), MANAGER("b"), MANAGER("c"), NULL};
    static const char *const control[] = {CHANGE("1", "3"), CHANGE("2", "4"), NULL};
    const struct cw_decode_limits limits = {65536, 65536, CW_DAY};
    *d = (struct desk){.bus = {&ops},
                       .managers = {managers, nothing},
                       .control = control,
                       .n = 1,
                       .now = CW_HOUR,
                       .board = cw_board_new()};
    d->env = (struct cw_env){.mono = desk_mono, .rest = desk_rest, .arg = d};
    d->link = (struct cw_link){.bus = &d->bus, .env = &d->env};
    assert_int_equal(cw_follow_init(&d->f, &limits, d->board), 0);
    catch_up(d);
    assert_int_equal(cw_roster_count(d->f.roster), 3);
    assert_int_equal(d->f.live->version, 2);
}

static void close_desk(struct desk *d)
{
    cw_follow_free(&d->f);
    cw_board_free(d->board);
}

/* ---- the tests ---- */

static void managers_made_anew_are_read_from_their_beginning(void **state)
{
    static const char *const anew[] = {MANAGER("d"), MANAGER("a"), NULL};
    (void)state;
    struct desk d;
    open_desk(&d);
    d.managers[0] = anew;
    catch_up(&d);
    assert_true(cw_roster_has(d.f.roster, CW_STR("d")));
    assert_int_equal(cw_follow_offset(&d.f.managers), 2);
    close_desk(&d);
}

/* As whoever is started now takes them. */
static void so_are_live_thresholds(void **state)
{
    static char *const everybody[CW_SEGMENT_LEVELS];
    static const char *const emptied[] = {NULL}, *const anew[] = {CHANGE("1", "7"), NULL};
    (void)state;
    struct desk d;
    open_desk(&d);
    d.control = anew;
    catch_up(&d);
    assert_int_equal(d.f.live->version, 1);
    assert_true(cw_live_part(d.f.live, everybody)->overlays[0].value == 7);
    assert_int_equal(cw_board_counter(d.board, CW_COUNT_live_changes_refused), 0);
    d.control = emptied;
    catch_up(&d);
    assert_int_equal(d.f.live->version, 0);
    d.control = anew;
    catch_up(&d);
    assert_int_equal(d.f.live->version, 1);
    close_desk(&d);
}

static void partitions_that_are_added_are_read_within_a_minute(void **state)
{
    static const char *const added[] = {MANAGER("e"), NULL};
    (void)state;
    struct desk d;
    open_desk(&d);
    d.n = 2;
    d.managers[1] = added;
    d.now += CW_MINUTE / 2;
    catch_up(&d);
    assert_int_equal(d.counted, 1);
    d.now += CW_MINUTE / 2;
    d.away = true; /* no reason to wait, nor to stop */
    catch_up(&d);
    assert_int_equal(d.counted, 2);
    assert_false(cw_roster_has(d.f.roster, CW_STR("e")));
    d.away = false;
    d.now += CW_MINUTE;
    catch_up(&d);
    assert_true(cw_roster_has(d.f.roster, CW_STR("e")));
    assert_int_equal(d.counted, 3);
    close_desk(&d);
}

/* Those that were taken away may come again, and are read again. */
static void fewer_partitions_are_no_matter(void **state)
{
    static const char *const second[] = {MANAGER("e"), NULL}, *const anew[] = {MANAGER("g"), NULL};
    (void)state;
    struct desk d;
    open_desk(&d);
    d.managers[1] = second;
    for (int32_t n = 2; n > 0; n--) {
        d.n = n;
        d.now += CW_MINUTE;
        catch_up(&d);
        assert_int_equal(cw_follow_offset(&d.f.managers), 2 + n);
    }
    d.managers[1] = anew;
    d.n = 2;
    d.now += CW_MINUTE;
    catch_up(&d);
    assert_true(cw_roster_has(d.f.roster, CW_STR("g")));
    close_desk(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(managers_made_anew_are_read_from_their_beginning),
        cmocka_unit_test(so_are_live_thresholds),
        cmocka_unit_test(partitions_that_are_added_are_read_within_a_minute),
        cmocka_unit_test(fewer_partitions_are_no_matter),
    };
    cw_log_level_set(CW_LOG_NONE);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
