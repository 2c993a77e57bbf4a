/* Complaints as lines of text. Runs on the thread that starts or reloads. */
#include "config/complain.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void put_place(struct cw_buf *out, const struct cw_place *at, const char *path)
{
    if (at->override) {
        /* Its path alone: what follows may be a password. */
        cw_buf_printf(out, "-o %.*s: ", (int)strcspn(at->override, "=: "), at->override);
        return;
    }
    if (at->file)
        cw_buf_puts(out, at->file);
    if (at->file && at->line > 0)
        cw_buf_printf(out, ":%d", at->line);
    if (at->file)
        cw_buf_puts(out, ": ");
    if (*path)
        cw_buf_printf(out, "%s: ", path);
}

void cw_complain(struct cw_complaints *c, const struct cw_place *at, const char *path,
                 const char *fmt, ...)
{
    char text[1024];
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    put_place(c->out, at, path);
    cw_buf_puts(c->out, text);
    cw_buf_puts(c->out, "\n");
    c->n++;
}

void cw_complain_of(struct cw_complaints *c, const struct cw_place *at, const char *path, int err,
                    const struct cw_errbuf *why)
{
    if (err == -CW_E_NOMEM)
        c->nomem = true;
    else if (err != 0)
        cw_complain(c, at, path, "%s", why->text);
}
