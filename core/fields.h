/* Plain members of a struct, written and read by one table: what is stored is named once, so that
 * writer and reader cannot disagree. */
#ifndef CW_CORE_FIELDS_H
#define CW_CORE_FIELDS_H

#include "churnwatch/buf.h"

enum cw_field_form {
    CW_F_U8,
    CW_F_U16,
    CW_F_U32,
    CW_F_I32,
    CW_F_U64,
    CW_F_I64,
    CW_F_F32,
    CW_F_F64
};
struct cw_field {
    uint16_t offset;
    uint8_t form;  /* enum cw_field_form; a bool is a U8 */
    uint8_t count; /* of an array, else 1 */
};

/* A row: the member's struct, its name, its form; the size is checked as it is compiled. */
#define CW_FIELD_ROW(type, member, form, size, count)                                              \
    {                                                                                              \
        (uint16_t)(                                                                                \
            offsetof(struct type, member) +                                                        \
            0 * sizeof(char[sizeof(((struct type *)0)->member) == (size) * (count) ? 1 : -1])),    \
            form, count                                                                            \
    }
/* The first of an array that has more today. */
#define CW_FIELD_FIRST(type, member, form, size, count)                                            \
    {                                                                                              \
        (uint16_t)(                                                                                \
            offsetof(struct type, member) +                                                        \
            0 * sizeof(char[sizeof(((struct type *)0)->member) >= (size) * (count) ? 1 : -1])),    \
            form, count                                                                            \
    }
#define CW_U8(type, member) CW_FIELD_ROW(type, member, CW_F_U8, 1, 1)
#define CW_U16(type, member) CW_FIELD_ROW(type, member, CW_F_U16, 2, 1)
#define CW_U32(type, member) CW_FIELD_ROW(type, member, CW_F_U32, 4, 1)
#define CW_I32(type, member) CW_FIELD_ROW(type, member, CW_F_I32, 4, 1)
#define CW_U64(type, member) CW_FIELD_ROW(type, member, CW_F_U64, 8, 1)
#define CW_I64(type, member) CW_FIELD_ROW(type, member, CW_F_I64, 8, 1)
#define CW_F32(type, member) CW_FIELD_ROW(type, member, CW_F_F32, 4, 1)
#define CW_F64(type, member) CW_FIELD_ROW(type, member, CW_F_F64, 8, 1)

/* True when all n bytes are zero: what images leave out. */
bool cw_all_zero(const void *bytes, size_t n);
/* Appends the members of the struct at base: a bit per row that says which are not all zero, then
 * those, in the table's order, little-endian, unpadded. */
void cw_fields_put(struct cw_buf *b, const void *base, const struct cw_field *f, size_t n);
/* Reads them back; a short input sets the reader's failed and leaves zeroes. */
void cw_fields_read(struct cw_reader *r, void *base, const struct cw_field *f, size_t n);

#endif
