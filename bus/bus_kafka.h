/* The bus over Apache Kafka (librdkafka): a member of the consumer group, a transactional producer
 * and two readers. One per engine thread; see bus/bus.h for the calls.
 *
 *   bus_kafka.c           opening and closing, polling, assignments
 *   bus_kafka_sources.c   the inputs' queues, and waiting for them
 *   bus_kafka_txn.c       transactions
 *   bus_kafka_read.c      offsets and logs
 */
#ifndef CW_BUS_BUS_KAFKA_H
#define CW_BUS_BUS_KAFKA_H

#include "bus/bus.h"
#include "churnwatch/settings.h"

/* Opens the bus of engine thread `thread`: fences an earlier self (group.instance.id is
 * <instance>-<thread>, transactional.id <group>-<instance>-<thread>). The first poll joins the
 * group. Borrows the settings until close. -CW_E_FATAL with eb on failure. */
int cw_bus_kafka_open(const struct cw_settings *s, int thread, struct cw_bus **ret_bus,
                      struct cw_errbuf *eb);
/* Could it be opened, as far as the settings are concerned? As cw_kafka_try. 0, or -CW_E_INVALID
 * with eb. */
int cw_bus_kafka_check(const struct cw_settings *s, struct cw_errbuf *eb);

#endif
