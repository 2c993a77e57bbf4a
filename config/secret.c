/* Reading secrets. Owns nothing; any thread. */
#include "config/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool fits(int n)
{
    return n >= 0 && n < PATH_MAX;
}

static bool locate(const char *name, char path[PATH_MAX])
{
    const char *folder = getenv("CREDENTIALS_DIRECTORY");
    if (strchr(name, '/'))
        return fits(snprintf(path, PATH_MAX, "%s", name));
    if (!folder || !*folder)
        return fits(snprintf(path, PATH_MAX, "%s/%s", CW_CREDENTIALS, name));
    if (!fits(snprintf(path, PATH_MAX, "%s/%s", folder, name)))
        return false;
    return access(path, F_OK) == 0 ||
           fits(snprintf(path, PATH_MAX, "%s/%s%s", folder, CW_CREDENTIALS_ID, name));
}

/* By read() and not by stdio, whose buffer would keep a copy. Returns how many bytes, or -1. */
static ssize_t read_all(int fd, char *out, size_t size)
{
    size_t n = 0;
    ssize_t got;
    while (n < size && (got = read(fd, out + n, size - n)) != 0) {
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -1;
        n += (size_t)got;
    }
    return (ssize_t)n;
}

/* Terminates the first line; false if it is empty or does not fit. */
static bool cut_line(struct cw_secret *s, size_t n)
{
    size_t line = 0;
    while (line < n && s->text[line] != '\n')
        line++;
    if (line > CW_SECRET_MOST)
        return false;
    explicit_bzero(s->text + line, sizeof s->text - line);
    return line > 0 && strlen(s->text) == line;
}

int cw_secret_read(const char *name, struct cw_secret *ret_secret, struct cw_errbuf *eb)
{
    char path[PATH_MAX];
    struct cw_secret s = {""};
    int err = 0;
    if (!locate(name, path))
        return cw_fail(eb, CW_E_INVALID, "the name of a secret is too long");
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read_all(fd, s.text, sizeof s.text);
    if (n < 0)
        err =
            cw_fail(eb, errno == ENOENT ? CW_E_NOTFOUND : CW_E_IO, "%s: %s", path, strerror(errno));
    else if (!cut_line(&s, (size_t)n))
        err = cw_fail(eb, CW_E_INVALID, "%s: its first line is no secret of 1 to %d bytes", path,
                      CW_SECRET_MOST);
    if (fd >= 0)
        (void)close(fd);
    if (!err)
        *ret_secret = s;
    cw_secret_wipe(&s);
    return err;
}

static const char *const secret_words[] = {"password", "secret", "key.pem", "jaas"};

bool cw_secret_property(const char *property)
{
    size_t name = strcspn(property, "=");
    for (size_t i = 0; i < sizeof secret_words / sizeof *secret_words; i++) {
        const char *at = strstr(property, secret_words[i]);
        if (at && (size_t)(at - property) < name)
            return true;
    }
    return false;
}

void cw_secret_wipe(struct cw_secret *s)
{
    explicit_bzero(s, sizeof *s);
}
