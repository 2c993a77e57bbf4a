/* How a file's bytes are coded: plain, gzip or zstd, one row each.
 */
#ifndef CW_CTL_LINES_CODING_H
#define CW_CTL_LINES_CODING_H

#include "churnwatch/types.h"

#define CW_CODING_MAGIC 4 /* bytes that tell one from another */

/* Bytes still to be decoded, room still to be filled; a step moves both on. */
struct cw_piece {
    const unsigned char *p;
    size_t n;
};
struct cw_piece_out {
    char *p;
    size_t n;
};

struct cw_coding {
    const char *name;
    unsigned char magic[CW_CODING_MAGIC];
    size_t n_magic;
    void *(*open)(void); /* NULL: no state is needed, and none to be closed */
    /* Decodes as much as fits. 0, or -CW_E_IO for damaged data; ret_whole says whether the input
     * could end here. */
    int (*step)(void *state, struct cw_piece *in, struct cw_piece_out *out, bool *ret_whole);
    void (*close)(void *state);
};

/* Never NULL: what is nothing else is plain. */
const struct cw_coding *cw_coding_of(const unsigned char *p, size_t n);

#endif
