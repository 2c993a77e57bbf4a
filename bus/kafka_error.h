/* What an error of Kafka's means to who asked. */
#ifndef CW_BUS_KAFKA_ERROR_H
#define CW_BUS_KAFKA_ERROR_H

#include <librdkafka/rdkafka.h>

#include "churnwatch/types.h"

/* CW_E_RETRY for what passes by itself, so that the same question later is right: a partition
 * without a leader, a coordinator that still loads, a broker that has gone or did not answer in
 * time. CW_E_IO for what does not, such as what somebody may not do. */
enum cw_err cw_kafka_error(rd_kafka_resp_err_t err);

/* Told of a batch that could not be read: its checksum fails, or it cannot be unpacked. The library
 * goes on behind it, so that whoever heard this and reads on has lost its messages. */
bool cw_kafka_passed_over(rd_kafka_resp_err_t err);

#endif
