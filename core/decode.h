/* Messages to events, profiles, managers and outcomes, by way of a JSON tree (core/json.h). Both
 * CloudEvents modes are read.
 *
 * A decoder belongs to one thread and owns what its results point into; each call ends the life of
 * the results of the call before.
 */
#ifndef CW_CORE_DECODE_H
#define CW_CORE_DECODE_H

#include "churnwatch/event.h"

struct cw_decode_limits {
    size_t max_event_bytes;   /* 64 KiB */
    size_t max_profile_bytes; /* 900 KiB; for managers and outcomes too */
    int64_t max_clock_skew; /* µs the time of an event or outcome may be ahead of its message's */
};

struct cw_decoder;
struct cw_decoder *cw_decoder_new(const struct cw_decode_limits *limits); /* NULL: no memory */
void cw_decoder_free(struct cw_decoder *d);
/* Ends the life of its last results; its room is kept for the next. */
void cw_decoder_clear(struct cw_decoder *d);

/* Return 0; -CW_E_UNKNOWN_TYPE (subject, id, source and time of ret_event are set: it is counted
 * and skipped); -CW_E_REJECT with ret_reject filled; -CW_E_NOMEM. */
int cw_decode_event(struct cw_decoder *d, const struct cw_message *m, struct cw_event *ret_event,
                    struct cw_reject *ret_reject);
/* An empty value is a tombstone and gives deleted = true. */
int cw_decode_profile(struct cw_decoder *d, const struct cw_message *m,
                      struct cw_profile *ret_profile, struct cw_reject *ret_reject);
int cw_decode_manager(struct cw_decoder *d, const struct cw_message *m,
                      struct cw_manager *ret_manager, struct cw_reject *ret_reject);
int cw_decode_outcome(struct cw_decoder *d, const struct cw_message *m,
                      struct cw_outcome *ret_outcome, struct cw_reject *ret_reject);

#endif
