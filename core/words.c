/* Words that are not zero; see words.h. */
#include "core/words.h"

#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "words are stored as they lie");
enum { WORD = sizeof(uint32_t), GROUP = 8 /* words whose bits are a byte */ };

static size_t mask_of(size_t n)
{
    return (n / WORD + GROUP - 1) / GROUP;
}

/* Without a branch a word: each is written, and the next one over it where it was zero. */
void cw_words_put(struct cw_buf *b, const void *from, size_t n)
{
    size_t words = n / WORD, mask_bytes = mask_of(n);
    unsigned char *mask = (unsigned char *)cw_buf_room(b, mask_bytes + n + WORD);
    if (!mask)
        return;
    const unsigned char *p = from;
    unsigned char *to = mask + mask_bytes;
    for (size_t at = 0; at < words; at += GROUP) {
        unsigned there = 0;
        for (size_t i = 0; i < GROUP && at + i < words; i++, p += WORD) {
            uint32_t word;
            memcpy(&word, p, WORD);
            memcpy(to, &word, WORD);
            there |= (unsigned)(word != 0) << i;
            to += word != 0 ? WORD : 0;
        }
        mask[at / GROUP] = (unsigned char)there;
    }
    b->n += (size_t)(to - mask);
}

void cw_words_read(struct cw_reader *r, void *to, size_t n)
{
    const unsigned char *mask = cw_read(r, mask_of(n));
    unsigned char *p = memset(to, 0, n);
    for (size_t i = 0; mask && i < n / WORD; i++) {
        const void *word = mask[i / GROUP] >> i % GROUP & 1 ? cw_read(r, WORD) : NULL;
        if (word)
            memcpy(p + i * WORD, word, WORD);
    }
}
