/* redis.url: every form, every mistake. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "delivery/redis_url.h"

static void test_forms(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum cw_redis_way way;
        const char *host;
        int port;
        const char *path, *master, *user, *password;
        int db;
        size_t hosts;
    } rows[] = {
        {"redis://127.0.0.1:6380", CW_REDIS_TCP, "127.0.0.1", 6380, "", "", "", "", 0, 1},
        {"redis://h", CW_REDIS_TCP, "h", 6379, "", "", "", "", 0, 1},
        {"redis://h/", CW_REDIS_TCP, "h", 6379, "", "", "", "", 0, 1},
        {"redis://h:1/15", CW_REDIS_TCP, "h", 1, "", "", "", "", 15, 1},
        {"redis://[::1]:7/2", CW_REDIS_TCP, "::1", 7, "", "", "", "", 2, 1},
        {"redis://:pw@h", CW_REDIS_TCP, "h", 6379, "", "", "", "pw", 0, 1},
        {"redis://pw@h", CW_REDIS_TCP, "h", 6379, "", "", "", "pw", 0, 1},
        {"redis://u:p%40%3A@x@h:9", CW_REDIS_TCP, "h", 9, "", "", "u", "p@:@x", 0, 1},
        {"redis://u:@h", CW_REDIS_TCP, "h", 6379, "", "", "u", "", 0, 1},
        {"rediss://h:1", CW_REDIS_TLS, "h", 1, "", "", "", "", 0, 1},
        {"redis+unix:///run/r.sock", CW_REDIS_UNIX, "", 0, "/run/r.sock", "", "", "", 0, 0},
        {"redis+unix://u:p@/r?db=3", CW_REDIS_UNIX, "", 0, "/r", "", "u", "p", 3, 0},
        {"redis+sentinel://a,b:5,c/m", CW_REDIS_SENTINEL, "a", 26379, "", "m", "", "", 0, 3},
        {"redis+sentinel://u:p@a:1/m/4", CW_REDIS_SENTINEL, "a", 1, "", "m", "u", "p", 4, 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct cw_redis_url u;
        struct cw_errbuf eb = {""};
        if (cw_redis_url_parse(rows[i].text, &u, &eb) != 0)
            fail_msg("%s: %s", rows[i].text, eb.text);
        assert_int_equal(u.way, rows[i].way);
        assert_string_equal(u.hosts[0].name, rows[i].host);
        assert_int_equal(u.hosts[0].port, rows[i].port);
        assert_string_equal(u.path, rows[i].path);
        assert_string_equal(u.master, rows[i].master);
        assert_string_equal(u.user, rows[i].user);
        assert_string_equal(u.password, rows[i].password);
        assert_int_equal(u.db, rows[i].db);
        assert_int_equal(u.n_hosts, rows[i].hosts);
    }
}

static void test_mistakes(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "",
        "127.0.0.1",
        "http://h",
        "redis://",
        "redis://:0",
        "redis://h:0",
        "redis://h:65536",
        "redis://h:x",
        "redis://h/x",
        "redis://h/1/2",
        "redis://h,g",
        "redis://[::1",
        "redis://secret%zz@h",
        "redis://secret%4@h",
        "redis://:@h",
        "redis+unix://relative",
        "redis+unix:///r?x=1",
        "redis+sentinel://a",
        "redis+sentinel://a/",
        "redis+sentinel://a,,b/m",
        "redis+sentinel://a/m/x",
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct cw_redis_url u = {.db = 77};
        struct cw_errbuf eb = {""};
        if (cw_redis_url_parse(rows[i], &u, &eb) != -CW_E_INVALID)
            fail_msg("accepted: %s", rows[i]);
        assert_int_equal(u.db, 77);
        assert_non_null(strstr(eb.text, "redis.url"));
        assert_null(strstr(eb.text, "secret"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forms),
        cmocka_unit_test(test_mistakes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
