/* Live thresholds: which records are taken, what they add up to against a plain model, and what
 * they are laid over. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "config/live.h"
#include "config/load.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define REST "\"at\":\"2026-03-02T09:00:00+08:00\",\"author\":\"wang\",\"reason\":\"too many\","

static char *const everybody[CW_SEGMENT_LEVELS];

static struct cw_str str(const char *text)
{
    return (struct cw_str){text, strlen(text)};
}

static struct cw_threshold_id id_of(const char *name)
{
    struct cw_threshold_id id;
    assert_int_equal(cw_threshold_find(name, &id), 0);
    return id;
}

/* Takes a record's text as a reader of the log does. */
static int take(struct cw_live *l, const char *json, struct cw_errbuf *eb)
{
    struct cw_live_record r;
    int err = cw_live_record_read(str(json), &r, eb);
    if (err)
        return err;
    err = cw_live_take(l, &r, eb);
    cw_live_record_free(&r);
    return err;
}

/* {"key", segment, value} as version v. */
static int change(struct cw_live *l, int v, const char *key, const char *segment, const char *value)
{
    char json[512];
    struct cw_errbuf eb = {""};
    (void)snprintf(json, sizeof json,
                   "{\"version\":%d," REST
                   "\"changes\":[{\"key\":\"%s\",\"segment\":%s,\"value\":%s}]}",
                   v, key, segment, value);
    return take(l, json, &eb);
}

static const double *value_of(const struct cw_live *l, const char *name,
                              char *const want[CW_SEGMENT_LEVELS])
{
    const struct cw_overlay *o = cw_live_value(cw_live_part(l, want), id_of(name));
    return o ? &o->value : NULL;
}

/* ---- taking ---- */

static void versions_follow_each_other(void **state)
{
    struct cw_live *l = cw_live_new();
    (void)state;
    assert_int_equal(change(l, 2, "detectors.outage.run_days", "null", "4"), -CW_E_REFUSED);
    assert_int_equal(change(l, 1, "detectors.outage.run_days", "null", "4"), 0);
    /* Two who read version 1 at once: the first in the log is taken, the other's is refused. */
    assert_int_equal(change(l, 2, "detectors.outage.run_days", "null", "5"), 0);
    assert_int_equal(change(l, 2, "detectors.outage.run_days", "null", "6"), -CW_E_REFUSED);
    assert_int_equal(l->version, 2);
    assert_true(*value_of(l, "outage.run_days", everybody) == 5);
    cw_live_free(l);
}

static void a_value_is_taken_back_by_null(void **state)
{
    struct cw_live *l = cw_live_new();
    char *a1[CW_SEGMENT_LEVELS] = {[CW_BY_CLASS] = (char *)"A1"};
    (void)state;
    assert_int_equal(change(l, 1, "detectors.outage.run_days", "null", "4"), 0);
    assert_int_equal(change(l, 2, "detectors.outage.run_days", "{\"class\":\"A1\"}", "5"), 0);
    assert_int_equal(change(l, 3, "detectors.outage.mode", "{\"class\":\"A1\"}", "\"dry\""), 0);
    assert_true(*value_of(l, "outage.mode", a1) == CW_MODE_DRY);
    assert_int_equal(change(l, 4, "detectors.outage.run_days", "null", "null"), 0);
    assert_null(value_of(l, "outage.run_days", everybody));
    assert_true(*value_of(l, "outage.run_days", a1) == 5);
    assert_int_equal(change(l, 5, "detectors.outage.run_days", "{\"class\":\"A1\"}", "null"), 0);
    assert_int_equal(change(l, 6, "detectors.outage.mode", "{\"class\":\"A1\"}", "null"), 0);
    assert_int_equal(l->n_parts, 0);
    assert_int_equal(change(l, 7, "detectors.outage.mode", "null", "null"), 0); /* never set */
    assert_int_equal(l->version, 7);
    cw_live_free(l);
}

static void what_is_wrong_changes_nothing(void **state)
{
    static const struct {
        const char *json, *why;
    } cases[] = {
        {"", "not a JSON object"},
        {"[]", "version, at, author"},
        {"{\"version\":2," REST "\"changes\":[],\"expires\":1}", "and nothing else"},
        {"{\"version\":2," REST "\"changes\":[]}", "changes: a list of 1 to 1024"},
        {"{\"version\":2.0," REST "\"changes\":[1]}", "version: a whole number"},
        {"{\"version\":2," REST "\"changes\":[1]}", "a change has key, segment and value"},
        {"{\"version\":2,\"at\":\"now\",\"author\":\"w\",\"reason\":\"r\",\"changes\":[1]}",
         "at: a time"},
        {"{\"version\":2,\"at\":\"2026-03-02T09:00:00Z\",\"author\":\"\",\"reason\":\"r\","
         "\"changes\":[1]}",
         "author: a text of 1 to 64 bytes"},
        {"{\"version\":2,\"at\":\"2026-03-02T09:00:00Z\",\"author\":\"w\",\"reason\":\"a\\nb\","
         "\"changes\":[1]}",
         "reason: control characters"},
#define ONE(key, segment, value)                                                                   \
    "{\"version\":2," REST "\"changes\":["                                                         \
    "{\"key\":\"detectors.outage.run_days\",\"segment\":null,\"value\":9},"                        \
    "{\"key\":\"" key "\",\"segment\":" segment ",\"value\":" value "}]}"
        {ONE("detectors.outage.run_dyas", "null", "4"),
         "no such threshold; did you mean detectors.outage.run_days?"},
        {ONE("redis.batch", "null", "4"), "redis.batch: no such threshold"},
        {ONE("detectors.outage.fire_sigma", "null", "1e9"), "allowed: "},
        {ONE("detectors.outage.fire_sigma", "null", "\"4\""), "allowed: "},
        {ONE("detectors.outage.fire_sigma", "null", "true"), "a number, a word or null"},
        {ONE("detectors.outage.mode", "null", "\"wet\""), "allowed: off, dry, on"},
        {ONE("detectors.outage.mode", "{}", "\"dry\""), "null or an object of conditions"},
        {ONE("detectors.outage.mode", "{\"class\":\"A9\"}", "\"dry\""), "allowed: A1, A2"},
        {ONE("detectors.outage.mode", "{\"clas\":\"A1\"}", "\"dry\""), "no such condition"},
        {ONE("detectors.outage.run_days", "null", "4"),
         "outage.run_days is changed twice for the same clients"},
    };
    struct cw_live *l = cw_live_new();
    (void)state;
    assert_int_equal(change(l, 1, "detectors.outage.run_days", "null", "4"), 0);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct cw_errbuf eb = {""};
        if (take(l, cases[i].json, &eb) != -CW_E_INVALID || !strstr(eb.text, cases[i].why))
            fail_msg("%s gave: %s", cases[i].json, eb.text);
        assert_int_equal(l->version, 1);
        assert_true(*value_of(l, "outage.run_days", everybody) == 4);
        assert_int_equal(l->n_parts, 1);
    }
    cw_live_free(l);
}

static void segments_have_a_bound(void **state)
{
    struct cw_live *l = cw_live_new();
    char segment[40];
    (void)state;
    for (int i = 0; i <= CW_LIVE_SEGMENTS_MOST; i++) {
        (void)snprintf(segment, sizeof segment, "{\"client\":\"c%d\"}", i);
        assert_int_equal(change(l, i + 1, "detectors.outage.run_days", segment, "4"),
                         i < CW_LIVE_SEGMENTS_MOST ? 0 : -CW_E_REFUSED);
    }
    int next = CW_LIVE_SEGMENTS_MOST + 1; /* the one refused took no number */
    assert_int_equal(change(l, next, "detectors.outage.run_days", "null", "4"), 0);
    assert_int_equal(
        change(l, next + 1, "detectors.outage.run_days", "{\"client\":\"c0\"}", "null"), 0);
    assert_int_equal(change(l, next + 2, "detectors.outage.run_days", segment, "4"), 0);
    cw_live_free(l);
}

static void a_record_reads_back_as_written(void **state)
{
    static const char json[] =
        "{\"version\":3,\"at\":\"2026-03-02T09:00:00+08:00\",\"author\":\"王\",\"reason\":\"a "
        "\\\"b\\\"\",\"changes\":["
        "{\"key\":\"detectors.outage.fire_sigma\",\"segment\":{\"class\":\"A1\",\"county\":"
        "\"庆元\"},"
        "\"value\":3.75},"
        "{\"key\":\"detectors.outage.mode\",\"segment\":null,\"value\":\"off\"},"
        "{\"key\":\"detectors.outage.run_days\",\"segment\":null,\"value\":null}]}";
    struct cw_live_record r;
    struct cw_errbuf eb = {""};
    struct cw_buf b = {0};
    (void)state;
    assert_int_equal(cw_live_record_read(str(json), &r, &eb), 0);
    cw_live_record_write(&r, &b);
    cw_buf_put(&b, "", 1);
    assert_string_equal(b.p, json);
    cw_buf_free(&b);
    cw_live_record_free(&r);
}

/* ---- against a plain model ---- */

enum { KEYS = 6, PLACES = 4, STEPS = 3000 };
static const char *const keys[KEYS] = {"outage.run_days", "outage.mode",
                                       "spend_drop.mode", "outage.fire_sigma",
                                       "complaint.leave", "complaint.half_life_days"};
static const char *const places[PLACES][2] = {
    {NULL, NULL}, {"class", "A1"}, {"client", "c1"}, {"kind", "group"}};

struct model {
    int32_t version;
    bool set[KEYS][PLACES];
    double value[KEYS][PLACES];
};

static uint64_t seed = 88172645463325252U;
static unsigned draw(unsigned n)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (unsigned)(seed % n);
}

static struct cw_live_change *add(struct cw_live_record *r, int k, int p)
{
    struct cw_live_change *c = cw_live_record_add(r);
    assert_non_null(c);
    c->id = id_of(keys[k]);
    if (places[p][0])
        assert_int_equal(cw_segment_want(c->want, places[p][0], places[p][1], NULL), 0);
    return c;
}

static double draw_value(int k)
{
    return strstr(keys[k], "mode") ? draw(3) : 1 + draw(4);
}

/* Some of the cells get a value or lose theirs; sometimes with a version that is taken already. */
static void random_set(struct model *m, struct cw_live *l)
{
    struct cw_live_record r = {.version = m->version + 1 - (int)(draw(5) == 0)};
    struct model next = *m;
    for (int k = 0; k < KEYS; k++)
        for (int p = 0; p < PLACES; p++) {
            if (draw(6) && r.n)
                continue;
            struct cw_live_change *c = add(&r, k, p);
            c->set = next.set[k][p] = draw(3) > 0;
            c->value = next.value[k][p] = c->set ? draw_value(k) : 0;
        }
    next.version = r.version;
    int err = cw_live_take(l, &r, NULL);
    assert_int_equal(err, r.version == m->version + 1 ? 0 : -CW_E_REFUSED);
    if (!err)
        *m = next;
    cw_live_record_free(&r);
}

/* A record that makes of what is what once was. */
static void rollback(struct model *m, const struct model *to, struct cw_live *l)
{
    struct cw_live_record r = {.version = m->version + 1};
    for (int k = 0; k < KEYS; k++)
        for (int p = 0; p < PLACES; p++) {
            struct cw_live_change *c = add(&r, k, p);
            c->set = to->set[k][p];
            c->value = to->value[k][p];
        }
    assert_int_equal(cw_live_take(l, &r, NULL), 0);
    *m = *to;
    m->version = r.version;
    cw_live_record_free(&r);
}

static void assert_is(const struct model *m, const struct cw_live *l)
{
    assert_int_equal(l->version, m->version);
    for (int k = 0; k < KEYS; k++)
        for (int p = 0; p < PLACES; p++) {
            char *want[CW_SEGMENT_LEVELS] = {NULL};
            if (places[p][0])
                assert_int_equal(cw_segment_want(want, places[p][0], places[p][1], NULL), 0);
            const double *is = value_of(l, keys[k], want);
            if (!!is != m->set[k][p] || (is && *is != m->value[k][p]))
                fail_msg("version %d: %s of %s", m->version, keys[k], places[p][1]);
            for (int level = 0; level < CW_SEGMENT_LEVELS; level++)
                free(want[level]);
        }
}

static void random_changes_equal_a_plain_model(void **state)
{
    static struct model history[STEPS + 1];
    struct model m = {.version = 0};
    struct cw_live *l = cw_live_new();
    (void)state;
    for (int i = 0; i < STEPS; i++) {
        if (m.version && draw(10) == 0)
            rollback(&m, &history[draw((unsigned)m.version)], l);
        else
            random_set(&m, l);
        history[m.version] = m;
        assert_is(&m, l);
    }
    assert_true(m.version > STEPS / 2);
    cw_live_free(l);
}

/* ---- laying over ---- */

static struct cw_settings *files_of(const char *text)
{
    char path[] = "/tmp/churnwatch-live-XXXXXX", *overrides[] = {"detectors.outage.run_days=6"};
    struct cw_list list = {overrides, 1};
    struct cw_settings *s = NULL;
    struct cw_buf complaints = {0};
    int fd = mkstemp(path);
    FILE *out = fdopen(fd, "w");
    assert_non_null(out);
    assert_true(fputs(text, out) >= 0);
    assert_int_equal(fclose(out), 0);
    int err = cw_settings_load(path, &list, &s, &complaints);
    assert_int_equal(remove(path), 0);
    if (err)
        fail_msg("%.*s", (int)complaints.n, complaints.p);
    cw_buf_free(&complaints);
    return s;
}

static double in_force(const struct cw_settings *s, const char *name,
                       const struct cw_segment_key *k)
{
    uint64_t words[CW_SEGMENT_WORDS];
    struct cw_policy p;
    cw_settings_match(s, k, words);
    cw_settings_policy(s, words, &p);
    return cw_threshold_value(id_of(name), &p);
}

/* default < file < -o < live, within a segment as for all; the more particular one first of all. */
static void the_more_particular_then_the_later_wins(void **state)
{
    struct cw_segment_key group = {.client = CW_STR("g"), .kind = CW_GROUP, .class_ = CW_CLASS_B1},
                          a1 = {.client = CW_STR("a"), .kind = CW_GROUP, .class_ = CW_CLASS_A1},
                          one = {.client = CW_STR("c1"), .kind = CW_GROUP, .class_ = CW_CLASS_A1};
    struct cw_settings *files =
        files_of("detectors = { outage = { run_days = 5; fire_sigma = 4.0; mode = \"dry\"; }; };\n"
                 "segments = ( { match = { class = \"A1\"; };\n"
                 " detectors = { outage = { run_days = 7; fire_sigma = 5.0; }; }; } );\n");
    struct cw_settings *s = NULL;
    struct cw_live *l = cw_live_new();
    (void)state;
    assert_true(in_force(files, "outage.run_days", &group) == 6); /* -o over the file */
    assert_int_equal(change(l, 1, "detectors.outage.run_days", "null", "9"), 0);
    assert_int_equal(change(l, 2, "detectors.outage.fire_sigma", "{\"class\":\"A1\"}", "6"), 0);
    assert_int_equal(change(l, 3, "detectors.outage.mode", "{\"client\":\"c1\"}", "\"off\""), 0);
    assert_int_equal(cw_live_lay_over(l, files, &s), 0);
    assert_int_equal(s->version, 3);
    assert_true(in_force(s, "outage.run_days", &group) == 9); /* live over -o */
    assert_true(in_force(s, "outage.run_days", &a1) == 7);    /* a segment over everybody */
    assert_true(in_force(s, "outage.fire_sigma", &group) == 4);
    assert_true(in_force(s, "outage.fire_sigma", &a1) == 6); /* live over the file's equal */
    assert_true(in_force(s, "outage.mode", &a1) == CW_MODE_DRY);
    assert_true(in_force(s, "outage.mode", &one) == CW_MODE_OFF);
    assert_int_equal(s->places->thresholds[CW_DET_outage][id_of("outage.run_days").threshold].live,
                     1);
    /* What is beneath is as it was, and lives for as long as it is needed. */
    assert_true(in_force(files, "outage.run_days", &group) == 6);
    cw_settings_free(files);
    cw_live_free(l);
    assert_string_equal(s->instance, "cw-0");
    assert_true(in_force(s, "outage.mode", &one) == CW_MODE_OFF);
    cw_settings_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(versions_follow_each_other),
        cmocka_unit_test(a_value_is_taken_back_by_null),
        cmocka_unit_test(what_is_wrong_changes_nothing),
        cmocka_unit_test(segments_have_a_bound),
        cmocka_unit_test(a_record_reads_back_as_written),
        cmocka_unit_test(random_changes_equal_a_plain_model),
        cmocka_unit_test(the_more_particular_then_the_later_wins),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
