/* What managers did with their tasks, and what follows from it.
 *
 * An outcome concerns the open task it names; anything else (a task that has ended, an id never
 * given, a hand the task was taken out of) is counted and changes nothing, so that a late claim
 * cannot reopen what is withdrawn. Ids seen before are skipped. No outcome moves the shard's clock:
 * it takes effect at the clock's time, and only spans that run from the call (quiet times, snoozes)
 * count from the outcome's own.
 *
 * done, reassign and escalate make one version, the others none: what people do lives apart.
 */
#include <stdio.h>
#include <string.h>

#include "core/past.h"
#include "core/profile.h"
#include "core/shard_state.h"

/* One outcome at work. */
struct move {
    struct cw_shard *sh;
    struct cw_client *cl;
    struct cw_task *t;
    const struct cw_outcome *oc;
    const struct cw_origin *origin;
    const struct cw_output *out;
    bool refused;
};

/* The setting that says how long the same causes are not told again, by result. */
static const size_t quiet_settings[CW_RESULTS] = {
#define X(name, word) [CW_RESULT_##name] = offsetof(struct cw_settings, quiet_##word),
    CW_RESULTS_OF(X)
#undef X
};

static cw_event_time quiet_until(const struct move *m, enum cw_result result)
{
    int64_t quiet;
    memcpy(&quiet, (const char *)m->sh->settings + quiet_settings[result], sizeof quiet);
    return m->oc->at + quiet;
}

/* The decoder takes no word but these. */
static enum cw_result result_of(struct cw_str word)
{
    int r = CW_RESULTS - 1;
    while (r > 0 && !cw_kept_same(word, (struct cw_str){cw_result_name((enum cw_result)r),
                                                        strlen(cw_result_name((enum cw_result)r))}))
        r--;
    return (enum cw_result)r;
}

static void fold(const struct move *m, const struct cw_done *done)
{
    m->sh->findings.n = m->sh->findings.dropped = 0;
    struct cw_fold f = {.origin = m->origin,
                        .at = m->sh->clock,
                        .now = m->sh->clock,
                        .day = CW_NO_DAY,
                        .done = done};
    cw_tasks_fold(m->sh, m->cl, &f, m->out);
}

/* ---- by action ---- */

static void claim(struct move *m)
{
    m->t->claimed_until = m->oc->until == CW_NO_TIME ? INT64_MAX : m->oc->until;
    m->t->snoozed_until = CW_NO_TIME;
    (void)cw_kept_set(m->sh, &m->t->claimed_by, m->oc->manager);
}

static void put_back(struct move *m)
{
    m->t->claimed_until = m->t->snoozed_until = CW_NO_TIME;
    cw_kept_free(m->sh, &m->t->claimed_by);
}

static void release(struct move *m)
{
    put_back(m);
}

static void snooze(struct move *m)
{
    put_back(m);
    m->t->snoozed_until = m->oc->until;
    m->t->risk_snoozed = m->t->risk_told;
}

static void note(struct move *m)
{
    m->t->noted_at = m->oc->at;
}

/* Nobody looks into the queue of a manager who is not there: the task stays where it is seen. */
static void reassign(struct move *m)
{
    const struct cw_roster *r = m->sh->roster;
    if (r && cw_roster_count(r) && !cw_roster_has(r, m->oc->to)) {
        m->sh->counters.outcomes_refused++;
        m->refused = true;
        return;
    }
    (void)cw_kept_set(m->sh, &m->t->reassigned_to, m->oc->to);
    fold(m, NULL);
}

/* Where no chief is known yet, it goes up as soon as one is. */
static void escalate(struct move *m)
{
    m->t->asked_up = true;
    fold(m, NULL);
}

static void done(struct move *m)
{
    enum cw_result result = result_of(m->oc->result);
    struct cw_done d = {m->t->id, m->oc->version, quiet_until(m, result),
                        result != CW_RESULT_UNREACHABLE};
    cw_accuracy_count(m->sh, m->cl, m->t, d.seen, result);
    fold(m, &d);
}

static void (*const effects[CW_ACTIONS])(struct move *m) = {
    [CW_DID_CLAIM] = claim,       [CW_DID_RELEASE] = release, [CW_DID_DONE] = done,
    [CW_DID_SNOOZE] = snooze,     [CW_DID_NOTE] = note,       [CW_DID_REASSIGN] = reassign,
    [CW_DID_ESCALATE] = escalate,
};

/* ---- taking in ---- */

static bool is_of(const struct cw_task *t, struct cw_str task_id)
{
    char id[19];
    (void)snprintf(id, sizeof id, "t-%016llx", t ? (unsigned long long)t->id : 0);
    return t && task_id.n == 18 && memcmp(task_id.p, id, 18) == 0;
}

/* Claim and snooze belong to a desk. Made on one that had no word yet of the hand-over, they went
 * with it; what the new manager does stands. A call that was made counts, whoever made it, and so
 * does what somebody asked for. */
static bool has_lost_it(const struct cw_task *t, const struct cw_outcome *oc)
{
    bool of_desk =
        oc->action == CW_DID_CLAIM || oc->action == CW_DID_RELEASE || oc->action == CW_DID_SNOOZE;
    return of_desk && !cw_kept_same(t->manager, oc->manager);
}

/* The client whose open task it concerns, when it is news; NULL otherwise, which is counted. */
static struct cw_client *concerned(struct cw_shard *sh, const struct cw_outcome *oc)
{
    struct cw_client *cl = cw_clients_find(sh, oc->client_id);
    sh->counters.outcomes++;
    if (cl && cw_past_knows(cl, oc->id)) {
        sh->counters.outcome_repeats++;
        return NULL;
    }
    if (!cl || !is_of(cw_client_task(cl), oc->task_id)) {
        sh->counters.outcomes_stale++;
        return NULL;
    }
    return cl;
}

bool cw_outcomes_take(struct cw_shard *sh, const struct cw_outcome *oc, const struct cw_origin *o,
                      const struct cw_output *out)
{
    struct cw_client *cl = concerned(sh, oc);
    if (!cl)
        return true;
    cw_clients_touch(sh, cl);
    cw_past_remember(sh, cl, oc->id);
    if (sh->failed)
        return true;
    if (has_lost_it(cw_client_task(cl), oc)) {
        sh->counters.outcomes_stale++;
        return true;
    }
    struct move m = {sh, cl, cw_client_task(cl), oc, o, out, false};
    m.t->moves[oc->action] = (uint8_t)(m.t->moves[oc->action] + (m.t->moves[oc->action] < 255));
    effects[oc->action](&m);
    return !m.refused;
}

void cw_outcomes_profile(struct cw_shard *sh, struct cw_client *cl, const struct cw_profile *p)
{
    struct cw_profile before = {.manager = {0}};
    struct cw_profile_room room;
    if (!cw_client_task(cl) || !cw_client_task(cl)->reassigned_to.p || p->deleted)
        return;
    if (cl->packed)
        (void)cw_profile_unpack(cw_client_profile(cl), &before, &room);
    if (!cw_kept_same(before.manager, p->manager))
        cw_kept_free(sh, &cw_client_task(cl)->reassigned_to);
}
