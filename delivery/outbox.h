/* The outbox read for delivery: churnwatch.tasks, committed records only, on the main loop.
 *
 * Shards are read from an offset that delivery names, which is Redis's; the topic keeps no position
 * of ours. What is common to all is here; a reader brings the records: outbox_kafka.c from Kafka,
 * outbox_logs.c from the embedded log.
 */
#ifndef CW_DELIVERY_OUTBOX_H
#define CW_DELIVERY_OUTBOX_H

#include <ev.h>

#include "delivery/delivery.h"

struct cw_outbox;
int cw_outbox_open(const struct cw_settings *s, struct ev_loop *loop, struct cw_outbox **ret_outbox,
                   struct cw_errbuf *eb);
struct cw_outbox_port cw_outbox_port(struct cw_outbox *o);
/* Whom the records go to; before the loop runs. Borrowed. */
void cw_outbox_serve(struct cw_outbox *o, struct cw_delivery *d);
void cw_outbox_close(struct cw_outbox *o); /* accepts NULL */

/* ---- for readers ---- */

/* A shard that is read, and where it has come to. */
struct cw_outbox_place {
    int32_t shard;
    int64_t next; /* CW_OFFSET_NONE: the beginning */
    int64_t told; /* the end told since it was asked for, -1 for none */
    bool lost;    /* what was asked for is not there */
};
struct cw_outbox_reader {
    void *self;
    /* The places are others now. False: to be tried again. */
    bool (*assign)(void *self, const struct cw_outbox_place *places, size_t n);
    /* Gives what there is, one record after the other, while cw_outbox_wants says so; never waits.
     */
    void (*read)(void *self, struct cw_outbox *o);
    void (*close)(void *self);
};
/* In offset order for each shard. ms: when it was appended, -1 unknown. End: all before `offset`
 * was given. Lost: there is no such offset any more. Damaged: what comes next could not be read,
 * and the reader would go on behind it. */
void cw_outbox_record(struct cw_outbox *o, int32_t shard, int64_t offset, int64_t ms,
                      struct cw_str value);
void cw_outbox_end(struct cw_outbox *o, int32_t shard, int64_t offset);
void cw_outbox_lost(struct cw_outbox *o, int32_t shard);
void cw_outbox_damaged(struct cw_outbox *o, int32_t shard);
/* False: no more for now; reading is taken up again by itself. */
bool cw_outbox_wants(const struct cw_outbox *o);
/* The shards to be read, as they stand. Borrowed until the reading ends. */
const struct cw_outbox_place *cw_outbox_places(const struct cw_outbox *o, size_t *ret_n);
/* Something has come: read soon. */
void cw_outbox_come_back(struct cw_outbox *o);

int cw_outbox_kafka_open(const struct cw_settings *s, struct ev_loop *loop, struct cw_outbox *o,
                         struct cw_outbox_reader *ret_reader, struct cw_errbuf *eb);
int cw_outbox_logs_open(const struct cw_settings *s, struct cw_outbox_reader *ret_reader,
                        struct cw_errbuf *eb);

#endif
