/* Rows of a series: which columns of a file hold it, and what a row says. Pure. */
#ifndef CW_CTL_SCORE_ROW_H
#define CW_CTL_SCORE_ROW_H

#include "churnwatch/types.h"

/* Where the columns "timestamp" and "value" stand, from 0. */
struct cw_score_columns {
    unsigned timestamp, value;
};

struct cw_score_row {
    struct cw_str timestamp, value; /* as written, borrowed from the line */
    cw_day day;
    int32_t second; /* of the day, on the clock that the timestamp is of */
    double number;
};

/* Reads the header. 0, or -CW_E_INVALID with eb naming the column that is missing. */
int cw_score_header(struct cw_str line, struct cw_score_columns *ret_columns, struct cw_errbuf *eb);
/* Reads a row. 0, or -CW_E_INVALID with eb saying what is wrong with it. */
int cw_score_row(struct cw_str line, const struct cw_score_columns *columns,
                 struct cw_score_row *ret_row, struct cw_errbuf *eb);

#endif
