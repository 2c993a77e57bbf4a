/* The lock of the embedded log. A file of its own, for closing any descriptor of SQLite's would
 * drop the locks SQLite itself has in this process. */
#include "bus/sqlite_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

static int refused(int fd, const char *path, const char *name, struct cw_errbuf *eb)
{
    char holder[24] = "";
    if (errno != EWOULDBLOCK)
        return cw_fail(eb, CW_E_IO, "%.200s: cannot be locked: %s", name, strerror(errno));
    ssize_t n = pread(fd, holder, sizeof holder - 1, 0);
    holder[n > 0 ? strcspn(holder, "\n") : 0] = '\0';
    return cw_fail(eb, CW_E_IO,
                   "%.200s is in use by another daemon, process %s: an embedded log has one daemon",
                   path, *holder ? holder : "unknown");
}

/* Who holds it is told to the one who is refused; nothing depends on it. */
static void sign(int fd)
{
    char text[24];
    int n = snprintf(text, sizeof text, "%ld\n", (long)getpid());
    if (ftruncate(fd, 0) == 0)
        (void)!pwrite(fd, text, (size_t)n, 0);
}

int cw_sqlite_lock(const char *path, struct cw_errbuf *eb)
{
    char name[PATH_MAX];
    int n = snprintf(name, sizeof name, "%s-lock", path);
    if (n < 0 || (size_t)n >= sizeof name)
        return cw_fail(eb, CW_E_IO, "%.200s…: the path is too long", path);
    int fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
    if (fd < 0)
        return cw_fail(eb, CW_E_IO, "%.200s: cannot be opened: %s", name, strerror(errno));
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        int err = refused(fd, path, name, eb);
        (void)close(fd);
        return err;
    }
    sign(fd);
    return fd;
}
