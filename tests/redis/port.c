/* Delivery over the real connection to a real Redis that is killed and started again, paused, and
 * robbed of its functions on the way. Whatever happens, every task version is in the feed once.
 *
 * The outbox is a stand-in that counts tasks; the loop runs until a condition holds.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "churnwatch/mono.h"
#include "delivery/functions.h"
#include "delivery/redis_port.h"
#include "tests/support/redis_server.h"

#define SHARD 2

static struct redis_server server;

/* The wall's clock as everybody here sees it, the loop among them. */
static time_t wall_jump;

int clock_gettime(clockid_t id, struct timespec *t)
{
    int r = (int)syscall(SYS_clock_gettime, id, t);
    if (id == CLOCK_REALTIME)
        t->tv_sec += wall_jump;
    return r;
}

int gettimeofday(struct timeval *restrict t, void *restrict zone)
{
    struct timespec now;
    (void)zone;
    int r = clock_gettime(CLOCK_REALTIME, &now);
    *t = (struct timeval){now.tv_sec, now.tv_nsec / 1000};
    return r;
}

struct world {
    struct ev_loop *loop;
    struct cw_settings settings;
    struct cw_delivery *d;
    struct cw_redis *redis;
    bool reading;
    int64_t at, end;
    unsigned ups, downs;
    ev_idle feed;
};

static void port_read(void *self, int32_t shard, int64_t from)
{
    struct world *w = self;
    assert_int_equal(shard, SHARD);
    w->reading = true;
    w->at = from == CW_OFFSET_NONE ? 0 : from;
    ev_idle_start(w->loop, &w->feed);
}

static void port_leave(void *self, int32_t shard)
{
    struct world *w = self;
    (void)shard;
    w->reading = false;
}

static void port_wake(void *self)
{
    struct world *w = self;
    ev_idle_start(w->loop, &w->feed);
}

static void port_look(void *self)
{
    struct world *w = self;
    cw_delivery_epoch_known(w->d, "");
}

static void port_record(void *self, const char *epoch)
{
    struct world *w = self;
    (void)epoch;
    cw_delivery_epoch_recorded(w->d, true);
}

static cw_wall_time now(void)
{
    return INT64_C(1772388000000000);
}

static void on_up(void *arg)
{
    struct world *w = arg;
    w->ups++;
    cw_delivery_redis_up(w->d);
}

static void on_down(void *arg)
{
    struct world *w = arg;
    w->downs++;
    cw_delivery_redis_down(w->d);
}

/* One task a turn: version `offset + 1` of one task, so that the feed tells what was applied. */
static void on_feed(struct ev_loop *loop, ev_idle *idle, int events)
{
    struct world *w = idle->data;
    char json[256];
    (void)events;
    if (!w->reading || !cw_delivery_has_room(w->d)) {
        ev_idle_stop(loop, idle);
        return;
    }
    if (w->at == w->end) {
        cw_delivery_end(w->d, SHARD, w->at);
        cw_delivery_flush(w->d);
        ev_idle_stop(loop, idle);
        return;
    }
    int n = snprintf(json, sizeof json,
                     "{\"task_id\":\"t-1\",\"manager\":\"m\",\"state\":\"open\",\"version\":%lld,"
                     "\"priority\":1}",
                     (long long)w->at + 1);
    cw_delivery_task(w->d, SHARD, w->at++, CW_NO_TIME, (struct cw_str){json, (size_t)n});
    cw_delivery_flush(w->d);
}

static void begin(struct world *w)
{
    static char prefix[] = "cw:";
    struct cw_errbuf eb;
    char url[128];
    *w = (struct world){.loop = ev_loop_new(EVFLAG_AUTO)};
    w->settings = (struct cw_settings){.redis_prefix = prefix,
                                       .redis_batch = 3,
                                       .redis_in_flight = 4,
                                       .retention = CW_DAY,
                                       .feed_length = 1000000};
    assert_int_equal(cw_zone_load("UTC", &w->settings.zone, &eb), 0);
    struct cw_redis_setup redis = {
        .loop = w->loop, .timeout = CW_SECOND, .up = on_up, .down = on_down, .arg = w};
    (void)snprintf(url, sizeof url, "redis+unix://%s?db=1", server.socket);
    assert_int_equal(cw_redis_url_parse(url, &redis.url, &eb), 0);
    w->redis = cw_redis_start(&redis);
    const struct cw_delivery_setup setup = {.settings = &w->settings,
                                            .redis = cw_redis_port(w->redis),
                                            .outbox = {w, port_read, port_leave, port_wake},
                                            .control = {w, port_look, port_record},
                                            .epoch = "",
                                            .fresh_epoch = "fresh",
                                            .now = now};
    w->d = cw_delivery_new(&setup);
    assert_non_null(w->d);
    ev_idle_init(&w->feed, on_feed);
    w->feed.data = w;
    const int32_t shard = SHARD;
    cw_delivery_owned(w->d, &shard, 1);
}

static void end(struct world *w)
{
    cw_redis_stop(w->redis);
    cw_delivery_free(w->d);
    cw_zone_free(w->settings.zone);
    ev_loop_destroy(w->loop);
}

static int64_t stored(const struct world *w)
{
    struct cw_delivery_shard s;
    assert_int_equal(cw_delivery_shards(w->d, &s, 1), 1);
    return s.stored;
}

/* Until so many tasks are known to be applied. */
static void deliver(struct world *w, int64_t up_to)
{
    w->end = up_to;
    if (w->reading)
        ev_idle_start(w->loop, &w->feed);
    while (!(cw_delivery_idle(w->d) && stored(w) == up_to))
        (void)ev_run(w->loop, EVRUN_ONCE);
}

static void run_until_in_flight(struct world *w)
{
    struct cw_delivery_shard s = {0};
    w->end += 50;
    ev_idle_start(w->loop, &w->feed);
    while (s.unanswered < 2) {
        /* A quick server may have answered all of them one by one. */
        if (cw_delivery_idle(w->d) && stored(w) == w->end) {
            w->end += 50;
            ev_idle_start(w->loop, &w->feed);
        }
        (void)ev_run(w->loop, EVRUN_ONCE);
        (void)cw_delivery_shards(w->d, &s, 1);
    }
}

static redisReply *ask(const char *command)
{
    redisContext *c = redis_server_connect(&server);
    freeReplyObject(redisCommand(c, "SELECT 1"));
    redisReply *r = redisCommand(c, command);
    assert_non_null(r);
    if (r->type == REDIS_REPLY_ERROR)
        fail_msg("%s", r->str);
    redisFree(c);
    return r;
}

/* Each version is in the feed once, in order. */
static void whole(int64_t n)
{
    redisReply *r = ask("XRANGE cw:m:feed - +");
    assert_int_equal(r->elements, n);
    for (size_t i = 0; i < r->elements; i++)
        assert_int_equal(strtoll(r->element[i]->element[1]->element[5]->str, NULL, 10), i + 1);
    freeReplyObject(r);
}

static void test_killed_in_the_middle(void **state)
{
    (void)state;
    struct world w;
    begin(&w);
    deliver(&w, 100);
    whole(100);
    for (int i = 0; i < 5; i++) {
        run_until_in_flight(&w);
        redis_server_kill(&server);
        while (cw_delivery_standing(w.d) != CW_DELIVERY_DOWN)
            (void)ev_run(w.loop, EVRUN_ONCE);
        redis_server_again(&server);
        deliver(&w, w.end);
    }
    whole(w.end);
    assert_int_equal(w.downs, 5);
    assert_int_equal(w.ups, 6);
    end(&w);
}

/* An answer that takes half of its time is in time, whatever is done to the clock on the wall. */
static void test_the_wall_clock_jumps(void **state)
{
    (void)state;
    struct world w;
    freeReplyObject(ask("FLUSHALL"));
    begin(&w);
    deliver(&w, 10);
    (void)kill(server.pid, SIGSTOP);
    run_until_in_flight(&w);
    wall_jump += 3600;
    cw_mono_time until = cw_mono_now() + CW_SECOND / 2;
    while (cw_mono_now() < until)
        (void)ev_run(w.loop, EVRUN_ONCE);
    (void)kill(server.pid, SIGCONT);
    deliver(&w, w.end);
    whole(w.end);
    assert_int_equal(w.downs, 0);
    end(&w);
}

static void test_without_functions(void **state)
{
    (void)state;
    struct world w;
    freeReplyObject(ask("FLUSHALL"));
    begin(&w);
    deliver(&w, 10);
    freeReplyObject(ask("FUNCTION FLUSH"));
    deliver(&w, 40);
    whole(40);
    assert_int_equal(w.ups, 2);
    end(&w);
}

static void load_version(int version)
{
    char text[160];
    redisContext *c = redis_server_connect(&server);
    (void)snprintf(text, sizeof text,
                   "#!lua name=churnwatch\n"
                   "redis.register_function('cw_version', function() return %d end)",
                   version);
    redisReply *r = redisCommand(c, "FUNCTION LOAD REPLACE %s", text);
    assert_non_null(r);
    assert_int_not_equal(r->type, REDIS_REPLY_ERROR);
    freeReplyObject(r);
    redisFree(c);
}

static void has_version(int version)
{
    redisReply *r = ask("FCALL cw_version 0");
    assert_int_equal(r->integer, version);
    freeReplyObject(r);
}

/* An older library is replaced; a newer one, of a daemon that was upgraded first, is not. */
static void test_versions_of_the_library(void **state)
{
    (void)state;
    const int newer = cw_functions_version + 1;
    const int rows[][2] = {{cw_functions_version - 1, cw_functions_version}, {newer, newer}};
    for (size_t i = 0; i < 2; i++) {
        struct world w;
        freeReplyObject(ask("FLUSHALL"));
        load_version(rows[i][0]);
        begin(&w);
        while (w.ups == 0)
            (void)ev_run(w.loop, EVRUN_ONCE);
        has_version(rows[i][1]);
        end(&w);
    }
    freeReplyObject(ask("FUNCTION FLUSH"));
}

static void test_silent_server(void **state)
{
    (void)state;
    struct world w;
    freeReplyObject(ask("FLUSHALL"));
    begin(&w);
    deliver(&w, 10);
    freeReplyObject(ask("CLIENT PAUSE 2500 ALL"));
    deliver(&w, 40);
    whole(40);
    assert_true(w.downs >= 1);
    end(&w);
}

static void test_cut_off(void **state)
{
    (void)state;
    struct world w;
    freeReplyObject(ask("FLUSHALL"));
    begin(&w);
    deliver(&w, 10);
    for (int i = 0; i < 5; i++) {
        run_until_in_flight(&w);
        freeReplyObject(ask("CLIENT KILL TYPE normal SKIPME yes"));
        deliver(&w, w.end);
    }
    whole(w.end);
    assert_true(w.downs >= 1);
    end(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_killed_in_the_middle), cmocka_unit_test(test_without_functions),
        cmocka_unit_test(test_the_wall_clock_jumps), cmocka_unit_test(test_versions_of_the_library),
        cmocka_unit_test(test_silent_server),        cmocka_unit_test(test_cut_off),
    };
    (void)signal(SIGPIPE, SIG_IGN); /* As the daemon does. */
    if (!redis_server_start(&server)) {
        (void)fputs("no redis-server here: skipped\n", stderr);
        redis_server_stop(&server);
        return 77;
    }
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    redis_server_stop(&server);
    return failed;
}
