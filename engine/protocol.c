/* The turns of an engine thread. Owns its shards and the managers.
 *
 *     turn: new settings, if any -> restore what was assigned -> gather from the bus -> judge each
 *           shard -> follow managers and control -> ticks -> commit what is due
 *
 * Commits are made between batches. In a backlog, where the bus allows it, a second hand waits for
 * Kafka while the next batches are gathered and judged: the commit is under way. Until it is over
 * nothing else is appended and no assignment changes; whatever goes wrong waits for it first.
 */
#include "engine/protocol.h"

#include <stdlib.h>

#include "board/log.h"
#include "engine/commit.h"
#include "engine/commit_due.h"
#include "engine/follow.h"
#include "engine/gather.h"
#include "engine/restore.h"
#include "engine/shards.h"

#define WAIT_MOST (100 * CW_SECOND / 1000)
/* A live change is to be in force everywhere within two seconds, the reading of it included. */
#define FOLLOW_EVERY (CW_SECOND / 2)
#define MS (CW_SECOND / 1000)
/* Restoring gives way to a turn after so long. */
#define RESTORE_MOST CW_SECOND
/* So many failures without a commit between them are no accident. */
#define FAILURES_MOST 10

struct cw_protocol {
    const struct cw_env *env;
    struct cw_board *board;
    struct cw_link link;
    struct cw_follow follow;
    const struct cw_settings
        *files;       /* held; common.settings, held too, has the live ones over them */
    bool stale;       /* files are newer than common.settings */
    int32_t in_force; /* version of common.settings; -1 before control was read */
    struct cw_run_common common;
    struct cw_taken_pool pool; /* of messages taken in */
    struct cw_errbuf eb;       /* of the call in progress */
    struct cw_commit_room commit_room;
    struct cw_commit commit; /* under way, if so */
    bool under_way;

    struct cw_shards shards;
    size_t first;    /* who is judged first: in turns, for the first may take the whole batch */
    bool more;       /* bus or merge had more than the last turn took: no waiting */
    bool behind;     /* a shard is far from its inputs' ends: commits may wait */
    int failures;    /* since the last commit */
    unsigned halved; /* how often the most that a commit may hold */
    cw_mono_time committed_at, followed_at, published_at;
    cw_mono_time commit_took; /* the last one */
};

static cw_mono_time now_of(const struct cw_protocol *p)
{
    return p->env->mono(p->env->arg);
}

struct cw_protocol *cw_protocol_new(const struct cw_settings *s, struct cw_bus *bus,
                                    struct cw_board *board, const struct cw_env *env)
{
    struct cw_protocol *p = calloc(1, sizeof *p);
    if (!p)
        return NULL;
    p->env = env;
    p->board = board;
    p->link = (struct cw_link){.bus = bus, .env = env};
    p->in_force = -1;
    p->files = cw_settings_hold(s);
    p->common = (struct cw_run_common){
        .settings = cw_settings_hold(s),
        .board = board,
        .limits = {(size_t)s->max_event_bytes, (size_t)s->max_profile_bytes, s->max_clock_skew},
        .pool = &p->pool};
    p->committed_at = p->followed_at = p->published_at = now_of(p) - CW_MINUTE;
    if (cw_follow_init(&p->follow, &p->common.limits, board) != 0) {
        cw_protocol_free(p);
        return NULL;
    }
    cw_decoder_map(p->follow.decoder, s->mappings[CW_MAP_MANAGERS]);
    p->common.roster = p->follow.roster;
    p->shards.common = &p->common;
    return p;
}

static bool running(const struct cw_run *r)
{
    return r->standing == CW_SHARD_RUNNING;
}

/* ---- restoring ---- */

static void tell_restored(const struct cw_protocol *p, const struct cw_run *r, cw_mono_time took)
{
    char quoted[2 * CW_BOARD_REASON_MOST];
    int32_t version = r->common->settings->version;
    if (r->standing == CW_SHARD_STOPPED) {
        cw_log(CW_LOG_ERROR, "shard_stopped",
               "shard=%d reason=%s mend=\"churnwatchctl doctor --shard %d --repair\"", r->shard,
               cw_log_quote(r->reason, quoted, sizeof quoted), r->shard);
        return;
    }
    cw_board_observe(p->board, CW_HISTOGRAM_restore_seconds, took);
    cw_log(CW_LOG_INFO, "shard_restored", "shard=%d records=%lld clients=%zu ms=%lld", r->shard,
           (long long)r->restored, cw_shard_clients(r->core), (long long)(took / MS));
    if (r->repaired)
        cw_log(CW_LOG_WARNING, "shard_repaired", "shard=%d clients=%zu reason=\"as ordered\"",
               r->shard, cw_shard_clients(r->core));
    if (r->judged_by > version)
        cw_log(CW_LOG_WARNING, "live_settings_lost",
               "shard=%d version=%d known=%d reason=\"the control topic has lost records\"",
               r->shard, (int)r->judged_by, (int)version);
}

/* A shard in doubt is looked at again when it is time, and meanwhile keeps nobody from anything. */
static bool is_to_restore(const struct cw_run *r, cw_mono_time now)
{
    return r->standing == CW_SHARD_ASSIGNED && r->look_again <= now;
}

static void remember_doubted(struct cw_protocol *p, cw_mono_time now)
{
    for (size_t i = 0; i < p->shards.n; i++)
        p->shards.unrestored |= is_to_restore(p->shards.runs[i], now);
}

/* Not all in one turn, if it takes long: who does not poll is put out of the group, and those that
 * are running already have work to do. */
static int restore_some(struct cw_protocol *p)
{
    cw_mono_time began = now_of(p);
    for (size_t i = 0; i < p->shards.n; i++) {
        struct cw_run *r = p->shards.runs[i];
        cw_mono_time turn = now_of(p);
        if (!is_to_restore(r, turn))
            continue;
        if (turn - began >= RESTORE_MOST)
            return 0;
        int err = cw_restore_run(r, cw_follow_repair(&p->follow, r->shard), &p->link, &p->eb);
        if (err)
            return err;
        if (r->standing != CW_SHARD_ASSIGNED)
            tell_restored(p, r, now_of(p) - turn);
    }
    p->shards.unrestored = false;
    return 0;
}

/* ---- gathering ---- */

/* How many messages more this transaction may judge. */
static size_t room(const struct cw_protocol *p)
{
    return cw_commit_due_room(p->common.settings, p->halved, cw_shards_judged(&p->shards),
                              cw_shards_waiting(&p->shards));
}

static cw_mono_time commit_at(const struct cw_protocol *p, const struct cw_run *r)
{
    struct cw_commit_facts facts = {.more = p->more,
                                    .behind = p->behind,
                                    .done = p->committed_at,
                                    .took = p->commit_took,
                                    .committed_at = r->committed_at,
                                    .tasks = r->pending.tasks > 0,
                                    .clock = cw_shard_clock(r->core),
                                    .wall = p->env->wall(p->env->arg)};
    return cw_commit_due_at(p->common.settings, &facts);
}

/* Until when the bus may be waited for: the next thing that is due by itself. */
static int wait_ms(const struct cw_protocol *p, cw_mono_time now)
{
    cw_mono_time until = now + WAIT_MOST;
    if (p->more || p->shards.unrestored)
        return 0;
    if (p->under_way)
        return 1;
    for (size_t i = 0; i < p->shards.n; i++) {
        const struct cw_run *r = p->shards.runs[i];
        if (r->standing == CW_SHARD_ASSIGNED && r->look_again < until)
            until = r->look_again;
        if (!running(r))
            continue;
        cw_mono_time due[] = {cw_merge_due(r->merge), cw_run_tick_due(r),
                              cw_run_dirty(r, now) ? commit_at(p, r) : INT64_MAX};
        for (size_t k = 0; k < sizeof due / sizeof due[0]; k++)
            until = due[k] < until ? due[k] : until;
    }
    return until <= now ? 0 : (int)((until - now + MS - 1) / MS);
}

static int gather(struct cw_protocol *p)
{
    int wait = wait_ms(p, now_of(p));
    int err = cw_gather(&p->shards, &p->link, wait, room(p), &p->more, &p->eb);
    p->behind = cw_shards_behind(&p->shards);
    return err;
}

/* ---- between gathering and committing ---- */

static int judge_all(struct cw_protocol *p)
{
    p->first++;
    for (size_t i = 0; i < p->shards.n; i++) {
        struct cw_run *r = p->shards.runs[(p->first + i) % p->shards.n];
        size_t n, most = room(p);
        if (!running(r))
            continue;
        cw_mono_time began = now_of(p);
        int err = cw_run_judge(r, most, began, &n);
        if (n)
            cw_board_observe(p->board, CW_HISTOGRAM_judge_seconds, now_of(p) - began);
        if (!err)
            err = cw_gather_resume(r, &p->link, &p->eb);
        if (err)
            return err;
        if (n == most)
            p->more = true; /* There may be more in the merge than the batch took. */
    }
    return 0;
}

/* How far the inputs go, for who looks at the lag. */
static void hear_ends(const struct cw_protocol *p, struct cw_run *r)
{
    struct cw_bus *bus = p->link.bus;
    for (enum cw_input in = 0; in < CW_INPUTS; in++)
        r->end[in] = bus->ops->known_end ? bus->ops->known_end(bus, in, r->shard) : -1;
}

/* A shard that stands still is restored again when an order for it has come. */
static int heed_orders(struct cw_protocol *p)
{
    int err = 0;
    if (!p->follow.ordered)
        return 0;
    p->follow.ordered = false;
    for (size_t i = 0; i < p->shards.n && !err; i++) {
        struct cw_run *r = p->shards.runs[i];
        if (r->standing != CW_SHARD_STOPPED || !cw_follow_repair(&p->follow, r->shard))
            continue;
        err = cw_run_forget(r);
        p->shards.unrestored = true;
    }
    return err;
}

/* Managers and control, with shards or without: who gets some must not begin with old settings. */
static int follow(struct cw_protocol *p, cw_mono_time now)
{
    if (p->shards.unrestored || now - p->followed_at < FOLLOW_EVERY)
        return 0;
    p->followed_at = now;
    int err = cw_follow_catch_up(&p->follow, &p->link, &p->eb);
    if (!err)
        err = heed_orders(p);
    if (!err && p->shards.n == 0)
        p->failures = 0; /* There is no commit that would say that all is well again. */
    return err;
}

/* What changes between batches: managers, control, and idle clocks. */
static int look_around(struct cw_protocol *p)
{
    cw_mono_time now = now_of(p);
    int err = follow(p, now);
    bool publish = now - p->published_at >= CW_SECOND;
    for (size_t i = 0; i < p->shards.n && !err; i++) {
        if (running(p->shards.runs[i]))
            err = cw_run_tick(p->shards.runs[i], now, p->env->wall(p->env->arg));
        if (publish) {
            hear_ends(p, p->shards.runs[i]);
            cw_run_publish(p->shards.runs[i]);
        }
    }
    if (publish) {
        p->published_at = now;
        cw_shards_tidy(&p->shards, now);
    }
    return err;
}

/* ---- committing ---- */

/* It can take no more, whatever the time. */
static bool is_full(const struct cw_protocol *p, const struct cw_run *r)
{
    return r->n_cuts == CW_CUTS_MOST || room(p) == 0;
}

static bool is_due(const struct cw_protocol *p, const struct cw_run *r, cw_mono_time now, bool all)
{
    if (!running(r) || !cw_run_dirty(r, now))
        return false;
    return all || is_full(p, r) || commit_at(p, r) <= now;
}

static bool any_full(const struct cw_protocol *p)
{
    for (size_t i = 0; i < p->shards.n; i++)
        if (running(p->shards.runs[i]) && is_full(p, p->shards.runs[i]))
            return true;
    return false;
}

/* What became of the commit under way is taken note of. */
static int conclude(struct cw_protocol *p)
{
    int err = cw_commit_end(&p->commit, &p->eb);
    if (!err) {
        p->failures = 0;
        p->halved = cw_commit_due_halved(p->halved, false);
        p->committed_at = now_of(p);
        p->commit_took = p->commit.ended - p->commit.began;
    }
    p->under_way = false;
    cw_commit_free(&p->commit);
    return err;
}

/* It is waited for, where it is not over, with wait alone or if the shards can do nothing
 * meanwhile. */
static int land(struct cw_protocol *p, bool wait)
{
    if (!p->under_way || (!wait && !any_full(p) && !cw_commit_is_settled(&p->commit)))
        return 0;
    return conclude(p);
}

/* Who has met what cannot be read stands aside, and the others go on. */
static int stand_aside(struct cw_protocol *p)
{
    int err = p->shards.damaged ? land(p, true) : 0;
    for (size_t i = 0; i < p->shards.n && p->shards.damaged && !err; i++) {
        struct cw_run *r = p->shards.runs[i];
        if (!r->damage.met)
            continue;
        err = cw_restore_later(r, &p->link, &p->eb);
        if (!err && r->standing == CW_SHARD_STOPPED)
            tell_restored(p, r, 0);
    }
    p->shards.damaged = false;
    return err;
}

static int commit_due(struct cw_protocol *p, bool all)
{
    struct cw_commit *c = &p->commit;
    cw_mono_time now = now_of(p);
    int err = cw_commit_init(c, &p->link, p->shards.token, p->shards.n);
    for (size_t i = 0; i < p->shards.n && !err; i++)
        if (is_due(p, p->shards.runs[i], now, all))
            c->runs[c->n++] = p->shards.runs[i];
    bool any = !err && c->n;
    if (any)
        err = cw_commit_append(c, &p->follow, &p->commit_room, &p->eb);
    p->under_way = any && !err;
    if (!p->under_way) {
        cw_commit_free(c);
        return err;
    }
    /* But in a backlog the next batch is yet to come, and the hand would be waited for. */
    cw_commit_settle(c, p->behind && !all);
    return c->beside ? 0 : conclude(p);
}

/* With all, whatever is pending is committed when it returns. */
static int commit(struct cw_protocol *p, bool all)
{
    int err = land(p, all);
    return err || p->under_way ? err : commit_due(p, all);
}

/* ---- when something failed ---- */

static int fatal(struct cw_protocol *p, const char *why)
{
    char quoted[600];
    cw_log(CW_LOG_ERROR, "engine_fatal", "reason=%s", cw_log_quote(why, quoted, sizeof quoted));
    cw_board_fatal(p->board, why);
    return -CW_E_FATAL;
}

/* Of a revoked assignment nothing can be restored; the bus will say who owns what. */
static int start_over(struct cw_protocol *p, bool revoked)
{
    /* Else it is all the same: what is committed is what a restore finds. */
    revoked |= land(p, true) == -CW_E_REVOKED;
    cw_board_count(p->board, CW_COUNT_aborts, 1);
    int err = cw_link_abort(&p->link, &p->eb);
    if (err && err != -CW_E_REVOKED && err != -CW_E_ABORT)
        return fatal(p, p->eb.text);
    if (revoked || err == -CW_E_REVOKED) {
        cw_shards_release(&p->shards, now_of(p));
        return 0;
    }
    return cw_shards_forget(&p->shards) ? fatal(p, cw_strerror(-CW_E_NOMEM)) : 0;
}

static int cope(struct cw_protocol *p, int err)
{
    char quoted[600];
    if (err == 0)
        return 0;
    if (err == -CW_E_NOMEM)
        return fatal(p, cw_strerror(err));
    if (err != -CW_E_ABORT && err != -CW_E_REVOKED && err != -CW_E_RETRY)
        return fatal(p, p->eb.text[0] ? p->eb.text : cw_strerror(err));
    cw_log(CW_LOG_WARNING, "transaction_aborted", "failures=%d reason=%s", p->failures + 1,
           cw_log_quote(p->eb.text, quoted, sizeof quoted));
    if (err == -CW_E_ABORT)
        p->halved = cw_commit_due_halved(p->halved, true);
    if (++p->failures >= FAILURES_MOST)
        return fatal(p, p->eb.text);
    return start_over(p, err == -CW_E_REVOKED);
}

/* ---- settings ---- */

/* New settings, of files or live, between two batches. What was judged by the former ones is
 * committed first, so that a commit, and its position record, stands for one version. */
static int settle(struct cw_protocol *p)
{
    struct cw_settings *fresh;
    bool same = !p->stale && !p->follow.live_anew && p->in_force == p->follow.live->version;
    if (!p->follow.whole || same)
        return 0;
    int err = commit(p, true);
    if (!err)
        err = cw_live_lay_over(p->follow.live, p->files, &fresh);
    if (err)
        return err;
    err = cw_shards_settings(&p->shards, fresh);
    cw_settings_free(p->common.settings);
    p->common.settings = fresh;
    cw_decoder_map(p->follow.decoder, fresh->mappings[CW_MAP_MANAGERS]);
    p->stale = p->follow.live_anew = false;
    p->in_force = fresh->version;
    cw_log(CW_LOG_INFO, "settings_in_force", "live_version=%d", (int)fresh->version);
    return err;
}

void cw_protocol_settings(struct cw_protocol *p, const struct cw_settings *files)
{
    cw_settings_free(p->files);
    p->files = cw_settings_hold(files);
    p->stale = true;
}

int32_t cw_protocol_version(const struct cw_protocol *p)
{
    return p->in_force;
}

bool cw_protocol_assigned(const struct cw_protocol *p)
{
    return p->shards.assigned;
}

const struct cw_shard *cw_protocol_shard(const struct cw_protocol *p, int32_t shard)
{
    const struct cw_run *r = cw_shards_running(&p->shards, shard);
    return r ? r->core : NULL;
}

int cw_protocol_turn(struct cw_protocol *p)
{
    p->eb.text[0] = '\0';
    remember_doubted(p, now_of(p));
    int err = p->shards.unrestored ? land(p, true) : 0;
    if (!err && p->shards.unrestored)
        err = cw_follow_catch_up(&p->follow, &p->link, &p->eb);
    if (!err)
        err = settle(p);
    if (!err && p->shards.unrestored)
        err = restore_some(p);
    if (!err)
        err = gather(p);
    if (!err)
        err = stand_aside(p);
    if (!err)
        err = judge_all(p);
    if (!err)
        err = look_around(p);
    if (!err)
        err = commit(p, false);
    return cope(p, err);
}

int cw_protocol_finish(struct cw_protocol *p)
{
    p->eb.text[0] = '\0';
    int err = commit(p, true);
    if (err && (err == -CW_E_ABORT || err == -CW_E_REVOKED))
        err = cw_link_abort(&p->link, &p->eb) == -CW_E_FATAL ? -CW_E_FATAL : 0;
    return err ? fatal(p, p->eb.text) : 0;
}

void cw_protocol_free(struct cw_protocol *p)
{
    if (!p)
        return;
    (void)land(p, true); /* A commit under way is of runs that are there. */
    cw_shards_free(&p->shards);
    cw_follow_free(&p->follow);
    cw_buf_free(&p->commit_room.images);
    cw_buf_free(&p->commit_room.record);
    cw_taken_pool_free(&p->pool);
    cw_settings_free(p->common.settings);
    cw_settings_free(p->files);
    free(p);
}
