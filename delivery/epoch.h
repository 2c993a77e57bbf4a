/* The epoch, by which a daemon knows the Redis it has filled: its record in churnwatch.control (key
 * "epoch", value {"epoch":"…"}; the last one holds).
 */
#ifndef CW_DELIVERY_EPOCH_H
#define CW_DELIVERY_EPOCH_H

#include "bus/logs.h"
#include "delivery/delivery.h"

/* The one recorded last; "" when none is. Errors as in logs.h. */
int cw_epoch_read(struct cw_logs *logs, const struct cw_settings *s,
                  char ret_epoch[CW_EPOCH_MOST + 1], struct cw_errbuf *eb);
#define CW_EPOCH_JSON_MOST (CW_EPOCH_MOST + 32)
/* The record; its value is written into json, which must live as long. */
struct cw_logs_record cw_epoch_record_of(const struct cw_settings *s, const char *epoch,
                                         char json[CW_EPOCH_JSON_MOST]);
/* Records it, durably. */
int cw_epoch_record(struct cw_logs *logs, const struct cw_settings *s, const char *epoch,
                    struct cw_errbuf *eb);
/* A word drawn at random, "<prefix>" and 32 hex digits. -CW_E_IO: no randomness. */
int cw_epoch_draw(const char *prefix, char ret_word[CW_EPOCH_MOST + 1], struct cw_errbuf *eb);

#endif
