/* A message taken in: decoded once, when it comes, and kept until its turn.
 *
 * The bus lends a message's bytes until the next poll only, and the merge needs the message's time,
 * which stands for nothing unless the whole message is good. So each message has a decoder of its
 * own, which owns what the decoded parts point into: some 3 KiB while it waits, and no second
 * decoding when it is judged. Decoders of events are used again, for to make one costs more than to
 * decode with it: an allocation of this size makes the allocator tidy up first.
 */
#ifndef CW_ENGINE_INTAKE_H
#define CW_ENGINE_INTAKE_H

#include "bus/bus.h"
#include "churnwatch/shard.h"
#include "core/mapping.h"

struct cw_taken {
    int err; /* 0; -CW_E_UNKNOWN_TYPE; -CW_E_REJECT */
    union {
        struct cw_event event; /* billing and service; of an unknown type: its envelope */
        struct cw_profile profile;
        struct cw_outcome outcome;
    } u;
    enum cw_reject_code code;   /* of a refused message, and of a move that may yet be refused */
    struct cw_buf dead;         /* its dead letter, packed as in pending.h; owned */
    struct cw_decoder *decoder; /* owned */
    bool of_event;
    struct cw_taken *next; /* in the pool */
};

/* Of one thread, zeroed at first: what was freed and will be used again. */
struct cw_taken_pool {
    struct cw_taken *first;
    size_t n;
};
void cw_taken_pool_free(struct cw_taken_pool *p);

/* What a message came by. */
struct cw_inlet {
    enum cw_input in;
    const char *topic;                /* for the dead letter */
    const struct cw_mapping *mapping; /* NULL: messages have the contract's shape */
};

/* Of an input, as the settings have it. Borrows from them. */
struct cw_inlet cw_inlet_of(const struct cw_settings *s, enum cw_input in);

/* Returns 0 with ret_taken to be freed by
 * cw_taken_free, or -CW_E_NOMEM. */
int cw_taken_new(struct cw_taken_pool *p, const struct cw_decode_limits *limits,
                 const struct cw_inlet *inlet, const struct cw_message *m,
                 struct cw_taken **ret_taken);
void cw_taken_free(struct cw_taken_pool *p, struct cw_taken *t);
/* Has the shard judge a good one (err 0). Returns 0; -CW_E_REFUSED for a move that cannot be
 * carried out: its dead letter is there; -CW_E_NOMEM. */
int cw_taken_judge(const struct cw_taken *t, enum cw_input in, struct cw_shard *shard,
                   const struct cw_origin *from, const struct cw_output *out);
/* The event time it tells; CW_NO_TIME for profiles and refused messages. */
cw_event_time cw_taken_time(const struct cw_taken *t, enum cw_input in);

#endif
