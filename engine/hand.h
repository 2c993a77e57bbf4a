/* A second hand: does one piece of work at a time beside the engine's thread. It is for calls that
 * mostly wait for a server, so that the thread goes on meanwhile.
 */
#ifndef CW_ENGINE_HAND_H
#define CW_ENGINE_HAND_H

#include <stdbool.h>

struct cw_hand {
    /* Begins the work and returns; there must be none under way. */
    void (*begin)(struct cw_hand *h, void (*work)(void *arg), void *arg);
    /* Whether the work has come to its end; it may be looked at by nobody else before. */
    bool (*is_done)(struct cw_hand *h);
    /* Waits for that end. What the work wrote may be read then. */
    void (*finish)(struct cw_hand *h);
};

/* A thread of its own. Returns NULL when there is none to be had. */
struct cw_hand *cw_hand_new(void);
/* Nothing may be under way. NULL is allowed. */
void cw_hand_free(struct cw_hand *h);

#endif
