/* Where values come from: the file, conf.d over it, the command line over both; and what a reload
 * may take over. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "config/load.h"
#include "config/places.h"
#include "config/reload.h"
#include "config/segments.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* ---- a folder of files ---- */

static char folder[] = "/tmp/churnwatch-places-XXXXXX";
static char conf[80];

static const char *path_of(const char *name)
{
    static char path[96];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void put(const char *name, const char *text)
{
    FILE *out = fopen(path_of(name), "w");
    assert_non_null(out);
    assert_true(fputs(text, out) >= 0);
    assert_int_equal(fclose(out), 0);
}

static int set_up(void **state)
{
    (void)state;
    if (!mkdtemp(folder) || mkdir(path_of("conf.d"), 0700) != 0)
        return -1;
    (void)snprintf(conf, sizeof conf, "%s/cw.conf", folder);
    return 0;
}

static const char *const names[] = {"cw.conf",          "conf.d/10-a.conf", "conf.d/9-b.conf",
                                    "conf.d/.hid.conf", "conf.d/note.txt",  "conf.d/B.conf"};

static int clean(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(names); i++)
        (void)unlink(path_of(names[i]));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    return rmdir(path_of("conf.d")) | rmdir(folder);
}

static struct cw_settings *load(char **overrides, size_t n, const char *complaint)
{
    struct cw_list list = {overrides, n};
    struct cw_settings *s = NULL;
    struct cw_buf said = {0};
    int err = cw_settings_load(conf, &list, &s, &said);
    cw_buf_put(&said, "", 1);
    if (!complaint && err)
        fail_msg("%s", said.p);
    if (complaint && !strstr(said.p, complaint))
        fail_msg("\"%s\" is not in: %s", complaint, said.p);
    assert_int_equal(err, complaint ? -CW_E_INVALID : 0);
    cw_buf_free(&said);
    return s;
}

static void assert_place(const struct cw_place *at, const char *name, int line)
{
    char should[128];
    struct cw_buf is = {0};
    cw_place_print(at, &is);
    cw_buf_put(&is, "", 1);
    if (line)
        (void)snprintf(should, sizeof should, "%s/%s:%d", folder, name, line);
    else
        (void)snprintf(should, sizeof should, "%s", name);
    assert_string_equal(is.p, should);
    cw_buf_free(&is);
}

static struct cw_threshold_id id_of(const char *name)
{
    struct cw_threshold_id id;
    assert_int_equal(cw_threshold_find(name, &id), 0);
    return id;
}

/* ---- the tests ---- */

/* In byte order "10" comes before "9", and that before "B". */
static void later_files_win(void **state)
{
    char *overrides[] = {"redis.batch=7"};
    (void)state;
    put("cw.conf", "instance = \"one\";\nlanguage = \"en\";\n"
                   "watched_numbers = [\"10010\", \"10011\"];\nredis = { batch = 5; };\n"
                   "detectors = { outage = { mode = \"dry\"; }; };\n");
    put("conf.d/10-a.conf", "\ninstance = \"two\";\nwatched_numbers = [\"0580*\"];\n");
    put("conf.d/9-b.conf", "instance = \"three\";\n");
    put("conf.d/B.conf", "\n\ndetectors = {\n outage = { mode = \"off\"; }; };\n");
    put("conf.d/.hid.conf", "no settings");
    put("conf.d/note.txt", "no settings");
    struct cw_settings *s = load(overrides, 1, NULL);
    const struct cw_place *at = s->places->params;
    assert_string_equal(s->instance, "three");
    assert_place(&at[CW_ROW_instance], "conf.d/9-b.conf", 1);
    assert_int_equal(s->language, 1);
    assert_place(&at[CW_ROW_language], "cw.conf", 2);
    assert_int_equal(s->watched_numbers.n, 1);
    assert_place(&at[CW_ROW_watched_numbers], "conf.d/10-a.conf", 3);
    assert_int_equal(s->redis_batch, 7);
    assert_place(&at[CW_ROW_redis_batch], "-o", 0);
    assert_place(&at[CW_ROW_bus], "default", 0);
    assert_int_equal(s->base.mode[CW_DET_outage], CW_MODE_OFF);
    assert_place(&s->places->thresholds[CW_DET_outage][CW_THRESHOLDS_MOST], "conf.d/B.conf", 4);
    cw_settings_free(s);
}

static void each_complaint_names_its_own_file(void **state)
{
    (void)state;
    put("cw.conf", "instance = 1;\n");
    put("conf.d/10-a.conf", "\nlanguge = \"en\";\n");
    put("conf.d/9-b.conf", "\n\n[");
    assert_null(load(NULL, 0, "/cw.conf:1: instance: "));
    assert_null(load(NULL, 0, "/conf.d/10-a.conf:2: languge: no such setting; did you mean"));
    assert_null(load(NULL, 0, "/conf.d/9-b.conf:3: "));
    /* What only shows when all is read is blamed on the line that said it. */
    put("cw.conf", "time = { zone = \"Asia/Shanghai\"; };\n");
    put("conf.d/10-a.conf", "time = {\n zone = \"Nowhere\"; };\n");
    put("conf.d/9-b.conf", "");
    assert_null(load(NULL, 0, "/conf.d/10-a.conf:2: time.zone: "));
}

static void segments_are_added(void **state)
{
    static const char segment[] = "segments = (\n { match = { class = \"A1\"; };\n"
                                  "   detectors = { spend_drop = { fire_score = %s; }; }; } );\n";
    char text[160];
    uint64_t words[CW_SEGMENT_WORDS];
    struct cw_policy p;
    struct cw_segment_key key = {.client = CW_STR("c"), .class_ = CW_CLASS_A1};
    struct cw_threshold_id id = id_of("spend_drop.fire_score");
    (void)state;
    (void)snprintf(text, sizeof text, segment, "9.0");
    put("cw.conf", text);
    (void)snprintf(text, sizeof text, segment, "11.0");
    put("conf.d/10-a.conf", text);
    struct cw_settings *s = load(NULL, 0, NULL);
    assert_int_equal(s->n_segments, 2);
    cw_settings_match(s, &key, words);
    cw_settings_policy(s, words, &p);
    assert_true(p.value[id.detector][id.threshold] == 11);
    assert_place(&s->segments[0].overlays[0].at, "cw.conf", 3);
    assert_place(&s->segments[1].overlays[0].at, "conf.d/10-a.conf", 3);
    cw_settings_free(s);
}

static void without_the_folder_the_file_is_all(void **state)
{
    (void)state;
    put("cw.conf", "instance = \"one\";\n");
    assert_int_equal(rmdir(path_of("conf.d")), 0);
    struct cw_settings *s = load(NULL, 0, NULL);
    assert_string_equal(s->instance, "one");
    assert_int_equal(mkdir(path_of("conf.d"), 0700), 0);
    cw_settings_free(s);
}

/* Every row of the table, changed: what a restart alone changes is as before, all else is new. */
static void a_reload_keeps_what_needs_a_restart(void **state)
{
    char *overrides[] = {"bus=sqlite:/x",
                         "instance=cw-9",
                         "kafka.topics.billing=b",
                         "kafka.properties=a=1",
                         "engine.threads=3",
                         "time.zone=UTC",
                         "language=en",
                         "redis.batch=9",
                         "watched_numbers=10010",
                         "detectors.outage.mode=off"};
    (void)state;
    put("cw.conf", "kafka = { properties = [\"b=2\", \"c=3\"]; };\n");
    struct cw_settings *running = load(NULL, 0, NULL),
                       *fresh = load(overrides, COUNT(overrides), NULL);
    struct cw_buf kept = {0};
    assert_int_equal(cw_settings_keep(fresh, running, &kept, NULL), 0);
    cw_buf_put(&kept, "", 1);
    assert_string_equal(kept.p, "bus, instance, kafka.properties, kafka.topics.billing, "
                                "engine.threads, time.zone");
    assert_string_equal(fresh->bus, "kafka");
    assert_int_equal(fresh->kafka_properties.n, 2);
    assert_string_equal(fresh->kafka_properties.items[1], "c=3");
    assert_place(&fresh->places->params[CW_ROW_kafka_properties], "cw.conf", 1);
    assert_int_equal(fresh->engine_threads, running->engine_threads);
    assert_int_equal(cw_zone_offset(fresh->zone, 0), 8 * 3600);
    assert_int_equal(fresh->language, 1);
    assert_int_equal(fresh->redis_batch, 9);
    assert_int_equal(fresh->watched_numbers.n, 1);
    assert_int_equal(fresh->base.mode[CW_DET_outage], CW_MODE_OFF);
    /* Once more there is nothing left to say. */
    kept.n = 0;
    assert_int_equal(cw_settings_keep(fresh, running, &kept, NULL), 0);
    assert_int_equal(kept.n, 0);
    cw_settings_free(running); /* fresh borrows nothing of it */
    assert_place(&fresh->places->params[CW_ROW_kafka_properties], "cw.conf", 1);
    cw_settings_free(fresh);
    cw_buf_free(&kept);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(later_files_win, clean),
        cmocka_unit_test_teardown(each_complaint_names_its_own_file, clean),
        cmocka_unit_test_teardown(segments_are_added, clean),
        cmocka_unit_test_teardown(without_the_folder_the_file_is_all, clean),
        cmocka_unit_test_teardown(a_reload_keeps_what_needs_a_restart, clean),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
