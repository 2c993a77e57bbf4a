/* Texts that an open task owns: kept as copies, so that what they came from may go. */
#include <stdlib.h>
#include <string.h>

#include "core/shard_state.h"

bool cw_kept_same(struct cw_str a, struct cw_str b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

void cw_kept_free(struct cw_str *s)
{
    free((void *)(uintptr_t)s->p);
    *s = (struct cw_str){0};
}

bool cw_kept_set(struct cw_shard *sh, struct cw_str *s, struct cw_str to)
{
    if (cw_kept_same(*s, to))
        return false;
    char *p = malloc(to.n + 1);
    if (!p) {
        sh->failed = true;
        return false;
    }
    if (to.n)
        memcpy(p, to.p, to.n);
    cw_kept_free(s);
    *s = (struct cw_str){p, to.n};
    return true;
}
