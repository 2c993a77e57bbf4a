/* A shard's turn: messages in, judged in merged order, outputs kept for the commit. On the engine's
 * thread; owns the shard's memory.
 */
#include "engine/shard_run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "churnwatch/faults.h"
#include "engine/intake.h"

/* Messages of one input that may wait before it is paused, and from when it goes on: enough for
 * turns that are worth their while, little enough that a shard behind by months stays small: an
 * event that waits takes 400 bytes, a profile 4 KiB. But one that is refused is kept whole, and may
 * be as large as the broker takes; so what waits is bounded in bytes, too. */
#define WAITING_MOST 512
#define WAITING_FEW 128
#define WAITING_BYTES_MOST ((size_t)2 << 20)
#define WAITING_BYTES_FEW (WAITING_BYTES_MOST / 4)

/* An idle clock follows the wall in steps, for each step is a commit. */
#define TICK_STEP (10 * CW_SECOND)
/* A clock further behind than this is history being loaded. */
#define TICK_REACH (48 * CW_HOUR)
/* A quiet shard commits so often, so that its round of rewriting comes to an end. */
#define KEEP_ALIVE (10 * CW_MINUTE)

static void drop_taken(void *arg, void *what)
{
    cw_taken_free(arg, what);
}

static void let_go(struct cw_run *r)
{
    cw_shard_free(r->core);
    cw_merge_free(r->merge);
    cw_pending_clear(&r->pending);
    r->core = NULL;
    r->merge = NULL;
}

/* What an assignment begins with, whatever is in memory. */
static void begin(struct cw_run *r)
{
    r->standing = CW_SHARD_ASSIGNED;
    r->restored = r->to_restore = 0;
    r->restored_bytes = 0;
    for (enum cw_input in = 0; in < CW_INPUTS; in++)
        r->end[in] = r->told_end[in] = -1;
    r->damage.met = false;
    r->idle_since = INT64_MAX;
    r->ticked_at = INT64_MIN / 2;
    memset(r->paused, 0, sizeof r->paused);
    memset(r->waiting_bytes, 0, sizeof r->waiting_bytes);
}

int cw_run_forget(struct cw_run *r)
{
    struct cw_shard *kept = CW_BUG(no_undo) ? r->core : NULL;
    if (kept)
        r->core = NULL;
    let_go(r);
    r->reason[0] = '\0';
    r->core = kept ? kept : cw_shard_new(r->common->settings, r->common->roster);
    r->merge = cw_merge_new(r->common->settings->merge_wait, drop_taken, r->common->pool);
    r->trail.n = 0;
    r->unmarked = 0;
    r->commit = 0;
    r->n_cuts = 0;
    r->judged = 0; /* Or a shard that then stops would hold room of every batch to come. */
    r->needed = r->trimmed = 0;
    r->known = 0;
    r->ahead = r->kept = r->repaired = false;
    begin(r);
    return r->core && r->merge ? 0 : -CW_E_NOMEM;
}

struct cw_run *cw_run_new(const struct cw_run_common *common, int32_t shard)
{
    struct cw_run *r = calloc(1, sizeof *r);
    if (!r)
        return NULL;
    r->common = common;
    r->shard = shard;
    if (cw_run_forget(r) != 0) {
        cw_run_free(r);
        return NULL;
    }
    return r;
}

void cw_run_free(struct cw_run *r)
{
    if (!r)
        return;
    let_go(r);
    cw_pending_free(&r->pending);
    free(r);
}

/* Where the inputs are read from. */
static void stand(struct cw_run *r, const int64_t next[CW_INPUTS],
                  const cw_event_time greatest[CW_INPUTS])
{
    for (enum cw_input in = 0; in < CW_INPUTS; in++) {
        r->next[in] = next[in];
        r->expected[in] = next[in] == CW_OFFSET_NONE ? 0 : next[in];
        cw_merge_start(r->merge, in, greatest[in]);
    }
}

static void note_place(struct cw_run *r)
{
    memcpy(r->appended.next, r->next, sizeof r->appended.next);
    r->appended.batch = r->batch;
}

void cw_run_at(struct cw_run *r, const struct cw_position *p)
{
    stand(r, p->next, p->greatest);
    r->batch = p->batch;
    r->judged_by = p->settings;
    note_place(r);
    cw_run_committed(r);
}

void cw_run_appended(struct cw_run *r)
{
    const struct cw_dry *found;
    note_place(r);
    r->appended.judged = r->judged;
    r->appended.tasks = r->pending.tasks;
    r->appended.dry = cw_shard_dry(r->core, &found);
    cw_pending_clear(&r->pending);
    r->n_cuts = 0;
    r->judged = 0;
}

void cw_run_committed(struct cw_run *r)
{
    if (CW_BUG(cleared_late))
        cw_run_appended(r);
    memcpy(r->committed, r->appended.next, sizeof r->committed);
    r->committed_batch = r->appended.batch;
    r->ahead = r->repaired = false;
    if (r->damage.since && r->committed[r->damage.input] > r->damage.at)
        r->damage.since = 0;
}

/* ---- between two assignments ---- */

bool cw_run_keep(struct cw_run *r, cw_mono_time now)
{
    if (r->ahead || !(r->kept || r->standing == CW_SHARD_RUNNING))
        return false;
    for (enum cw_input in = 0; in < CW_INPUTS && !r->kept; in++)
        r->greatest[in] = cw_merge_greatest(r->merge, in);
    struct cw_merge *fresh =
        cw_merge_new(r->common->settings->merge_wait, drop_taken, r->common->pool);
    if (!fresh)
        return false;
    cw_merge_free(r->merge);
    r->merge = fresh;
    begin(r);
    r->kept = true;
    r->kept_since = now;
    return true;
}

void cw_run_go_on(struct cw_run *r)
{
    stand(r, r->next, r->greatest);
}

int cw_run_settings(struct cw_run *r, const struct cw_settings *s)
{
    if (r->kept && cw_run_is_pending(r)) {
        int err = cw_run_forget(r);
        if (err)
            return err;
    }
    if (r->core)
        cw_shard_settings(r->core, s);
    return 0;
}

void cw_run_stop(struct cw_run *r, const char *reason)
{
    let_go(r);
    r->standing = CW_SHARD_STOPPED;
    (void)snprintf(r->reason, sizeof r->reason, "%s", reason);
}

void cw_run_damaged(struct cw_run *r, enum cw_input in, int64_t at, cw_mono_time now,
                    const char *why)
{
    bool again = r->damage.since && r->damage.input == in && r->damage.at == at;
    if (r->damage.met)
        return;
    r->damage.met = true;
    r->damage.input = in;
    r->damage.at = at;
    r->damage.told = again && r->damage.told;
    r->damage.since = again ? r->damage.since : now;
    (void)snprintf(r->damage.why, sizeof r->damage.why, "%s", why);
}

/* ---- messages in ---- */

int cw_run_take(struct cw_run *r, enum cw_input in, const struct cw_message *m, cw_mono_time now)
{
    const struct cw_run_common *c = r->common;
    struct cw_taken *t;
    if (m->offset < r->expected[in] && !CW_BUG(no_offset_guard)) {
        cw_board_count(c->board, CW_COUNT_stale_offsets, 1);
        return 0;
    }
    struct cw_inlet inlet = cw_inlet_of(c->settings, in);
    int err = cw_taken_new(c->pool, &c->limits, &inlet, m, &t);
    if (err)
        return err;
    err = cw_merge_push(r->merge, in, m->offset, cw_taken_time(t, in), now, t);
    if (err) {
        cw_taken_free(c->pool, t);
        return err;
    }
    r->expected[in] = m->offset + 1;
    r->waiting_bytes[in] += t->bytes;
    r->idle_since = INT64_MAX;
    cw_board_count(c->board, CW_COUNT_messages, 1);
    cw_board_taken(c->board, in, m->timestamp_ms < 0 ? CW_NO_TIME : m->timestamp_ms * 1000);
    return 0;
}

static void note_idle(struct cw_run *r, cw_mono_time now)
{
    if (r->idle_since == INT64_MAX && cw_merge_idle(r->merge))
        r->idle_since = now;
}

/* Behind the last message of an input may lie transactions' markers: nothing to be judged, but when
 * retention has taken all of a quiet input it begins behind them, as if messages were lost unread.
 * So they are passed with what is judged, and are in the next commit, which is none of their own.
 */
static void pass_markers(struct cw_run *r, enum cw_input in)
{
    if (r->next[in] != CW_OFFSET_NONE && r->told_end[in] > r->next[in] &&
        cw_merge_at_end(r->merge, in) && cw_merge_queued(r->merge, in) == 0)
        r->next[in] = r->told_end[in];
}

void cw_run_end(struct cw_run *r, enum cw_input in, int64_t end, cw_mono_time now)
{
    cw_merge_end(r->merge, in);
    r->told_end[in] = end;
    pass_markers(r, in);
    note_idle(r, now);
}

bool cw_run_full(const struct cw_run *r, enum cw_input in)
{
    return cw_merge_queued(r->merge, in) >= WAITING_MOST ||
           r->waiting_bytes[in] >= WAITING_BYTES_MOST;
}

bool cw_run_drained(const struct cw_run *r, enum cw_input in)
{
    return cw_merge_queued(r->merge, in) <= WAITING_FEW &&
           r->waiting_bytes[in] <= WAITING_BYTES_FEW;
}

/* ---- judging ---- */

static void on_task(void *arg, const struct cw_task_version *v)
{
    struct cw_run *r = arg;
    cw_pending_task(&r->pending, r->shard, v);
}

static int judge_good(struct cw_run *r, enum cw_input in, int64_t offset, const struct cw_taken *t)
{
    struct cw_output out = {on_task, r};
    struct cw_origin from = {cw_inlet_of(r->common->settings, in).topic, r->shard, offset};
    if (in == CW_IN_BILLING || in == CW_IN_SERVICE)
        cw_board_event(r->common->board, t->event.type);
    return cw_taken_judge(t, in, r->core, &from, &out);
}

static void refuse(struct cw_run *r, enum cw_input in, const struct cw_taken *t)
{
    cw_board_reject(r->common->board, in, t->code);
    cw_pending_add(&r->pending, (struct cw_str){t->dead.p, t->dead.n});
}

static int judge_one(struct cw_run *r, enum cw_input in, int64_t offset, const struct cw_taken *t)
{
    int err = 0;
    if (t->err == 0) {
        err = judge_good(r, in, offset, t);
        if (err == -CW_E_REFUSED) {
            refuse(r, in, t);
            err = 0;
        }
    } else if (t->err == -CW_E_UNKNOWN_TYPE) {
        cw_board_count(r->common->board, CW_COUNT_unknown_types, 1);
    } else {
        refuse(r, in, t);
    }
    r->next[in] = offset + 1;
    return r->pending.bytes.failed ? -CW_E_NOMEM : err;
}

/* Where inputs and clock stand now ends one step of what the next commit holds. */
static void cut(struct cw_run *r)
{
    struct cw_cut *c = &r->cuts[r->n_cuts++];
    memcpy(c->next, r->next, sizeof c->next);
    c->clock = cw_shard_clock(r->core);
    r->batch++;
}

/* The collected messages that come next, so that their clients are near when it is their turn. */
enum { STEP_MESSAGES = 3, COMING = CW_EXPECT_STEPS * STEP_MESSAGES + 1 };
struct coming {
    struct {
        enum cw_input in;
        struct cw_merge_item item;
        bool keyed;
        uint32_t hash; /* of the client's id, where there is one */
    } of[COMING];      /* message n at n % COMING */
    size_t n, judged;
};

static bool line_up_next(struct cw_run *r, struct coming *c)
{
    size_t i = c->n % COMING;
    if (!cw_merge_next(r->merge, &c->of[i].in, &c->of[i].item))
        return false;
    struct cw_str id = cw_taken_client(c->of[i].item.what, c->of[i].in);
    c->of[i].keyed = id.p != NULL;
    c->of[i].hash = id.p ? cw_shard_hash(id) : 0;
    return true;
}

/* Keeps the row full as long as the merge gives. */
static void line_up(struct cw_run *r, struct coming *c)
{
    while (c->n - c->judged < COMING && line_up_next(r, c))
        c->n++;
    for (unsigned step = 0; step < CW_EXPECT_STEPS; step++) {
        size_t at = c->judged + (CW_EXPECT_STEPS - step) * STEP_MESSAGES;
        if (at < c->n && c->of[at % COMING].keyed)
            cw_shard_expect(r->core, c->of[at % COMING].hash, step);
    }
}

static int judge_collected(struct cw_run *r)
{
    struct coming c = {.n = 0};
    int err = 0;
    for (line_up(r, &c); c.judged < c.n; line_up(r, &c)) {
        size_t i = c.judged++ % COMING;
        struct cw_taken *t = c.of[i].item.what;
        /* After a failure all is judged again; what is left is only let go of. */
        if (!err)
            err = judge_one(r, c.of[i].in, c.of[i].item.offset, t);
        r->waiting_bytes[c.of[i].in] -= t->bytes;
        cw_taken_free(r->common->pool, t);
    }
    return err;
}

int cw_run_judge(struct cw_run *r, size_t most, cw_mono_time now, size_t *ret_n)
{
    size_t n = r->n_cuts < CW_CUTS_MOST ? cw_merge_collect(r->merge, most, now) : 0;
    *ret_n = n;
    if (n == 0)
        return 0;
    int err = judge_collected(r);
    if (err)
        return err;
    r->judged += n;
    for (enum cw_input in = 0; in < CW_INPUTS; in++)
        pass_markers(r, in);
    cut(r);
    note_idle(r, now);
    return 0;
}

/* ---- ticks ---- */

cw_mono_time cw_run_tick_due(const struct cw_run *r)
{
    const struct cw_settings *s = r->common->settings;
    if (!s->idle_tick || r->idle_since == INT64_MAX || cw_shard_clock(r->core) == CW_NO_TIME)
        return INT64_MAX;
    cw_mono_time idle = r->idle_since + s->idle_after;
    cw_mono_time step = r->ticked_at + (s->idle_after < TICK_STEP ? s->idle_after : TICK_STEP);
    return idle > step ? idle : step;
}

int cw_run_tick(struct cw_run *r, cw_mono_time now, cw_wall_time wall)
{
    if (cw_run_tick_due(r) > now || r->n_cuts == CW_CUTS_MOST)
        return 0;
    r->ticked_at = now;
    cw_event_time clock = cw_shard_clock(r->core);
    cw_event_time to = wall - r->common->settings->idle_after;
    if (to <= clock || wall - clock >= TICK_REACH)
        return 0;
    struct cw_output out = {on_task, r};
    int err = cw_shard_tick(r->core, to, &out);
    if (!err)
        cut(r);
    return r->pending.bytes.failed ? -CW_E_NOMEM : err;
}

/* ---- questions ---- */

bool cw_run_is_pending(const struct cw_run *r)
{
    return r->repaired || r->n_cuts || r->pending.records || !cw_shard_clean(r->core);
}

bool cw_run_dirty(const struct cw_run *r, cw_mono_time now)
{
    if (cw_run_is_pending(r))
        return true;
    return cw_shard_clients(r->core) && now - r->committed_at >= KEEP_ALIVE;
}

/* Messages between the next to be judged and the end as it was last heard of; -1 unknown. */
static int64_t behind(const struct cw_run *r, enum cw_input in)
{
    int64_t next = r->next[in] == CW_OFFSET_NONE ? 0 : r->next[in];
    if (r->standing != CW_SHARD_RUNNING || r->end[in] < 0)
        return -1;
    return r->end[in] > next ? r->end[in] - next : 0;
}

/* An input that was read to its end is not behind, however far its end is told to lie:
 * transactions' markers count there, and so does all that retention took. */
bool cw_run_behind(const struct cw_run *r)
{
    for (enum cw_input in = 0; in < CW_INPUTS; in++)
        if (r->paused[in] || (!cw_merge_at_end(r->merge, in) && behind(r, in) > WAITING_MOST))
            return true;
    return false;
}

void cw_run_publish(const struct cw_run *r)
{
    struct cw_shard_status s = {.shard = r->shard,
                                .standing = r->standing,
                                .clock = CW_NO_TIME,
                                .last_commit = r->last_commit,
                                .commits = r->commits,
                                .restored = r->restored,
                                .restored_bytes = r->restored_bytes,
                                .to_restore = r->to_restore};
    memcpy(s.reason, r->reason, sizeof s.reason);
    for (enum cw_input in = 0; in < CW_INPUTS; in++) {
        bool known = r->merge && cw_merge_at_end(r->merge, in);
        s.next[in] = r->next[in];
        s.lag[in] = known ? (int64_t)cw_merge_queued(r->merge, in) : behind(r, in);
    }
    if (r->core) {
        const struct cw_accuracy *rows;
        size_t n = cw_shard_accuracy(r->core, &rows);
        cw_board_accuracy(r->common->board, r->shard, rows, n);
        s.clock = cw_shard_clock(r->core);
        s.clients = cw_shard_clients(r->core);
        s.open_tasks = cw_shard_open_tasks(r->core);
        s.bytes = cw_shard_bytes(r->core);
        s.counters = *cw_shard_counters(r->core);
    }
    cw_board_shard(r->common->board, &s);
}
