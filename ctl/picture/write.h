/* A picture to where the option names. */
#ifndef CW_CTL_PICTURE_WRITE_H
#define CW_CTL_PICTURE_WRITE_H

#include "churnwatch/buf.h"
#include "ctl/command.h"

/* To the file, or to standard output for "-". CW_EXIT_DONE, or the complaint has been printed. */
enum cw_exit cw_picture_write(const struct cw_buf *picture, const char *path);

#endif
