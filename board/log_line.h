/* One line of the log, and the forms it takes: logfmt, JSON, and the journal's fields. Pure.
 */
#ifndef CW_BOARD_LOG_LINE_H
#define CW_BOARD_LOG_LINE_H

#include <sys/uio.h>

#include "board/log.h"
#include "churnwatch/buf.h"

struct cw_log_line {
    cw_wall_time at;
    enum cw_log_level level;
    const char *file; /* where it was written; "" where that says nothing */
    int line;
    const char *event;
    uint32_t suppressed;
    const char *fields; /* key=value pairs as cw_log takes them, without control characters */
};

/* One pair of the fields, its value unescaped. */
struct cw_log_field {
    struct cw_str key;
    const char *value; /* in the room; terminated, but may hold any byte */
    size_t n;
};
/* The pair at *rest, which moves on; false at the end. room: no shorter than what is left. A word
 * without = is a key with an empty value; a quote that does not end goes to the end. */
bool cw_log_next_field(const char **rest, struct cw_log_field *ret_field, char *room);

/* Each without the line's end. Of bytes that are no UTF-8, JSON has U+FFFD. */
void cw_log_write_logfmt(const struct cw_log_line *l, struct cw_buf *b);
void cw_log_write_json(const struct cw_log_line *l, struct cw_buf *b);

/* MESSAGE, PRIORITY, CODE_FILE, CODE_LINE, CW_EVENT, and CW_KEY of each pair, upper case. Returns
 * how many, of at most CW_LOG_FIELDS_MOST; further pairs are in MESSAGE alone. They point into b;
 * 0: no memory. */
#define CW_LOG_FIELDS_MOST 32
size_t cw_log_journal_fields(const struct cw_log_line *l, struct cw_buf *b,
                             struct iovec ret_fields[CW_LOG_FIELDS_MOST]);

#endif
