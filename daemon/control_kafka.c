/* Recording the epoch in Kafka: a producer whose answer the loop hears later. Main thread. */
#include <stdlib.h>
#include <string.h>

#include "bus/kafka_handle.h"
#include "daemon/control.h"
#include "daemon/log.h"

#define POLL_EVERY 0.02 /* seconds, and only while a record is on its way */

struct kafka {
    struct cw_control control; /* first, so that the one is the other */
    struct cw_control_setup setup;
    rd_kafka_t *rk;
    ev_timer poll;
};

static void on_report(rd_kafka_t *rk, const rd_kafka_message_t *m, void *opaque)
{
    struct kafka *k = opaque;
    (void)rk;
    if (m->err)
        cw_log(CW_LOG_ERROR, "epoch_not_recorded", "reason=%s", rd_kafka_err2name(m->err));
    k->setup.recorded(k->setup.arg, !m->err);
}

static void hook(rd_kafka_conf_t *conf, void *arg)
{
    rd_kafka_conf_set_dr_msg_cb(conf, on_report);
    rd_kafka_conf_set_opaque(conf, arg);
}

static void on_poll(struct ev_loop *loop, ev_timer *t, int events)
{
    struct kafka *k = t->data;
    (void)events;
    (void)rd_kafka_poll(k->rk, 0);
    if (rd_kafka_outq_len(k->rk) == 0)
        ev_timer_stop(loop, t);
}

static void record(void *self, const char *epoch)
{
    struct kafka *k = self;
    char value[CW_CONTROL_VALUE_MOST];
    size_t n = cw_control_value(epoch, value);
    rd_kafka_resp_err_t err = rd_kafka_producev(
        k->rk, RD_KAFKA_V_TOPIC(k->setup.settings->topic_control), RD_KAFKA_V_PARTITION(0),
        RD_KAFKA_V_KEY(CW_CONTROL_EPOCH, strlen(CW_CONTROL_EPOCH)), RD_KAFKA_V_VALUE(value, n),
        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END);
    if (err) {
        cw_log(CW_LOG_ERROR, "epoch_not_recorded", "reason=%s", rd_kafka_err2name(err));
        k->setup.recorded(k->setup.arg, false);
        return;
    }
    ev_timer_start(k->setup.loop, &k->poll);
}

static void close_writer(struct cw_control *c)
{
    struct kafka *k = (struct kafka *)c;
    ev_timer_stop(k->setup.loop, &k->poll);
    rd_kafka_destroy(k->rk);
    free(k);
}

int cw_control_kafka_open(const struct cw_control_setup *setup, struct cw_control **ret_control,
                          struct cw_errbuf *eb)
{
    const struct cw_property extra[] = {
        {"acks", "all"}, {"enable.idempotence", "true"}, {"message.timeout.ms", "30000"}};
    struct kafka *k = calloc(1, sizeof *k);
    if (!k)
        return cw_fail(eb, CW_E_NOMEM, "no memory for the control topic's writer");
    k->setup = *setup;
    k->control = (struct cw_control){{k, record}, close_writer};
    k->rk = cw_kafka_handle(setup->settings, RD_KAFKA_PRODUCER, extra, sizeof extra / sizeof *extra,
                            hook, k, eb);
    if (!k->rk) {
        free(k);
        return -CW_E_INVALID;
    }
    ev_timer_init(&k->poll, on_poll, POLL_EVERY, POLL_EVERY);
    k->poll.data = k;
    *ret_control = &k->control;
    return 0;
}
