/* Messages of librdkafka as ours, and our headers as librdkafka's. */
#ifndef CW_BUS_KAFKA_MESSAGE_H
#define CW_BUS_KAFKA_MESSAGE_H

#include <librdkafka/rdkafka.h>

#include "churnwatch/event.h"

/* Room for one message's headers; all zero is empty. */
struct cw_kafka_headers {
    struct cw_header *items; /* owned */
    size_t cap;
};
void cw_kafka_headers_free(struct cw_kafka_headers *h);

/* Borrows from `from` and from the room, until either is used again. 0 or -CW_E_NOMEM. */
int cw_kafka_message(const rd_kafka_message_t *from, struct cw_kafka_headers *room,
                     struct cw_message *ret_message);

/* A copy for a record to be produced, which takes it; destroyed by the caller when it does not.
 * NULL: no memory. */
rd_kafka_headers_t *cw_kafka_headers_of(const struct cw_header *headers, size_t n);

#endif
