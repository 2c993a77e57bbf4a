/* Which shards are ours, which were. On the engine's thread; owns them all. */
#include "engine/shards.h"

#include <stdlib.h>

static void drop(struct cw_run **runs, size_t n)
{
    for (size_t i = 0; i < n; i++)
        cw_run_free(runs[i]);
    free(runs);
}

void cw_shards_free(struct cw_shards *s)
{
    drop(s->runs, s->n);
    drop(s->kept, s->n_kept);
    *s = (struct cw_shards){.common = s->common};
}

/* ---- assigned ---- */

void cw_shards_tidy(struct cw_shards *s, cw_mono_time now)
{
    size_t n = 0;
    for (size_t i = 0; i < s->n_kept; i++)
        if (now - s->kept[i]->kept_since < CW_SHARDS_KEPT_FOR)
            s->kept[n++] = s->kept[i];
        else
            cw_run_free(s->kept[i]);
    s->n_kept = n;
}

/* The one kept of this shard, which is then no longer among those kept; or a new one. */
static struct cw_run *begin(struct cw_shards *s, int32_t shard)
{
    for (size_t i = 0; i < s->n_kept; i++) {
        struct cw_run *r = s->kept[i];
        if (r->shard != shard)
            continue;
        s->kept[i] = s->kept[--s->n_kept];
        return r;
    }
    return cw_run_new(s->common, shard);
}

static int by_shard(const void *a, const void *b)
{
    const struct cw_run *x = *(struct cw_run *const *)a, *y = *(struct cw_run *const *)b;
    return (x->shard > y->shard) - (x->shard < y->shard);
}

int cw_shards_assign(struct cw_shards *s, uint64_t token, const int32_t *shards, size_t n,
                     cw_mono_time now)
{
    cw_shards_tidy(s, now);
    s->assigned = true;
    s->token = token;
    s->unrestored = n > 0;
    s->runs = calloc(n + 1, sizeof(struct cw_run *));
    if (!s->runs)
        return -CW_E_NOMEM;
    for (size_t i = 0; i < n; i++) {
        struct cw_run *r = begin(s, shards[i]);
        if (!r)
            return -CW_E_NOMEM;
        s->runs[s->n++] = r;
        cw_run_publish(r);
    }
    qsort(s->runs, n, sizeof(struct cw_run *), by_shard);
    return 0;
}

/* ---- released ---- */

/* Without room for the list nothing is kept: memory is a cache, and is restored. */
void cw_shards_release(struct cw_shards *s, cw_mono_time now)
{
    struct cw_run **all = realloc(s->kept, (s->n_kept + s->n + 1) * sizeof(struct cw_run *));
    if (all)
        s->kept = all;
    for (size_t i = 0; i < s->n; i++) {
        struct cw_run *r = s->runs[i];
        cw_board_drop(s->common->board, r->shard);
        if (all && cw_run_keep(r, now))
            s->kept[s->n_kept++] = r;
        else
            cw_run_free(r);
    }
    free(s->runs);
    s->runs = NULL;
    s->n = 0;
    s->assigned = s->unrestored = false;
}

/* ---- all of them ---- */

int cw_shards_forget(struct cw_shards *s)
{
    s->unrestored = s->n > 0;
    for (size_t i = 0; i < s->n; i++) {
        if (s->runs[i]->standing == CW_SHARD_STOPPED)
            continue;
        if (cw_run_forget(s->runs[i]) != 0)
            return -CW_E_NOMEM;
        cw_run_publish(s->runs[i]);
    }
    return 0;
}

int cw_shards_settings(struct cw_shards *s, const struct cw_settings *fresh)
{
    int err = 0;
    for (size_t i = 0; i < s->n && !err; i++)
        err = cw_run_settings(s->runs[i], fresh);
    for (size_t i = 0; i < s->n_kept && !err; i++)
        err = cw_run_settings(s->kept[i], fresh);
    return err;
}

size_t cw_shards_judged(const struct cw_shards *s)
{
    size_t n = 0;
    for (size_t i = 0; i < s->n; i++)
        n += s->runs[i]->judged;
    return n;
}

size_t cw_shards_waiting(const struct cw_shards *s)
{
    size_t n = 0;
    for (size_t i = 0; i < s->n; i++)
        n += s->runs[i]->pending.bytes.n;
    return n;
}

bool cw_shards_behind(const struct cw_shards *s)
{
    for (size_t i = 0; i < s->n; i++)
        if (s->runs[i]->standing == CW_SHARD_RUNNING && cw_run_behind(s->runs[i]))
            return true;
    return false;
}

struct cw_run *cw_shards_running(const struct cw_shards *s, int32_t shard)
{
    for (size_t i = 0; i < s->n; i++)
        if (s->runs[i]->shard == shard)
            return s->runs[i]->standing == CW_SHARD_RUNNING ? s->runs[i] : NULL;
    return NULL;
}
