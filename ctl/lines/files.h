/* The lines of several files, one after the other. One thread. */
#ifndef CW_CTL_LINES_FILES_H
#define CW_CTL_LINES_FILES_H

#include "ctl/args.h"
#include "ctl/lines/lines.h"

struct cw_files {
    struct cw_list paths; /* owned; the texts are borrowed */
    size_t next;
    struct cw_lines *lines; /* of the file being read; NULL between files */
    struct cw_errbuf *eb;
};

/* Those an option of kind FILES names; none where it was not given. 0 or -CW_E_NOMEM. */
int cw_files_of(struct cw_files *f, const struct cw_args *a, const char *option,
                struct cw_errbuf *eb);
/* As cw_lines_next; arg is the cw_files. */
int cw_files_next(void *arg, struct cw_str *ret_line);
void cw_files_close(struct cw_files *f); /* accepts a zeroed one */

#endif
