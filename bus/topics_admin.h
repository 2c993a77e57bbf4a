/* What topics.c asks of the brokers' administration; each call waits for its answer. 0, or
 * with eb -CW_E_RETRY for what passes by waiting, -CW_E_IO or -CW_E_INVALID. */
#ifndef CW_BUS_TOPICS_ADMIN_H
#define CW_BUS_TOPICS_ADMIN_H

#include <librdkafka/rdkafka.h>

#include "churnwatch/types.h"

struct cw_topic_config {
    const char *name, *value;
};
enum { CW_TOPIC_CONFIGS_MOST = 3 };
/* partitions -1 asks for the broker's default; the replication is always that. */
struct cw_new_topic {
    const char *name;
    int32_t partitions;
    struct cw_topic_config configs[CW_TOPIC_CONFIGS_MOST];
    size_t n_configs;
};
/* All of them in one request. "Exists" is success. */
int cw_topics_create(rd_kafka_t *rk, const struct cw_new_topic *topics, size_t n,
                     struct cw_errbuf *eb);

/* One configuration value of a topic; answer is "" when the broker does not tell. */
struct cw_topic_question {
    const char *topic, *config;
    char answer[64];
};
/* All of them in one request. */
int cw_topics_ask(rd_kafka_t *rk, struct cw_topic_question *questions, size_t n,
                  struct cw_errbuf *eb);

#endif
