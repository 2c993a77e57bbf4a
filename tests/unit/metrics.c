/* The metrics page, read as Prometheus would: every metric declared once, with a sentence, before
 * its samples; label values escaped; every counter there. The status is JSON. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "daemon/status.h"

static struct cw_settings settings;
static struct cw_shard_status shards[2];
static struct cw_feeds feeds;
static struct cw_reload reload;
static struct cw_accuracy_list accuracy;
static struct cw_delivery_shard deliveries[1] = {{.shard = 3, .stored = 41, .refused = true}};

/* The first and the last name nobody. */
static const char *const segments[] = {"class=\"A1\"",           "client=8613510000021",
                                       "manager=am042",          "kind=group,client=g-580-0042",
                                       "class=A1,manager=am042", "county=client of manager=x"};

static struct cw_metrics_view view(struct cw_board *board)
{
    static char billing[] = "a\"b\\c", other[] = "t", instance[] = "cw-0";
    settings = (struct cw_settings){.topic_billing = billing,
                                    .topic_service = other,
                                    .topic_profiles = other,
                                    .topic_outcomes = other,
                                    .instance = instance,
                                    .zone = settings.zone};
    shards[0] = (struct cw_shard_status){.shard = 3, .standing = CW_SHARD_RUNNING, .clients = 7};
    shards[0].counters.by_detector[0] = 5;
    shards[1] = (struct cw_shard_status){
        .shard = 4, .standing = CW_SHARD_STOPPED, .reason = "torn \"state\"", .clock = CW_NO_TIME};
    for (enum cw_input in = 0; in < CW_INPUTS; in++)
        shards[1].lag[in] = -1;
    shards[0].lag[CW_IN_BILLING] = 9;
    const bool spoken[CW_INPUTS] = {false};
    cw_feeds_begin(&feeds, CW_HOUR, 0);
    cw_feeds_look(&feeds, board, spoken, CW_MINUTE);
    for (size_t i = 0; i < sizeof segments / sizeof *segments; i++) {
        struct cw_accuracy_row *row = &accuracy.rows[i];
        *row = (struct cw_accuracy_row){.detector = 1};
        (void)snprintf(row->segment, sizeof row->segment, "%s", segments[i]);
        row->tasks[CW_RESULT_FALSE_ALARM] = 6;
    }
    accuracy.n = sizeof segments / sizeof *segments;
    return (struct cw_metrics_view){.settings = &settings,
                                    .accuracy = &accuracy,
                                    .board = board,
                                    .feeds = &feeds,
                                    .reload = &reload,
                                    .live_version = 5,
                                    .shards = shards,
                                    .n_shards = 2,
                                    .deliveries = deliveries,
                                    .n_deliveries = 1,
                                    .delivery = CW_DELIVERY_OPEN};
}

static char *page(struct cw_board *board, struct cw_buf *b)
{
    struct cw_metrics_view v = view(board);
    cw_metrics_write(b, &v);
    cw_buf_put(b, "", 1);
    assert_false(b->failed);
    return b->p;
}

/* "name" or "name{label="value",…}", a blank and a number. */
static void check_sample(const char *line, const char *declared, bool histogram)
{
    char name[128];
    size_t n = strspn(line, "abcdefghijklmnopqrstuvwxyz_"), stem = strlen(declared);
    (void)snprintf(name, sizeof name, "%.*s", (int)n, line);
    if (histogram && strncmp(name, declared, stem) == 0)
        assert_non_null(strstr("_bucket _sum _count", name + stem));
    else
        assert_string_equal(name, declared);
    const char *p = line + n;
    bool quoted = false;
    if (*p == '{') {
        for (p++; *p && (quoted || *p != '}'); p++) {
            if (quoted && *p == '\\' && p[1])
                p++;
            else if (*p == '"')
                quoted = !quoted;
        }
        assert_true(*p++ == '}');
    }
    double value;
    char rest;
    assert_int_equal(sscanf(p, " %lf%c", &value, &rest), 1);
}

static void test_page(void **state)
{
    (void)state;
    struct cw_board *board = cw_board_new();
    struct cw_buf b = {0};
    char declared[128] = "", seen[65536] = " ";
    bool histogram = false;
    cw_board_count(board, CW_COUNT_delivered, 12);
    cw_board_reject(board, CW_IN_BILLING, CW_REJECT_NOT_JSON);
    for (char *line = strtok(page(board, &b), "\n"); line; line = strtok(NULL, "\n")) {
        char name[127], word[130];
        if (sscanf(line, "# HELP %126s %126s", name, word) == 2) {
            (void)snprintf(word, sizeof word, " %s ", name);
            if (strstr(seen, word))
                fail_msg("%s is declared twice", name);
            (void)strcat(seen, word);
            (void)snprintf(declared, sizeof declared, "%s", name);
        } else if (sscanf(line, "# TYPE %126s", name) == 1) {
            assert_string_equal(name, declared);
            histogram = strstr(line, " histogram") != NULL;
        } else {
            check_sample(line, declared, histogram);
        }
    }
#define COUNTER(name, labels, text) assert_non_null(strstr(seen, " churnwatch_" #name "_total "));
#include "board/counters.def"
#undef COUNTER
#define HISTOGRAM(name, bounds, text) assert_non_null(strstr(seen, " churnwatch_" #name " "));
#include "board/histograms.def"
#undef HISTOGRAM
#define X(name, text) assert_non_null(strstr(seen, " churnwatch_shard_" #name "_total "));
    CW_SHARD_COUNTERS(X)
#undef X
    cw_buf_free(&b);
    cw_board_free(board);
}

static void test_values(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "churnwatch_delivered_total 12\n",
        "churnwatch_dead_letters_total{topic=\"a\\\"b\\\\c\",code=\"not-json\"} 1\n",
        "churnwatch_shard_clients{shard=\"3\"} 7\n",
        ("churnwatch_task_results{detector=\"spend_drop\",segment=\"class=\\\"A1\\\"\","
         "result=\"false_alarm\"} 6\n"),
        "churnwatch_shard_stopped{shard=\"4\"} 1\n",
        "churnwatch_shard_clock_timestamp_seconds{shard=\"4\"} 0\n",
        "churnwatch_delivery_offset{shard=\"3\"} 41\n",
        "churnwatch_delivery_refused{shard=\"3\"} 1\n",
        "churnwatch_redis_up 1\n",
        "churnwatch_ready 0\n",
        "churnwatch_input_messages_total{topic=\"a\\\"b\\\\c\"} 1\n",
        "churnwatch_events_total{type=\"service.port_out\"} 1\n",
        "churnwatch_lag_messages{shard=\"3\",topic=\"a\\\"b\\\\c\"} 9\n",
        "churnwatch_commit_seconds_bucket{le=\"0.005\"} 0\n",
        "churnwatch_commit_seconds_bucket{le=\"0.01\"} 1\n",
        "churnwatch_commit_seconds_bucket{le=\"+Inf\"} 2\n",
        "churnwatch_commit_seconds_sum 4000.01\n",
        "churnwatch_commit_seconds_count 2\n",
        "churnwatch_feed_silent{topic=\"a\\\"b\\\\c\"} 0\n",
    };
    struct cw_board *board = cw_board_new();
    struct cw_buf b = {0};
    cw_board_count(board, CW_COUNT_delivered, 12);
    cw_board_reject(board, CW_IN_BILLING, CW_REJECT_NOT_JSON);
    cw_board_taken(board, CW_IN_BILLING, CW_SECOND);
    cw_board_event(board, CW_EV_PORT_OUT);
    cw_board_observe(board, CW_HISTOGRAM_commit_seconds, CW_SECOND / 100);
    cw_board_observe(board, CW_HISTOGRAM_commit_seconds, 4000 * CW_SECOND);
    const char *text = page(board, &b);
    assert_null(strstr(text, "churnwatch_lag_messages{shard=\"4\""));
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        if (!strstr(text, lines[i]))
            fail_msg("not there: %s", lines[i]);
    char signals[128];
    (void)snprintf(signals, sizeof signals,
                   "churnwatch_signals_total{detector=\"%s\",shard=\"3\"} 5\n",
                   cw_detectors[0]->name);
    assert_non_null(strstr(text, signals));
    cw_buf_free(&b);
    cw_board_free(board);
}

/* How often it is there. */
static size_t count_of(const char *text, const char *what)
{
    size_t n = 0;
    for (const char *p = text; (p = strstr(p, what)); p++)
        n++;
    return n;
}

static void test_labels_name_nobody(void **state)
{
    (void)state;
    struct cw_board *board = cw_board_new();
    struct cw_buf b = {0};
    const char *text = page(board, &b);
    assert_null(strstr(text, "8613510000021"));
    assert_null(strstr(text, "g-580-0042"));
    assert_null(strstr(text, "am042"));
    assert_int_equal(count_of(text, "segment=\"class="), CW_RESULTS);
    assert_int_equal(count_of(text, "segment=\"county=client of manager=x\""), CW_RESULTS);
    cw_buf_free(&b);
    cw_board_free(board);
}

/* What is committed is what the tables say now. */
static void test_reference(void **state)
{
    (void)state;
    char *text = NULL, *stored = calloc(1, 1 << 18);
    size_t n = 0;
    FILE *made = open_memstream(&text, &n), *f = fopen(CW_SOURCE_DIR "/docs/metrics.md", "r");
    assert_non_null(made);
    assert_non_null(f);
    cw_metrics_page(made);
    assert_int_equal(fclose(made), 0);
    assert_true(fread(stored, 1, (1 << 18) - 1, f) > 0);
    (void)fclose(f);
    if (strcmp(stored, text) != 0)
        fail_msg("docs/metrics.md is out of date: cmake --build BUILD --target reference");
    free(text);
    free(stored);
}

static void test_status(void **state)
{
    (void)state;
    struct cw_errbuf eb;
    assert_int_equal(cw_zone_load("UTC", &settings.zone, &eb), 0);
    struct cw_board *board = cw_board_new();
    struct cw_metrics_view v = view(board);
    struct cw_buf b = {0};
    cw_status_write(&b, &v, INT64_C(1772388000000000));
    json_t *root = json_loadb(b.p, b.n, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(root);
    assert_string_equal(json_string_value(json_object_get(root, "instance")), "cw-0");
    assert_string_equal(json_string_value(json_object_get(root, "at")),
                        "2026-03-01T18:00:00+00:00");
    json_t *second = json_array_get(json_object_get(root, "shards"), 1);
    assert_string_equal(json_string_value(json_object_get(second, "standing")), "stopped");
    assert_string_equal(json_string_value(json_object_get(second, "reason")), "torn \"state\"");
    assert_true(json_is_null(json_object_get(second, "clock")));
    json_t *accurate = json_object_get(root, "accuracy");
    json_t *right = json_array_get(accurate, 0);
    assert_string_equal(json_string_value(json_object_get(right, "detector")), "spend_drop");
    assert_string_equal(json_string_value(json_object_get(right, "segment")), "class=\"A1\"");
    assert_int_equal(json_integer_value(json_object_get(right, "false_alarm")), 6);
    assert_int_equal(json_array_size(accurate), 4);
    for (size_t i = 0; i < 4; i++)
        assert_null(strstr(
            json_string_value(json_object_get(json_array_get(accurate, i), "segment")), "client="));
    json_t *billing = json_array_get(json_object_get(root, "feeds"), CW_IN_BILLING);
    assert_string_equal(json_string_value(json_object_get(billing, "topic")), "a\"b\\c");
    assert_int_equal(json_integer_value(json_object_get(billing, "silent_after_s")), 3600);
    assert_true(json_is_null(json_object_get(billing, "usual_pause_s")));
    assert_true(json_is_false(json_object_get(billing, "silent")));
    json_decref(root);
    cw_buf_free(&b);
    cw_board_free(board);
    cw_zone_free(settings.zone);
    settings.zone = NULL;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_page),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_labels_name_nobody),
        cmocka_unit_test(test_reference),
        cmocka_unit_test(test_status),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
