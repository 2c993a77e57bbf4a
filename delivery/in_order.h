/* Records of one key reach their log without a gap. */
#ifndef CW_DELIVERY_IN_ORDER_H
#define CW_DELIVERY_IN_ORDER_H

#include "bus/logs.h"

/* Appends the records and waits until the log has them. Never are two of one key on their way at
 * once: of a key, what the log has after a failure is what came first, and nothing later. Those
 * that were appended before a failure are waited for as well, so that a second attempt cannot be
 * overtaken. 0, or what append or flush answered, with the reason of the first. */
int cw_append_in_order(struct cw_logs *logs, const struct cw_logs_record *records, size_t n,
                       struct cw_errbuf *eb);

#endif
