/* A shard's public face, and the order in which a message is taken in.
 *
 * An event first moves the clock, which may close days and find tasks overdue; then it is looked up
 * among the repeats, leaves its facts, and is judged and folded into the client's task. What of the
 * facts is known when the detectors look at an event:
 *
 *   already with the event in it              still as before the event
 *   ------------------------------------      --------------------------------------------
 *   open day's and cycle's sums, bills        what is owed and since when
 *   line status and its reasons, lines gone   a line's monthly fee
 *   first and last days of use                active forwardings, the contract's end
 */
#include <stdlib.h>

#include "core/image.h"
#include "core/profile.h"
#include "core/shard_state.h"
#include "core/watch.h"

struct cw_shard *cw_shard_new(const struct cw_settings *s, const struct cw_roster *r)
{
    struct cw_shard *sh = calloc(1, sizeof *sh);
    if (!sh)
        return NULL;
    sh->settings = s;
    sh->roster = r;
    sh->clock = CW_NO_TIME;
    sh->open_day = CW_NO_DAY;
    sh->closes_at = CW_NO_TIME;
    return sh;
}

void cw_shard_free(struct cw_shard *sh)
{
    if (!sh)
        return;
    cw_clients_free(sh);
    cw_image_forget(sh);
    cw_accuracy_free(sh);
    free(sh->due);
    free(sh->policies);
    free(sh->dry);
    cw_buf_free(&sh->json);
    free(sh);
}

void cw_shard_settings(struct cw_shard *sh, const struct cw_settings *s)
{
    sh->settings = s;
    cw_clients_forget_policies(sh);
}

void cw_shard_roster(struct cw_shard *sh, const struct cw_roster *r)
{
    sh->roster = r;
}

static int outcome_of(const struct cw_shard *sh)
{
    return sh->failed ? -CW_E_NOMEM : 0;
}

/* ---- the clock ---- */

static void first_time(struct cw_shard *sh, cw_event_time t)
{
    const struct cw_settings *s = sh->settings;
    sh->open_day = cw_zone_day(s->zone, t - s->allowed_lateness);
    sh->closes_at = cw_zone_midnight(s->zone, sh->open_day + 1) + s->allowed_lateness;
}

static void move_clock(struct cw_shard *sh, cw_event_time to, const struct cw_output *out)
{
    if (sh->clock == CW_NO_TIME)
        first_time(sh, to);
    if (to <= sh->clock)
        return;
    sh->clock = to;
    sh->facts_touched = true;
    while (sh->closes_at <= sh->clock && !sh->failed)
        cw_day_close(sh, out);
}

int cw_shard_tick(struct cw_shard *sh, cw_event_time to, const struct cw_output *out)
{
    cw_image_settle(sh);
    move_clock(sh, to, out);
    (void)cw_tasks_overdue(sh, NULL, &(struct cw_origin){.topic = NULL, -1, -1}, out);
    return outcome_of(sh);
}

/* ---- messages ---- */

static void judge(struct cw_shard *sh, struct cw_client *cl, const struct cw_event *ev,
                  struct cw_fold *f, const struct cw_output *out)
{
    cw_day day = cw_zone_day(sh->settings->zone, ev->time);
    bool late = day < sh->open_day;
    struct cw_line *ln = ev->msisdn ? cw_clients_line(sh, cl, ev->msisdn) : NULL;
    if (sh->failed)
        return;
    cw_clients_touch(sh, cl);
    cw_clients_before(sh, cl, ln, ev, day, late);
    cw_judge_event(sh, cl, ln, ev, day, late);
    cw_clients_after(sh, cl, ln, ev);
    cw_tasks_fold(sh, cl, f, out);
    if (ev->type == CW_EV_BILL)
        cw_watch_bill(&sh->watch, cl);
    sh->counters.judged++;
    sh->counters.late += late;
}

uint32_t cw_shard_hash(struct cw_str client)
{
    return cw_index_hash(client);
}

void cw_shard_expect(const struct cw_shard *sh, uint32_t hash, unsigned step)
{
    cw_clients_expect(sh, hash, step);
}

int cw_shard_event(struct cw_shard *sh, const struct cw_event *ev, const struct cw_origin *o,
                   const struct cw_output *out)
{
    cw_image_settle(sh);
    move_clock(sh, ev->time, out);
    struct cw_client *cl = sh->failed ? NULL : cw_clients_get(sh, ev->subject);
    if (!cl)
        return outcome_of(sh);
    /* One message makes at most one version of a task: if this client's own task has just become
     * overdue, the fold below says so along with the rest. */
    bool due_passed = cw_tasks_overdue(sh, cl, o, out);
    struct cw_fold f = {.origin = o,
                        .at = ev->time,
                        .now = sh->clock,
                        .cause_source = ev->source,
                        .cause_id = ev->id,
                        .day = CW_NO_DAY,
                        .due_passed = due_passed};
    if (!sh->failed && !cw_clients_seen(sh, cl, ev->source, ev->id)) {
        judge(sh, cl, ev, &f, out);
    } else if (!sh->failed) {
        sh->counters.repeats++;
        sh->findings.n = sh->findings.dropped = 0;
        if (due_passed)
            cw_tasks_fold(sh, cl, &f, out);
    }
    return outcome_of(sh);
}

int cw_shard_profile(struct cw_shard *sh, const struct cw_profile *p, const struct cw_origin *o,
                     const struct cw_output *out)
{
    cw_image_settle(sh);
    struct cw_client *cl =
        p->deleted ? cw_clients_find(sh, p->client_id) : cw_clients_get(sh, p->client_id);
    if (!cl)
        return outcome_of(sh);
    cw_clients_touch(sh, cl);
    cw_outcomes_profile(sh, cl, p);
    cw_clients_profile(sh, cl, p);
    sh->counters.profiles++;
    if (cw_client_task(cl) && !sh->failed) {
        sh->findings.n = sh->findings.dropped = 0;
        struct cw_fold f = {
            .origin = o, .at = sh->clock, .now = sh->clock, .day = CW_NO_DAY, .profile = true};
        cw_tasks_fold(sh, cl, &f, out);
    }
    return outcome_of(sh);
}

int cw_shard_outcome(struct cw_shard *sh, const struct cw_outcome *oc, const struct cw_origin *o,
                     const struct cw_output *out)
{
    cw_image_settle(sh);
    bool carried_out = cw_outcomes_take(sh, oc, o, out);
    int err = outcome_of(sh);
    return !err && !carried_out ? -CW_E_REFUSED : err;
}

/* ---- questions ---- */

void cw_shard_watch(struct cw_shard *sh, const struct cw_watch *w)
{
    sh->watch = *w;
}

cw_event_time cw_shard_clock(const struct cw_shard *sh)
{
    return sh->clock;
}

const struct cw_shard_counters *cw_shard_counters(const struct cw_shard *sh)
{
    return &sh->counters;
}

size_t cw_shard_clients(const struct cw_shard *sh)
{
    return sh->clients.n;
}

size_t cw_shard_open_tasks(const struct cw_shard *sh)
{
    return sh->n_tasks;
}

size_t cw_shard_bytes(const struct cw_shard *sh)
{
    return sh->bytes + sizeof *sh;
}

const struct cw_client *cw_shard_client(const struct cw_shard *sh, struct cw_str id)
{
    return cw_clients_find(sh, id);
}
