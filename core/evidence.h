/* The evidence of a signal that is kept: its facts one after the other in a piece of the shard's
 * memory, and no more than they need. A detector raises up to eight of 40 bytes each; a task keeps
 * two or three, mostly of nine, and nobody reads them until it is told. Private to the core.
 *
 *     key u8 · day i32, or money i64, or a double's bits u64, or u32 length and text
 *
 * which is also how images have them: they are copied there as they lie.
 */
#ifndef CW_CORE_EVIDENCE_H
#define CW_CORE_EVIDENCE_H

#include "core/shard_state.h"

/* Bytes of the facts of one signal, at most. */
enum { CW_EVIDENCE_MOST = CW_FACTS_MOST * (1 + 4 + CW_FACT_TEXT) };

void cw_evidence_pack(struct cw_buf *b, const struct cw_signal *s);
/* Reads s->n_facts of them; sets the reader's failed where they are short or damaged. */
void cw_evidence_unpack(struct cw_reader *r, struct cw_signal *s);

/* The facts of s in place of those that g has: a copy. */
void cw_evidence_keep(struct cw_shard *sh, struct cw_task_signal *g, const struct cw_signal *s);
void cw_evidence_free(struct cw_shard *sh, struct cw_task_signal *g);
/* All of a signal, in place of what is there; `from` has no evidence afterwards. */
void cw_evidence_move(struct cw_shard *sh, struct cw_task_signal *to, struct cw_task_signal *from);

#endif
