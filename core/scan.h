/* Where a run of bytes ends, sixteen at a time. What a message costs to read is mostly the going
 * over its strings, which are short: a call for each costs more than its bytes. Vectors are the
 * compiler's own, so that every processor with any has these. Private to the core.
 */
#ifndef CW_CORE_SCAN_H
#define CW_CORE_SCAN_H

#include <stdint.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

enum { CW_SCAN_STEP = 16 };
typedef int8_t cw_scan_bytes __attribute__((vector_size(CW_SCAN_STEP)));

/* The first of sixteen bytes that is marked with all bits; CW_SCAN_STEP for none. */
static inline unsigned cw_scan_first(cw_scan_bytes marked)
{
#ifdef __SSE2__ /* x86 gathers the marks in one step. */
    return (unsigned)__builtin_ctz((unsigned)_mm_movemask_epi8((__m128i)marked) |
                                   1U << CW_SCAN_STEP);
#else
    uint64_t half[2];
    memcpy(half, &marked, sizeof half);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    half[0] = __builtin_bswap64(half[0]);
    half[1] = __builtin_bswap64(half[1]);
#endif
    if (half[0])
        return (unsigned)__builtin_ctzll(half[0]) / 8;
    return half[1] ? 8 + (unsigned)__builtin_ctzll(half[1]) / 8 : CW_SCAN_STEP;
#endif
}

/* The next byte that is a quote, a backslash, a control character or not ASCII; sixteen NULs follow
 * the text, so that there is one. */
static inline char *cw_scan_plain(char *p)
{
    for (;; p += CW_SCAN_STEP) {
        cw_scan_bytes b;
        memcpy(&b, p, sizeof b);
        unsigned at = cw_scan_first((b < 0x20) | (b == '"') | (b == '\\')); /* not ASCII is < 0 */
        if (at < CW_SCAN_STEP)
            return p + at;
    }
}

/* The next quote or backslash before end; end for none. */
static inline const char *cw_scan_quote(const char *p, const char *end)
{
    for (; end - p >= CW_SCAN_STEP; p += CW_SCAN_STEP) {
        cw_scan_bytes b;
        memcpy(&b, p, sizeof b);
        unsigned at = cw_scan_first((b == '"') | (b == '\\'));
        if (at < CW_SCAN_STEP)
            return p + at;
    }
    while (p < end && *p != '"' && *p != '\\')
        p++;
    return p;
}

#endif
