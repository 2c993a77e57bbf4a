/* The outbox from Kafka. On the main loop.
 *
 * Partitions are assigned, never subscribed to. librdkafka writes to an eventfd when its queue
 * becomes non-empty, and only then; so each wake empties the queue. Where it is not emptied,
 * librdkafka stops fetching when its own bounded queue is full.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "board/log.h"
#include "bus/kafka_error.h"
#include "bus/kafka_handle.h"
#include "delivery/outbox.h"

enum { ASK_MS = 1000 };

struct kafka {
    const char *topic;
    struct cw_outbox *outbox;
    struct ev_loop *loop;
    rd_kafka_t *rk;
    rd_kafka_queue_t *queue;
    int fd;
    ev_io io;
};

/* ---- what is read ---- */

/* Until librdkafka has stopped fetching what was assigned before. Its thread would abort the
 * process if a partition were taken away again before its first stop is through, as happens where
 * one shard after another is dropped. That thread serves requests in their order: the first answer
 * says that the stops are done, the second that they are acknowledged. */
static void settle(rd_kafka_t *rk)
{
    for (int i = 0; i < 2; i++) {
        rd_kafka_topic_partition_list_t *list = NULL;
        if (rd_kafka_assignment(rk, &list) == RD_KAFKA_RESP_ERR_NO_ERROR)
            rd_kafka_topic_partition_list_destroy(list);
    }
}

/* Everything is assigned anew, each partition where it had come to. */
static bool assign(void *self, const struct cw_outbox_place *places, size_t n)
{
    struct kafka *k = self;
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)n);
    for (size_t i = 0; i < n; i++)
        rd_kafka_topic_partition_list_add(list, k->topic, places[i].shard)->offset =
            places[i].next == CW_OFFSET_NONE ? RD_KAFKA_OFFSET_BEGINNING : places[i].next;
    rd_kafka_resp_err_t err = rd_kafka_assign(k->rk, list);
    rd_kafka_topic_partition_list_destroy(list);
    settle(k->rk);
    if (err)
        cw_log(CW_LOG_ERROR, "outbox_not_assigned", "reason=%s", rd_kafka_err2name(err));
    return err == RD_KAFKA_RESP_ERR_NO_ERROR;
}

static void on_error(struct cw_outbox *o, const rd_kafka_message_t *m)
{
    char quoted[300];
    switch (m->err) {
    case RD_KAFKA_RESP_ERR__PARTITION_EOF:
        cw_outbox_end(o, m->partition, m->offset);
        break;
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
    case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
        cw_outbox_lost(o, m->partition);
        break;
    default:
        if (m->rkt && cw_kafka_passed_over(m->err))
            cw_outbox_damaged(o, m->partition);
        cw_log(CW_LOG_WARNING, "outbox_error", "shard=%" PRId32 " error=%s text=%s", m->partition,
               rd_kafka_err2name(m->err),
               cw_log_quote(rd_kafka_message_errstr(m), quoted, sizeof quoted));
    }
}

static void read_queue(void *self, struct cw_outbox *o)
{
    struct kafka *k = self;
    while (cw_outbox_wants(o)) {
        rd_kafka_message_t *m = rd_kafka_consumer_poll(k->rk, 0);
        if (!m)
            break;
        if (m->err)
            on_error(o, m);
        else
            cw_outbox_record(o, m->partition, m->offset, rd_kafka_message_timestamp(m, NULL),
                             (struct cw_str){m->payload, m->len});
        rd_kafka_message_destroy(m);
    }
}

static void on_io(struct ev_loop *loop, ev_io *io, int events)
{
    struct kafka *k = io->data;
    uint64_t n;
    (void)loop;
    (void)events;
    (void)!read(k->fd, &n, sizeof n); /* Only to empty it; the queue itself tells what there is. */
    cw_outbox_come_back(k->outbox);
}

/* ---- open and close ---- */

static rd_kafka_t *consumer(const struct cw_settings *s, struct cw_errbuf *eb)
{
    char group[512];
    (void)snprintf(group, sizeof group, "%s-delivery-%s", s->kafka_group, s->instance);
    const struct cw_kafka_client c = {.type = RD_KAFKA_CONSUMER,
                                      .extra = {{"group.id", group},
                                                {"isolation.level", "read_committed"},
                                                {"enable.auto.commit", "false"},
                                                {"enable.auto.offset.store", "false"},
                                                {"auto.offset.reset", "error"},
                                                {"enable.partition.eof", "true"},
                                                {"check.crcs", "true"},
                                                {"fetch.wait.max.ms", "100"},
                                                {"queued.max.messages.kbytes", "8192"}}};
    return cw_kafka_handle(s, &c, eb);
}

static void start_watching(struct kafka *k)
{
    static const uint64_t one = 1;
    k->queue = rd_kafka_queue_get_consumer(k->rk);
    rd_kafka_queue_io_event_enable(k->queue, k->fd, &one, sizeof one);
    ev_io_init(&k->io, on_io, k->fd, EV_READ);
    k->io.data = k;
    ev_io_start(k->loop, &k->io);
}

static void close_reader(void *self)
{
    struct kafka *k = self;
    if (k->queue) {
        ev_io_stop(k->loop, &k->io);
        rd_kafka_queue_io_event_enable(k->queue, -1, NULL, 0);
        rd_kafka_queue_destroy(k->queue);
    }
    if (k->rk) {
        (void)rd_kafka_consumer_close(k->rk);
        rd_kafka_destroy(k->rk);
    }
    if (k->fd >= 0)
        (void)close(k->fd);
    free(k);
}

int cw_outbox_kafka_open(const struct cw_settings *s, struct ev_loop *loop, struct cw_outbox *o,
                         struct cw_outbox_reader *ret_reader, struct cw_errbuf *eb)
{
    struct kafka *k = calloc(1, sizeof *k);
    if (!k)
        return cw_fail(eb, CW_E_NOMEM, "no memory for the outbox");
    k->topic = s->topic_tasks;
    k->outbox = o;
    k->loop = loop;
    k->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    k->rk = k->fd >= 0 ? consumer(s, eb) : NULL;
    if (!k->rk) {
        int err = k->fd < 0 ? cw_fail(eb, CW_E_IO, "eventfd: no more files") : -CW_E_INVALID;
        close_reader(k);
        return err;
    }
    (void)rd_kafka_poll_set_consumer(k->rk);
    (void)cw_kafka_ask_about(k->rk, k->topic, ASK_MS); /* Not answered now, it will be later. */
    start_watching(k);
    *ret_reader = (struct cw_outbox_reader){k, assign, read_queue, close_reader};
    return 0;
}
