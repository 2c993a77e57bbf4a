/* What topics.c asks of the brokers' administration; each call waits for its answer. */
#ifndef CW_BUS_TOPICS_ADMIN_H
#define CW_BUS_TOPICS_ADMIN_H

#include <librdkafka/rdkafka.h>

#include "churnwatch/types.h"

struct cw_topic_config {
    const char *name, *value;
};
/* partitions -1 asks for the broker's default; so does the replication. "Exists" is success. */
int cw_topics_create(rd_kafka_t *rk, const char *topic, int32_t partitions,
                     const struct cw_topic_config *configs, size_t n, struct cw_errbuf *eb);
/* Copies one configuration value of a topic; "" when the broker does not tell. */
int cw_topics_config(rd_kafka_t *rk, const char *topic, const char *name, char *ret, size_t size,
                     struct cw_errbuf *eb);

#endif
