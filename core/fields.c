/* Members by table; see fields.h. */
#include "core/fields.h"

#include <string.h>

static const uint8_t sizes[] = {
    [CW_F_U8] = 1,  [CW_F_U16] = 2, [CW_F_U32] = 4, [CW_F_I32] = 4,
    [CW_F_U64] = 8, [CW_F_I64] = 8, [CW_F_F32] = 4, [CW_F_F64] = 8,
};

static void put_bits(struct cw_buf *b, const unsigned char *p, uint8_t size)
{
    uint16_t u16;
    uint32_t u32;
    uint64_t u64;
    switch (size) {
    case 1:
        cw_buf_u8(b, *p);
        break;
    case 2:
        memcpy(&u16, p, sizeof u16);
        cw_buf_u16(b, u16);
        break;
    case 4:
        memcpy(&u32, p, sizeof u32);
        cw_buf_u32(b, u32);
        break;
    default:
        memcpy(&u64, p, sizeof u64);
        cw_buf_u64(b, u64);
        break;
    }
}

static void read_bits(struct cw_reader *r, unsigned char *p, uint8_t size)
{
    uint16_t u16;
    uint32_t u32;
    uint64_t u64;
    switch (size) {
    case 1:
        *p = cw_read_u8(r);
        break;
    case 2:
        u16 = cw_read_u16(r);
        memcpy(p, &u16, sizeof u16);
        break;
    case 4:
        u32 = cw_read_u32(r);
        memcpy(p, &u32, sizeof u32);
        break;
    default:
        u64 = cw_read_u64(r);
        memcpy(p, &u64, sizeof u64);
        break;
    }
}

bool cw_all_zero(const void *bytes, size_t n)
{
    const unsigned char *p = bytes;
    for (size_t i = 0; i < n; i++)
        if (p[i])
            return false;
    return true;
}

static void put_field(struct cw_buf *b, const unsigned char *p, const struct cw_field *f)
{
    for (unsigned k = 0; k < f->count; k++)
        put_bits(b, p + (size_t)k * sizes[f->form], sizes[f->form]);
}

void cw_fields_put(struct cw_buf *b, const void *base, const struct cw_field *f, size_t n)
{
    size_t mask = b->n;
    for (size_t i = 0; i < n; i += 8)
        cw_buf_u8(b, 0);
    for (size_t i = 0; i < n && !b->failed; i++) {
        const unsigned char *p = (const unsigned char *)base + f[i].offset;
        if (cw_all_zero(p, (size_t)f[i].count * sizes[f[i].form]))
            continue;
        b->p[mask + i / 8] = (char)(b->p[mask + i / 8] | 1 << i % 8);
        put_field(b, p, &f[i]);
    }
}

void cw_fields_read(struct cw_reader *r, void *base, const struct cw_field *f, size_t n)
{
    const unsigned char *mask = cw_read(r, (n + 7) / 8);
    for (size_t i = 0; i < n; i++) {
        unsigned char *p = (unsigned char *)base + f[i].offset;
        bool there = mask && mask[i / 8] >> i % 8 & 1;
        if (!there)
            memset(p, 0, (size_t)f[i].count * sizes[f[i].form]);
        for (unsigned k = 0; there && k < f[i].count; k++)
            read_bits(r, p + (size_t)k * sizes[f[i].form], sizes[f[i].form]);
    }
}
