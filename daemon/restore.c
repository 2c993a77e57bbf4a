/* Restoring, in the order that makes it safe: committed offsets first, then the log's end with
 * uncommitted records counted, then all committed records up to that end, then the comparison.
 *
 * The last position record says from where on the log is needed; it is found from the end
 * backwards, so that a log nobody trims is not read whole. On the engine's thread.
 */
#include "daemon/restore.h"

#include <inttypes.h>

#define TAIL 64 /* offsets looked at first; markers of transactions count */
#define PUBLISH_EVERY 256

struct reading {
    struct cw_run *run;
    const struct cw_env *env;
    struct cw_errbuf *eb;
    struct cw_position position;
    bool found;   /* a position record */
    bool started; /* the first whole commit has been met */
    uint32_t commit;
    uint16_t part;
    bool complete; /* the commit's last record was read */
};

static int damaged(int err)
{
    return err == -CW_E_CORRUPT || err == -CW_E_NEWER;
}

/* ---- finding the last position ---- */

static int note_position(void *arg, const struct cw_message *m)
{
    struct reading *g = arg;
    struct cw_state_record rec;
    int err = cw_statelog_decode(m->value, &rec, g->eb);
    if (err || !rec.last)
        return err;
    g->position = rec.position;
    g->found = true;
    return 0;
}

static int find_position(struct reading *g, const struct cw_link *link, int64_t first, int64_t end)
{
    for (int64_t back = TAIL; end > first && !g->found; back *= 4) {
        int64_t from = end - first > back ? end - back : first;
        int err = link->bus->ops->read(link->bus, CW_LOG_STATE, g->run->shard, from, end,
                                       note_position, g, g->eb);
        if (err || from == first)
            return err;
    }
    return 0;
}

/* ---- reading the images ---- */

/* A commit's records follow each other, and so do commits. */
static int check_order(struct reading *g, const struct cw_state_record *rec)
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
    struct reading *g = arg;
    struct cw_run *r = g->run;
    struct cw_state_record rec;
    int err = cw_statelog_decode(m->value, &rec, g->eb);
    if (!err && !g->started && rec.part != 0)
        return 0; /* The end of a commit that was cut off with what is no longer needed. */
    if (!err && g->started)
        err = check_order(g, &rec);
    if (!err)
        err = cw_shard_restore(r->core, rec.commit, rec.images, g->eb);
    if (err)
        return err;
    if (rec.part == 0)
        cw_trail_mark(&r->trail, rec.commit, m->offset);
    cw_env_beat(g->env);
    g->started = true;
    g->commit = rec.commit;
    g->part = rec.part;
    g->complete = rec.last;
    if (rec.last)
        g->position = rec.position;
    r->restored++;
    r->restored_bytes += m->value.n;
    if (r->restored % PUBLISH_EVERY == 0)
        cw_run_publish(r);
    return 0;
}

static int read_log(struct reading *g, const struct cw_link *link, int64_t first, int64_t end)
{
    if (g->position.needed < first)
        return cw_fail(g->eb, CW_E_CORRUPT,
                       "the state log begins at offset %" PRId64 ", a restore needs %" PRId64
                       ": its retention is too short",
                       first, g->position.needed);
    g->run->to_restore = end - g->position.needed;
    int err = link->bus->ops->read(link->bus, CW_LOG_STATE, g->run->shard, g->position.needed, end,
                                   take_record, g, g->eb);
    if (!err && !(g->started && g->complete))
        return cw_fail(g->eb, CW_E_CORRUPT, "the state log ends within a commit");
    return err;
}

/* ---- state and positions: one piece? ---- */

static int check_positions(struct reading *g, const struct cw_positions *committed)
{
    static const char *const inputs[] = {"profiles", "billing", "service", "outcomes"};
    for (enum cw_input in = 0; in < CW_INPUTS; in++) {
        int64_t state = g->found ? g->position.next[in] : CW_OFFSET_NONE;
        /* Committed offsets expire where a group is idle for long; the position record does not. */
        if (committed->next[in] == state || (g->found && committed->next[in] == CW_OFFSET_NONE))
            continue;
        return cw_fail(g->eb, CW_E_CORRUPT,
                       "torn: %s is committed at %" PRId64 ", the state log stands at %" PRId64,
                       inputs[in], committed->next[in], state);
    }
    return 0;
}

static int read_state(struct reading *g, const struct cw_link *link)
{
    struct cw_run *r = g->run;
    struct cw_positions committed;
    int64_t first, end;
    int err = cw_link_committed(link, r->shard, &committed, g->eb);
    if (!err)
        err = cw_link_end(link, CW_LOG_STATE, r->shard, &first, &end, g->eb);
    if (!err)
        err = find_position(g, link, first, end);
    if (!err && g->found)
        err = read_log(g, link, first, end);
    if (!err)
        err = check_positions(g, &committed);
    if (err)
        return err;
    r->commit = g->commit;
    r->needed = g->found ? g->position.needed : first;
    r->trimmed = first;
    cw_trail_mark(&r->trail, g->commit + 1, end);
    return 0;
}

static void at_the_beginning(struct cw_position *p)
{
    *p = (struct cw_position){.clock = CW_NO_TIME};
    for (enum cw_input in = 0; in < CW_INPUTS; in++) {
        p->next[in] = CW_OFFSET_NONE;
        p->greatest[in] = CW_NO_TIME;
    }
}

static int start_inputs(struct cw_run *r, const struct cw_link *link, struct cw_errbuf *eb)
{
    struct cw_positions at = {.shard = r->shard};
    for (enum cw_input in = 0; in < CW_INPUTS; in++)
        at.next[in] = r->next[in];
    return cw_link_seek(link, &at, eb);
}

int cw_restore_run(struct cw_run *r, const struct cw_link *link, struct cw_errbuf *eb)
{
    struct reading g = {.run = r, .env = link->env, .eb = eb};
    at_the_beginning(&g.position);
    r->standing = CW_SHARD_RESTORING;
    cw_run_publish(r);
    int err = read_state(&g, link);
    if (damaged(err)) {
        cw_run_stop(r, eb->text);
        cw_run_publish(r);
        return 0;
    }
    if (err)
        return err == -CW_E_RETRY ? -CW_E_ABORT : err;
    cw_run_at(r, &g.position);
    r->committed_at = link->env->mono(link->env->arg);
    err = start_inputs(r, link, eb);
    if (err)
        return err;
    r->standing = CW_SHARD_RUNNING;
    cw_board_count(r->common->board, CW_COUNT_restores, 1);
    cw_run_publish(r);
    return 0;
}
