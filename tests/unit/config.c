/* Settings: every row of the tables at its limits and beyond, every mistake with its place, what
 * segments do, and that the sample file and the reference page are what the tables say. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "config/known.h"
#include "config/load.h"
#include "config/segments.h"
#include "config/settings.h"
#include "config/units.h"
#include "config/values.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* ---- loading texts ---- */

static char folder[] = "/tmp/churnwatch-config-XXXXXX";
static char conf[64];

static void write_file(const char *path, const char *text)
{
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    assert_true(fputs(text, out) >= 0);
    assert_int_equal(fclose(out), 0);
}

struct loaded {
    int err;
    struct cw_settings *s;
    struct cw_buf complaints;
};

static struct loaded load(const char *text, char **overrides, size_t n)
{
    struct loaded r = {0};
    struct cw_list list = {overrides, n};
    if (text)
        write_file(conf, text);
    r.err = cw_settings_load(text ? conf : NULL, &list, &r.s, &r.complaints);
    cw_buf_put(&r.complaints, "", 1);
    assert_false(r.complaints.failed);
    return r;
}

static void unload(struct loaded *r)
{
    cw_settings_free(r->s);
    cw_buf_free(&r->complaints);
}

static struct loaded load_one(const char *path, const char *value)
{
    struct cw_buf b = {0};
    cw_buf_printf(&b, "%s=%s", path, value);
    char *one[] = {b.p};
    struct loaded r = load(NULL, one, 1);
    cw_buf_free(&b);
    return r;
}

static void assert_loads(const char *path, const char *value)
{
    struct loaded r = load_one(path, value);
    if (r.err)
        fail_msg("%s=%s: %s", path, value, r.complaints.p);
    unload(&r);
}

/* Refused in one line that names the setting. */
static void assert_refused(const char *path, const char *value)
{
    struct loaded r = load_one(path, value);
    if (r.err != -CW_E_INVALID)
        fail_msg("%s=%s was not refused", path, value);
    assert_null(r.s);
    assert_int_equal(strncmp(r.complaints.p, "-o ", 3), 0);
    assert_int_equal(strncmp(r.complaints.p + 3, path, strlen(path)), 0);
    assert_ptr_equal(strchr(r.complaints.p, '\n') + 2, r.complaints.p + r.complaints.n);
    unload(&r);
}

static int set_up(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    (void)snprintf(conf, sizeof conf, "%s/cw.conf", folder);
    return 0;
}

static int tear_down(void **state)
{
    char path[80];
    (void)state;
    (void)unlink(conf);
    (void)snprintf(path, sizeof path, "%s/days.json", folder);
    (void)unlink(path);
    return rmdir(folder);
}

/* ---- every row ---- */

static char *printed(const struct cw_param *p, const void *field)
{
    struct cw_buf b = {0};
    cw_value_print(p, field, &b);
    cw_buf_put(&b, "", 1);
    assert_false(b.failed);
    return b.p;
}

/* Reads a word and prints what came of it. */
static char *there_and_back(const struct cw_param *p, const char *text)
{
    union {
        bool on;
        int word;
        int64_t whole;
        double real;
        char *text;
        struct cw_list list;
    } field = {.list = {NULL, 0}};
    struct cw_given g = {.kind = CW_GIVEN_WORD, .text = text};
    struct cw_errbuf why;
    if (cw_value_read(p, &g, &field, &why) != 0)
        fail_msg("%s=%s: %s", p->path, text, why.text);
    char *back = printed(p, &field);
    cw_value_free(p, &field);
    return back;
}

static void assert_round(const struct cw_param *p, const char *text)
{
    char *back = there_and_back(p, text), *again = there_and_back(p, back);
    assert_string_equal(back, again);
    free(back);
    free(again);
}

/* Limits of the types that are a whole number underneath. */
static void check_whole(const struct cw_param *p)
{
    const int64_t inside[] = {p->least, p->most}, outside[] = {p->least - 1, p->most + 1};
    for (size_t i = 0; i < 2; i++) {
        char *text = printed(p, &inside[i]);
        char *back = there_and_back(p, text);
        assert_string_equal(text, back);
        assert_loads(p->path, text);
        free(text);
        free(back);
        text = printed(p, &outside[i]);
        assert_refused(p->path, text);
        free(text);
    }
}

static void check_real(const struct cw_param *p)
{
    const double inside[] = {p->real_least, p->real_most},
                 outside[] = {nextafter(p->real_least, -1e9) - 1e-6, p->real_most + 1e-6};
    for (size_t i = 0; i < 2; i++) {
        char *text = printed(p, &inside[i]);
        char *back = there_and_back(p, text);
        assert_string_equal(text, back);
        assert_loads(p->path, text);
        free(text);
        free(back);
        text = printed(p, &outside[i]);
        assert_refused(p->path, text);
        free(text);
    }
}

/* Long and longer than allowed, in the form the row asks for. */
static void check_text(const struct cw_param *p)
{
    size_t most = (size_t)p->most;
    char *text = calloc(most + 2, 1);
    assert_non_null(text);
    memset(text, 'x', most);
    if (strcmp(p->words, "bus") == 0)
        memcpy(text, "sqlite:", 7);
    if (strcmp(p->words, "listen") == 0)
        memcpy(text + most - 3, ":80", 3);
    if (strcmp(p->words, "url") == 0)
        memcpy(text, "redis://", 8);
    if (strcmp(p->words, "keys") == 0)
        text[most - 1] = ':';
    /* These name what must be there. */
    if (strcmp(p->path, "time.zone") != 0 && strncmp(p->path, "input.mapping.", 14) != 0)
        assert_loads(p->path, text);
    text[most] = 'x';
    assert_refused(p->path, text);
    free(text);
    if (p->least > 0)
        assert_refused(p->path, "");
}

static const char *item_for(const struct cw_param *p)
{
    const char *const items[][2] = {
        {"number", "0580*"}, {"prefix", "86134"}, {"file", "/dev/null"}, {"property", "a=b"}};
    for (size_t i = 0; i < COUNT(items); i++)
        if (strcmp(items[i][0], p->words) == 0)
            return items[i][1];
    fail_msg("%s: no item for the form \"%s\"", p->path, p->words);
    return NULL;
}

/* As many items as allowed, and one more; read alone, since files of a calendar must be there. */
static void check_list(const struct cw_param *p)
{
    struct cw_list list = {0};
    struct cw_errbuf why;
    for (int64_t i = 0; i < p->most; i++)
        assert_int_equal(cw_value_append(p, item_for(p), &list, &why), 0);
    assert_int_equal(cw_value_append(p, item_for(p), &list, &why), -CW_E_INVALID);
    assert_int_equal(list.n, p->most);
    char *text = printed(p, &list), *back = there_and_back(p, text);
    assert_string_equal(text, back);
    free(text);
    free(back);
    cw_value_free(p, &list);
    assert_refused(p->path, ",");
}

static void check_words(const struct cw_param *p)
{
    char *words = strdup(p->words), *rest = words;
    assert_non_null(words);
    int n = 0;
    for (char *word; (word = strsep(&rest, "|")); n++) {
        char *back = there_and_back(p, word);
        assert_string_equal(word, back);
        assert_loads(p->path, word);
        free(back);
    }
    assert_int_equal(n, p->most + 1);
    free(words);
    assert_refused(p->path, "");
    assert_refused(p->path, "nonsense");
}

static void check_bool(const struct cw_param *p)
{
    assert_loads(p->path, "true");
    assert_loads(p->path, "false");
    assert_round(p, "true");
    assert_refused(p->path, "1");
}

static void check_limits(const struct cw_param *p)
{
    switch (p->type) {
    case CW_PARAM_BOOL:
        check_bool(p);
        break;
    case CW_PARAM_REAL:
        check_real(p);
        break;
    case CW_PARAM_TEXT:
        check_text(p);
        break;
    case CW_PARAM_LIST:
        check_list(p);
        break;
    case CW_PARAM_ENUM:
        check_words(p);
        break;
    default:
        check_whole(p);
    }
}

/* Writes `a = { b = { c = VALUE; }; };` for a path. */
static char *nested(const char *path, const char *value)
{
    struct cw_buf b = {0};
    int depth = 0;
    for (; strchr(path, '.'); path = strchr(path, '.') + 1, depth++)
        cw_buf_printf(&b, "%.*s = {\n", (int)strcspn(path, "."), path);
    cw_buf_printf(&b, "%s = %s;\n", path, value);
    for (; depth > 0; depth--)
        cw_buf_puts(&b, "};\n");
    cw_buf_put(&b, "", 1);
    assert_false(b.failed);
    return b.p;
}

/* Of all that a file can hold, only what the type accepts is taken, and the complaint has the line.
 */
static void check_wrong_types(const struct cw_param *p)
{
    static const struct {
        const char *value;
        unsigned fine; /* a bit per type that may take it, at least as far as its kind goes */
    } kinds[] = {
#define T(type) (1U << CW_PARAM_##type)
        {"true", T(BOOL)},
        {"7", T(INT) | T(REAL) | T(MONEY) | T(SIZE)},
        {"7.5", T(REAL) | T(MONEY)},
        {"\"word\"", T(TEXT) | T(ENUM) | T(TIME) | T(SIZE)},
        {"[\"word\"]", T(LIST)},
        {"[7]", 0},
        {"{ }", 0},
    };
    char place[96];
    for (size_t i = 0; i < COUNT(kinds); i++) {
        if (kinds[i].fine >> p->type & 1)
            continue;
        char *text = nested(p->path, kinds[i].value);
        int line = 1;
        for (const char *dot = p->path; (dot = strchr(dot, '.')); dot++)
            line++;
        struct loaded r = load(text, NULL, 0);
        if (r.err != -CW_E_INVALID)
            fail_msg("%s = %s was not refused", p->path, kinds[i].value);
        (void)snprintf(place, sizeof place, "%s:%d: ", conf, line);
        assert_int_equal(strncmp(r.complaints.p, place, strlen(place)), 0);
        assert_non_null(strstr(r.complaints.p, p->path));
        assert_non_null(strstr(r.complaints.p, " is wanted; allowed: "));
        unload(&r);
        free(text);
    }
}

static void rows(void **state)
{
    (void)state;
    for (int i = 0; i < CW_PARAMS; i++) {
        assert_int_equal(cw_param_find(cw_params[i].path), i);
        assert_true(strlen(cw_params[i].meaning) > 10);
        if (*cw_params[i].dflt)
            assert_round(&cw_params[i], cw_params[i].dflt);
        check_limits(&cw_params[i]);
        check_wrong_types(&cw_params[i]);
    }
}

static void thresholds(void **state)
{
    char path[CW_PATH_MOST];
    (void)state;
    for (int d = 0; d < CW_DETECTORS; d++) {
        assert_in_range(cw_detectors[d]->n_thresholds, 1, CW_THRESHOLDS_MOST);
        for (int i = 0; i < cw_threshold_count(d); i++) {
            struct cw_threshold_id id = cw_threshold_at(d, i), found;
            struct cw_param p = cw_threshold_param(id);
            (void)snprintf(path, sizeof path, "detectors.%s.%s", cw_detectors[d]->name,
                           cw_threshold_name(id));
            p.path = path;
            /* Found under its name and as itself: no name is there twice. */
            assert_int_equal(cw_threshold_find(path + strlen("detectors."), &found), 0);
            assert_memory_equal(&found, &id, sizeof id);
            assert_true(strlen(p.meaning) > 5);
            check_limits(&p);
            check_wrong_types(&p);
        }
    }
}

static void declarations(void **state)
{
    (void)state;
    for (int d = 0; d < CW_DETECTORS; d++)
        for (int t = 0; t < cw_detectors[d]->n_thresholds; t++) {
            const struct cw_threshold *h = &cw_detectors[d]->thresholds[t];
            if (!(h->least <= h->dflt && h->dflt <= h->most && h->least < h->most))
                fail_msg("%s.%s: default out of its range", cw_detectors[d]->name, h->name);
            assert_true(strlen(h->unit) > 0);
        }
}

/* ---- quantities ---- */

static void quantities(void **state)
{
    static const struct {
        int (*parse)(const char *, int64_t *);
        const char *text;
        int64_t value; /* -1: refused */
    } cases[] = {
        {cw_duration_parse, "0s", 0},
        {cw_duration_parse, "20ms", 20000},
        {cw_duration_parse, "1h30m", CW_HOUR + 30 * CW_MINUTE},
        {cw_duration_parse, "2d1us", 2 * CW_DAY + 1},
        {cw_duration_parse, "", -1},
        {cw_duration_parse, "5", -1},
        {cw_duration_parse, "h", -1},
        {cw_duration_parse, "1.5h", -1},
        {cw_duration_parse, "-1h", -1},
        {cw_duration_parse, " 1h", -1},
        {cw_duration_parse, "1h ", -1},
        {cw_duration_parse, "1m1h", -1},
        {cw_duration_parse, "1h1h", -1},
        {cw_duration_parse, "106751992d", -1},
        {cw_duration_parse, "99999999999999999999us", -1},
        {cw_size_parse, "512", 512},
        {cw_size_parse, "512B", 512},
        {cw_size_parse, "64KiB", 65536},
        {cw_size_parse, "1GiB", INT64_C(1) << 30},
        {cw_size_parse, "64KB", -1},
        {cw_size_parse, "KiB", -1},
        {cw_size_parse, "1KiB2", -1},
        {cw_size_parse, "9999999999GiB", -1},
        {cw_int_parse, "007", 7},
        {cw_int_parse, "7 ", -1},
        {cw_int_parse, "+", -1},
        {cw_int_parse, "99999999999999999999", -1},
        {cw_yuan_parse, "20", 20 * CW_YUAN},
        {cw_yuan_parse, "0.0001", 1},
        {cw_yuan_parse, "0.00001", -1},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        int64_t value = -1;
        int err = cases[i].parse(cases[i].text, &value);
        if (value != cases[i].value || err != (value == -1 ? -CW_E_INVALID : 0))
            fail_msg("\"%s\" gave %lld, error %d", cases[i].text, (long long)value, err);
    }
}

static void reals(void **state)
{
    static const char *const bad[] = {"",     "nan", "inf",   "1e999", "0x10", "1,5",
                                      "1.5 ", " 1",  "1.5.2", "-",     "-inf"};
    double value = -1;
    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_int_equal(cw_real_parse(bad[i], &value), -CW_E_INVALID);
    assert_true(value == -1);
    assert_int_equal(cw_real_parse("-6.05", &value), 0);
    assert_true(value == -6.05);
}

/* ---- mistakes ---- */

static void mistakes(void **state)
{
    static const struct {
        const char *text, *complaint; /* after the file's name */
    } cases[] = {
        {"\ninstanze = \"a\";", ":2: instanze: no such setting; did you mean instance?\n"},
        {"kafka = {\n grup = \"a\"; };",
         ":2: kafka.grup: no such setting; did you mean kafka.group?\n"},
        {"kafak = { group = \"a\"; };", ":1: kafak: no such setting; did you mean kafka?\n"},
        {"own_prefixes = [\"86\"];",
         ":1: own_prefixes: no such setting; did you mean operators.own_prefixes?\n"},
        {"qqqqqq = 1;", ":1: qqqqqq: no such setting\n"},
        {"kafka = 3;",
         ":1: kafka: a single value where a group of settings is wanted: kafka = { … };\n"},
        {"detectors = { spend_drop = {\n\n fire_scroe = 3; }; };",
         ":3: detectors.spend_drop.fire_scroe: no such setting; did you mean "
         "detectors.spend_drop.fire_score?\n"},
        {"detectors = { spend_dorp = { }; };",
         ":1: detectors.spend_dorp: no such setting; did you mean detectors.spend_drop?\n"},
        {"detectors = {\n spend_drop = { fire_score = 1000; }; };",
         ":2: detectors.spend_drop.fire_score: 1000 is out of range; allowed: 1 to 100 score\n"},
        {"engine = { threads = 65; };",
         ":1: engine.threads: 65 is out of range; allowed: 0 to 64 threads\n"},
        {"engine = { threads = 9999999999L; };",
         ":1: engine.threads: 9999999999 is out of range; allowed: 0 to 64 threads\n"},
        {"engine = { threads = \"2\"; };",
         ":1: engine.threads: the text \"2\" where a whole number is wanted; allowed: 0 to 64 "
         "threads\n"},
        {"time = { allowed_lateness = \"2 hours\"; };",
         ":1: time.allowed_lateness: the text \"2 hours\" where a duration like \"90s\" or "
         "\"1h30m\" is wanted; allowed: 0s to 22h\n"},
        {"language = \"zh\";", ":1: language: the text \"zh\" where one word of a few is wanted; "
                               "allowed: zh_CN, en\n"},
        {"bus = \"kafak\";", ":1: bus: \"kafak\" is malformed; allowed: kafka or sqlite:PATH\n"},
        {"tasks = { default_manager = \"未分配\"; };",
         ":1: tasks.default_manager: \"未分配\" is malformed; allowed: 1 to 64 of A-Z a-z 0-9 . _ "
         "-\n"},
        {"redis = { prefix = \"cw\"; };", ":1: redis.prefix: \"cw\" is malformed; allowed: 1 to 64 "
                                          "bytes, the last none of A-Z a-z 0-9 "
                                          ". _ -\n"},
        {"redis = { prefix = \"\"; };",
         ":1: redis.prefix: a text of 0 bytes; allowed: 1 to 64 bytes, "},
        {"\ntime = {\n zone = \"Asia/Shanghia\"; };", ":3: time.zone: "},
        {"\n\ncalendar = [\"none.json\"];",
         ":3: calendar: none.json: cannot be opened: No such file or directory\n"},
        {"watched_numbers = [\"10010\", \"+8610\"];",
         ":1: watched_numbers: \"+8610\" is malformed; allowed: at most 10000 numbers, each up to "
         "16 of 0-9, * and #, with a trailing * for a prefix\n"},
        {"watched_numbers = [10010];",
         ":1: watched_numbers: a list whose items are not all text in quotes where a list is "
         "wanted; allowed: at most 10000 numbers, each up to 16 of 0-9, * and #, with a trailing "
         "* for a prefix\n"},
        {"operators = { own_prefixes = [\"+86\"]; };",
         ":1: operators.own_prefixes: \"+86\" is malformed; allowed: at most 10000 prefixes, each "
         "1 to 15 digits\n"},
        {"instance = \"a\";\ninstance = \"b\";", ":2: duplicate setting name"},
        {"instance = \"a\";\nbus = ;\n", ":2: syntax error, at or before the setting bus\n"},
        {"  @include \"/etc/passwd\"\n", ":1: @include is not read; write the settings here\n"},
        {"segments = { };", ":1: segments: a list of at most 256 segments is wanted"},
        {"segments = ( { detectors = { }; } );", ":1: segments[0]: a group with a match is wanted"},
        {"segments = (\n{ match = { }; } );", ":2: segments[0].match: a group of conditions is"},
        {"segments = ( { match = { clas = \"A1\"; }; } );",
         ":1: segments[0].match.clas: no such condition; allowed: kind, class"},
        {"segments = ( { match = { class = \"A9\"; }; } );",
         ":1: segments[0].match.class: the text \"A9\" where one word of a few is wanted; "
         "allowed: A1, A2, B1, B2, C, none\n"},
        {"segments = ( { match = { class = \"A1\"; }; spend_drop = { }; } );",
         ":1: segments[0].spend_drop: no such part; allowed: match, detectors\n"},
        {"segments = ( { match = { class = \"A1\"; };\n detectors = { spend_drop = { mode = 1; }; "
         "}; "
         "} );",
         ":2: segments[0].detectors.spend_drop.mode: \"1\" where one word of a few is wanted; "
         "allowed: off, dry, on\n"},
        {"segments = ( { match = { vip = \"gold\"; }; },\n { match = { class = \"A1\"; };\n "
         "detectors = { spend_dorp = { }; }; } );",
         ":3: segments[1].detectors.spend_dorp: no such setting; did you mean "
         "detectors.spend_drop?\n"},
        {"segments = ( { match = { class = \"A1\"; };\n detectors = { spend_drop = { fire_scroe = "
         "1.0; }; }; } );",
         ":2: segments[0].detectors.spend_drop.fire_scroe: no such setting; did you mean "
         "detectors.spend_drop.fire_score?\n"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct loaded r = load(cases[i].text, NULL, 0);
        const char *said = r.complaints.p + strlen(conf);
        if (r.err != -CW_E_INVALID || r.s || strncmp(r.complaints.p, conf, strlen(conf)) != 0 ||
            strncmp(said, cases[i].complaint, strlen(cases[i].complaint)) != 0)
            fail_msg("%s\ngave (%d): %s", cases[i].text, r.err, r.complaints.p);
        unload(&r);
    }
}

/* What a server would refuse later, or what two settings together make wrong. */
static void addresses_and_topics(void **state)
{
    static const char *const listens[] = {"",          "127.0.0.1:9464", "h:1",     "[::1]:65535",
                                          "unix:/r/x", "localhost:80",   "::1:9464"};
    static const char *const no_listens[] = {
        "nonsense", "unix:", ":80",   "h:",       "127.0.0.1:99999", "h:0",   "h:80x",
        "h:+80",    "[::1]", "[]:80", "h:123456", "h:http",          "h: 80", "h:00080x"};
    static const char *const topics[] = {"a", "billing.events", "A_b-9", "..."};
    static const char *const no_topics[] = {"bad topic!", ".", "..", "a/b", "计费"};
    char path[128] = "unix:/";
    (void)state;
    for (size_t i = 0; i < COUNT(listens); i++)
        assert_loads("http.listen", listens[i]);
    for (size_t i = 0; i < COUNT(no_listens); i++)
        assert_refused("http.listen", no_listens[i]);
    memset(path + 6, 'x', 106); /* as long as a socket's address may be */
    assert_loads("http.listen", path);
    path[112] = 'x';
    assert_refused("http.listen", path);
    for (size_t i = 0; i < COUNT(topics); i++)
        assert_loads("kafka.topics.billing", topics[i]);
    for (size_t i = 0; i < COUNT(no_topics); i++)
        assert_refused("kafka.topics.billing", no_topics[i]);
}

/* The one that was set is blamed, and of two the later. */
static void topics_are_not_shared(void **state)
{
    static const struct {
        const char *text, *complaint;
    } cases[] = {
        {"kafka = { topics = {\n tasks = \"billing.events\"; }; };",
         ":2: kafka.topics.tasks: \"billing.events\" is the topic of kafka.topics.billing, too\n"},
        {"kafka = { topics = {\n billing = \"task.outcomes\"; }; };",
         ":2: kafka.topics.billing: \"task.outcomes\" is the topic of kafka.topics.outcomes, "
         "too\n"},
        {"kafka = { topics = {\n state = \"one\";\n control = \"one\"; }; };",
         ":3: kafka.topics.control: \"one\" is the topic of kafka.topics.state, too\n"},
        {"kafka = { topics = { billing = \"service.events\"; service = \"billing.events\"; }; };",
         NULL},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct loaded r = load(cases[i].text, NULL, 0);
        if (!cases[i].complaint)
            assert_string_equal(r.complaints.p, "");
        else if (strcmp(r.complaints.p + strlen(conf), cases[i].complaint) != 0)
            fail_msg("%s\ngave (%d): %s", cases[i].text, r.err, r.complaints.p);
        assert_int_equal(r.err, cases[i].complaint ? -CW_E_INVALID : 0);
        unload(&r);
    }
}

/* One load names them all, file and overrides, in order. */
static void all_mistakes(void **state)
{
    char *overrides[] = {"instance=", "nonsense", "log.levle=info"};
    (void)state;
    struct loaded r = load("bus = 1;\ntime = { zone = \"Nowhere\"; idle_tick = 0; };\n", overrides,
                           COUNT(overrides));
    const char *const order[] = {
        ":1: bus: ",
        ":2: time.idle_tick: ",
        "-o instance: ",
        "-o nonsense: path=value is wanted",
        "-o log.levle: no such setting; did you mean log.level?",
        ":2: time.zone: ",
    };
    assert_int_equal(r.err, -CW_E_INVALID);
    const char *at = r.complaints.p;
    for (size_t i = 0; i < COUNT(order); i++) {
        at = strstr(at, order[i]);
        if (!at)
            fail_msg("\"%s\" is missing in: %s", order[i], r.complaints.p);
    }
    unload(&r);
}

/* Whatever is wrong, what may be a password is named and not quoted: complaints go into logs. */
static void secrets_are_not_quoted(void **state)
{
    static const struct {
        const char *text, *override, *complaint;
    } cases[] = {
        {"kafka = { properties = [\"a=b\", \"sasl.password:hunter2\"]; };", NULL,
         ":1: kafka.properties: entry 2 is malformed; allowed: at most 1000 properties, each "
         "name=value\n"},
        {"kafka = {\n properties = \"sasl.password=hunter2\"; };", NULL,
         ":2: kafka.properties: a text where a list is wanted; allowed: "},
        {"redis = { url = \"hunter2@h\"; };", NULL,
         ":1: redis.url: the text is malformed; allowed: "},
        {"redis = { url = hunter2; };", NULL, ":1: syntax error, at or before the setting redis\n"},
        {"redis = {\n url = \"redis://:hunter2@h\" 3; };", NULL,
         ":2: syntax error, at or before the setting url\n"},
        {"kafka = { properties = [ \"a=b\"\n hunter2 ]; };", NULL,
         ":2: syntax error, at this line or before it\n"},
        {"", "kafka.propertis.sasl.password=hunter2",
         "-o kafka.propertis.sasl.password: no such setting"},
        {"", "kafka.properties.sasl.password:hunter2",
         "-o kafka.properties.sasl.password: path=value is wanted\n"},
        {"", "kafka.properties.=hunter2", "-o kafka.properties.: entry 1 is malformed; allowed: "},
        {"", "kafka.properties=a=b,hunter2",
         "-o kafka.properties: entry 2 is malformed; allowed: "},
        {"", "redis.url=hunter2@h", "-o redis.url: the text is malformed; allowed: "},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char override[64];
        (void)snprintf(override, sizeof override, "%s", cases[i].override ? cases[i].override : "");
        char *one[] = {override};
        struct loaded r = load(cases[i].text, one, *override ? 1 : 0);
        if (r.err != -CW_E_INVALID || strstr(r.complaints.p, "hunter2") ||
            !strstr(r.complaints.p, cases[i].complaint))
            fail_msg("%s%s\ngave (%d): %s", cases[i].text, override, r.err, r.complaints.p);
        unload(&r);
    }
}

static void no_file(void **state)
{
    struct cw_settings *s = NULL;
    struct cw_buf complaints = {0};
    (void)state;
    assert_int_equal(cw_settings_load("/nonexistent/cw.conf", NULL, &s, &complaints), -CW_E_IO);
    assert_null(s);
    cw_buf_put(&complaints, "", 1);
    assert_string_equal(complaints.p,
                        "/nonexistent/cw.conf: cannot be opened: No such file or directory\n");
    cw_buf_free(&complaints);
}

static void distances(void **state)
{
    static const struct {
        const char *a, *b;
        size_t distance;
    } cases[] = {{"", "", 0},          {"", "abc", 3},           {"abc", "abc", 0},
                 {"abc", "acb", 1},    {"kitten", "sitting", 3}, {"ab", "ba", 1},
                 {"group", "grup", 1}, {"ca", "abc", 3}};
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct cw_str a = {cases[i].a, strlen(cases[i].a)}, b = {cases[i].b, strlen(cases[i].b)};
        assert_int_equal(cw_known_distance(a, b), cases[i].distance);
        assert_int_equal(cw_known_distance(b, a), cases[i].distance);
    }
}

/* ---- what is set ---- */

static void overrides_win(void **state)
{
    char *overrides[] = {"kafka.group=one",
                         "kafka.group=two",
                         "watched_numbers=10010,0580*",
                         "kafka.properties.security.protocol=ssl",
                         "detectors.spend_drop.fire_score=12.5",
                         "detectors.outage.mode=off",
                         "operators.own_prefixes="};
    (void)state;
    struct loaded r = load("kafka = { group = \"file\"; properties = [\"a=b=c\"]; };\n"
                           "operators = { own_prefixes = (\"86134\"); };\ninstance = \"cw-7\";\n",
                           overrides, COUNT(overrides));
    assert_string_equal(r.complaints.p, "");
    assert_int_equal(r.err, 0);
    assert_string_equal(r.s->kafka_group, "two");
    assert_string_equal(r.s->instance, "cw-7");
    assert_int_equal(r.s->watched_numbers.n, 2);
    assert_string_equal(r.s->watched_numbers.items[1], "0580*");
    assert_int_equal(r.s->kafka_properties.n, 2);
    assert_string_equal(r.s->kafka_properties.items[0], "a=b=c");
    assert_string_equal(r.s->kafka_properties.items[1], "security.protocol=ssl");
    assert_int_equal(r.s->own_prefixes.n, 0);
    struct cw_threshold_id id;
    assert_int_equal(cw_threshold_find("spend_drop.fire_score", &id), 0);
    assert_true(r.s->base.value[id.detector][id.threshold] == 12.5);
    assert_int_equal(r.s->base.mode[CW_DET_outage], CW_MODE_OFF);
    assert_int_equal(r.s->base.mode[CW_DET_spend_drop], CW_MODE_ON);
    unload(&r);
}

static void defaults(void **state)
{
    struct cw_settings *s = NULL;
    struct cw_errbuf eb;
    (void)state;
    assert_int_equal(cw_settings_default(&s, &eb), 0);
    assert_int_equal(s->allowed_lateness, 2 * CW_HOUR);
    assert_int_equal(s->max_event_bytes, 65536);
    assert_int_equal(s->escalation_spend, 50000 * CW_YUAN);
    assert_int_equal(s->engine_threads, sysconf(_SC_NPROCESSORS_ONLN) >= 2 ? 2 : 1);
    assert_true(cw_calendar_working(s->workdays, cw_day_of((struct cw_date){2025, 1, 1})));
    assert_int_equal(cw_zone_offset(s->zone, 0), 8 * 3600);
    assert_int_equal(s->n_segments, 0);
    cw_settings_free(s);
    cw_settings_free(NULL);
}

static void embedded_log_has_one_thread(void **state)
{
    (void)state;
    struct loaded r = load_one("bus", "sqlite:/tmp/x");
    assert_int_equal(r.err, 0);
    assert_int_equal(r.s->engine_threads, 1);
    unload(&r);
}

/* Beside the file, with the mark that editors on Windows put first. */
static void calendars(void **state)
{
    char path[80];
    (void)state;
    (void)snprintf(path, sizeof path, "%s/days.json", folder);
    write_file(path, "\xEF\xBB\xBF{\"year\": 2025, \"days\": [{\"name\": \"x\", \"date\": "
                     "\"2025-01-01\", \"isOffDay\": true}]}");
    struct loaded r = load("\xEF\xBB\xBF"
                           "calendar = [\"days.json\"];",
                           NULL, 0);
    assert_string_equal(r.complaints.p, "");
    assert_false(cw_calendar_working(r.s->workdays, cw_day_of((struct cw_date){2025, 1, 1})));
    unload(&r);
    write_file(path, "{\"days\": [\n{\"date\": 1}]}");
    r = load("\ncalendar = [\"days.json\"];", NULL, 0);
    assert_int_equal(r.err, -CW_E_INVALID);
    assert_non_null(strstr(r.complaints.p, "cw.conf:2: calendar: days.json: /days/0 needs"));
    unload(&r);
}

/* ---- segments ---- */

static const char segments_text[] =
    "detectors = { spend_drop = { fire_score = 10.0; mode = \"off\"; }; };\n"
    "segments = (\n"
    " { match = { client = \"g-1\"; }; detectors = { spend_drop = { fire_score = 16.0; }; }; },\n"
    " { match = { manager = \"am042\"; kind = \"group\"; }; detectors = { spend_drop = { fire_score"
    " = 15; }; }; },\n"
    " { match = { county = \"庆元\"; }; detectors = { spend_drop = { fire_score = 14.0; }; }; },\n"
    " { match = { vip = \"gold\"; }; detectors = { spend_drop = { fire_score = 13.0; }; }; },\n"
    " { match = { class = \"A1\"; }; detectors = { spend_drop = { fire_score = 12.0; }; }; },\n"
    " { match = { class = \"A1\"; }; detectors = { spend_drop = { fire_score = 12.5; }; }; },\n"
    " { match = { kind = \"group\"; }; detectors = { spend_drop = { fire_score = 11.0; mode = "
    "\"dry\"; "
    "}; }; },\n"
    " { match = { class = \"none\"; }; detectors = { outage = { mode = \"off\"; }; }; }\n"
    ");\n";

static void segments(void **state)
{
    static const struct {
        struct cw_segment_key key;
        double fire_score;
        int mode, outage;
    } cases[] = {
#define WHO(id, who, place)                                                                        \
    .client = {id, sizeof id - 1}, .manager = {who, sizeof who - 1},                               \
    .county = {place, sizeof place - 1}
        {{WHO("i-1", "", ""), .class_ = CW_CLASS_NONE, .vip = CW_VIP_NONE, .kind = CW_INDIVIDUAL},
         10,
         CW_MODE_OFF,
         CW_MODE_OFF},
        {{WHO("g-2", "", ""), .class_ = CW_CLASS_A2, .vip = CW_VIP_NONE, .kind = CW_GROUP},
         11,
         CW_MODE_DRY,
         CW_MODE_ON},
        {{WHO("g-2", "", ""), .class_ = CW_CLASS_A1, .vip = CW_VIP_NONE, .kind = CW_GROUP},
         12.5,
         CW_MODE_DRY,
         CW_MODE_ON},
        {{WHO("g-2", "", ""), .class_ = CW_CLASS_A1, .vip = CW_VIP_GOLD, .kind = CW_GROUP},
         13,
         CW_MODE_DRY,
         CW_MODE_ON},
        {{WHO("g-2", "am001", "庆元"), .class_ = CW_CLASS_A1, .vip = CW_VIP_GOLD, .kind = CW_GROUP},
         14,
         CW_MODE_DRY,
         CW_MODE_ON},
        {{WHO("g-2", "am042", "庆元"), .class_ = CW_CLASS_A1, .vip = CW_VIP_GOLD, .kind = CW_GROUP},
         15,
         CW_MODE_DRY,
         CW_MODE_ON},
        {{WHO("i-2", "am042", ""), .class_ = CW_CLASS_C, .vip = CW_VIP_NONE, .kind = CW_INDIVIDUAL},
         10,
         CW_MODE_OFF,
         CW_MODE_ON},
        {{WHO("g-1", "am042", "庆元"), .class_ = CW_CLASS_A1, .vip = CW_VIP_GOLD, .kind = CW_GROUP},
         16,
         CW_MODE_DRY,
         CW_MODE_ON},
        {{WHO("g-11", "am04", "庆"), .class_ = CW_CLASS_B1, .vip = CW_VIP_NONE, .kind = CW_GROUP},
         11,
         CW_MODE_DRY,
         CW_MODE_ON},
    };
    struct cw_threshold_id id;
    (void)state;
    struct loaded r = load(segments_text, NULL, 0);
    assert_string_equal(r.complaints.p, "");
    assert_int_equal(cw_threshold_find("spend_drop.fire_score", &id), 0);
    for (size_t i = 0; i < COUNT(cases); i++) {
        uint64_t words[CW_SEGMENT_WORDS] = {~UINT64_C(0), 1, 1, 1};
        struct cw_policy p;
        cw_settings_match(r.s, &cases[i].key, words);
        cw_settings_policy(r.s, words, &p);
        if (p.value[id.detector][id.threshold] != cases[i].fire_score ||
            p.mode[CW_DET_spend_drop] != cases[i].mode || p.mode[CW_DET_outage] != cases[i].outage)
            fail_msg("case %zu: %g", i, p.value[id.detector][id.threshold]);
        assert_int_equal(words[1] | words[2] | words[3], 0);
    }
    unload(&r);
}

/* The last of as many as there may be still counts, and one more is refused. */
static void most_segments(void **state)
{
    struct cw_segment_key key = {.client = CW_STR("c255"), .kind = CW_GROUP};
    (void)state;
    for (int n = CW_SEGMENTS_MOST; n <= CW_SEGMENTS_MOST + 1; n++) {
        struct cw_buf b = {0};
        cw_buf_puts(&b, "segments = (");
        for (int i = 0; i < n; i++)
            cw_buf_printf(&b, "%s { match = { client = \"c%d\"; }; }", i ? "," : "", i);
        cw_buf_puts(&b, ");");
        cw_buf_put(&b, "", 1);
        struct loaded r = load(b.p, NULL, 0);
        assert_int_equal(r.err, n > CW_SEGMENTS_MOST ? -CW_E_INVALID : 0);
        uint64_t words[CW_SEGMENT_WORDS];
        if (r.s) {
            cw_settings_match(r.s, &key, words);
            assert_int_equal(words[0] | words[1] | words[2], 0);
            assert_true(words[3] == UINT64_C(1) << 63);
        }
        unload(&r);
        cw_buf_free(&b);
    }
}

/* ---- what is made from the tables ---- */

static char *made(void (*write)(FILE *out))
{
    static char *text; /* the stream keeps its address */
    static size_t n;
    FILE *out = open_memstream(&text, &n);
    assert_non_null(out);
    write(out);
    assert_int_equal(fclose(out), 0);
    return text;
}

static char *committed(const char *path)
{
    FILE *in = fopen(path, "r");
    assert_non_null(in);
    char *text = NULL;
    size_t room = 0;
    ssize_t n = getdelim(&text, &room, '\0', in);
    assert_true(n > 0);
    assert_int_equal(fclose(in), 0);
    return text;
}

static void assert_up_to_date(const char *path, void (*write)(FILE *out))
{
    char *is = committed(path), *should = made(write);
    if (strcmp(is, should) != 0)
        fail_msg("%s is not what the tables say: build the target \"reference\"", path);
    free(is);
    free(should);
}

static void committed_files(void **state)
{
    (void)state;
    assert_up_to_date(CW_SOURCE_DIR "/config/churnwatch.conf", cw_reference_sample);
    assert_up_to_date(CW_SOURCE_DIR "/docs/settings.md", cw_reference_page);
}

/* Takes the mark off each setting of the sample; says how many there were. */
static int uncomment(char *text)
{
    int n = 0;
    for (char *line = text; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        char *mark = line + strspn(line, " ");
        if (mark[0] == '#' && mark[1] != ' ' && mark[1] != '\n') {
            *mark = ' ';
            n++;
        }
    }
    return n;
}

/* All settings equal, whatever came from where. */
static void assert_default(struct cw_settings *s)
{
    struct cw_settings *d = NULL;
    assert_int_equal(cw_settings_default(&d, NULL), 0);
    for (int i = 0; i < CW_PARAMS; i++) {
        char *is = printed(&cw_params[i], cw_param_field(&cw_params[i], s));
        char *should = printed(&cw_params[i], cw_param_field(&cw_params[i], d));
        assert_string_equal(is, should);
        free(is);
        free(should);
    }
    assert_memory_equal(s->base.value, d->base.value, sizeof s->base.value);
    assert_memory_equal(s->base.mode, d->base.mode, sizeof s->base.mode);
    cw_settings_free(d);
}

/* As it is and with every setting in force, the sample says the defaults, and it has them all. */
static void sample(void **state)
{
    int all = CW_PARAMS + 1; /* and segments */
    (void)state;
    for (int d = 0; d < CW_DETECTORS; d++)
        all += cw_threshold_count(d);
    char *text = made(cw_reference_sample);
    for (int i = 0; i < 2; i++) {
        struct loaded r = load(text, NULL, 0);
        assert_string_equal(r.complaints.p, "");
        assert_default(r.s);
        unload(&r);
        assert_int_equal(uncomment(text), i == 0 ? all : 0);
    }
    free(text);
}

static void page(void **state)
{
    char row[CW_PATH_MOST];
    (void)state;
    char *text = made(cw_reference_page);
    for (int i = 0; i < CW_PARAMS; i++) {
        (void)snprintf(row, sizeof row, "\n| `%s` | `", cw_params[i].path);
        assert_non_null(strstr(text, row));
        assert_non_null(strstr(text, cw_params[i].meaning));
    }
    for (int d = 0; d < CW_DETECTORS; d++) {
        (void)snprintf(row, sizeof row, "\n### %s\n", cw_detectors[d]->name);
        const char *at = strstr(text, row);
        for (int i = 0; at && i < cw_threshold_count(d); i++) {
            (void)snprintf(row, sizeof row, "\n| `%s` | `",
                           cw_threshold_name(cw_threshold_at(d, i)));
            at = strstr(at + 1, row);
        }
        assert_non_null(at);
    }
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows),
        cmocka_unit_test(thresholds),
        cmocka_unit_test(declarations),
        cmocka_unit_test(quantities),
        cmocka_unit_test(reals),
        cmocka_unit_test(mistakes),
        cmocka_unit_test(addresses_and_topics),
        cmocka_unit_test(topics_are_not_shared),
        cmocka_unit_test(all_mistakes),
        cmocka_unit_test(secrets_are_not_quoted),
        cmocka_unit_test(no_file),
        cmocka_unit_test(distances),
        cmocka_unit_test(overrides_win),
        cmocka_unit_test(defaults),
        cmocka_unit_test(embedded_log_has_one_thread),
        cmocka_unit_test(calendars),
        cmocka_unit_test(segments),
        cmocka_unit_test(most_segments),
        cmocka_unit_test(committed_files),
        cmocka_unit_test(sample),
        cmocka_unit_test(page),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
