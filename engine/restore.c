/* Restoring, in the order that makes it safe: committed offsets first, then the log's end with
 * uncommitted records counted, then all committed records up to that end (state_reader.h), then the
 * comparison. A shard that was kept takes the same steps, but reads only what it has missed; where
 * anything does not fit, it is restored from nothing. On the engine's thread.
 */
#include "engine/restore.h"

#include <inttypes.h>
#include <string.h>

#include "board/log.h"
#include "churnwatch/faults.h"
#include "engine/state_reader.h"

#define PUBLISH_EVERY 256

/* Where two places tell different things, it may be that one of them tells of a while ago: a group
 * coordinator that was started anew answers with offsets as of the high watermark its disk has,
 * until followers have fetched (Kafka 4.3.1, all brokers killed at once). So the shard is looked at
 * again and again, and only what still differs after so long is torn. Longer than brokers take to
 * count a dead follower out. */
#define DOUBT_REST CW_SECOND
#define DOUBT_MOST (30 * CW_SECOND)

struct reading {
    struct cw_run *run;
    const struct cw_link *link;
    const struct cw_repair *order; /* NULL: none, or it is for another moment */
    struct cw_state_reader log;
};

static int damaged(int err)
{
    return err == -CW_E_CORRUPT || err == -CW_E_NEWER;
}

/* Whoever takes the records, and what was said of the last. */
struct taker {
    int (*each)(void *arg, const struct cw_message *m);
    void *arg;
    int said;
};

static int hand_on(void *arg, const struct cw_message *m)
{
    struct taker *t = arg;
    t->said = t->each(t->arg, m);
    return t->said;
}

/* A record that came whole is what lies in the log. What did not come whole may have been damaged
 * on its way, and is worth another look. */
static int read_records(void *arg, int64_t from, int64_t to,
                        int (*each)(void *each_arg, const struct cw_message *m), void *each_arg,
                        struct cw_errbuf *eb)
{
    const struct reading *g = arg;
    struct cw_bus *bus = g->link->bus;
    struct taker t = {each, each_arg, 0};
    int err = bus->ops->read(bus, CW_LOG_STATE, g->run->shard, from, to, hand_on, &t, eb);
    g->run->differs |= err == -CW_E_CORRUPT && !t.said;
    return err;
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
    for (enum cw_input in = 0; in < CW_INPUTS; in++) {
        int64_t state = g->found ? g->position.next[in] : CW_OFFSET_NONE;
        /* Committed offsets expire where a group is idle for long; the position record does not. */
        if (committed->next[in] == state || (g->found && committed->next[in] == CW_OFFSET_NONE))
            continue;
        return cw_fail(g->eb, CW_E_CORRUPT,
                       "torn: %s is committed at %" PRId64 ", the state log stands at %" PRId64,
                       cw_repair_inputs[in], committed->next[in], state);
    }
    return 0;
}

/* Where they differ, the offsets are asked for again: while a shard is restored by one that does
 * not know yet that it has been taken from it, the new holder commits. */
static int is_torn(struct reading *g, const struct cw_positions *committed)
{
    struct cw_positions again;
    struct cw_errbuf torn = *g->log.eb;
    int err = cw_link_committed(g->link, g->run->shard, &again, g->log.eb);
    if (err)
        return err;
    if (memcmp(again.next, committed->next, sizeof again.next) != 0)
        return cw_fail(g->log.eb, CW_E_ABORT, "somebody else commits for this shard");
    *g->log.eb = torn;
    g->run->differs = true;
    return -CW_E_CORRUPT;
}

/* Are all messages from where we stand on still there? A compacted topic keeps its beginning. */
static int check_input(struct cw_run *r, enum cw_input in, const struct cw_link *link,
                       struct cw_errbuf *eb)
{
    int64_t first, end, next = r->next[in];
    int err =
        next == CW_OFFSET_NONE ? 0 : cw_link_input_range(link, in, r->shard, &first, &end, eb);
    if (err || next == CW_OFFSET_NONE)
        return err;
    if (next < first)
        return cw_fail(eb, CW_E_CORRUPT,
                       "lost: %" PRId64 " messages of %s were deleted unread, from %" PRId64
                       " to %" PRId64,
                       first - next, cw_repair_inputs[in], next, first);
    r->differs = next > end;
    if (r->differs)
        return cw_fail(eb, CW_E_CORRUPT,
                       "%s ends at %" PRId64 ", %" PRId64
                       " was reached: the topic was made anew or has lost its end",
                       cw_repair_inputs[in], end, next);
    return 0;
}

static int check_inputs(struct cw_run *r, const struct cw_link *link, struct cw_errbuf *eb)
{
    int err = 0;
    r->differs = false; /* What was read by a second look is read. */
    for (enum cw_input in = 0; in < CW_INPUTS && !err; in++)
        err = check_input(r, in, link, eb);
    return err;
}

static int ask(const struct reading *g, struct cw_positions *ret_committed, int64_t *ret_first,
               int64_t *ret_end)
{
    const struct cw_run *r = g->run;
    struct cw_errbuf *eb = g->log.eb;
    int err = 0;
    if (CW_BUG(end_before_offsets))
        err = cw_link_end(g->link, CW_LOG_STATE, r->shard, ret_first, ret_end, eb);
    if (!err)
        err = cw_link_committed(g->link, r->shard, ret_committed, eb);
    CW_POINT(in_restore);
    if (!err && !CW_BUG(end_before_offsets))
        err = cw_link_end(g->link, CW_LOG_STATE, r->shard, ret_first, ret_end, eb);
    return err;
}

static void note_read(const struct reading *g, int64_t first, int64_t end)
{
    struct cw_run *r = g->run;
    r->commit = g->log.commit;
    r->trimmed = first;
    r->known = end;
    cw_trail_mark(&r->trail, g->log.commit + 1, end);
}

/* As an order says: the log as it is goes unread, and is not needed from here on. */
static int begin_anew(struct reading *g, int64_t first, int64_t end)
{
    struct cw_run *r = g->run;
    memcpy(g->log.position.next, g->order->next, sizeof g->order->next);
    r->needed = end;
    note_read(g, first, end);
    cw_run_at(r, &g->log.position);
    r->repaired = true;
    return 0;
}

static int read_whole(struct reading *g)
{
    struct cw_run *r = g->run;
    struct cw_state_reader *log = &g->log;
    struct cw_positions committed;
    int64_t first, end;
    int err = ask(g, &committed, &first, &end);
    if (err)
        return err;
    if (g->order && !cw_repair_fits(g->order, end, committed.next))
        g->order = NULL;
    if (g->order && g->order->anew)
        return begin_anew(g, first, end);
    err = cw_state_find(log, first, end);
    /* Before the images are read, which are many: what is torn is looked at again each second. */
    if (!err && !g->order && check_positions(log, &committed) != 0)
        err = is_torn(g, &committed);
    if (!err && log->found) {
        r->to_restore = end - log->position.needed;
        err = cw_state_read(log, first, end);
    }
    if (err)
        return err;
    if (g->order)
        memcpy(log->position.next, g->order->next, sizeof g->order->next);
    r->needed = log->found ? log->position.needed : first;
    note_read(g, first, end);
    cw_run_at(r, &log->position);
    r->repaired = g->order != NULL;
    return 0;
}

/* Whoever judged on, nobody else may have: what is pending stands on the last commit. */
static int read_missed(struct reading *g)
{
    struct cw_run *r = g->run;
    struct cw_state_reader *log = &g->log;
    struct cw_positions committed;
    int64_t first, end;
    if (CW_BUG(no_abort_on_revoke)) {
        cw_run_go_on(r);
        return 0;
    }
    log->commit = r->commit;
    log->found = r->commit > 0;
    memcpy(log->position.next, r->committed, sizeof r->committed);
    log->position.batch = r->committed_batch;
    if (cw_run_is_pending(r) && !CW_BUG(no_undo))
        log->core = NULL;
    int err = ask(g, &committed, &first, &end);
    if (!err) {
        r->to_restore = end - r->known;
        err = cw_state_read_on(log, r->known, first, end);
    }
    if (!err && check_positions(log, &committed) != 0)
        err = is_torn(g, &committed);
    if (err)
        return err;
    if (log->commit == r->commit) {
        cw_run_go_on(r);
    } else {
        r->needed = log->position.needed;
        cw_run_at(r, &log->position);
    }
    note_read(g, first, end);
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

static int read_state(struct cw_run *r, const struct cw_repair *order, const struct cw_link *link,
                      bool kept, struct cw_errbuf *eb)
{
    struct reading g = {.run = r, .link = link, .order = order};
    g.log = (struct cw_state_reader){.source = {read_records, &g},
                                     .core = r->core,
                                     .restored = note_record,
                                     .arg = &g,
                                     .eb = eb};
    at_the_beginning(&g.log.position);
    r->standing = CW_SHARD_RESTORING;
    cw_run_publish(r);
    int err = kept ? read_missed(&g) : read_whole(&g);
    return err ? err : check_inputs(r, link, eb);
}

/* What was kept and does not fit is no fault of the log's: it is worth a word, and read whole. */
static int begin_from_nothing(struct cw_run *r, const struct cw_repair *order,
                              const struct cw_link *link, struct cw_errbuf *eb)
{
    char quoted[600];
    cw_log(CW_LOG_INFO, "shard_forgotten", "shard=%d reason=%s", r->shard,
           cw_log_quote(eb->text, quoted, sizeof quoted));
    int err = cw_run_forget(r);
    r->differs = false;
    return err ? err : read_state(r, order, link, false, eb);
}

/* May what does not fit yet fit? */
static bool is_doubtful(const struct cw_run *r, cw_mono_time now)
{
    return r->differs && (!r->doubted_since || now - r->doubted_since < DOUBT_MOST);
}

/* Nothing of it is fetched to be thrown away. A seek lets the inputs go again. */
static int hold_inputs(const struct cw_run *r, const struct cw_link *link, struct cw_errbuf *eb)
{
    int err = 0;
    for (enum cw_input in = 0; in < CW_INPUTS && !err; in++)
        err = cw_link_pause(link, in, r->shard, true, eb);
    return err;
}

static int leave_for_later(struct cw_run *r, cw_mono_time now, bool first, const char *why)
{
    char quoted[600];
    if (first)
        cw_log(CW_LOG_WARNING, "shard_doubted", "shard=%d reason=%s for_seconds=%d", r->shard,
               cw_log_quote(why, quoted, sizeof quoted), (int)(DOUBT_MOST / CW_SECOND));
    cw_board_count(r->common->board, CW_COUNT_doubts, 1);
    r->look_again = now + DOUBT_REST;
    return cw_run_forget(r);
}

static int stand_still(struct cw_run *r, const struct cw_link *link, struct cw_errbuf *eb)
{
    cw_mono_time now = link->env->mono(link->env->arg);
    int err = hold_inputs(r, link, eb);
    if (err)
        return err;
    if (is_doubtful(r, now)) {
        bool first = !r->doubted_since;
        r->doubted_since = first ? now : r->doubted_since;
        err = leave_for_later(r, now, first, eb->text);
    } else {
        r->doubted_since = 0;
        cw_run_stop(r, eb->text);
    }
    cw_run_publish(r);
    return err;
}

int cw_restore_later(struct cw_run *r, const struct cw_link *link, struct cw_errbuf *eb)
{
    cw_mono_time now = link->env->mono(link->env->arg);
    int err = hold_inputs(r, link, eb);
    if (err)
        return err;
    if (now - r->damage.since < DOUBT_MOST) {
        err = leave_for_later(r, now, !r->damage.told, r->damage.why);
        r->damage.told = true;
    } else {
        r->damage.since = 0;
        cw_run_stop(r, r->damage.why);
    }
    cw_run_publish(r);
    return err;
}

/* Asked before memory is restored and the inputs are sought, for a client that went on behind the
 * damage, at an offset that is none, cannot seek that partition any more: it ends the process, and
 * that is right only where the next one can read on. */
static int look_at_damage(struct cw_run *r, const struct cw_link *link, struct cw_errbuf *eb)
{
    struct cw_bus *bus = link->bus;
    if (!r->damage.since || r->damage.at < 0 || !bus->ops->probe)
        return 0;
    return bus->ops->probe(bus, r->damage.input, r->shard, r->damage.at, eb);
}

int cw_restore_run(struct cw_run *r, const struct cw_repair *order, const struct cw_link *link,
                   struct cw_errbuf *eb)
{
    bool kept = r->kept;
    int err = look_at_damage(r, link, eb);
    if (err == -CW_E_CORRUPT)
        return cw_restore_later(r, link, eb);
    r->kept = r->differs = false; /* Cut short, it is neither what it was nor what it was to be. */
    if (!err)
        err = read_state(r, order, link, kept, eb);
    if (kept && damaged(err)) {
        kept = false;
        err = begin_from_nothing(r, order, link, eb);
    }
    if (damaged(err))
        return stand_still(r, link, eb);
    if (err)
        return err == -CW_E_RETRY ? -CW_E_ABORT : err;
    r->doubted_since = 0;
    r->committed_at = link->env->mono(link->env->arg);
    err = start_inputs(r, link, eb);
    if (err)
        return err;
    CW_POINT(after_seek);
    r->standing = CW_SHARD_RUNNING;
    cw_board_count(r->common->board, CW_COUNT_restores, 1);
    cw_board_count(r->common->board, CW_COUNT_takeups, kept);
    cw_run_publish(r);
    return 0;
}
