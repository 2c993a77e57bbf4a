/* A client's lines and the ids of its last events, in one block of its shard's memory. Private to
 * the core. */
#ifndef CW_CORE_LINE_BLOCK_H
#define CW_CORE_LINE_BLOCK_H

#include "churnwatch/client.h"
#include "core/slab.h"

/* Bytes of the block, and of what its lines own. */
size_t cw_line_block_bytes(const struct cw_client *cl);
/* Room for that many lines, and for the ids that go with them. False: no memory. */
bool cw_line_block_reserve(struct cw_slab *slab, struct cw_client *cl, uint32_t n);
/* Makes so many lines, all zero, in place of those there are. False: no memory. */
bool cw_line_block_make(struct cw_slab *slab, struct cw_client *cl, uint32_t n);
/* A new line at its place; NULL: no memory. The number is not there yet. */
struct cw_line *cw_line_block_add(struct cw_slab *slab, struct cw_client *cl, cw_number number);
/* No lines and no ids; the room is kept. */
void cw_line_block_clear(struct cw_slab *slab, struct cw_client *cl);
void cw_line_block_free(struct cw_slab *slab, struct cw_client *cl);

/* Has the block's first bytes brought near, without waiting. */
void cw_line_block_expect(const struct cw_client *cl);

/* ---- the last ids: 8, and 8 for each line ---- */

/* Of an id 48 bits of a hash are kept: an event is taken for a repeat of another one of its client
 * by mistake once in 2^44 events (2^48, divided by the 16 ids of a client with one line); of a
 * client with 500 lines, and 4,008 ids, once in 2^36. */
#define CW_SEEN_BITS ((UINT64_C(1) << 48) - 1)
bool cw_seen_has(const struct cw_client *cl, uint64_t id_hash);
/* Over the oldest when all are taken. There is room: cw_line_block_reserve. */
void cw_seen_add(struct cw_client *cl, uint64_t id_hash);
uint32_t cw_seen_count(const struct cw_client *cl);
/* From the oldest, 0, to the newest. */
uint64_t cw_seen_at(const struct cw_client *cl, uint32_t i);
/* Oldest first, as images have them: the lower 32 bits of each, then the upper 16. */
#define CW_SEEN_BYTES (sizeof(uint32_t) + sizeof(uint16_t))
void cw_seen_copy(const struct cw_client *cl, uint32_t n, char *to); /* all n of them */
uint64_t cw_seen_copied(const char *from, uint32_t n, uint32_t i);

#endif
