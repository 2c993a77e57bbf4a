/* Text for people: columns that line up, whatever the script, and nothing that moves the cursor.
 *
 * Widths are those of a terminal: a Chinese character fills two columns. What comes from outside is
 * cleaned on its way: control characters and bytes that are no text become question marks.
 */
#ifndef CW_CTL_TEXT_H
#define CW_CTL_TEXT_H

#include <stdio.h>

#include "churnwatch/buf.h"

/* Appends s cleaned. */
void cw_text_clean(struct cw_buf *b, struct cw_str s);
/* Columns of cleaned text. */
size_t cw_text_width(struct cw_str s);
/* The longest start of cleaned text that fills at most so many columns, in bytes. */
size_t cw_text_fit(struct cw_str s, size_t columns);
void cw_text_print(struct cw_str s, FILE *out);
/* Columns of the terminal that standard output is; 0 when it is none. */
size_t cw_text_terminal(void);

/* A table, filled cell by cell, row after row; the first row is the titles. */
struct cw_table {
    size_t columns;
    uint32_t right;      /* a bit per column that is set to the right */
    struct cw_buf bytes; /* the cells, cleaned, one after the other */
    struct cw_buf ends;  /* u32 each: where the cell ends in bytes */
};
void cw_table_cell(struct cw_table *t, struct cw_str text);
void cw_table_text(struct cw_table *t, const char *text);
void cw_table_count(struct cw_table *t, int64_t n);
/* Lines of at most `width` columns (0: as long as they are): the last column gives way. */
void cw_table_print(const struct cw_table *t, size_t width, FILE *out);
void cw_table_free(struct cw_table *t);

#endif
