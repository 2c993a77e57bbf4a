/* What is checked of the topics at start, or made, on Apache Kafka; see bus_kafka.c for where the
 * broker comes from. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus/kafka_handle.h"
#include "bus/topics.h"
#include "bus/topics_admin.h"
#include "tests/support/kafka_settings.h"

enum { SEEN_TRIES = 600, SEEN_MS = 50, ANSWER_MS = 30000 };

static struct cw_errbuf eb;

static void assert_says(const char *part)
{
    if (!strstr(eb.text, part))
        fail_msg("not said: \"%s\"; said: \"%s\"", part, eb.text);
}

static void assert_checked(const struct cw_settings *s)
{
    if (cw_topics_check(s, &eb) != 0)
        fail_msg("%s", eb.text);
}

static rd_kafka_t *administrator(const struct cw_settings *s)
{
    const struct cw_kafka_client producer = {.type = RD_KAFKA_PRODUCER};
    rd_kafka_t *rk = cw_kafka_handle(s, &producer, &eb);
    assert_non_null(rk);
    return rk;
}

static void make(rd_kafka_t *rk, const char *topic, int32_t partitions)
{
    int32_t n = 0;
    const struct cw_new_topic fresh = {.name = topic, .partitions = partitions};
    if (cw_topics_create(rk, &fresh, 1, &eb) != 0)
        fail_msg("%s", eb.text);
    for (int i = 0; i < SEEN_TRIES && n == 0; i++) {
        assert_int_equal(cw_topics_partitions(rk, topic, ANSWER_MS, &n, &eb), 0);
        (void)rd_kafka_poll(rk, SEEN_MS);
    }
    assert_int_equal(n, partitions);
}

static void what_is_missing_is_named_with_the_command(void **state)
{
    (void)state;
    struct cw_settings *s = cw_test_kafka_settings("missing");
    rd_kafka_t *rk = administrator(s);
    char command[400];
    make(rk, s->topic_billing, 2);
    assert_int_equal(cw_topics_check(s, &eb), -CW_E_IO);
    assert_says("topics missing: 8.");
    (void)snprintf(command, sizeof command, "for t in %s %s %s", s->topic_service,
                   s->topic_profiles, s->topic_outcomes);
    assert_says(command);
    assert_says(s->topic_tasks);
    assert_null(strstr(eb.text, s->topic_billing));
    assert_says("kafka.create_topics = true");
    (void)snprintf(command, sizeof command,
                   "; do kafka-topics.sh --bootstrap-server %s --create --topic $t; done",
                   s->kafka_bootstrap);
    assert_says(command);
    rd_kafka_destroy(rk);
    cw_settings_free(s);
}

/* A start waits for them as long as it hears of this. */
static void brokers_that_are_away_are_worth_another_try(void **state)
{
    (void)state;
    struct cw_settings *s = cw_test_kafka_settings("away");
    free(s->kafka_bootstrap);
    s->kafka_bootstrap = strdup("127.0.0.1:9"); /* where nobody listens */
    assert_int_equal(cw_topics_check(s, &eb), -CW_E_RETRY);
    cw_settings_free(s);
}

static void unequal_counts_are_refused(void **state)
{
    (void)state;
    struct cw_settings *s = cw_test_kafka_settings("unequal");
    rd_kafka_t *rk = administrator(s);
    char text[300];
    make(rk, s->topic_billing, 3);
    make(rk, s->topic_outcomes, 2);
    s->kafka_create_topics = true;
    assert_int_equal(cw_topics_check(s, &eb), -CW_E_INVALID);
    (void)snprintf(text, sizeof text, "topic %s has 2 partitions and %s has 3", s->topic_outcomes,
                   s->topic_billing);
    assert_says(text);
    rd_kafka_destroy(rk);
    cw_settings_free(s);
}

/* What is made follows the count of billing, but for what every instance reads whole; and the check
 * is content with what it made. */
static void what_is_made_is_as_it_must_be(void **state)
{
    (void)state;
    struct cw_settings *s = cw_test_kafka_settings("made");
    rd_kafka_t *rk = administrator(s);
    make(rk, s->topic_billing, 2);
    s->kafka_create_topics = true;
    assert_checked(s);
    s->kafka_create_topics = false;
    assert_checked(s);
    static const int32_t partitions[] = {2, 2, 2, 2, 2, 1, 1};
    static const char *const values[] = {"LogAppendTime", "compact", "delete", "delete",
                                         "delete",        "compact", "-1"};
    struct cw_topic_question rows[] = {
        {s->topic_service, "message.timestamp.type", ""}, {s->topic_profiles, "cleanup.policy", ""},
        {s->topic_outcomes, "cleanup.policy", ""},        {s->topic_tasks, "cleanup.policy", ""},
        {s->topic_state, "cleanup.policy", ""},           {s->topic_managers, "cleanup.policy", ""},
        {s->topic_control, "retention.ms", ""},
    };
    assert_int_equal(cw_topics_ask(rk, rows, sizeof rows / sizeof *rows, &eb), 0);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int32_t n;
        assert_int_equal(cw_topics_partitions(rk, rows[i].topic, ANSWER_MS, &n, &eb), 0);
        assert_int_equal(n, partitions[i]);
        assert_string_equal(rows[i].answer, values[i]);
    }
    rd_kafka_destroy(rk);
    cw_settings_free(s);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_missing_is_named_with_the_command),
        cmocka_unit_test(brokers_that_are_away_are_worth_another_try),
        cmocka_unit_test(unequal_counts_are_refused),
        cmocka_unit_test(what_is_made_is_as_it_must_be),
    };
    return cw_test_kafka() ? cmocka_run_group_tests(tests, NULL, NULL) : CW_TEST_SKIPPED;
}
