/* The moves that are on their way at one time: what cw_take gave, as records for the bus and as the
 * words with which cw_taken forgets them. Main thread.
 */
#ifndef CW_DELIVERY_PUMP_BATCH_H
#define CW_DELIVERY_PUMP_BATCH_H

#include "bus/logs.h"
#include "delivery/delivery.h"
#include "delivery/pump_record.h"

#define CW_PUMP_BATCH_MOST 256 /* entries */

struct cw_pump_batch {
    struct cw_decoder *decoder; /* owned */
    struct cw_buf text;         /* owned; all of the below lies in it */
    struct cw_pump_place {
        size_t at, n;
    } manager[CW_PUMP_BATCH_MOST], id[CW_PUMP_BATCH_MOST], reason[CW_PUMP_BATCH_MOST],
        key[CW_PUMP_BATCH_MOST], value[CW_PUMP_BATCH_MOST];
    size_t n;         /* entries */
    size_t n_refused; /* those with a reason; the others have a key and a value */
};

int cw_pump_batch_init(struct cw_pump_batch *b); /* 0 or -CW_E_NOMEM */
void cw_pump_batch_free(struct cw_pump_batch *b);
/* From cw_take's answer. 0; -CW_E_INVALID when it is of another form, -CW_E_NOMEM. After a failure
 * the batch is empty. */
int cw_pump_batch_read(struct cw_pump_batch *b, const struct cw_reply *answer);
/* Borrow from the batch. Room for CW_PUMP_BATCH_MOST records, and for three words an entry:
 * manager, id, reason. They return how many there are. */
size_t cw_pump_batch_records(const struct cw_pump_batch *b, const char *topic,
                             struct cw_logs_record *ret_records);
size_t cw_pump_batch_words(const struct cw_pump_batch *b, struct cw_str *ret_words);

#endif
