/* The epoch, by which a daemon knows the Redis it has filled: what churnwatch.control says of it.
 */
#ifndef CW_CTL_REPAIR_EPOCH_H
#define CW_CTL_REPAIR_EPOCH_H

#include "bus/logs.h"
#include "delivery/delivery.h"

/* The one recorded last; "" when none is. Errors as in logs.h. */
int cw_epoch_read(struct cw_logs *logs, const struct cw_settings *s,
                  char ret_epoch[CW_EPOCH_MOST + 1], struct cw_errbuf *eb);
/* Records it, durably. */
int cw_epoch_record(struct cw_logs *logs, const struct cw_settings *s, const char *epoch,
                    struct cw_errbuf *eb);
/* A word drawn at random, "<prefix>" and 32 hex digits. -CW_E_IO: no randomness. */
int cw_epoch_draw(const char *prefix, char ret_word[CW_EPOCH_MOST + 1], struct cw_errbuf *eb);

#endif
