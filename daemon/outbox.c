/* Reading the outbox without ever blocking the loop.
 *
 * librdkafka writes to an eventfd when its queue becomes non-empty, and only then; so each wake
 * drains the queue, and a drain that ends early (its budget is spent, or delivery has no room) is
 * taken up again by a timer or by delivery. Not draining is all the back-pressure there is:
 * librdkafka stops fetching when its own bounded queue is full.
 */
#include "daemon/outbox.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "bus/kafka_handle.h"
#include "daemon/log.h"

#define BUDGET 512
#define SAFETY_POLL 1.0 /* seconds */

struct place {
    int32_t shard;
    int64_t next; /* CW_OFFSET_NONE: the beginning */
};
struct cw_outbox {
    const char *topic;
    struct ev_loop *loop;
    struct cw_delivery *d;
    rd_kafka_t *rk;
    rd_kafka_queue_t *queue;
    int fd;
    ev_io io;
    ev_timer poll, turn;
    struct place *places; /* owned */
    size_t n_places, cap_places;
    bool changed; /* places are not yet what is assigned */
};

static void come_back(struct cw_outbox *o)
{
    if (!ev_is_active(&o->turn)) {
        ev_timer_set(&o->turn, 0., 0.);
        ev_timer_start(o->loop, &o->turn);
    }
}

/* ---- what is read ---- */

static struct place *place_of(struct cw_outbox *o, int32_t shard)
{
    for (size_t i = 0; i < o->n_places; i++)
        if (o->places[i].shard == shard)
            return &o->places[i];
    return NULL;
}

static struct place *new_place(struct cw_outbox *o)
{
    if (o->n_places == o->cap_places) {
        size_t cap = o->cap_places ? o->cap_places * 2 : 16;
        struct place *places = reallocarray(o->places, cap, sizeof *places);
        if (!places)
            return NULL;
        o->places = places;
        o->cap_places = cap;
    }
    return &o->places[o->n_places++];
}

static void port_read(void *self, int32_t shard, int64_t from)
{
    struct cw_outbox *o = self;
    struct place *p = place_of(o, shard);
    if (!p)
        p = new_place(o);
    if (!p) {
        cw_log(CW_LOG_ERROR, "outbox_not_read", "shard=%" PRId32 " reason=\"out of memory\"",
               shard);
        return;
    }
    *p = (struct place){.shard = shard, .next = from};
    o->changed = true;
    come_back(o);
}

static void port_leave(void *self, int32_t shard)
{
    struct cw_outbox *o = self;
    struct place *p = place_of(o, shard);
    if (!p)
        return;
    *p = o->places[--o->n_places];
    o->changed = true;
    come_back(o);
}

static void port_wake(void *self)
{
    come_back(self);
}

struct cw_outbox_port cw_outbox_port(struct cw_outbox *o)
{
    return (struct cw_outbox_port){
        .self = o, .read = port_read, .leave = port_leave, .wake = port_wake};
}

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
static void assign(struct cw_outbox *o)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)o->n_places);
    for (size_t i = 0; i < o->n_places; i++) {
        const struct place *p = &o->places[i];
        rd_kafka_topic_partition_list_add(list, o->topic, p->shard)->offset =
            p->next == CW_OFFSET_NONE ? RD_KAFKA_OFFSET_BEGINNING : p->next;
    }
    rd_kafka_resp_err_t err = rd_kafka_assign(o->rk, list);
    rd_kafka_topic_partition_list_destroy(list);
    settle(o->rk);
    o->changed = err != RD_KAFKA_RESP_ERR_NO_ERROR;
    if (err)
        cw_log(CW_LOG_ERROR, "outbox_not_assigned", "reason=%s", rd_kafka_err2name(err));
}

/* ---- draining ---- */

static void on_error(struct cw_outbox *o, const rd_kafka_message_t *m)
{
    char quoted[300];
    switch (m->err) {
    case RD_KAFKA_RESP_ERR__PARTITION_EOF:
        cw_delivery_end(o->d, m->partition, m->offset);
        break;
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
    case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
        cw_delivery_lost(o->d, m->partition);
        break;
    default:
        cw_log(CW_LOG_WARNING, "outbox_error", "shard=%" PRId32 " error=%s text=%s", m->partition,
               rd_kafka_err2name(m->err),
               cw_log_quote(rd_kafka_message_errstr(m), quoted, sizeof quoted));
    }
}

static void take(struct cw_outbox *o, const rd_kafka_message_t *m)
{
    struct place *p = m->rkt ? place_of(o, m->partition) : NULL;
    if (m->err) {
        on_error(o, m);
        return;
    }
    if (!p || m->offset < p->next)
        return;
    p->next = m->offset + 1;
    int64_t ms = rd_kafka_message_timestamp(m, NULL);
    cw_delivery_task(o->d, m->partition, m->offset, ms < 0 ? CW_NO_TIME : ms * 1000,
                     (struct cw_str){m->payload, m->len});
}

static void drain(struct cw_outbox *o)
{
    int left = BUDGET;
    if (o->changed)
        assign(o);
    while (left > 0 && !o->changed && cw_delivery_has_room(o->d)) {
        rd_kafka_message_t *m = rd_kafka_consumer_poll(o->rk, 0);
        if (!m)
            break;
        take(o, m);
        rd_kafka_message_destroy(m);
        left--;
    }
    cw_delivery_flush(o->d);
    if (left == 0 || o->changed)
        come_back(o);
}

static void on_io(struct ev_loop *loop, ev_io *io, int events)
{
    struct cw_outbox *o = io->data;
    uint64_t n;
    (void)loop;
    (void)events;
    (void)!read(o->fd, &n, sizeof n); /* Only to empty it; the queue itself tells what there is. */
    drain(o);
}

static void on_timer(struct ev_loop *loop, ev_timer *t, int events)
{
    (void)loop;
    (void)events;
    drain(t->data);
}

/* ---- open and close ---- */

static rd_kafka_t *consumer(const struct cw_settings *s, struct cw_errbuf *eb)
{
    char group[512];
    (void)snprintf(group, sizeof group, "%s-delivery-%s", s->kafka_group, s->instance);
    const struct cw_property extra[] = {
        {"group.id", group},
        {"isolation.level", "read_committed"},
        {"enable.auto.commit", "false"},
        {"enable.auto.offset.store", "false"},
        {"auto.offset.reset", "error"},
        {"enable.partition.eof", "true"},
        {"check.crcs", "true"},
        {"fetch.wait.max.ms", "100"},
        {"queued.max.messages.kbytes", "8192"},
    };
    return cw_kafka_handle(s, RD_KAFKA_CONSUMER, extra, sizeof extra / sizeof *extra, NULL, NULL,
                           eb);
}

static void start_watching(struct cw_outbox *o)
{
    static const uint64_t one = 1;
    rd_kafka_queue_io_event_enable(o->queue, o->fd, &one, sizeof one);
    ev_io_init(&o->io, on_io, o->fd, EV_READ);
    ev_timer_init(&o->poll, on_timer, SAFETY_POLL, SAFETY_POLL);
    ev_timer_init(&o->turn, on_timer, 0., 0.);
    o->io.data = o->poll.data = o->turn.data = o;
    ev_io_start(o->loop, &o->io);
    ev_timer_start(o->loop, &o->poll);
}

int cw_outbox_open(const struct cw_settings *s, struct ev_loop *loop, struct cw_outbox **ret_outbox,
                   struct cw_errbuf *eb)
{
    struct cw_outbox *o = calloc(1, sizeof *o);
    if (!o)
        return cw_fail(eb, CW_E_NOMEM, "no memory for the outbox");
    o->topic = s->topic_tasks;
    o->loop = loop;
    o->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    o->rk = o->fd >= 0 ? consumer(s, eb) : NULL;
    if (!o->rk) {
        int err = o->fd < 0 ? cw_fail(eb, CW_E_IO, "eventfd: no more files") : -CW_E_INVALID;
        cw_outbox_close(o);
        return err;
    }
    (void)rd_kafka_poll_set_consumer(o->rk);
    o->queue = rd_kafka_queue_get_consumer(o->rk);
    start_watching(o);
    *ret_outbox = o;
    return 0;
}

void cw_outbox_serve(struct cw_outbox *o, struct cw_delivery *d)
{
    o->d = d;
}

void cw_outbox_close(struct cw_outbox *o)
{
    if (!o)
        return;
    if (o->queue) {
        ev_io_stop(o->loop, &o->io);
        ev_timer_stop(o->loop, &o->poll);
        ev_timer_stop(o->loop, &o->turn);
        rd_kafka_queue_io_event_enable(o->queue, -1, NULL, 0);
        rd_kafka_queue_destroy(o->queue);
    }
    if (o->rk) {
        (void)rd_kafka_consumer_close(o->rk);
        rd_kafka_destroy(o->rk);
    }
    if (o->fd >= 0)
        (void)close(o->fd);
    free(o->places);
    free(o);
}
