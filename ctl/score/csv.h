/* One line of comma-separated values. Pure. */
#ifndef CW_CTL_SCORE_CSV_H
#define CW_CTL_SCORE_CSV_H

#include "churnwatch/types.h"

/* Takes the first cell off a line, without the blanks or the quotes around it (RFC 4180; a quote
 * within quotes stays doubled). False when the line has no more. Borrows from the line. Start with
 * a line whose p is not NULL; at its end p becomes NULL. */
bool cw_csv_take(struct cw_str *line, struct cw_str *ret_cell);

#endif
