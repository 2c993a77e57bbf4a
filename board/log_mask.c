/* Masks for what must not be logged: SipHash-2-4 (Aumasson and Bernstein) under a key drawn once
 * per process, so that a mask cannot be turned back by trying all telephone numbers.
 *
 * Thread-safe; owns the key.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "board/log.h"

static uint64_t key[2];
static pthread_once_t drawn = PTHREAD_ONCE_INIT;

static void draw_key(void)
{
    /* So few bytes are given whole, or the kernel has no randomness at all: then nothing may be
     * logged under a key that could be guessed. */
    if (getrandom(key, sizeof key, 0) != (ssize_t)sizeof key)
        abort();
}

static uint64_t turn(uint64_t x, unsigned bits)
{
    return x << bits | x >> (64 - bits);
}

static void rounds(uint64_t v[4], int n)
{
    for (; n > 0; n--) {
        v[0] += v[1];
        v[2] += v[3];
        v[1] = turn(v[1], 13) ^ v[0];
        v[3] = turn(v[3], 16) ^ v[2];
        v[0] = turn(v[0], 32) + v[3];
        v[2] += v[1];
        v[1] = turn(v[1], 17) ^ v[2];
        v[3] = turn(v[3], 21) ^ v[0];
        v[2] = turn(v[2], 32);
    }
}

static void take_word(uint64_t v[4], uint64_t word)
{
    v[3] ^= word;
    rounds(v, 2);
    v[0] ^= word;
}

static uint64_t keyed_hash(struct cw_str s)
{
    uint64_t v[4] = {key[0] ^ UINT64_C(0x736f6d6570736575), key[1] ^ UINT64_C(0x646f72616e646f6d),
                     key[0] ^ UINT64_C(0x6c7967656e657261), key[1] ^ UINT64_C(0x7465646279746573)};
    uint64_t word = 0;
    for (size_t i = 0; i < s.n; i++) {
        word |= (uint64_t)(unsigned char)s.p[i] << 8 * (i % 8);
        if (i % 8 == 7) {
            take_word(v, word);
            word = 0;
        }
    }
    take_word(v, word | (uint64_t)s.n << 56);
    v[2] ^= 0xff;
    rounds(v, 4);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

static char plain(char c)
{
    return c > ' ' && c < 0x7f && c != '"' && c != '=' ? c : '?';
}

const char *cw_log_mask(struct cw_str id, char out[24])
{
    (void)pthread_once(&drawn, draw_key);
    uint32_t hash = (uint32_t)keyed_hash(id);
    char tail[3] = "";
    /* Of a short id the last two characters would be all of it. */
    if (id.n >= 6) {
        tail[0] = plain(id.p[id.n - 2]);
        tail[1] = plain(id.p[id.n - 1]);
    }
    (void)snprintf(out, 24, "c:%08x..%s", hash, tail);
    return out;
}
