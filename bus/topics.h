/* The topics: their names by number, and what is checked of them, or made, at start. */
#ifndef CW_BUS_TOPICS_H
#define CW_BUS_TOPICS_H

#include <librdkafka/rdkafka.h>

#include "bus/bus.h"
#include "churnwatch/settings.h"

/* The configured names. */
const char *cw_topics_input(const struct cw_settings *s, enum cw_input in);
const char *cw_topics_log(const struct cw_settings *s, enum cw_log log);
/* The input of that name; false when it is none. */
bool cw_topics_input_of(const struct cw_settings *s, const char *topic, enum cw_input *ret_input);

/* A topic's partitions; 0 when there is no such topic. -CW_E_RETRY when the brokers do not answer.
 */
int cw_topics_partitions(rd_kafka_t *rk, const char *topic, int32_t *ret_n, struct cw_errbuf *eb);

/* Once, before any engine. All topics must be there (or are made, with kafka.create_topics), and
 * what is keyed by client must have equal partition counts. What only weakens a promise is logged
 * as a warning. Returns 0, or -CW_E_IO, -CW_E_INVALID with eb naming what is wrong and the command
 * that mends it. */
int cw_topics_check(const struct cw_settings *s, struct cw_errbuf *eb);

#endif
