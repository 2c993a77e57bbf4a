/* What the shard keeps of a client's calls, in pieces of its slab: tasks, pasts, what they own. */
#include <string.h>

#include "core/shard_state.h"

/* ---- pieces ---- */

void *cw_kept_take(struct cw_shard *sh, size_t n)
{
    void *piece = n <= CW_SLAB_SMALL ? cw_at(cw_slab_take(&sh->slab, n)) : NULL;
    if (piece)
        sh->bytes += n;
    else
        sh->failed = true;
    return piece;
}

void cw_kept_give(struct cw_shard *sh, const void *piece, size_t n)
{
    if (!piece)
        return;
    cw_slab_give(&sh->slab, cw_ref_of(piece), n);
    sh->bytes -= n;
}

void *cw_kept_grow(struct cw_shard *sh, void *piece, size_t was, size_t is)
{
    void *to = cw_kept_take(sh, is);
    if (!to)
        return NULL;
    if (was)
        memcpy(to, piece, was);
    cw_kept_give(sh, piece, was);
    return to;
}

/* ---- texts ---- */

bool cw_kept_same(struct cw_str a, struct cw_str b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

/* An empty one is there too. */
static size_t bytes_of(struct cw_str s)
{
    return s.n ? s.n : 1;
}

void cw_kept_free(struct cw_shard *sh, struct cw_str *s)
{
    cw_kept_give(sh, s->p, bytes_of(*s));
    *s = (struct cw_str){0};
}

bool cw_kept_set(struct cw_shard *sh, struct cw_str *s, struct cw_str to)
{
    if (cw_kept_same(*s, to))
        return false;
    char *p = cw_kept_take(sh, bytes_of(to));
    if (!p)
        return false;
    if (to.n)
        memcpy(p, to.p, to.n);
    cw_kept_free(sh, s);
    *s = (struct cw_str){p, to.n};
    return true;
}
