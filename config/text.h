/* Whole small text files. */
#ifndef CW_CONFIG_TEXT_H
#define CW_CONFIG_TEXT_H

#include "churnwatch/buf.h"

#define CW_TEXT_FILE_MOST (4 << 20)

/* Reads a file of text (no NUL byte, at most CW_TEXT_FILE_MOST bytes, a byte order mark left out)
 * into an empty buffer, terminated behind its n bytes. 0; or -CW_E_NOTFOUND, -CW_E_IO,
 * -CW_E_INVALID, -CW_E_NOMEM with the sentence in eb. */
int cw_text_file(const char *path, struct cw_buf *ret_text, struct cw_errbuf *eb);

#endif
