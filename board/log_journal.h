/* The way to systemd's journal. Thread-safe. */
#ifndef CW_BOARD_LOG_JOURNAL_H
#define CW_BOARD_LOG_JOURNAL_H

#include "board/log_line.h"

/* Whether this descriptor is the stream that $JOURNAL_STREAM names. */
bool cw_log_is_journal(int fd);
/* Whether a journal listens on this machine: libsystemd says nothing of one that does not. */
bool cw_log_journal_listens(void);
/* False when the journal did not take it. */
bool cw_log_to_journal(const struct cw_log_line *l);

#endif
