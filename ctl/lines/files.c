/* Lines of several files. See files.h. */
#include "ctl/lines/files.h"

#include <stdlib.h>

int cw_files_of(struct cw_files *f, const struct cw_args *a, const char *option,
                struct cw_errbuf *eb)
{
    *f = (struct cw_files){.eb = eb};
    return cw_args_list(a, option, &f->paths);
}

int cw_files_next(void *arg, struct cw_str *ret_line)
{
    struct cw_files *f = arg;
    for (;;) {
        int got = f->lines ? cw_lines_next(f->lines, ret_line, f->eb) : 0;
        if (got)
            return got;
        cw_lines_close(f->lines);
        f->lines = NULL;
        if (f->next == f->paths.n)
            return 0;
        int err = cw_lines_open(f->paths.items[f->next++], &f->lines, f->eb);
        if (err)
            return err;
    }
}

void cw_files_close(struct cw_files *f)
{
    cw_lines_close(f->lines);
    free(f->paths.items);
}
