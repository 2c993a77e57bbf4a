/* A message taken in: decoded once, when it comes, and kept until its turn.
 *
 * The bus lends a message's bytes until the next poll only, and the merge needs the message's time,
 * which stands for nothing unless the whole message is good. So an event is kept with copies of its
 * texts, some 400 bytes in one piece while it waits, and one decoder serves them all; a profile or
 * an outcome, which are few, with the decoder that owns what it points into.
 */
#ifndef CW_ENGINE_INTAKE_H
#define CW_ENGINE_INTAKE_H

#include "bus/bus.h"
#include "churnwatch/shard.h"
#include "core/mapping.h"

struct cw_taken {
    struct cw_taken *next;    /* in the pool */
    int err;                  /* 0; -CW_E_UNKNOWN_TYPE; -CW_E_REJECT */
    enum cw_reject_code code; /* of a refused message, and of a move that may yet be refused */
    struct cw_buf dead;       /* its dead letter, packed as in pending.h; owned */
    struct cw_told *told;     /* a profile or an outcome; NULL for an event */
    struct cw_event event;    /* of an unknown type: its envelope */
    size_t room;              /* bytes of its texts' room */
    size_t bytes;             /* what its texts take while it waits, about */
    char texts[];
};

/* Of one thread, zeroed at first: what was freed and will be used again. */
struct cw_taken_pool {
    struct cw_decoder *decoder; /* of events */
    struct cw_taken *first;     /* with room for the texts of a usual event */
    size_t n;
    struct cw_told *told;
    size_t n_told;
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

/* Returns 0 with ret_taken to be freed by cw_taken_free, or -CW_E_NOMEM. */
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
/* Whom it is about; absent of a refused message. */
struct cw_str cw_taken_client(const struct cw_taken *t, enum cw_input in);

#endif
