/* Decoding steps over zlib and libzstd. See coding.h. Files of several members or frames one after
 * the other are one file. */
#include "ctl/lines/coding.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

static int plain_step(void *state, struct cw_piece *in, struct cw_piece_out *out, bool *ret_whole)
{
    (void)state;
    size_t n = in->n < out->n ? in->n : out->n;
    if (n)
        memcpy(out->p, in->p, n);
    *in = (struct cw_piece){in->p + n, in->n - n};
    *out = (struct cw_piece_out){out->p + n, out->n - n};
    *ret_whole = true;
    return 0;
}

static void *gzip_open(void)
{
    z_stream *z = calloc(1, sizeof *z);
    if (z && inflateInit2(z, 16 + MAX_WBITS) != Z_OK) {
        free(z);
        return NULL;
    }
    return z;
}

static void gzip_close(void *state)
{
    (void)inflateEnd(state);
    free(state);
}

static unsigned within(size_t n)
{
    return n < UINT_MAX ? (unsigned)n : UINT_MAX;
}

static int gzip_step(void *state, struct cw_piece *in, struct cw_piece_out *out, bool *ret_whole)
{
    z_stream *z = state;
    if (*ret_whole && in->n && z->total_in && inflateReset(z) != Z_OK)
        return -CW_E_IO;
    unsigned had = within(in->n), room = within(out->n);
    z->next_in = (Bytef *)(uintptr_t)in->p;
    z->avail_in = had;
    z->next_out = (Bytef *)out->p;
    z->avail_out = room;
    int got = inflate(z, Z_NO_FLUSH);
    if (got != Z_OK && got != Z_STREAM_END && got != Z_BUF_ERROR)
        return -CW_E_IO;
    size_t used = had - z->avail_in, made = room - z->avail_out;
    *in = (struct cw_piece){in->p + used, in->n - used};
    *out = (struct cw_piece_out){out->p + made, out->n - made};
    if (got == Z_STREAM_END)
        *ret_whole = true;
    else if (used)
        *ret_whole = false;
    return 0;
}

static void *zstd_open(void)
{
    return ZSTD_createDStream();
}

static void zstd_close(void *state)
{
    (void)ZSTD_freeDStream(state);
}

static int zstd_step(void *state, struct cw_piece *in, struct cw_piece_out *out, bool *ret_whole)
{
    ZSTD_inBuffer from = {in->p, in->n, 0};
    ZSTD_outBuffer to = {out->p, out->n, 0};
    if (in->n == 0 && *ret_whole)
        return 0;
    size_t left = ZSTD_decompressStream(state, &to, &from);
    if (ZSTD_isError(left))
        return -CW_E_IO;
    *in = (struct cw_piece){in->p + from.pos, in->n - from.pos};
    *out = (struct cw_piece_out){out->p + to.pos, out->n - to.pos};
    *ret_whole = left == 0;
    return 0;
}

static const struct cw_coding codings[] = {
    {"gzip", {0x1f, 0x8b, 0x08}, 3, gzip_open, gzip_step, gzip_close},
    {"zstd", {0x28, 0xb5, 0x2f, 0xfd}, 4, zstd_open, zstd_step, zstd_close},
    {"plain", {0}, 0, NULL, plain_step, NULL},
};

const struct cw_coding *cw_coding_of(const unsigned char *p, size_t n)
{
    const struct cw_coding *c = codings;
    while (c->n_magic && (n < c->n_magic || memcmp(p, c->magic, c->n_magic) != 0))
        c++;
    return c;
}
