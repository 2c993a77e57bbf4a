/* Lines as the journal's fields, by libsystemd. Thread-safe; owns nothing. */
#define SD_JOURNAL_SUPPRESS_LOCATION /* The line brings its own. */
#include "board/log_journal.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

bool cw_log_is_journal(int fd)
{
    const char *stream = getenv("JOURNAL_STREAM");
    unsigned long long device, inode;
    struct stat is;
    return stream && sscanf(stream, "%llu:%llu", &device, &inode) == 2 && fstat(fd, &is) == 0 &&
           is.st_dev == device && is.st_ino == inode;
}

bool cw_log_journal_listens(void)
{
    return access("/run/systemd/journal/socket", W_OK) == 0;
}

bool cw_log_to_journal(const struct cw_log_line *l)
{
    struct iovec fields[CW_LOG_FIELDS_MOST];
    struct cw_buf b = {0};
    size_t n = cw_log_journal_fields(l, &b, fields);
    bool sent = n > 0 && sd_journal_sendv(fields, (int)n) == 0;
    cw_buf_free(&b);
    return sent;
}
