/* The brokers' administration. At start, on the main thread. */
#include "bus/topics_admin.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus/kafka_error.h"

enum { ADMIN_MS = 30000 };

/* Destroyed by the caller; none where it fails. */
static int wait_for(rd_kafka_queue_t *queue, const char *what, rd_kafka_event_t **ret_event,
                    struct cw_errbuf *eb)
{
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, ADMIN_MS + 1000);
    if (!event)
        return cw_fail(eb, CW_E_IO, "%s: the brokers did not answer", what);
    rd_kafka_resp_err_t err = rd_kafka_event_error(event);
    if (!err) {
        *ret_event = event;
        return 0;
    }
    (void)cw_fail(eb, cw_kafka_error(err), "%s: %s", what, rd_kafka_event_error_string(event));
    rd_kafka_event_destroy(event);
    return -(int)cw_kafka_error(err);
}

static rd_kafka_AdminOptions_t *options_of(rd_kafka_t *rk, rd_kafka_admin_op_t op)
{
    char said[128];
    rd_kafka_AdminOptions_t *options = rd_kafka_AdminOptions_new(rk, op);
    if (options)
        (void)rd_kafka_AdminOptions_set_request_timeout(options, ADMIN_MS, said, sizeof said);
    return options;
}

/* ---- making ---- */

static int created(rd_kafka_event_t *event, struct cw_errbuf *eb)
{
    size_t n = 0;
    const rd_kafka_CreateTopics_result_t *result = rd_kafka_event_CreateTopics_result(event);
    const rd_kafka_topic_result_t *const *topics = rd_kafka_CreateTopics_result_topics(result, &n);
    for (size_t i = 0; i < n; i++) {
        rd_kafka_resp_err_t err = rd_kafka_topic_result_error(topics[i]);
        if (err && err != RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS)
            return cw_fail(eb, cw_kafka_error(err), "topic %s cannot be created: %s",
                           rd_kafka_topic_result_name(topics[i]),
                           rd_kafka_topic_result_error_string(topics[i]));
    }
    return 0;
}

static rd_kafka_NewTopic_t *order_of(const struct cw_new_topic *t, struct cw_errbuf *eb)
{
    char said[256] = "";
    rd_kafka_NewTopic_t *order =
        rd_kafka_NewTopic_new(t->name, t->partitions, -1, said, sizeof said);
    if (!order)
        (void)cw_fail(eb, CW_E_INVALID, "topic %s: %s", t->name, said);
    for (size_t i = 0; order && i < t->n_configs; i++)
        (void)rd_kafka_NewTopic_set_config(order, t->configs[i].name, t->configs[i].value);
    return order;
}

static int order(rd_kafka_t *rk, rd_kafka_NewTopic_t **orders, size_t n, struct cw_errbuf *eb)
{
    rd_kafka_queue_t *queue = rd_kafka_queue_new(rk);
    rd_kafka_AdminOptions_t *options = options_of(rk, RD_KAFKA_ADMIN_OP_CREATETOPICS);
    rd_kafka_CreateTopics(rk, orders, n, options, queue);
    rd_kafka_event_t *event = NULL;
    int err = wait_for(queue, "making topics", &event, eb);
    if (!err)
        err = created(event, eb);
    if (event)
        rd_kafka_event_destroy(event);
    rd_kafka_AdminOptions_destroy(options);
    rd_kafka_queue_destroy(queue);
    return err;
}

int cw_topics_create(rd_kafka_t *rk, const struct cw_new_topic *topics, size_t n,
                     struct cw_errbuf *eb)
{
    size_t made = 0;
    rd_kafka_NewTopic_t **orders = calloc(n, sizeof(rd_kafka_NewTopic_t *));
    if (!orders)
        return cw_fail(eb, CW_E_NOMEM, "no memory for %zu topics", n);
    while (made < n && (orders[made] = order_of(&topics[made], eb)))
        made++;
    int err = made == n ? order(rk, orders, n, eb) : -CW_E_INVALID;
    rd_kafka_NewTopic_destroy_array(orders, made);
    free(orders);
    return err;
}

/* ---- asking ---- */

static void note_answers(const rd_kafka_ConfigResource_t *resource,
                         struct cw_topic_question *questions, size_t n)
{
    size_t n_entries = 0;
    const rd_kafka_ConfigEntry_t **entries = rd_kafka_ConfigResource_configs(resource, &n_entries);
    for (size_t q = 0; q < n; q++) {
        if (strcmp(questions[q].topic, rd_kafka_ConfigResource_name(resource)) != 0)
            continue;
        for (size_t i = 0; i < n_entries; i++) {
            const char *value = rd_kafka_ConfigEntry_value(entries[i]);
            if (value && strcmp(rd_kafka_ConfigEntry_name(entries[i]), questions[q].config) == 0)
                (void)snprintf(questions[q].answer, sizeof questions[q].answer, "%s", value);
        }
    }
}

static int described(rd_kafka_event_t *event, struct cw_topic_question *questions, size_t n,
                     struct cw_errbuf *eb)
{
    size_t n_resources = 0;
    const rd_kafka_DescribeConfigs_result_t *result = rd_kafka_event_DescribeConfigs_result(event);
    const rd_kafka_ConfigResource_t **resources =
        rd_kafka_DescribeConfigs_result_resources(result, &n_resources);
    for (size_t i = 0; i < n_resources; i++) {
        rd_kafka_resp_err_t err = rd_kafka_ConfigResource_error(resources[i]);
        if (err)
            return cw_fail(eb, cw_kafka_error(err), "configuration of topic %s: %s",
                           rd_kafka_ConfigResource_name(resources[i]),
                           rd_kafka_ConfigResource_error_string(resources[i]));
        note_answers(resources[i], questions, n);
    }
    return 0;
}

int cw_topics_ask(rd_kafka_t *rk, struct cw_topic_question *questions, size_t n,
                  struct cw_errbuf *eb)
{
    rd_kafka_ConfigResource_t **resources = calloc(n, sizeof(rd_kafka_ConfigResource_t *));
    if (!resources)
        return cw_fail(eb, CW_E_NOMEM, "no memory for %zu topics", n);
    for (size_t i = 0; i < n; i++) {
        questions[i].answer[0] = '\0';
        resources[i] = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, questions[i].topic);
    }
    rd_kafka_queue_t *queue = rd_kafka_queue_new(rk);
    rd_kafka_AdminOptions_t *options = options_of(rk, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS);
    rd_kafka_DescribeConfigs(rk, resources, n, options, queue);
    rd_kafka_event_t *event = NULL;
    int err = wait_for(queue, "topic configuration", &event, eb);
    if (!err)
        err = described(event, questions, n, eb);
    if (event)
        rd_kafka_event_destroy(event);
    rd_kafka_AdminOptions_destroy(options);
    rd_kafka_queue_destroy(queue);
    rd_kafka_ConfigResource_destroy_array(resources, n);
    free(resources);
    return err;
}
