/* Restoring, in the order that makes it safe: committed offsets first, then the log's end with
 * uncommitted records counted, then all committed records up to that end (state_reader.h), then the
 * comparison. On the engine's thread.
 */
#include "engine/restore.h"

#include <inttypes.h>

#include "churnwatch/faults.h"
#include "engine/state_reader.h"

#define PUBLISH_EVERY 256

struct reading {
    struct cw_run *run;
    const struct cw_link *link;
    struct cw_state_reader log;
};

static int damaged(int err)
{
    return err == -CW_E_CORRUPT || err == -CW_E_NEWER;
}

static int read_records(void *arg, int64_t from, int64_t to,
                        int (*each)(void *each_arg, const struct cw_message *m), void *each_arg,
                        struct cw_errbuf *eb)
{
    const struct reading *g = arg;
    struct cw_bus *bus = g->link->bus;
    return bus->ops->read(bus, CW_LOG_STATE, g->run->shard, from, to, each, each_arg, eb);
}

static void note_record(void *arg, const struct cw_state_record *rec, const struct cw_message *m)
{
    const struct reading *g = arg;
    struct cw_run *r = g->run;
    if (rec->part == 0)
        cw_trail_mark(&r->trail, rec->commit, m->offset);
    cw_env_beat(g->link->env);
    r->restored++;
    r->restored_bytes += m->value.n;
    if (r->restored % PUBLISH_EVERY == 0)
        cw_run_publish(r);
}

/* ---- state and positions: one piece? ---- */

static int check_positions(struct cw_state_reader *g, const struct cw_positions *committed)
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

static int read_state(struct reading *g)
{
    struct cw_run *r = g->run;
    struct cw_state_reader *log = &g->log;
    struct cw_positions committed;
    int64_t first, end;
    int err = 0;
    if (CW_BUG(end_before_offsets))
        err = cw_link_end(g->link, CW_LOG_STATE, r->shard, &first, &end, log->eb);
    if (!err)
        err = cw_link_committed(g->link, r->shard, &committed, log->eb);
    CW_POINT(in_restore);
    if (!err && !CW_BUG(end_before_offsets))
        err = cw_link_end(g->link, CW_LOG_STATE, r->shard, &first, &end, log->eb);
    if (!err)
        err = cw_state_find(log, first, end);
    if (!err && log->found) {
        r->to_restore = end - log->position.needed;
        err = cw_state_read(log, first, end);
    }
    if (!err)
        err = check_positions(log, &committed);
    if (err)
        return err;
    r->commit = log->commit;
    r->needed = log->found ? log->position.needed : first;
    r->trimmed = first;
    cw_trail_mark(&r->trail, log->commit + 1, end);
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
    if (CW_BUG(no_seek) && r->commits)
        return 0;
    return cw_link_seek(link, &at, eb);
}

int cw_restore_run(struct cw_run *r, const struct cw_link *link, struct cw_errbuf *eb)
{
    struct reading g = {.run = r, .link = link};
    g.log = (struct cw_state_reader){.source = {read_records, &g},
                                     .core = r->core,
                                     .restored = note_record,
                                     .arg = &g,
                                     .eb = eb};
    at_the_beginning(&g.log.position);
    r->standing = CW_SHARD_RESTORING;
    cw_run_publish(r);
    int err = read_state(&g);
    if (damaged(err)) {
        cw_run_stop(r, eb->text);
        cw_run_publish(r);
        return 0;
    }
    if (err)
        return err == -CW_E_RETRY ? -CW_E_ABORT : err;
    cw_run_at(r, &g.log.position);
    r->committed_at = link->env->mono(link->env->arg);
    err = start_inputs(r, link, eb);
    if (err)
        return err;
    CW_POINT(after_seek);
    r->standing = CW_SHARD_RUNNING;
    cw_board_count(r->common->board, CW_COUNT_restores, 1);
    cw_run_publish(r);
    return 0;
}
