/* The number of partitions that an installation began with, recorded in churnwatch.control: a
 * client's shard follows from it, so it is for good. Topics that were all given more partitions
 * look like new ones otherwise.
 *
 *     key "partitions", partition 0, value {"partitions": 3}; the first record counts
 */
#ifndef CW_DELIVERY_PARTITIONS_H
#define CW_DELIVERY_PARTITIONS_H

#include "bus/logs.h"

/* 0 in ret_n: none is recorded. Errors are those of bus/logs.h. */
int cw_partitions_recorded(struct cw_logs *logs, const struct cw_settings *s, int32_t *ret_n,
                           struct cw_errbuf *eb);
/* Compares the topics with the record, which the first start makes. -CW_E_INVALID where they
 * differ; eb says what to do. */
int cw_partitions_settle(struct cw_logs *logs, const struct cw_settings *s, struct cw_errbuf *eb);

#endif
