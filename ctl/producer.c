/* An idempotent producer over librdkafka. See producer.h. */
#include "ctl/producer.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "bus/kafka_handle.h"

#define ANSWER_MS 10000

struct cw_producer {
    rd_kafka_t *rk;
    uint64_t refused;
    char why[256]; /* of the first that was refused */
};

static void on_report(rd_kafka_t *rk, const rd_kafka_message_t *m, void *arg)
{
    struct cw_producer *p = arg;
    (void)rk;
    if (m->err && p->refused++ == 0)
        (void)snprintf(p->why, sizeof p->why, "%s: %s", rd_kafka_topic_name(m->rkt),
                       rd_kafka_err2str(m->err));
}

static void set_callbacks(rd_kafka_conf_t *conf, void *arg)
{
    rd_kafka_conf_set_opaque(conf, arg);
    rd_kafka_conf_set_dr_msg_cb(conf, on_report);
}

static int ask_brokers(struct cw_producer *p, struct cw_errbuf *eb)
{
    const struct rd_kafka_metadata *found;
    rd_kafka_resp_err_t err = rd_kafka_metadata(p->rk, 0, NULL, &found, ANSWER_MS);
    if (err)
        return cw_fail(eb, CW_E_IO, "%s", rd_kafka_err2str(err));
    rd_kafka_metadata_destroy(found);
    return 0;
}

int cw_producer_open(const struct cw_settings *s, struct cw_producer **ret_producer,
                     struct cw_errbuf *eb)
{
    static const struct cw_property wanted[] = {
        {"enable.idempotence", "true"}, {"partitioner", "murmur2_random"}, {"linger.ms", "20"}};
    struct cw_producer *p = calloc(1, sizeof *p);
    if (!p)
        return -CW_E_NOMEM;
    p->rk = cw_kafka_handle(s, RD_KAFKA_PRODUCER, wanted, sizeof wanted / sizeof *wanted,
                            set_callbacks, p, eb);
    int err = p->rk ? ask_brokers(p, eb) : -CW_E_INVALID;
    if (err) {
        cw_producer_close(p);
        return err;
    }
    *ret_producer = p;
    return 0;
}

static rd_kafka_resp_err_t produce(struct cw_producer *p, const char *topic, struct cw_str key,
                                   struct cw_str value)
{
    return rd_kafka_producev(p->rk, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_KEY(key.p, key.n),
                             RD_KAFKA_V_VALUE((void *)(uintptr_t)value.p, value.n),
                             RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END);
}

static int refusals(const struct cw_producer *p, struct cw_errbuf *eb)
{
    if (!p->refused)
        return 0;
    return cw_fail(eb, CW_E_IO, "%" PRIu64 " messages were not taken; %s", p->refused, p->why);
}

int cw_producer_send(struct cw_producer *p, const char *topic, struct cw_str key,
                     struct cw_str value, struct cw_errbuf *eb)
{
    rd_kafka_resp_err_t err;
    while ((err = produce(p, topic, key, value)) == RD_KAFKA_RESP_ERR__QUEUE_FULL && !p->refused)
        (void)rd_kafka_poll(p->rk, 100);
    (void)rd_kafka_poll(p->rk, 0);
    if (err && !p->refused)
        return cw_fail(eb, CW_E_IO, "%s: %s", topic, rd_kafka_err2str(err));
    return refusals(p, eb);
}

int cw_producer_flush(struct cw_producer *p, struct cw_errbuf *eb)
{
    /* A message's own time-out ends the wait. */
    while (rd_kafka_flush(p->rk, 1000) == RD_KAFKA_RESP_ERR__TIMED_OUT)
        ;
    return refusals(p, eb);
}

void cw_producer_close(struct cw_producer *p)
{
    if (!p)
        return;
    if (p->rk)
        rd_kafka_destroy(p->rk);
    free(p);
}
