/* Where detectors' slices lie. Those of daily detectors lie at fixed places behind their client or
 * line, the rare ones in a block of what is there (core/rare.h). Private to the core; detectors get
 * theirs by the judge, readers by churnwatch/client.h.
 */
#ifndef CW_CORE_SLICES_H
#define CW_CORE_SLICES_H

#include "churnwatch/client.h"
#include "core/rare.h"

/* Slices of whole words lie before those that end with half of one. */
static inline bool cw_slices_odd(size_t n)
{
    return n % sizeof(uint32_t) != 0;
}
static inline size_t cw_slices_whole(size_t n)
{
    return (n + sizeof(uint32_t) - 1) / sizeof(uint32_t) * sizeof(uint32_t);
}
/* Bytes behind a client's id, and behind a line, of slices that are not rare; whole words. */
size_t cw_slices_of_client(void);
size_t cw_slices_of_line(void);
/* Bytes from the client's end to its slices: the id. */
static inline size_t cw_slices_begin(const struct cw_client *cl)
{
    return ((size_t)cl->id_n + 3) & ~(size_t)3;
}

/* Those of a client, one after the other: in the table's order, but whole words first. */
static inline void *cw_slices_usual(const struct cw_client *cl)
{
    return (unsigned char *)(uintptr_t)(cl + 1) + cw_slices_begin(cl);
}

/* One owner's slice to be written: room for it, zero at first, is lent until it is given back. */
struct cw_lent {
    void *slice; /* NULL: the detector declares none */
    bool absent; /* it is not there yet: `room` is it */
    uint32_t room[16];
};
#define CW_SLICE_MOST sizeof(((struct cw_lent *)0)->room)
void cw_slices_lend(struct cw_client *cl, unsigned detector, struct cw_lent *ret);
void cw_slices_lend_line(struct cw_line *ln, unsigned detector, struct cw_lent *ret);
/* Takes it back: what was absent and is no longer zero gets a place. Returns the bytes that took,
 * or -CW_E_NOMEM. */
int cw_slices_return(struct cw_slab *slab, struct cw_client *cl, struct cw_line *ln,
                     unsigned detector, const struct cw_lent *lent);

#endif
