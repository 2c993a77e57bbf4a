/* Members by table; see fields.h. */
#include "core/fields.h"

#include <string.h>

static const uint8_t sizes[] = {
    [CW_F_U8] = 1,  [CW_F_U16] = 2, [CW_F_U32] = 4, [CW_F_I32] = 4,
    [CW_F_U64] = 8, [CW_F_I64] = 8, [CW_F_F32] = 4, [CW_F_F64] = 8,
};

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "members are stored as they lie");

static size_t size_of(const struct cw_field *f)
{
    return (size_t)f->count * sizes[f->form];
}

bool cw_all_zero(const void *bytes, size_t n)
{
    const unsigned char *p = bytes;
    uint64_t word, any = 0;
    for (; n >= sizeof word; n -= sizeof word, p += sizeof word) {
        memcpy(&word, p, sizeof word);
        any |= word;
    }
    for (; n; n--)
        any |= *p++;
    return any == 0;
}

/* Most members are numbers: one load instead of a loop. */
static bool is_zero(const unsigned char *p, size_t size)
{
    uint64_t v8;
    uint32_t v4;
    switch (size) {
    case 1:
        return *p == 0;
    case sizeof v4:
        memcpy(&v4, p, sizeof v4);
        return v4 == 0;
    case sizeof v8:
        memcpy(&v8, p, sizeof v8);
        return v8 == 0;
    default:
        return cw_all_zero(p, size);
    }
}

/* With sizes the compiler knows, a store each. */
static void copy(unsigned char *to, const unsigned char *from, size_t size)
{
    switch (size) {
    case 4:
        memcpy(to, from, 4);
        break;
    case 8:
        memcpy(to, from, 8);
        break;
    default:
        memcpy(to, from, size);
    }
}

void cw_fields_put(struct cw_buf *b, const void *base, const struct cw_field *f, size_t n)
{
    size_t mask_bytes = (n + 7) / 8, most = mask_bytes;
    for (size_t i = 0; i < n; i++)
        most += size_of(&f[i]);
    unsigned char *mask = (unsigned char *)cw_buf_room(b, most);
    if (!mask)
        return;
    unsigned char *to = mask + mask_bytes;
    memset(mask, 0, mask_bytes);
    for (size_t i = 0; i < n; i++) {
        const unsigned char *p = (const unsigned char *)base + f[i].offset;
        size_t size = size_of(&f[i]);
        if (is_zero(p, size))
            continue;
        mask[i / 8] = (unsigned char)(mask[i / 8] | 1 << i % 8);
        copy(to, p, size);
        to += size;
    }
    b->n += (size_t)(to - mask);
}

void cw_fields_read(struct cw_reader *r, void *base, const struct cw_field *f, size_t n)
{
    const unsigned char *mask = cw_read(r, (n + 7) / 8);
    for (size_t i = 0; i < n; i++) {
        unsigned char *p = (unsigned char *)base + f[i].offset;
        bool there = mask && mask[i / 8] >> i % 8 & 1;
        const void *from = there ? cw_read(r, size_of(&f[i])) : NULL;
        if (from)
            memcpy(p, from, size_of(&f[i]));
        else
            memset(p, 0, size_of(&f[i]));
    }
}
