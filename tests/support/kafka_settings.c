/* Settings for a test on a real broker. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/support/kafka_settings.h"

const char *cw_test_kafka(void)
{
    const char *broker = getenv("CW_TEST_KAFKA");
    if (!broker)
        (void)fputs("SKIPPED: CW_TEST_KAFKA names no broker (host:port)\n", stderr);
    return broker;
}

static void replace(char **field, const char *prefix, const char *name)
{
    char text[200];
    (void)snprintf(text, sizeof text, "%s%s%s", prefix, *prefix ? "-" : "", name);
    free(*field);
    *field = strdup(text);
    assert_non_null(*field);
}

struct cw_settings *cw_test_kafka_settings(const char *test)
{
    struct cw_settings *s;
    struct cw_errbuf eb;
    char prefix[100];
    (void)snprintf(prefix, sizeof prefix, "%s-%ld-%d", test, (long)time(NULL), (int)getpid());
    if (cw_settings_default(&s, &eb) != 0)
        fail_msg("default settings: %s", eb.text);
    replace(&s->kafka_bootstrap, "", cw_test_kafka());
    replace(&s->instance, prefix, "slot");
    replace(&s->kafka_group, prefix, "group");
    replace(&s->topic_billing, prefix, "billing");
    replace(&s->topic_service, prefix, "service");
    replace(&s->topic_profiles, prefix, "profiles");
    replace(&s->topic_managers, prefix, "managers");
    replace(&s->topic_outcomes, prefix, "outcomes");
    replace(&s->topic_tasks, prefix, "tasks");
    replace(&s->topic_state, prefix, "state");
    replace(&s->topic_control, prefix, "control");
    replace(&s->topic_dead_letters, prefix, "dead-letters");
    return s;
}
