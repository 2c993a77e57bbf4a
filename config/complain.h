/* What is wrong with the settings, all of it, each with its place. */
#ifndef CW_CONFIG_COMPLAIN_H
#define CW_CONFIG_COMPLAIN_H

#include "churnwatch/buf.h"

/* Where a setting came from: a file's line, a word of the command line (override set), or a version
 * of the live settings; all zero for a default. */
struct cw_place {
    const char *file;
    int line; /* 0: the file as a whole */
    const char *override;
    int32_t live; /* 0: not from there */
};

struct cw_complaints {
    struct cw_buf *out; /* borrowed; a line per complaint */
    size_t n;
    bool nomem; /* something failed for want of memory, which is no mistake in the settings */
};

/* `FILE:LINE: path: …` or `-o path: …`; path may be "" for the file itself. The text quotes nothing
 * that may be a password: it goes into logs. */
void cw_complain(struct cw_complaints *c, const struct cw_place *at, const char *path,
                 const char *fmt, ...) __attribute__((format(printf, 4, 5)));
/* What came of reading one setting: complains of -CW_E_INVALID, notes -CW_E_NOMEM. */
void cw_complain_of(struct cw_complaints *c, const struct cw_place *at, const char *path, int err,
                    const struct cw_errbuf *why);

#endif
