/* Reading a state log; see state_reader.h. */
#include "engine/state_reader.h"

#include <inttypes.h>
#include <string.h>

#define TAIL 64 /* offsets looked at first; markers of transactions count */
#define STEP 4

/* ---- finding the last position ---- */

static int note_position(void *arg, const struct cw_message *m)
{
    struct cw_state_reader *g = arg;
    struct cw_state_record rec;
    int err = cw_statelog_decode(m->value, &rec, &g->bad_why);
    if (err) {
        g->bad = err;
        g->bad_at = m->offset;
    } else if (rec.last) {
        g->position = rec.position;
        g->found = true;
    }
    return 0;
}

static int judge_bad(const struct cw_state_reader *g)
{
    if (!g->bad || (g->found && g->position.needed > g->bad_at))
        return 0;
    return cw_fail(g->eb, (enum cw_err) - g->bad, "state log, offset %" PRId64 ": %.400s",
                   g->bad_at, g->bad_why.text);
}

static int look_back(struct cw_state_reader *g, int64_t back, int64_t first, int64_t end)
{
    int64_t from = end - first <= back ? first : end - back;
    return g->source.read(g->source.arg, from, end, note_position, g, g->eb);
}

/* Where the source cannot give what lies that far back, the last position may be nearer to the end.
 * What it needs is read afterwards, and then it shows whether the damage matters. */
static int look_nearer(struct cw_state_reader *g, int64_t back, int64_t first, int64_t end)
{
    struct cw_errbuf why = *g->eb;
    int err;
    do {
        back /= STEP;
        g->found = false; /* What was found in front of the damage is not the last. */
        err = back ? look_back(g, back, first, end) : -CW_E_CORRUPT;
    } while (back && err == -CW_E_CORRUPT);
    if (err && err != -CW_E_CORRUPT)
        return err;
    if (g->found)
        return 0;
    *g->eb = why;
    return -CW_E_CORRUPT;
}

int cw_state_find(struct cw_state_reader *g, int64_t first, int64_t end)
{
    bool whole = end <= first;
    int err = 0;
    for (int64_t back = TAIL; !err && !whole && !g->found; back *= STEP) {
        whole = end - first <= back;
        err = look_back(g, back, first, end);
        if (err == -CW_E_CORRUPT)
            err = look_nearer(g, back, first, end);
    }
    return err ? err : judge_bad(g);
}

/* ---- reading the images ---- */

/* A commit's records follow each other, and so do commits. */
static int check_order(struct cw_state_reader *g, const struct cw_state_record *rec)
{
    bool follows = g->complete ? rec->commit == g->commit + 1 && rec->part == 0
                               : rec->commit == g->commit && rec->part == g->part + 1;
    if (follows)
        return 0;
    return cw_fail(g->eb, CW_E_CORRUPT,
                   "the state log has a hole: commit %u part %u comes after commit %u part %u",
                   rec->commit, rec->part, g->commit, g->part);
}

/* Of a commit that core has: is it the same one? */
static int recognise(const struct cw_state_reader *g, const struct cw_state_record *rec)
{
    const struct cw_position *p = &rec->position;
    bool same =
        p->batch == g->position.batch && memcmp(p->next, g->position.next, sizeof p->next) == 0;
    if (rec->commit < g->has_commit || !rec->last || same)
        return 0;
    return cw_fail(g->eb, CW_E_CORRUPT, "commit %u of the state log is not the one in memory",
                   rec->commit);
}

/* Whole images, or none yet: what goes on is kept until the rest of it is here. */
static int gather(struct cw_state_reader *g, const struct cw_state_record *rec,
                  struct cw_str *ret_images)
{
    *ret_images = rec->images;
    if (!rec->goes_on && !g->image.n)
        return 0;
    cw_buf_put(&g->image, rec->images.p, rec->images.n);
    *ret_images = rec->goes_on ? (struct cw_str){0} : (struct cw_str){g->image.p, g->image.n};
    return g->image.failed ? -CW_E_NOMEM : 0;
}

static int apply(struct cw_state_reader *g, const struct cw_state_record *rec)
{
    struct cw_str images;
    int err = g->started ? check_order(g, rec) : 0;
    if (err)
        return err;
    if (!g->core)
        return cw_fail(g->eb, CW_E_CORRUPT, "commit %u of the state log is not in memory",
                       rec->commit);
    err = gather(g, rec, &images);
    if (!err)
        err = cw_shard_restore(g->core, rec->commit, images, g->eb);
    if (!rec->goes_on)
        cw_buf_clear(&g->image);
    if (err == -CW_E_NEWER && rec->release.p) {
        struct cw_errbuf why = *g->eb;
        (void)cw_fail(g->eb, CW_E_NEWER, "written by churnwatch %.*s: %.400s; this is " CW_VERSION,
                      (int)rec->release.n, rec->release.p, why.text);
    }
    return err;
}

static int take_record(void *arg, const struct cw_message *m)
{
    struct cw_state_reader *g = arg;
    struct cw_state_record rec;
    struct cw_errbuf why = {""};
    int err = cw_statelog_decode(m->value, &rec, &why);
    if (err)
        (void)cw_fail(g->eb, (enum cw_err) - err, "state log, offset %" PRId64 ": %.400s",
                      m->offset, why.text);
    if (!err && g->has && rec.commit <= g->has_commit)
        return recognise(g, &rec);
    if (!err && !g->started && rec.part != 0)
        return 0; /* The end of a commit that was cut off with what is no longer needed. */
    if (!err)
        err = apply(g, &rec);
    if (err)
        return err;
    g->started = true;
    g->commit = rec.commit;
    g->part = rec.part;
    g->complete = rec.last;
    if (rec.last) {
        g->position = rec.position;
        g->found = true;
    }
    if (g->restored)
        g->restored(g->arg, &rec, m);
    return 0;
}

static int read_from(struct cw_state_reader *g, int64_t from, int64_t end)
{
    int err = g->source.read(g->source.arg, from, end, take_record, g, g->eb);
    cw_buf_free(&g->image);
    if (!err && !(g->started && g->complete))
        return cw_fail(g->eb, CW_E_CORRUPT, "the state log ends within a commit");
    return err;
}

int cw_state_read(struct cw_state_reader *g, int64_t first, int64_t end)
{
    if (g->position.needed < first)
        return cw_fail(g->eb, CW_E_CORRUPT,
                       "the state log begins at offset %" PRId64 ", a restore needs %" PRId64
                       ": its retention is too short",
                       first, g->position.needed);
    return read_from(g, g->position.needed, end);
}

int cw_state_read_on(struct cw_state_reader *g, int64_t known, int64_t first, int64_t end)
{
    if (known < first || known > end)
        return cw_fail(g->eb, CW_E_CORRUPT,
                       "the state log is from %" PRId64 " to %" PRId64 ", it was known to %" PRId64,
                       first, end, known);
    g->has = g->started = g->complete = true;
    g->has_commit = g->commit;
    return read_from(g, known, end);
}
