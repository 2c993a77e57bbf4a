/* Lines of a file of any size, plain or compressed with gzip or zstd (told by its first bytes).
 *
 * One thread. A line is whatever stands between two newlines, without them; blank lines are
 * counted and passed over.
 */
#ifndef CW_CTL_LINES_LINES_H
#define CW_CTL_LINES_LINES_H

#include "churnwatch/buf.h"

struct cw_lines;

/* Opens a file, "-" for standard input. Returns 0, -CW_E_IO with eb saying why, -CW_E_NOMEM. */
int cw_lines_open(const char *path, struct cw_lines **ret_lines, struct cw_errbuf *eb);
void cw_lines_close(struct cw_lines *l); /* accepts NULL */

/* Returns 1 with a line, borrowed until the next call; 0 at the end; -CW_E_IO, also for a
 * compressed file that is damaged or cut short; -CW_E_NOMEM. */
int cw_lines_next(struct cw_lines *l, struct cw_str *ret_line, struct cw_errbuf *eb);

/* The number of the last line given, from 1, and what to call the file in complaints. */
uint64_t cw_lines_number(const struct cw_lines *l);
const char *cw_lines_name(const struct cw_lines *l);
/* The share of the file that has been read, 0 to 1; negative where its size is not known. */
double cw_lines_share(const struct cw_lines *l);

#endif
