/* Reading and recording the epoch in churnwatch.control. Main thread; only the reading at start
 * blocks. */
#include "daemon/control.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus/kafka_handle.h"
#include "daemon/log.h"

#define KEY "epoch"

/* ---- reading ---- */

static void take(const rd_kafka_message_t *m, char epoch[CW_EPOCH_MOST + 1])
{
    if (m->key_len != strlen(KEY) || memcmp(m->key, KEY, m->key_len) != 0 || !m->payload)
        return;
    json_t *root = json_loadb(m->payload, m->len, JSON_REJECT_DUPLICATES, NULL);
    const char *text = json_string_value(json_object_get(root, KEY));
    if (text && strlen(text) <= CW_EPOCH_MOST)
        (void)strcpy(epoch, text);
    json_decref(root);
}

static int read_on(rd_kafka_t *rk, int wait_ms, char epoch[CW_EPOCH_MOST + 1], struct cw_errbuf *eb)
{
    for (;;) {
        rd_kafka_message_t *m = rd_kafka_consumer_poll(rk, wait_ms);
        if (!m)
            return cw_fail(eb, CW_E_TIMEOUT, "the control topic could not be read in time");
        rd_kafka_resp_err_t err = m->err;
        bool gone = err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ||
                    err == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC ||
                    err == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION;
        if (!err)
            take(m, epoch);
        rd_kafka_message_destroy(m);
        if (err == RD_KAFKA_RESP_ERR__PARTITION_EOF)
            return 0;
        if (gone)
            return cw_fail(eb, CW_E_NOTFOUND, "the control topic does not exist");
        /* Other errors are the client's news of its retries. */
    }
}

int cw_control_epoch(const struct cw_settings *s, int wait_ms, char ret_epoch[CW_EPOCH_MOST + 1],
                     struct cw_errbuf *eb)
{
    char group[512], epoch[CW_EPOCH_MOST + 1] = "";
    (void)snprintf(group, sizeof group, "%s-control-%s", s->kafka_group, s->instance);
    const struct cw_property extra[] = {
        {"group.id", group},
        {"isolation.level", "read_committed"},
        {"enable.auto.commit", "false"},
        {"auto.offset.reset", "error"},
        {"enable.partition.eof", "true"},
    };
    rd_kafka_t *rk =
        cw_kafka_handle(s, RD_KAFKA_CONSUMER, extra, sizeof extra / sizeof *extra, NULL, NULL, eb);
    if (!rk)
        return -CW_E_INVALID;
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, s->topic_control, 0)->offset =
        RD_KAFKA_OFFSET_BEGINNING;
    int err = rd_kafka_assign(rk, list) == RD_KAFKA_RESP_ERR_NO_ERROR
                  ? read_on(rk, wait_ms, epoch, eb)
                  : cw_fail(eb, CW_E_IO, "the control topic could not be assigned");
    rd_kafka_topic_partition_list_destroy(list);
    (void)rd_kafka_consumer_close(rk);
    rd_kafka_destroy(rk);
    if (!err)
        (void)strcpy(ret_epoch, epoch);
    return err;
}

/* ---- recording ---- */

struct cw_control {
    const char *topic;
    struct ev_loop *loop;
    void (*recorded)(void *arg, bool ok);
    void *arg;
    rd_kafka_t *rk;
    ev_timer poll;
};

static void on_report(rd_kafka_t *rk, const rd_kafka_message_t *m, void *opaque)
{
    struct cw_control *c = opaque;
    (void)rk;
    if (m->err)
        cw_log(CW_LOG_ERROR, "epoch_not_recorded", "reason=%s", rd_kafka_err2name(m->err));
    c->recorded(c->arg, !m->err);
}

static void hook(rd_kafka_conf_t *conf, void *arg)
{
    rd_kafka_conf_set_dr_msg_cb(conf, on_report);
    rd_kafka_conf_set_opaque(conf, arg);
}

/* Polled only while a record is on its way. */
static void on_poll(struct ev_loop *loop, ev_timer *t, int events)
{
    struct cw_control *c = t->data;
    (void)events;
    (void)rd_kafka_poll(c->rk, 0);
    if (rd_kafka_outq_len(c->rk) == 0)
        ev_timer_stop(loop, t);
}

static void port_record(void *self, const char *epoch)
{
    struct cw_control *c = self;
    char json[CW_EPOCH_MOST + 32];
    (void)snprintf(json, sizeof json, "{\"epoch\":\"%s\"}", epoch);
    rd_kafka_resp_err_t err =
        rd_kafka_producev(c->rk, RD_KAFKA_V_TOPIC(c->topic), RD_KAFKA_V_PARTITION(0),
                          RD_KAFKA_V_KEY(KEY, strlen(KEY)), RD_KAFKA_V_VALUE(json, strlen(json)),
                          RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END);
    if (err) {
        cw_log(CW_LOG_ERROR, "epoch_not_recorded", "reason=%s", rd_kafka_err2name(err));
        c->recorded(c->arg, false);
        return;
    }
    ev_timer_start(c->loop, &c->poll);
}

struct cw_epoch_port cw_control_port(struct cw_control *c)
{
    return (struct cw_epoch_port){.self = c, .record = port_record};
}

int cw_control_open(const struct cw_settings *s, struct ev_loop *loop,
                    void (*recorded)(void *arg, bool ok), void *arg,
                    struct cw_control **ret_control, struct cw_errbuf *eb)
{
    const struct cw_property extra[] = {
        {"acks", "all"}, {"enable.idempotence", "true"}, {"message.timeout.ms", "30000"}};
    struct cw_control *c = calloc(1, sizeof *c);
    if (!c)
        return cw_fail(eb, CW_E_NOMEM, "no memory for the control topic's writer");
    *c = (struct cw_control){
        .topic = s->topic_control, .loop = loop, .recorded = recorded, .arg = arg};
    c->rk = cw_kafka_handle(s, RD_KAFKA_PRODUCER, extra, sizeof extra / sizeof *extra, hook, c, eb);
    if (!c->rk) {
        free(c);
        return -CW_E_INVALID;
    }
    ev_timer_init(&c->poll, on_poll, 0.02, 0.02);
    c->poll.data = c;
    *ret_control = c;
    return 0;
}

void cw_control_close(struct cw_control *c)
{
    if (!c)
        return;
    ev_timer_stop(c->loop, &c->poll);
    rd_kafka_destroy(c->rk);
    free(c);
}
