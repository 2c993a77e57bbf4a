/* How often one place may speak: at most so many lines in a window, then a count of what was held
 * back on its next line. Pure.
 */
#ifndef CW_BOARD_LOG_LIMIT_H
#define CW_BOARD_LOG_LIMIT_H

#include "churnwatch/types.h"

#define CW_LOG_WINDOW (10 * CW_SECOND)
#define CW_LOG_LINES 10

/* Zero it to begin. */
struct cw_log_limit {
    cw_mono_time since; /* when the window began */
    uint32_t lines, held_back;
};
/* True when a line may be written at now; ret_held_back is then how many were not since the last.
 */
bool cw_log_limit_pass(struct cw_log_limit *l, cw_mono_time now, uint32_t *ret_held_back);

/* One limit per place of the source. When the table is full, further places share its last entry.
 * file is compared by address: it is a literal of the place itself. */
#define CW_LOG_PLACES 256
struct cw_log_places {
    struct cw_log_place {
        const char *file;
        int line;
        int level;         /* of its last line; the caller's to keep */
        const char *event; /* likewise; a literal */
        struct cw_log_limit limit;
    } of[CW_LOG_PLACES];
    unsigned n;
};
struct cw_log_place *cw_log_place_of(struct cw_log_places *p, const char *file, int line);
/* A place that held lines back in a window that is over at now (INT64_MAX: whether over or not):
 * copies it and begins its count anew. False when there is none. */
bool cw_log_places_quiet(struct cw_log_places *p, cw_mono_time now, struct cw_log_place *ret_place);

#endif
