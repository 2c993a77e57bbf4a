/* Secrets: where they are looked for, what is refused, that Redis and Kafka get them, and that no
 * complaint has one in it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "bus/kafka_handle.h"
#include "config/load.h"
#include "config/secret.h"
#include "delivery/redis_login.h"

#define SECRET "dont-tell-4711"

static char folder[] = "/tmp/churnwatch-secret-XXXXXX";
static char file[64];

static int set_up(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    (void)snprintf(file, sizeof file, "%s/name", folder);
    return setenv("CREDENTIALS_DIRECTORY", folder, 1);
}

static int tear_down(void **state)
{
    (void)state;
    (void)unlink(file);
    return rmdir(folder);
}

static void hold(const char *bytes, size_t n)
{
    FILE *out = fopen(file, "w");
    assert_non_null(out);
    assert_int_equal(fwrite(bytes, 1, n, out), n);
    assert_int_equal(fclose(out), 0);
}

/* ---- reading ---- */

static void the_first_line_counts(void **state)
{
    (void)state;
    static const char *const rows[] = {SECRET, SECRET "\n", SECRET "\nmore\n"};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct cw_secret s;
        hold(rows[i], strlen(rows[i]));
        assert_int_equal(cw_secret_read("name", &s, NULL), 0);
        assert_string_equal(s.text, SECRET);
        /* Nothing of the rest stays behind. */
        for (size_t k = strlen(s.text); k < sizeof s.text; k++)
            assert_int_equal(s.text[k], 0);
        assert_int_equal(cw_secret_read(file, &s, NULL), 0); /* by its path */
        assert_string_equal(s.text, SECRET);
    }
}

/* As systemd names the files of a folder that is a credential. */
static void a_folder_of_credentials_is_searched(void **state)
{
    (void)state;
    char other[64];
    struct cw_secret s;
    (void)snprintf(other, sizeof other, "%s/churnwatch_redis", folder);
    hold(SECRET "\n", strlen(SECRET) + 1);
    assert_int_equal(rename(file, other), 0);
    assert_int_equal(cw_secret_read("redis", &s, NULL), 0);
    assert_string_equal(s.text, SECRET);
    assert_int_equal(unlink(other), 0);
}

static void only_a_line_that_fits_is_a_secret(void **state)
{
    (void)state;
    static char long_line[CW_SECRET_MOST + 1];
    memset(long_line, 'x', sizeof long_line);
    struct cw_secret s = {"untouched"};
    struct cw_errbuf eb = {""};
    hold(long_line, CW_SECRET_MOST);
    assert_int_equal(cw_secret_read("name", &s, &eb), 0);
    assert_int_equal(strlen(s.text), CW_SECRET_MOST);
    hold(long_line, sizeof long_line);
    assert_int_equal(cw_secret_read("name", &s, &eb), -CW_E_INVALID);
    assert_int_equal(strlen(s.text), CW_SECRET_MOST);
    hold("\nsecond", 7);
    assert_int_equal(cw_secret_read("name", &s, &eb), -CW_E_INVALID);
    hold("dont\0tell", 9);
    assert_int_equal(cw_secret_read("name", &s, &eb), -CW_E_INVALID);
    assert_non_null(strstr(eb.text, file));
    assert_null(strstr(eb.text, "dont"));
}

static void what_is_missing_is_named(void **state)
{
    (void)state;
    struct cw_secret s;
    struct cw_errbuf eb = {""};
    assert_int_equal(cw_secret_read("none", &s, &eb), -CW_E_NOTFOUND);
    assert_non_null(strstr(eb.text, folder));
    assert_int_equal(cw_secret_read(folder, &s, &eb), -CW_E_IO); /* a folder */
    assert_int_equal(unsetenv("CREDENTIALS_DIRECTORY"), 0);
    assert_int_equal(cw_secret_read("no-such-credential", &s, &eb), -CW_E_NOTFOUND);
    assert_non_null(strstr(eb.text, CW_CREDENTIALS "/no-such-credential"));
    assert_int_equal(setenv("CREDENTIALS_DIRECTORY", folder, 1), 0);
}

/* ---- its uses ---- */

static struct cw_settings *settings(const char *url, const char *password_file,
                                    const char *property)
{
    char words[3][512], *items[] = {words[0], words[1], words[2]};
    struct cw_list overrides = {items, 3};
    struct cw_settings *s = NULL;
    struct cw_buf complaints = {0};
    (void)snprintf(words[0], sizeof words[0], "redis.url=%s", url);
    (void)snprintf(words[1], sizeof words[1], "redis.password_file=%s", password_file);
    (void)snprintf(words[2], sizeof words[2], "kafka.properties=%s", property);
    assert_int_equal(cw_settings_load("/dev/null", &overrides, &s, &complaints), 0);
    cw_buf_free(&complaints);
    return s;
}

static void redis_gets_it(void **state)
{
    (void)state;
    static const struct {
        const char *url, *password_file;
        int err;
        const char *says; /* the user, or a part of the complaint */
    } rows[] = {
        {"redis://h", "name", 0, ""},
        {"redis://cw:@h", "name", 0, "cw"},
        {"redis://cw:other@h", "name", -CW_E_INVALID, "as well"},
        {"redis://cw:@h", "", -CW_E_INVALID, "the user has no password"},
        {"redis://h", "none", -CW_E_NOTFOUND, "redis.password_file: /"},
        {"http://h", "name", -CW_E_INVALID, "begins with redis://"},
    };
    hold(SECRET "\n", strlen(SECRET) + 1);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct cw_redis_url u = {.db = 77};
        struct cw_errbuf eb = {""};
        struct cw_settings *s = settings(rows[i].url, rows[i].password_file, "a=b");
        assert_int_equal(cw_redis_login(s, &u, &eb), rows[i].err);
        if (rows[i].err) {
            assert_int_equal(u.db, 77);
            assert_non_null(strstr(eb.text, rows[i].says));
            assert_null(strstr(eb.text, SECRET));
        } else {
            assert_string_equal(u.password, SECRET);
            assert_string_equal(u.user, rows[i].says);
        }
        cw_settings_free(s);
    }
}

static void kafka_gets_it(void **state)
{
    (void)state;
    struct cw_errbuf eb = {""};
    struct cw_settings *s = settings("redis://h", "", "client.id=@credential:name");
    hold(SECRET "\n", strlen(SECRET) + 1);
    struct cw_buf said = {0};
    struct cw_complaints c = {.out = &said};
    cw_kafka_check(s, &c);
    assert_int_equal(c.n, 0);
    const struct cw_kafka_client producer = {.type = RD_KAFKA_PRODUCER};
    rd_kafka_t *rk = cw_kafka_handle(s, &producer, &eb);
    assert_non_null(rk);
    char value[256];
    size_t size = sizeof value;
    assert_int_equal(rd_kafka_conf_get(rd_kafka_conf(rk), "client.id", value, &size),
                     RD_KAFKA_CONF_OK);
    assert_string_equal(value, SECRET);
    rd_kafka_destroy(rk);
    cw_settings_free(s);
}

static void kafka_complains_without_it(void **state)
{
    (void)state;
    static const struct {
        const char *property, *says;
    } rows[] = {
        {"sasl.password=@credential:none", "-o kafka.properties: sasl.password: /"},
        {"security.protocol=@credential:name", "does not take the value of @credential:name"},
        {"no.such.property=x", "no.such.property"},
    };
    hold(SECRET "\n", strlen(SECRET) + 1);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct cw_buf said = {0};
        struct cw_complaints c = {.out = &said};
        struct cw_settings *s = settings("redis://h", "", rows[i].property);
        cw_kafka_check(s, &c);
        cw_buf_put(&said, "", 1);
        assert_int_equal(c.n, 1);
        assert_non_null(strstr(said.p, rows[i].says));
        assert_null(strstr(said.p, SECRET));
        cw_buf_free(&said);
        cw_settings_free(s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_line_counts),
        cmocka_unit_test(a_folder_of_credentials_is_searched),
        cmocka_unit_test(only_a_line_that_fits_is_a_secret),
        cmocka_unit_test(what_is_missing_is_named),
        cmocka_unit_test(redis_gets_it),
        cmocka_unit_test(kafka_gets_it),
        cmocka_unit_test(kafka_complains_without_it),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
