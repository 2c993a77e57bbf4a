/* A profile tried on lines: what each becomes, and over all of them what of the profile found
 * nothing and what of the lines nothing pointed at.
 *
 * One thread. Owns a decoder and the counts.
 */
#ifndef CW_CTL_LINES_MAP_TEST_H
#define CW_CTL_LINES_MAP_TEST_H

#include "core/mapping.h"

/* What became of a line. */
struct cw_map_result {
    const char *type; /* of the kind that took it; NULL: none did */
    bool refused;     /* then `reject` says why */
    struct cw_reject reject;
    struct cw_str text; /* in the contract's form, as far as it was written; may be absent */
};

struct cw_map_type {
    const char *name; /* as the profile's kinds have it; NULL: no kind */
    uint64_t lines, refused;
};
struct cw_map_pointer {
    const struct cw_pointer *pointer;
    uint64_t looks, finds;
};
/* A way into the lines, with * for any element of an array. */
struct cw_map_path {
    char *text; /* owned */
    uint64_t seen, used;
};
#define CW_MAP_PATHS_MOST 4096

struct cw_map_test;
/* Borrows the mapping. NULL: no memory. */
struct cw_map_test *cw_map_test_new(const struct cw_mapping *m,
                                    const struct cw_decode_limits *limits);
void cw_map_test_free(struct cw_map_test *t);
/* Maps and decodes one line. What the result borrows is good until the next call. 0 or -CW_E_NOMEM.
 */
int cw_map_test_line(struct cw_map_test *t, struct cw_str line, struct cw_map_result *ret_result);

/* The counts so far; borrowed. */
const struct cw_map_type *cw_map_test_types(const struct cw_map_test *t, size_t *ret_n);
const struct cw_map_pointer *cw_map_test_pointers(const struct cw_map_test *t, size_t *ret_n);
/* At most CW_MAP_PATHS_MOST of them. */
const struct cw_map_path *cw_map_test_paths(const struct cw_map_test *t, size_t *ret_n);

#endif
