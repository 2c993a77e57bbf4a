/* Messages into Kafka in the order given, each once, by key as the Java producer spreads them.
 *
 * Used by one thread; librdkafka has threads of its own. Values are copied.
 */
#ifndef CW_CTL_PRODUCER_H
#define CW_CTL_PRODUCER_H

#include "churnwatch/settings.h"

struct cw_producer;

/* Asks the brokers for their topics first, so that a server that is away is told at once. 0;
 * -CW_E_IO when none answers; -CW_E_INVALID for a wrong kafka.properties; eb says which. */
int cw_producer_open(const struct cw_settings *s, struct cw_producer **ret_producer,
                     struct cw_errbuf *eb);
/* Waits while the queue is full. 0, or -CW_E_IO with eb saying what the brokers said. */
int cw_producer_send(struct cw_producer *p, const char *topic, struct cw_str key,
                     struct cw_str value, struct cw_errbuf *eb);
/* Waits until every message has been taken or refused; -CW_E_IO when any was refused. */
int cw_producer_flush(struct cw_producer *p, struct cw_errbuf *eb);
void cw_producer_close(struct cw_producer *p); /* accepts NULL */

#endif
