/* A client's lines and the ids of its last events, in one block of its shard's memory. Private to
 * the core. */
#ifndef CW_CORE_LINE_BLOCK_H
#define CW_CORE_LINE_BLOCK_H

#include "churnwatch/client.h"
#include "core/slab.h"

/* Bytes of the block, and of what its lines own. */
size_t cw_line_block_bytes(const struct cw_client *cl);
/* Makes so many lines, all zero, in place of those there are, and forgets all ids. False: no
 * memory, and there are no lines. */
bool cw_line_block_make(struct cw_slab *slab, struct cw_client *cl, uint32_t n);
/* A new line at its place; NULL: no memory. The number is not there yet. */
struct cw_line *cw_line_block_add(struct cw_slab *slab, struct cw_client *cl, cw_number number);
void cw_line_block_free(struct cw_slab *slab, struct cw_client *cl);

/* Has the block's first bytes brought near, without waiting. */
void cw_line_block_expect(const struct cw_client *cl);

/* ---- the last ids: 8, and 8 for each line ---- */

/* Of an id's hash the lower 40 bits are kept where there is one line at most, and 48 where there
 * are more: an event is taken for a repeat of another one of its client by mistake once in 2^36
 * events (2^40, divided by the 16 ids of a client with one line); of a client with two lines once
 * in 2^43, with 500 lines, and 4,008 ids, once in 2^36. */
bool cw_seen_has(const struct cw_client *cl, uint64_t id_hash);
/* Over the oldest when all are taken. There is a block: cw_line_block_make, with no lines too. */
void cw_seen_add(struct cw_client *cl, uint64_t id_hash);
uint32_t cw_seen_count(const struct cw_client *cl);
/* What one takes, in memory and in an image. */
size_t cw_seen_bytes(const struct cw_client *cl);
/* Oldest first, as images have them: the lower 32 bits of each, then what is above. All n of them;
 * and back into a block that has as many lines and knows none. */
void cw_seen_copy(const struct cw_client *cl, uint32_t n, char *to);
void cw_seen_paste(struct cw_client *cl, uint32_t n, const char *from);

#endif
