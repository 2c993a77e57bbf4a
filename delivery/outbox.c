/* Reading the outbox without ever blocking the loop: the places, and when to read.
 *
 * A reading that ends early (its budget is spent, or delivery has no room) is taken up again by a
 * timer or by delivery. Not reading is all the back-pressure there is.
 */
#include "delivery/outbox.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "board/log.h"

#define BUDGET 512
#define SAFETY_POLL 1.0 /* seconds */

struct cw_outbox {
    struct ev_loop *loop;
    struct cw_delivery *d;
    struct cw_outbox_reader reader;
    ev_timer poll, turn;
    struct cw_outbox_place *places; /* owned */
    size_t n_places, cap_places;
    int budget;   /* left of this reading */
    bool changed; /* places are not yet what the reader was told */
};

void cw_outbox_come_back(struct cw_outbox *o)
{
    if (!ev_is_active(&o->turn)) {
        ev_timer_set(&o->turn, 0., 0.);
        ev_timer_start(o->loop, &o->turn);
    }
}

/* ---- what is read ---- */

static struct cw_outbox_place *place_of(struct cw_outbox *o, int32_t shard)
{
    for (size_t i = 0; i < o->n_places; i++)
        if (o->places[i].shard == shard)
            return &o->places[i];
    return NULL;
}

static struct cw_outbox_place *new_place(struct cw_outbox *o)
{
    if (o->n_places == o->cap_places) {
        size_t cap = o->cap_places ? o->cap_places * 2 : 16;
        struct cw_outbox_place *places = reallocarray(o->places, cap, sizeof *places);
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
    struct cw_outbox_place *p = place_of(o, shard);
    if (!p)
        p = new_place(o);
    if (!p) {
        cw_log(CW_LOG_ERROR, "outbox_not_read", "shard=%" PRId32 " reason=\"out of memory\"",
               shard);
        return;
    }
    *p = (struct cw_outbox_place){.shard = shard, .next = from, .told = -1};
    o->changed = true;
    cw_outbox_come_back(o);
}

static void port_leave(void *self, int32_t shard)
{
    struct cw_outbox *o = self;
    struct cw_outbox_place *p = place_of(o, shard);
    if (!p)
        return;
    *p = o->places[--o->n_places];
    o->changed = true;
    cw_outbox_come_back(o);
}

static void port_wake(void *self)
{
    cw_outbox_come_back(self);
}

struct cw_outbox_port cw_outbox_port(struct cw_outbox *o)
{
    return (struct cw_outbox_port){
        .self = o, .read = port_read, .leave = port_leave, .wake = port_wake};
}

const struct cw_outbox_place *cw_outbox_places(const struct cw_outbox *o, size_t *ret_n)
{
    *ret_n = o->n_places;
    return o->places;
}

/* ---- reading ---- */

/* A delivery that changes the places while it is given something ends the reading. */
bool cw_outbox_wants(const struct cw_outbox *o)
{
    return o->budget > 0 && !o->changed && cw_delivery_has_room(o->d);
}

void cw_outbox_record(struct cw_outbox *o, int32_t shard, int64_t offset, int64_t ms,
                      struct cw_str value)
{
    struct cw_outbox_place *p = place_of(o, shard);
    o->budget--;
    if (!p || offset < p->next)
        return;
    p->next = offset + 1;
    cw_delivery_task(o->d, shard, offset, ms < 0 ? CW_NO_TIME : ms * 1000, value);
}

void cw_outbox_end(struct cw_outbox *o, int32_t shard, int64_t offset)
{
    struct cw_outbox_place *p = place_of(o, shard);
    o->budget--;
    if (p)
        p->told = offset;
    if (p && offset > p->next)
        p->next = offset; /* What is in front of it are markers, which may go. */
    cw_delivery_end(o->d, shard, offset);
}

void cw_outbox_lost(struct cw_outbox *o, int32_t shard)
{
    struct cw_outbox_place *p = place_of(o, shard);
    o->budget--;
    if (p)
        p->lost = true;
    cw_delivery_lost(o->d, shard);
}

void cw_outbox_damaged(struct cw_outbox *o, int32_t shard)
{
    o->budget--;
    cw_delivery_damaged(o->d, shard);
}

static void read_on(struct cw_outbox *o)
{
    o->budget = BUDGET;
    if (o->changed)
        o->changed = !o->reader.assign(o->reader.self, o->places, o->n_places);
    if (!o->changed)
        o->reader.read(o->reader.self, o);
    cw_delivery_flush(o->d);
    if (o->budget <= 0 || o->changed)
        cw_outbox_come_back(o);
}

static void on_timer(struct ev_loop *loop, ev_timer *t, int events)
{
    (void)loop;
    (void)events;
    read_on(t->data);
}

/* ---- open and close ---- */

int cw_outbox_open(const struct cw_settings *s, struct ev_loop *loop, struct cw_outbox **ret_outbox,
                   struct cw_errbuf *eb)
{
    struct cw_outbox *o = calloc(1, sizeof *o);
    if (!o)
        return cw_fail(eb, CW_E_NOMEM, "no memory for the outbox");
    o->loop = loop;
    ev_timer_init(&o->poll, on_timer, SAFETY_POLL, SAFETY_POLL);
    ev_timer_init(&o->turn, on_timer, 0., 0.);
    o->poll.data = o->turn.data = o;
    int err = strcmp(s->bus, "kafka") == 0 ? cw_outbox_kafka_open(s, loop, o, &o->reader, eb)
                                           : cw_outbox_logs_open(s, &o->reader, eb);
    if (err) {
        cw_outbox_close(o);
        return err;
    }
    ev_timer_start(o->loop, &o->poll);
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
    ev_timer_stop(o->loop, &o->poll);
    ev_timer_stop(o->loop, &o->turn);
    if (o->reader.close)
        o->reader.close(o->reader.self);
    free(o->places);
    free(o);
}
