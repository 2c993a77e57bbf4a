/* Looking for the files of conf.d. Runs on the thread that starts or reloads. */
#include "config/confd.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "churnwatch/buf.h"

#define FOLDER "conf.d"
#define ENDING ".conf"

static int is_conf(const struct dirent *entry)
{
    size_t n = strlen(entry->d_name), ending = strlen(ENDING);
    return entry->d_name[0] != '.' && n > ending && strcmp(entry->d_name + n - ending, ENDING) == 0;
}

static int in_byte_order(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

void cw_confd_free(struct cw_list *paths)
{
    for (size_t i = 0; i < paths->n; i++)
        free(paths->items[i]);
    free(paths->items);
    *paths = (struct cw_list){0};
}

static int take(const char *folder, const struct dirent *entry, struct cw_list *paths)
{
    struct cw_buf path = {0};
    cw_buf_printf(&path, "%s/%s", folder, entry->d_name);
    cw_buf_put(&path, "", 1);
    if (path.failed)
        return -CW_E_NOMEM;
    paths->items[paths->n++] = path.p;
    return 0;
}

static int take_all(const char *folder, struct dirent **entries, int n, struct cw_list *ret_paths,
                    struct cw_errbuf *eb)
{
    struct cw_list paths = {.items = calloc((size_t)n + 1, sizeof(char *))};
    int err = paths.items ? 0 : -CW_E_NOMEM;
    if (n > CW_CONFD_FILES_MOST)
        err = cw_fail(eb, CW_E_INVALID, "%s has %d files, at most %d are read", folder, n,
                      CW_CONFD_FILES_MOST);
    for (int i = 0; i < n && !err; i++)
        err = take(folder, entries[i], &paths);
    if (err)
        cw_confd_free(&paths);
    else
        *ret_paths = paths;
    return err;
}

int cw_confd_list(const char *file, struct cw_list *ret_paths, struct cw_errbuf *eb)
{
    struct cw_buf folder = {0};
    struct dirent **entries = NULL;
    const char *slash = strrchr(file, '/');
    cw_buf_put(&folder, file, slash ? (size_t)(slash + 1 - file) : 0);
    cw_buf_put(&folder, FOLDER, sizeof FOLDER);
    if (folder.failed)
        return -CW_E_NOMEM;
    int n = scandir(folder.p, &entries, is_conf, in_byte_order), err = 0;
    if (n >= 0)
        err = take_all(folder.p, entries, n, ret_paths, eb);
    else if (errno == ENOENT || errno == ENOTDIR)
        *ret_paths = (struct cw_list){0};
    else
        err = cw_fail(eb, CW_E_IO, "%s cannot be read: %s", folder.p, strerror(errno));
    for (int i = 0; i < n; i++)
        free(entries[i]);
    free(entries);
    cw_buf_free(&folder);
    return err;
}
