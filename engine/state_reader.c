/* Reading a state log; see state_reader.h. */
#include "engine/state_reader.h"

#include <inttypes.h>

#define TAIL 64 /* offsets looked at first; markers of transactions count */

/* ---- finding the last position ---- */

static int note_position(void *arg, const struct cw_message *m)
{
    struct cw_state_reader *g = arg;
    struct cw_state_record rec;
    int err = cw_statelog_decode(m->value, &rec, g->eb);
    if (err || !rec.last)
        return err;
    g->position = rec.position;
    g->found = true;
    return 0;
}

int cw_state_find(struct cw_state_reader *g, int64_t first, int64_t end)
{
    for (int64_t back = TAIL; end > first && !g->found; back *= 4) {
        int64_t from = end - first > back ? end - back : first;
        int err = g->source.read(g->source.arg, from, end, note_position, g, g->eb);
        if (err || from == first)
            return err;
    }
    return 0;
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

static int take_record(void *arg, const struct cw_message *m)
{
    struct cw_state_reader *g = arg;
    struct cw_state_record rec;
    int err = cw_statelog_decode(m->value, &rec, g->eb);
    if (!err && !g->started && rec.part != 0)
        return 0; /* The end of a commit that was cut off with what is no longer needed. */
    if (!err && g->started)
        err = check_order(g, &rec);
    if (!err)
        err = cw_shard_restore(g->core, rec.commit, rec.images, g->eb);
    if (err)
        return err;
    g->started = true;
    g->commit = rec.commit;
    g->part = rec.part;
    g->complete = rec.last;
    if (rec.last)
        g->position = rec.position;
    if (g->restored)
        g->restored(g->arg, &rec, m);
    return 0;
}

int cw_state_read(struct cw_state_reader *g, int64_t first, int64_t end)
{
    if (g->position.needed < first)
        return cw_fail(g->eb, CW_E_CORRUPT,
                       "the state log begins at offset %" PRId64 ", a restore needs %" PRId64
                       ": its retention is too short",
                       first, g->position.needed);
    int err = g->source.read(g->source.arg, g->position.needed, end, take_record, g, g->eb);
    if (!err && !(g->started && g->complete))
        return cw_fail(g->eb, CW_E_CORRUPT, "the state log ends within a commit");
    return err;
}
