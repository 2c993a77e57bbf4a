/* One entry of a manager's stream of moves as an outcome event of docs/events.md. Pure. */
#ifndef CW_DELIVERY_PUMP_RECORD_H
#define CW_DELIVERY_PUMP_RECORD_H

#include "churnwatch/buf.h"
#include "core/decode.h"

struct cw_pump_field {
    struct cw_str name, value;
};
/* Borrowed. Where it lies is what its id is made of, so an entry read twice has one id; source is
 * what cw_take calls the Redis that holds it. */
struct cw_pump_entry {
    struct cw_str source, manager, stream_id;
    const struct cw_pump_field *fields;
    size_t n_fields;
};

/* Appends the JSON. Returns 0 with ret_client, the message's key, borrowed from the fields;
 * -CW_E_INVALID when the entry is no outcome that the engine would take, with why saying what is
 * wrong and nothing appended; -CW_E_NOMEM. The decoder's earlier results end here. */
int cw_pump_record(const struct cw_pump_entry *entry, struct cw_decoder *decoder,
                   struct cw_buf *json, struct cw_str *ret_client, struct cw_errbuf *why);

#endif
