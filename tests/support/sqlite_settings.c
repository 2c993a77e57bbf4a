/* Settings for a test on the embedded log. See sqlite_settings.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/sqlite_settings.h"

static const char name[] = "/bus.db";

struct cw_settings *cw_test_sqlite_settings(int64_t partitions)
{
    struct cw_settings *s;
    struct cw_errbuf eb;
    char folder[] = "/tmp/cw-bus-XXXXXX", bus[64];
    if (cw_settings_default(&s, &eb) != 0)
        fail_msg("default settings: %s", eb.text);
    assert_non_null(mkdtemp(folder));
    (void)snprintf(bus, sizeof bus, "sqlite:%s%s", folder, name);
    free(s->bus);
    s->bus = strdup(bus);
    assert_non_null(s->bus);
    s->sqlite_partitions = partitions;
    s->engine_threads = 1;
    return s;
}

const char *cw_test_sqlite_file(const struct cw_settings *s, const char *suffix)
{
    static char path[PATH_MAX];
    (void)snprintf(path, sizeof path, "%s%s", s->bus + strlen("sqlite:"), suffix);
    return path;
}

void cw_test_sqlite_dispose(const struct cw_settings *s)
{
    char folder[PATH_MAX], path[PATH_MAX + 300];
    const struct dirent *entry;
    (void)snprintf(folder, sizeof folder, "%s", cw_test_sqlite_file(s, ""));
    folder[strlen(folder) - strlen(name)] = '\0';
    DIR *d = opendir(folder);
    assert_non_null(d);
    while ((entry = readdir(d))) {
        (void)snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        (void)unlink(path);
    }
    (void)closedir(d);
    assert_int_equal(rmdir(folder), 0);
    cw_settings_free(s);
}
