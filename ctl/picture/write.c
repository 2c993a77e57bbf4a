/* Pictures to files; see write.h. */
#include "ctl/picture/write.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum cw_exit cw_picture_write(const struct cw_buf *picture, const char *path)
{
    if (picture->failed)
        return cw_ctl_fail(CW_EXIT_WRONG, "out of memory");
    FILE *f = strcmp(path, "-") == 0 ? stdout : fopen(path, "we");
    if (!f)
        return cw_ctl_fail(CW_EXIT_WRONG, "%s: %s", path, strerror(errno));
    bool bad = fwrite(picture->p, 1, picture->n, f) != picture->n;
    bad |= (f == stdout ? fflush(f) : fclose(f)) != 0;
    return bad ? cw_ctl_fail(CW_EXIT_WRONG, "%s: cannot be written: %s", path, strerror(errno))
               : CW_EXIT_DONE;
}
