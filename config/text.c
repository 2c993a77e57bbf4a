/* Reading a whole file of text, bounded: a wrong path must not fill the memory. */
#include "config/text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define PIECE 65536

static int read_all(FILE *in, struct cw_buf *text, struct cw_errbuf *eb)
{
    for (;;) {
        char *room = cw_buf_room(text, PIECE);
        if (!room)
            return cw_fail(eb, CW_E_NOMEM, "out of memory");
        size_t n = fread(room, 1, PIECE, in);
        if (ferror(in))
            return cw_fail(eb, CW_E_IO, "cannot be read: %s", strerror(errno));
        text->n += n;
        if (text->n > CW_TEXT_FILE_MOST)
            return cw_fail(eb, CW_E_INVALID, "is larger than %d bytes", CW_TEXT_FILE_MOST);
        if (n == 0)
            return 0;
    }
}

/* Editors on Windows begin UTF-8 with a byte order mark, which no parser here expects. */
static void drop_mark(struct cw_buf *text)
{
    if (text->n >= 3 && memcmp(text->p, "\xEF\xBB\xBF", 3) == 0) {
        text->n -= 3;
        memmove(text->p, text->p + 3, text->n);
    }
}

int cw_text_file(const char *path, struct cw_buf *ret_text, struct cw_errbuf *eb)
{
    FILE *in = fopen(path, "rbe");
    if (!in)
        return cw_fail(eb, errno == ENOENT ? CW_E_NOTFOUND : CW_E_IO, "cannot be opened: %s",
                       strerror(errno));
    int err = read_all(in, ret_text, eb);
    (void)fclose(in);
    if (err == 0 && ret_text->n && memchr(ret_text->p, '\0', ret_text->n))
        err = cw_fail(eb, CW_E_INVALID, "is no text: it holds a zero byte");
    if (err != 0)
        return err;
    drop_mark(ret_text);
    cw_buf_put(ret_text, "", 1);
    if (ret_text->failed)
        return cw_fail(eb, CW_E_NOMEM, "out of memory");
    ret_text->n--;
    return 0;
}
