/* Reading a range of a topic's partition by hand, outside the group. */
#ifndef CW_BUS_KAFKA_READ_H
#define CW_BUS_KAFKA_READ_H

#include "bus/kafka_message.h"
#include "churnwatch/settings.h"

/* A consumer that is assigned by hand and never joins. `committed`: it reads committed records
 * only, and the end it is told is that of the last finished transaction. client_id may be NULL.
 * Freed with rd_kafka_destroy; NULL with eb. */
rd_kafka_t *cw_kafka_reader(const struct cw_settings *s, const char *client_id, bool committed,
                            struct cw_errbuf *eb);

/* Would there be one? As cw_kafka_try. */
int cw_kafka_reader_try(const struct cw_settings *s, struct cw_errbuf *eb);

/* First offset of a topic's partition and one past its last: with a reader of committed records one
 * past the last of a finished transaction. With eb -CW_E_RETRY when nobody said so within `ms`,
 * -CW_E_IO when it was refused; the partition's leader is looked for anew then. */
int cw_kafka_bounds(rd_kafka_t *reader, const char *topic, int32_t partition, int ms,
                    int64_t *ret_first, int64_t *ret_end, struct cw_errbuf *eb);

struct cw_kafka_range {
    const char *topic;
    int32_t partition;
    int64_t from, to; /* [from, to) */
};
/* Calls each of the range's records in order; stops early when `each` returns non-zero and returns
 * that. -CW_E_RETRY when nothing comes for half a minute, -CW_E_CORRUPT when a batch fails its
 * checksum or cannot be unpacked, -CW_E_FATAL when `from` is no longer there. */
int cw_kafka_read(rd_kafka_t *reader, struct cw_kafka_headers *room,
                  const struct cw_kafka_range *range,
                  int (*each)(void *arg, const struct cw_message *m), void *arg,
                  struct cw_errbuf *eb);

#endif
