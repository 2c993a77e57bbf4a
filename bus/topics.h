/* The topics on Kafka: what is checked of them, or made, at start. */
#ifndef CW_BUS_TOPICS_H
#define CW_BUS_TOPICS_H

#include <librdkafka/rdkafka.h>

#include "bus/bus.h"
#include "churnwatch/settings.h"

/* A topic's partitions; 0 when there is no such topic. -CW_E_RETRY when the brokers do not answer
 * within `ms`. */
int cw_topics_partitions(rd_kafka_t *rk, const char *topic, int ms, int32_t *ret_n,
                         struct cw_errbuf *eb);

/* Once, before any engine. All topics must be there (or are made, with kafka.create_topics), and
 * what is keyed by client must have equal partition counts. What only weakens a promise is logged
 * as a warning. Returns 0, or with eb -CW_E_RETRY for what passes by waiting, -CW_E_IO or
 * -CW_E_INVALID naming what is wrong and the command that mends it. */
int cw_topics_check(const struct cw_settings *s, struct cw_errbuf *eb);

#endif
