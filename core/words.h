/* Records as images have them: which of their 32-bit words are not zero, a bit each, then those
 * words as they lie. Most words of most clients are zero. Private to the core. */
#ifndef CW_CORE_WORDS_H
#define CW_CORE_WORDS_H

#include "churnwatch/buf.h"

/* n bytes, a multiple of four. */
void cw_words_put(struct cw_buf *b, const void *from, size_t n);
/* Reads what was written of n bytes; a short input sets the reader's failed. */
void cw_words_read(struct cw_reader *r, void *to, size_t n);

#endif
