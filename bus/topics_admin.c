/* The brokers' administration, one question at a time. At start, on the main thread. */
#include "bus/topics_admin.h"

#include <stdio.h>
#include <string.h>

enum { ADMIN_MS = 30000 };

/* The answer's event, or NULL with eb. Destroyed by the caller. */
static rd_kafka_event_t *wait_for(rd_kafka_queue_t *queue, const char *what, struct cw_errbuf *eb)
{
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, ADMIN_MS + 1000);
    if (!event) {
        (void)cw_fail(eb, CW_E_IO, "%s: the brokers did not answer", what);
        return NULL;
    }
    if (rd_kafka_event_error(event)) {
        (void)cw_fail(eb, CW_E_IO, "%s: %s", what, rd_kafka_event_error_string(event));
        rd_kafka_event_destroy(event);
        return NULL;
    }
    return event;
}

static rd_kafka_AdminOptions_t *options_of(rd_kafka_t *rk, rd_kafka_admin_op_t op)
{
    char said[128];
    rd_kafka_AdminOptions_t *options = rd_kafka_AdminOptions_new(rk, op);
    if (options)
        (void)rd_kafka_AdminOptions_set_request_timeout(options, ADMIN_MS, said, sizeof said);
    return options;
}

static int created(rd_kafka_event_t *event, const char *topic, struct cw_errbuf *eb)
{
    size_t n = 0;
    const rd_kafka_CreateTopics_result_t *result = rd_kafka_event_CreateTopics_result(event);
    const rd_kafka_topic_result_t *const *topics = rd_kafka_CreateTopics_result_topics(result, &n);
    for (size_t i = 0; i < n; i++) {
        rd_kafka_resp_err_t err = rd_kafka_topic_result_error(topics[i]);
        if (err && err != RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS)
            return cw_fail(eb, CW_E_IO, "topic %s cannot be created: %s", topic,
                           rd_kafka_topic_result_error_string(topics[i]));
    }
    return 0;
}

int cw_topics_create(rd_kafka_t *rk, const char *topic, int32_t partitions,
                     const struct cw_topic_config *configs, size_t n, struct cw_errbuf *eb)
{
    char said[256] = "";
    rd_kafka_NewTopic_t *order = rd_kafka_NewTopic_new(topic, partitions, -1, said, sizeof said);
    if (!order)
        return cw_fail(eb, CW_E_INVALID, "topic %s: %s", topic, said);
    for (size_t i = 0; i < n; i++)
        (void)rd_kafka_NewTopic_set_config(order, configs[i].name, configs[i].value);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(rk);
    rd_kafka_AdminOptions_t *options = options_of(rk, RD_KAFKA_ADMIN_OP_CREATETOPICS);
    rd_kafka_CreateTopics(rk, &order, 1, options, queue);
    rd_kafka_event_t *event = wait_for(queue, topic, eb);
    int err = event ? created(event, topic, eb) : -CW_E_IO;
    if (event)
        rd_kafka_event_destroy(event);
    rd_kafka_AdminOptions_destroy(options);
    rd_kafka_queue_destroy(queue);
    rd_kafka_NewTopic_destroy(order);
    return err;
}

static int described(rd_kafka_event_t *event, const char *name, char *ret, size_t size,
                     struct cw_errbuf *eb)
{
    size_t n = 0, n_entries = 0;
    const rd_kafka_DescribeConfigs_result_t *result = rd_kafka_event_DescribeConfigs_result(event);
    const rd_kafka_ConfigResource_t **resources =
        rd_kafka_DescribeConfigs_result_resources(result, &n);
    if (n != 1 || rd_kafka_ConfigResource_error(resources[0]))
        return cw_fail(eb, CW_E_IO, "topic configuration: %s",
                       n == 1 ? rd_kafka_ConfigResource_error_string(resources[0]) : "no answer");
    const rd_kafka_ConfigEntry_t **entries =
        rd_kafka_ConfigResource_configs(resources[0], &n_entries);
    for (size_t i = 0; i < n_entries; i++) {
        const char *value = rd_kafka_ConfigEntry_value(entries[i]);
        if (value && strcmp(rd_kafka_ConfigEntry_name(entries[i]), name) == 0)
            (void)snprintf(ret, size, "%s", value);
    }
    return 0;
}

int cw_topics_config(rd_kafka_t *rk, const char *topic, const char *name, char *ret, size_t size,
                     struct cw_errbuf *eb)
{
    ret[0] = '\0';
    rd_kafka_ConfigResource_t *resource =
        rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(rk);
    rd_kafka_AdminOptions_t *options = options_of(rk, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS);
    rd_kafka_DescribeConfigs(rk, &resource, 1, options, queue);
    rd_kafka_event_t *event = wait_for(queue, topic, eb);
    int err = event ? described(event, name, ret, size, eb) : -CW_E_IO;
    if (event)
        rd_kafka_event_destroy(event);
    rd_kafka_AdminOptions_destroy(options);
    rd_kafka_queue_destroy(queue);
    rd_kafka_ConfigResource_destroy(resource);
    return err;
}
