/* The log: one line, one event with key=value pairs, as logfmt or JSON on standard error or as
 * fields in the journal.
 *
 * Thread-safe. Client ids, numbers and names are never logged as they are: pass ids through
 * cw_log_mask. Lower layers return errors; only main-level code of a thread logs them.
 */
#ifndef CW_BOARD_LOG_H
#define CW_BOARD_LOG_H

#include "churnwatch/types.h"

enum cw_log_level { CW_LOG_NONE = -1, CW_LOG_ERROR, CW_LOG_WARNING, CW_LOG_INFO, CW_LOG_DEBUG };
/* In the order of the words of log.format. */
enum cw_log_format { CW_LOG_AUTO, CW_LOG_LOGFMT, CW_LOG_JSON, CW_LOG_JOURNAL };

void cw_log_level_set(enum cw_log_level most);
/* Before it is called the form is logfmt. AUTO: the journal where standard error leads to it (as
 * $JOURNAL_STREAM says), else logfmt. Without a journal JOURNAL is logfmt too. */
void cw_log_format_set(enum cw_log_format format);

/* event: a stable snake_case word, a literal; fmt: further key=value pairs (values with blanks in
 * %s must be wrapped by cw_log_quote). A call site that repeats itself more than 10 times in 10 s
 * is held back and counted: "suppressed=N" on its next line, or on a line of its own. */
#define cw_log(level, event, ...) cw_log_at(level, __FILE__, __LINE__, event, __VA_ARGS__)
void cw_log_at(enum cw_log_level level, const char *file, int line, const char *event,
               const char *fmt, ...) __attribute__((format(printf, 5, 6)));
/* Tells how many lines were held back of call sites that have been quiet since, or, at the end of
 * the process, of all. To be called every few seconds. */
void cw_log_settle(bool all);

/* Lines held back since the start. */
uint64_t cw_log_suppressed(void);

/* A keyed hash of a client id or number and its last two characters: "c:9f3a1c04..42". The key is
 * drawn at start, so that masks of two runs cannot be joined. */
const char *cw_log_mask(struct cw_str id, char out[24]);
/* The text in double quotes, inner quotes and control characters escaped, cut at out's size. */
const char *cw_log_quote(const char *text, char *out, size_t size);

#endif
