/* What systemd is told, heard on a notification socket of our own: readiness, status, the watchdog
 * that engines feed, reload and stop. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/service.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define WATCHDOG "40000000"

static char folder[] = "/tmp/churnwatch-service-XXXXXX";
static struct sockaddr_un here = {.sun_family = AF_UNIX};
static int ear = -1;

static int set_up(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    (void)snprintf(here.sun_path, sizeof here.sun_path, "%s/notify", folder);
    ear = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (ear < 0 || bind(ear, (const struct sockaddr *)&here, sizeof here) != 0)
        return -1;
    return setenv("NOTIFY_SOCKET", here.sun_path, 1) | setenv("WATCHDOG_USEC", WATCHDOG, 1) |
           unsetenv("WATCHDOG_PID");
}

static int tear_down(void **state)
{
    (void)state;
    (void)close(ear);
    (void)unlink(here.sun_path);
    return rmdir(folder);
}

/* All that was said since the last call, messages parted by '|'. */
static const char *heard(void)
{
    static char all[4096];
    size_t n = 0;
    ssize_t got;
    while ((got = recv(ear, all + n, sizeof all - n - 2, 0)) > 0) {
        n += (size_t)got;
        all[n++] = '|';
    }
    all[n ? n - 1 : 0] = '\0';
    return all;
}

/* ---- what there is to tell ---- */

struct scene {
    struct cw_board *board;
    struct cw_shard_status shards[4];
    struct cw_metrics_view view;
    struct cw_service service;
};

static void open_scene(struct scene *t, size_t shards)
{
    *t = (struct scene){.board = cw_board_new()};
    assert_non_null(t->board);
    for (size_t i = 0; i < shards; i++)
        t->shards[i] = (struct cw_shard_status){.shard = (int32_t)i, .lag = {-1, 0, -1, 0}};
    t->view = (struct cw_metrics_view){
        .board = t->board, .shards = t->shards, .n_shards = shards, .delivery = CW_DELIVERY_OPEN};
    (void)heard();
    cw_service_init(&t->service);
    assert_string_equal(heard(), "STATUS=starting");
}

static void close_scene(struct scene *t)
{
    cw_board_free(t->board);
}

static const char *look(struct scene *t, size_t engines)
{
    cw_service_look(&t->service, &t->view, engines);
    return heard();
}

static void make_ready(struct scene *t)
{
    t->view.assigned = true;
    for (size_t i = 0; i < t->view.n_shards; i++)
        t->shards[i].standing = CW_SHARD_RUNNING;
    (void)look(t, 0);
    assert_true(t->service.ready);
}

/* ---- the tests ---- */

/* Until there is something else to say. */
static void a_start_says_what_it_waits_for(void **state)
{
    (void)state;
    struct scene t;
    open_scene(&t, 1);
    cw_service_waiting(&t.service, "churnwatch.control partition 0: no leader is known");
    assert_string_equal(heard(), "STATUS=starting, waiting: churnwatch.control partition 0: "
                                 "no leader is known");
    assert_string_equal(look(&t, 1), "STATUS=waiting for an assignment, Redis open");
    close_scene(&t);
}

static void ready_when_all_is_restored(void **state)
{
    (void)state;
    struct scene t;
    open_scene(&t, 2);
    t.view.n_shards = 0;
    cw_board_beat(t.board, 0);
    assert_string_equal(look(&t, 1), "WATCHDOG=1|STATUS=waiting for an assignment, Redis open");

    t.view.n_shards = 2;
    t.view.assigned = true;
    t.shards[0].standing = CW_SHARD_RESTORING;
    assert_string_equal(look(&t, 1), "STATUS=restoring, 0 of 2 shards done, Redis open");
    /* Systemd waits on for as long as records come in, and no longer. */
    t.shards[0].restored = 500;
    assert_string_equal(look(&t, 1), "EXTEND_TIMEOUT_USEC=30000000");
    assert_string_equal(look(&t, 1), "");
    t.shards[0].standing = CW_SHARD_RUNNING;
    assert_string_equal(look(&t, 1), "EXTEND_TIMEOUT_USEC=30000000|"
                                     "STATUS=restoring, 1 of 2 shards done, Redis open");
    t.shards[1].standing = CW_SHARD_STOPPED;
    assert_string_equal(look(&t, 1),
                        "READY=1|STATUS=running, 1 shards, 1 stopped, 0 messages waiting, "
                        "Redis open");
    assert_string_equal(look(&t, 1), "");
    close_scene(&t);
}

static void a_standby_is_ready(void **state)
{
    (void)state;
    struct scene t;
    open_scene(&t, 0);
    t.view.assigned = true;
    assert_string_equal(look(&t, 1), "READY=1|STATUS=standing by, no shards, Redis open");
    close_scene(&t);
}

/* Redis away is told, and takes nothing from readiness: the outbox keeps what is due. */
static void status_says_what_waits(void **state)
{
    (void)state;
    struct scene t;
    open_scene(&t, 2);
    make_ready(&t);
    t.shards[0].lag[CW_IN_BILLING] = 340;
    t.shards[1].lag[CW_IN_SERVICE] = 5;
    t.view.delivery = CW_DELIVERY_DOWN;
    assert_string_equal(look(&t, 1), "STATUS=running, 2 shards, 345 messages waiting, Redis down");
    close_scene(&t);
}

static void every_engine_feeds_the_watchdog(void **state)
{
    (void)state;
    struct scene t;
    open_scene(&t, 1);
    make_ready(&t);
    assert_string_equal(look(&t, 2), "");
    cw_board_beat(t.board, 0);
    assert_string_equal(look(&t, 2), "");
    cw_board_beat(t.board, 1);
    assert_string_equal(look(&t, 2), "WATCHDOG=1");
    /* The second one is stuck; no number of turns of the first covers it up. */
    for (int i = 0; i < 9; i++) {
        cw_board_beat(t.board, 0);
        assert_string_equal(look(&t, 2), "");
    }
    cw_board_beat(t.board, 1);
    assert_string_equal(look(&t, 2), "WATCHDOG=1");
    close_scene(&t);
}

static void stopping_asks_nothing_of_engines(void **state)
{
    (void)state;
    struct scene t;
    open_scene(&t, 1);
    make_ready(&t);
    cw_service_stopping(&t.service);
    assert_string_equal(heard(),
                        "STOPPING=1\nSTATUS=stopping: committing and delivering what is judged");
    t.shards[0].lag[CW_IN_BILLING] = 7;
    assert_string_equal(look(&t, 2), "WATCHDOG=1");
    close_scene(&t);
}

static void a_reload_is_told_with_its_time(void **state)
{
    (void)state;
    struct scene t;
    open_scene(&t, 1);
    /* Before it is ready there is no reload to be told of, and READY=1 would be a lie. */
    cw_service_reloading(&t.service);
    cw_service_reloaded(&t.service);
    assert_string_equal(heard(), "");
    make_ready(&t);
    cw_service_reloading(&t.service);
    unsigned long long us;
    assert_int_equal(sscanf(heard(), "RELOADING=1\nMONOTONIC_USEC=%llu", &us), 1);
    assert_true(us > 0);
    cw_service_reloaded(&t.service);
    assert_string_equal(heard(), "READY=1");
    close_scene(&t);
}

static void looks_are_as_often_as_the_watchdog_needs(void **state)
{
    (void)state;
    static const struct {
        const char *watchdog;
        double every;
    } rows[] = {{"40000000", 1.0}, {"4000000", 1.0}, {"2000000", 0.5}, {NULL, 1.0}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct cw_service s;
        assert_int_equal(rows[i].watchdog ? setenv("WATCHDOG_USEC", rows[i].watchdog, 1)
                                          : unsetenv("WATCHDOG_USEC"),
                         0);
        cw_service_init(&s);
        assert_true(cw_service_every(&s) == rows[i].every);
    }
    assert_int_equal(setenv("WATCHDOG_USEC", WATCHDOG, 1), 0);
}

static void without_a_manager_nothing_is_said(void **state)
{
    (void)state;
    struct scene t;
    open_scene(&t, 1);
    assert_int_equal(unsetenv("NOTIFY_SOCKET"), 0);
    make_ready(&t);
    cw_service_stopping(&t.service);
    assert_string_equal(heard(), "");
    assert_int_equal(setenv("NOTIFY_SOCKET", here.sun_path, 1), 0);
    close_scene(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_start_says_what_it_waits_for),
        cmocka_unit_test(ready_when_all_is_restored),
        cmocka_unit_test(a_standby_is_ready),
        cmocka_unit_test(status_says_what_waits),
        cmocka_unit_test(every_engine_feeds_the_watchdog),
        cmocka_unit_test(stopping_asks_nothing_of_engines),
        cmocka_unit_test(a_reload_is_told_with_its_time),
        cmocka_unit_test(looks_are_as_often_as_the_watchdog_needs),
        cmocka_unit_test(without_a_manager_nothing_is_said),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
