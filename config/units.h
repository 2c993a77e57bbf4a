/* The text of single quantities, strictly: no blanks, nothing left over, no overflow. */
#ifndef CW_CONFIG_UNITS_H
#define CW_CONFIG_UNITS_H

#include "churnwatch/buf.h"

/* Each returns 0, or -CW_E_INVALID with the result untouched. */
int cw_int_parse(const char *text, int64_t *ret_value);
int cw_real_parse(const char *text, double *ret_value);   /* finite */
int cw_duration_parse(const char *text, int64_t *ret_us); /* "20ms", "1h30m", "0s" */
int cw_size_parse(const char *text, int64_t *ret_bytes);  /* "512", "64KiB", "1MiB" */
int cw_yuan_parse(const char *text, int64_t *ret_money);  /* "20", "0.5", "1e3" */

void cw_int_print(struct cw_buf *b, int64_t value);
void cw_real_print(struct cw_buf *b, double value); /* the shortest text that reads back equal */
void cw_duration_print(struct cw_buf *b, int64_t us);
void cw_size_print(struct cw_buf *b, int64_t bytes);
void cw_yuan_print(struct cw_buf *b, int64_t money); /* without needless decimals */

#endif
