/* The log: one line, one event, as logfmt on stderr: level=… event=… key=value …
 *
 * Thread-safe. Client ids, numbers and names are never logged as they are: pass ids through
 * cw_log_mask. Lower layers return errors; only main-level code of a thread logs them.
 */
#ifndef CW_DAEMON_LOG_H
#define CW_DAEMON_LOG_H

#include "churnwatch/types.h"

enum cw_log_level { CW_LOG_ERROR, CW_LOG_WARNING, CW_LOG_INFO, CW_LOG_DEBUG };

void cw_log_level_set(enum cw_log_level most);
/* event: a stable snake_case word; fmt: further key=value pairs (values with blanks in %s must be
 * wrapped by cw_log_quote). A call site that repeats itself more than 10 times in 10 s is held back
 * and counted ("suppressed=N" on its next line). */
#define cw_log(level, event, ...) cw_log_at(level, __FILE__, __LINE__, event, __VA_ARGS__)
void cw_log_at(enum cw_log_level level, const char *file, int line, const char *event,
               const char *fmt, ...) __attribute__((format(printf, 5, 6)));

/* A keyed hash of a client id or number and its last two characters: "c:9f3a1c04..42". The key is
 * drawn at start, so that masks of two runs cannot be joined. */
const char *cw_log_mask(struct cw_str id, char out[24]);
/* The text in double quotes, inner quotes and control characters escaped, cut at out's size. */
const char *cw_log_quote(const char *text, char *out, size_t size);

#endif
