/* The onlooker's way to the topics over Apache Kafka; see bus/logs.h. */
#ifndef CW_BUS_LOGS_KAFKA_H
#define CW_BUS_LOGS_KAFKA_H

#include "bus/logs.h"

int cw_logs_kafka_open(const struct cw_settings *s, struct cw_logs **ret_logs,
                       struct cw_errbuf *eb);

#endif
