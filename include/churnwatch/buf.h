/* A growing byte buffer, the one way text and images are put together. Zero it to begin.
 *
 * Growth failures are remembered in `failed` and checked once at the end, so that writers need no
 * check after every piece; a failed buffer stays as it was.
 */
#ifndef CHURNWATCH_BUF_H
#define CHURNWATCH_BUF_H

#include "churnwatch/types.h"

struct cw_buf {
    char *p;    /* owned */
    size_t n;   /* bytes used */
    size_t cap; /* bytes reserved */
    bool failed;
};

/* Makes room for more bytes; returns where they go, or NULL (and sets failed). n is unchanged. */
char *cw_buf_room(struct cw_buf *b, size_t more);
void cw_buf_put(struct cw_buf *b, const void *bytes, size_t n);
void cw_buf_puts(struct cw_buf *b, const char *text);
void cw_buf_printf(struct cw_buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Empties without giving memory back. */
void cw_buf_clear(struct cw_buf *b);
/* Gives memory back; accepts a zeroed buffer. */
void cw_buf_free(struct cw_buf *b);

/* Little-endian pieces for images. */
void cw_buf_u8(struct cw_buf *b, uint8_t v);
void cw_buf_u16(struct cw_buf *b, uint16_t v);
void cw_buf_u32(struct cw_buf *b, uint32_t v);
void cw_buf_u64(struct cw_buf *b, uint64_t v);
void cw_buf_i32(struct cw_buf *b, int32_t v);
void cw_buf_i64(struct cw_buf *b, int64_t v);
void cw_buf_f32(struct cw_buf *b, float v);
/* u32 length, then the bytes; an absent slice is written as length 0xFFFFFFFF. */
void cw_buf_str(struct cw_buf *b, struct cw_str s);

/* The reader of such pieces. Reading past the end sets failed and gives zeroes. */
struct cw_reader {
    const char *p, *end;
    bool failed;
};
struct cw_reader cw_reader(const void *bytes, size_t n);
const void *cw_read(struct cw_reader *r, size_t n); /* borrows; NULL when short */
uint8_t cw_read_u8(struct cw_reader *r);
uint16_t cw_read_u16(struct cw_reader *r);
uint32_t cw_read_u32(struct cw_reader *r);
uint64_t cw_read_u64(struct cw_reader *r);
int32_t cw_read_i32(struct cw_reader *r);
int64_t cw_read_i64(struct cw_reader *r);
float cw_read_f32(struct cw_reader *r);
struct cw_str cw_read_str(struct cw_reader *r); /* borrows from the bytes being read */

/* JSON pieces: quoted and escaped text (invalid UTF-8 must not get here), and numbers whose text
 * is the same on every machine. */
void cw_buf_json_str(struct cw_buf *b, struct cw_str s);
/* Yuan with two decimals, or four where the last two are not zero: 12.40, 0.0001. */
void cw_buf_money(struct cw_buf *b, cw_money m);
/* A double with that many decimals; not a number and infinities become 0. */
void cw_buf_number(struct cw_buf *b, double v, int decimals);

#endif
