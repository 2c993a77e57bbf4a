/* Error codes to sentences. */
#include "churnwatch/types.h"

#include <stdarg.h>
#include <stdio.h>

const char *cw_strerror(int err)
{
    switch ((enum cw_err)(err < 0 ? -err : err)) {
    case CW_OK:
        return "no error";
#define X(name, text)                                                                              \
    case CW_E_##name:                                                                              \
        return text;
        CW_ERRORS(X)
#undef X
    }
    return "unknown error";
}

int cw_fail(struct cw_errbuf *eb, enum cw_err err, const char *fmt, ...)
{
    if (eb) {
        va_list ap;
        va_start(ap, fmt);
        (void)vsnprintf(eb->text, sizeof eb->text, fmt, ap);
        va_end(ap);
    }
    return -(int)err;
}
