/* What most clients and lines have nothing of: the slices of rare detectors, and facts that few are
 * told of, one after the other in a block that has only those that are there. A line's block begins
 * with the bits of them, since few lines have one. Private to the core; readers get them by
 * churnwatch/client.h.
 */
#ifndef CW_CORE_RARE_H
#define CW_CORE_RARE_H

#include "churnwatch/client.h"
#include "core/slab.h"

/* A kind is a detector, by enum cw_detector_id, or one of these, from the last one down so that
 * images know them by their place whatever detectors there are. */
enum cw_rare_fact {
    CW_RARE_MOST = 32,
    /* of a client */
    CW_RARE_CALLS = CW_RARE_MOST - 1,       /* struct cw_calls; images store what it points at */
    CW_RARE_OWED_AT = CW_RARE_MOST - 2,     /* cw_small_time: of the last news of what is owed */
    CW_RARE_CONTRACT_AT = CW_RARE_MOST - 3, /* cw_small_time */
    CW_RARE_ROAMED = CW_RARE_MOST - 4,
    CW_RARE_OWED = CW_RARE_MOST - 5,
    CW_RARE_STATED_AT = CW_RARE_MOST - 6, /* cw_small_time; where payments came after it */
    CW_RARE_OPENED = CW_RARE_MOST - 7,    /* struct cw_small_opened */
    /* of a line */
    CW_RARE_STATUS_AT = CW_RARE_MOST - 1, /* cw_small_time */
    CW_RARE_GONE_AT = CW_RARE_MOST - 2,   /* cw_small_time; where its end was told again */
    CW_RARE_LEAST = CW_RARE_MOST - 7
};
struct cw_calls {
    cw_ref task, past; /* struct cw_task, struct cw_past */
};
/* Apart from when it was told, which is all there is of those who pay in time. */
struct cw_small_owed {
    cw_small_money amount;
    cw_small_time since;
};
/* Of the events that opened a task: the latest one's time, and the last one's task, by part of its
 * id. */
struct cw_small_opened {
    cw_small_time at;
    uint32_t id;
};
/* By day & 1; nothing of another day than that. */
struct cw_roamed {
    cw_small_day day[2];
    cw_small_money all[2], night[2];
};

/* Bytes of one of that kind; 0: there is none. */
size_t cw_rare_size(unsigned kind, bool of_line);
/* NULL: not there. Aligned for four bytes. */
void *cw_rare_find(struct cw_rare r, unsigned kind, bool of_line);
/* Of the client, where ln is NULL. */
static inline struct cw_rare cw_rare_of(const struct cw_client *cl, const struct cw_line *ln)
{
    const uint32_t *there = ln ? cw_at(ln->rare) : NULL;
    return !ln ? cl->rare : (struct cw_rare){there ? *there : 0, ln->rare};
}
/* Puts it in, in place of what was there; of the client, where ln is NULL. Returns the bytes that
 * took more, or -CW_E_NOMEM. */
int cw_rare_put(struct cw_slab *slab, struct cw_client *cl, struct cw_line *ln, unsigned kind,
                const void *bytes);
size_t cw_rare_bytes(struct cw_rare r, bool of_line);
void cw_rare_free(struct cw_slab *slab, struct cw_rare r, bool of_line);

#endif
