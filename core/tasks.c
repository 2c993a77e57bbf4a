/* The life of a client's retention task: opening, versions, escalation, the end. Nothing reopens:
 * what comes after the end opens a new id. What a call or expiry leaves unsolved is kept in the
 * client's past (core/past.h). */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "core/evidence.h"
#include "core/fold.h"
#include "core/past.h"
#include "core/profile.h"
#include "core/rare.h"

enum { TELL_PRIORITY = 20, TELL_DAYS = 7 };
#define TELL_RISK 0.25

/* ---- small pieces ---- */

void cw_task_free(struct cw_shard *sh, struct cw_task *t)
{
    if (!t)
        return;
    for (size_t i = 0; i < t->n_signals; i++)
        cw_evidence_free(sh, &t->signals[i]);
    cw_kept_free(sh, &t->manager);
    cw_kept_free(sh, &t->escalated_to);
    cw_kept_free(sh, &t->reassigned_to);
    cw_kept_free(sh, &t->claimed_by);
    cw_kept_give(sh, t->signals, t->cap_signals * sizeof *t->signals);
    cw_kept_give(sh, t, sizeof *t);
}

static uint8_t topic_of(const struct cw_settings *s, const struct cw_origin *o)
{
    if (!o || !o->topic)
        return CW_FROM_CLOSE;
    return strcmp(o->topic, s->topic_billing) == 0    ? CW_FROM_BILLING
           : strcmp(o->topic, s->topic_service) == 0  ? CW_FROM_SERVICE
           : strcmp(o->topic, s->topic_profiles) == 0 ? CW_FROM_PROFILES
                                                      : CW_FROM_OUTCOMES;
}

/* What is known of the events that opened the client's tasks so far. */
static struct cw_small_opened opened_before(const struct cw_client *cl)
{
    struct cw_small_opened ret = {0, 0};
    const void *p = cw_rare_find(cl->rare, CW_RARE_OPENED, false);
    if (p)
        memcpy(&ret, p, sizeof ret);
    return ret;
}

/* A message sent again when its client has had so many others that the repeat is not known any more
 * would open the very task that it opened before, which has ended, and whose desk in Redis is
 * closed for good. None that opened a task is later than the latest that did, so the task opened
 * last is a part of the cause of whatever is not. Nothing but what the events say decides: the same
 * events give the same ids, however the clock went meanwhile. */
static void put_last_opened(struct cw_buf *b, const struct cw_client *cl, const struct cw_fold *f)
{
    struct cw_small_opened last = opened_before(cl);
    if (cw_time_pack(f->at) <= last.at)
        cw_buf_printf(b, "\n%08" PRIx32, last.id);
}

/* Without memory the shard fails. */
static void remember_opened(struct cw_shard *sh, struct cw_client *cl, const struct cw_fold *f,
                            uint64_t id)
{
    struct cw_small_opened last = opened_before(cl);
    cw_small_time at = cw_time_pack(f->at);
    last.at = at > last.at ? at : last.at;
    last.id = (uint32_t)id;
    (void)cw_clients_fact(sh, cl, CW_RARE_OPENED, &last);
}

/* task_id: XXH64 over client, purpose and cause, apart by line feeds. */
static uint64_t task_id(const struct cw_client *cl, const struct cw_fold *f)
{
    struct cw_str client = cw_client_id(cl);
    struct cw_buf b = {0};
    cw_buf_put(&b, client.p, client.n);
    cw_buf_puts(&b, "\nretention\n");
    if (f->done) {
        cw_buf_printf(&b, "after:t-%016llx", (unsigned long long)f->done->task);
    } else if (f->origin) {
        cw_buf_put(&b, f->cause_source.p, f->cause_source.n);
        cw_buf_puts(&b, "\n");
        cw_buf_put(&b, f->cause_id.p, f->cause_id.n);
        put_last_opened(&b, cl, f);
    } else {
        cw_buf_puts(&b, "day:");
        cw_buf_day(&b, f->day);
    }
    uint64_t id = XXH64(b.p, b.n, 0);
    cw_buf_free(&b);
    return id;
}

/* What a fold works on. */
struct work {
    struct cw_shard *sh;
    struct cw_client *cl;
    struct cw_task *t;
    const struct cw_fold *f;
    struct cw_profile profile;
    struct cw_profile_room *room; /* of profile; the one large part, and never cleared */
    struct cw_verdict verdict;
    bool news, worse;
    unsigned rung;     /* the highest of the ladder before this fold; 0: none */
    unsigned left_out; /* signals a full task had no place for */
};

static void know_profile(struct work *w)
{
    w->profile = (struct cw_profile){.preferred_method = CW_BY_NONE, .phones = -1};
    if (w->cl->packed)
        (void)cw_profile_unpack(cw_client_profile(w->cl), &w->profile, w->room);
    if (!w->profile.manager.p) {
        const char *m = w->sh->settings->default_manager;
        w->profile.manager = (struct cw_str){m, strlen(m)};
    }
}

static bool open_task(struct work *w)
{
    struct cw_task *t = cw_kept_take(w->sh, sizeof *t);
    if (!t || !cw_clients_set_task(w->sh, w->cl, t))
        return false;
    w->t = t;
    t->id = task_id(w->cl, w->f);
    if (w->f->cause_id.p)
        remember_opened(w->sh, w->cl, w->f, t->id);
    t->created_at = t->updated_at = w->f->now;
    t->due_at = t->claimed_until = t->snoozed_until = t->noted_at = CW_NO_TIME;
    t->due_slot = UINT32_MAX;
    t->method = CW_BY_NONE;
    w->sh->n_tasks++;
    w->sh->counters.tasks_opened++;
    return true;
}

/* ---- folding ---- */

static unsigned highest_rung(const struct cw_task *t)
{
    unsigned highest = 0;
    for (size_t i = 0; t && i < t->n_signals; i++) {
        const struct cw_task_signal *g = &t->signals[i];
        unsigned rung = g->cleared_at == CW_NO_TIME ? cw_ladder_rung(&g->s) : 0;
        highest = rung > highest ? rung : highest;
    }
    return highest;
}

static void note(struct work *w, enum cw_news news)
{
    w->news |= news > CW_NEWS_OMITTED;
    w->worse |= news == CW_NEWS_CLIMBED;
}

static void bring_due(struct work *w, float hours)
{
    cw_event_time due = cw_plan_due(w->sh->settings->zone, w->f->now, hours);
    if (w->t->due_at == CW_NO_TIME || due < w->t->due_at) {
        w->t->due_at = due;
        w->news = true;
    }
}

static void fold_raise(struct work *w, const struct cw_finding *item)
{
    struct cw_shard *sh = w->sh;
    int mode = cw_clients_policy(sh, w->cl)->mode[item->s.detector];
    if (mode == CW_MODE_OFF) {
        sh->counters.signals_off++;
        return;
    }
    if (cw_ladder_inhibits(w->cl, &item->s.bare)) {
        sh->counters.signals_inhibited++;
        return;
    }
    if (mode == CW_MODE_DRY) {
        cw_dry_note(sh, w->cl, &item->s, w->f->at);
        return;
    }
    if (cw_past_holds_back(sh, w->cl, &item->s, w->f)) {
        sh->counters.signals_settled++;
        return;
    }
    if (!w->t && !open_task(w))
        return;
    enum cw_news news =
        cw_fold_raise(sh, w->t, &item->s, w->f, topic_of(sh->settings, w->f->origin), &w->left_out);
    note(w, news);
    if (news == CW_NEWS_ADDED && w->rung && cw_ladder_rung(&item->s.bare) > w->rung)
        w->worse = true;
    if (news == CW_NEWS_ADDED || news == CW_NEWS_CLIMBED) {
        sh->counters.signals++;
        sh->counters.by_detector[item->s.detector]++;
        bring_due(w, item->s.due_hours);
    }
}

/* What a message left out comes on top of what was left out before; what a day's close left out is
 * mostly what the last one did, found again. */
static void count_left_out(struct work *w)
{
    struct cw_task *t = w->t;
    uint32_t n = w->left_out + (uint32_t)w->sh->findings.dropped;
    if (w->f->origin)
        n += t->signals_omitted;
    if (n <= t->signals_omitted)
        return;
    t->signals_omitted = n;
    w->news = true;
}

static void fold_findings(struct work *w)
{
    const struct cw_findings *found = &w->sh->findings;
    for (size_t i = 0; i < found->n && !w->sh->failed; i++) {
        const struct cw_finding *item = &found->items[i];
        if (item->kind == CW_FOUND_RAISE) {
            fold_raise(w, item);
            continue;
        }
        cw_past_clear(w->sh, w->cl, found, i);
        if (w->t)
            note(w, cw_fold_clear(w->t, item, w->f->now));
    }
}

/* ---- what a call left unsolved ---- */

/* A signal as it was told before goes into the task. */
static void tell_again(struct work *w, struct cw_task_signal *g)
{
    if (!w->t && !open_task(w))
        return;
    note(w, cw_fold_again(w->sh, w->t, g, w->f->now, &w->left_out));
    bring_due(w, g->s.due_hours);
}

/* Once its quiet time is over: a state that holds; a sign only if nobody talked about it. */
static bool still_stands(const struct work *w, const struct cw_settled *row)
{
    const struct cw_bare_signal *s = &row->signal.s;
    return (s->holds || !row->reached) &&
           cw_clients_policy(w->sh, w->cl)->mode[s->detector] == CW_MODE_ON &&
           !cw_ladder_inhibits(w->cl, s);
}

/* At a day's close, what still stands when its quiet time is over is told again. */
static void come_back(struct work *w)
{
    struct cw_settled row;
    if (!cw_client_past(w->cl) || w->f->origin)
        return;
    cw_clients_touch(w->sh, w->cl);
    cw_past_fade(w->sh, w->cl, w->sh->settings->fade, w->f->now);
    while (!w->sh->failed && cw_past_take_due(w->cl, w->f->now, &row)) {
        if (still_stands(w, &row)) {
            tell_again(w, &row.signal);
            w->sh->counters.signals_returned++;
        }
        cw_evidence_free(w->sh, &row.signal);
    }
    cw_past_tidy(w->sh, w->cl, w->f->now);
}

/* Told in a version that the manager saw; of an expired task, all of them were there for long. */
static bool is_seen(const struct work *w, const struct cw_task_signal *g)
{
    return !w->f->done || g->version <= w->f->done->seen;
}

/* What a manager has dealt with, or nobody in all the time the task was open, is not told again as
 * long as it merely lasts. What is newer, and crossed the manager's "done", is a task of its
 * own, in the same step, and goes to whom the ended one was given. */
static void go_on(struct work *w, struct cw_task *ended)
{
    const struct cw_done *done = w->f->done;
    cw_event_time until = done ? done->quiet_until : w->f->now + w->sh->settings->quiet_expired;
    for (size_t i = 0; i < ended->n_signals && !w->sh->failed; i++) {
        struct cw_task_signal *g = &ended->signals[i];
        if (g->cleared_at != CW_NO_TIME)
            continue;
        if (is_seen(w, g))
            cw_past_settle(w->sh, w->cl, g, until, !done || done->reached);
        else
            tell_again(w, g);
    }
    if (w->t) {
        w->t->reassigned_to = ended->reassigned_to;
        ended->reassigned_to = (struct cw_str){0};
    }
}

/* ---- what else may change with a fold ---- */

static bool is_claimed(const struct cw_task *t, cw_event_time now)
{
    return t->claimed_until != CW_NO_TIME && now < t->claimed_until;
}

static bool must_escalate(const struct work *w)
{
    const struct cw_settings *s = w->sh->settings;
    bool large = w->profile.phones >= s->escalation_phones ||
                 cw_client_usual_bill(w->cl, 0, 3) >= s->escalation_spend;
    bool overdue = (w->f->due_passed || (!w->f->origin && w->t->due_at <= w->f->now)) &&
                   !is_claimed(w->t, w->f->now);
    return (w->cl->kind == CW_GROUP && large && (double)w->verdict.risk >= s->escalation_risk) ||
           overdue || w->t->asked_up;
}

/* Once it has gone up it stays with whoever is the chief now: profile and roster may name another
 * one later, and a chief who is the task's manager has nobody above. */
static void escalate(struct work *w)
{
    struct cw_task *t = w->t;
    if (t->state != CW_TASK_OPEN || (!t->escalated && !must_escalate(w)))
        return;
    struct cw_str chief = w->profile.chief_manager;
    if (!chief.p)
        chief = cw_roster_chief(w->sh->roster, t->manager);
    if (!chief.p)
        return; /* Nobody known; stays in the heap of due times until the next version. */
    if (!cw_kept_same(chief, t->manager)) {
        w->news |= cw_kept_set(w->sh, &t->escalated_to, chief);
        t->escalated = true;
    } else if (t->escalated_to.p) {
        cw_kept_free(w->sh, &t->escalated_to);
        w->news = true;
    }
}

/* A new manager finds the task in the queue: claim and snooze were the former one's. */
static void hand_over(struct work *w, struct cw_str to)
{
    struct cw_task *t = w->t;
    if (!cw_kept_set(w->sh, &t->manager, to))
        return;
    w->news = true;
    t->claimed_until = t->snoozed_until = CW_NO_TIME;
    cw_kept_free(w->sh, &t->claimed_by);
}

static void assign(struct work *w)
{
    hand_over(w, w->t->reassigned_to.p ? w->t->reassigned_to : w->profile.manager);
    if (w->t->method != CW_BY_NONE && !w->news && !w->f->profile)
        return; /* The way to call is thought over when something is new, not as time goes by. */
    uint8_t method = (uint8_t)cw_plan_method(w->cl, &w->profile, w->t, w->f->now);
    w->news |= method != w->t->method;
    w->t->method = method;
}

/* When a sign was last added, climbed or seen again. */
static cw_event_time last_news(const struct cw_task *t)
{
    cw_event_time last = t->created_at;
    for (size_t i = 0; i < t->n_signals; i++)
        if (t->signals[i].cleared_at == CW_NO_TIME && t->signals[i].at > last)
            last = t->signals[i].at;
    return last;
}

static void age(struct work *w)
{
    if (w->f->origin)
        return;
    note(w, cw_fold_fade(w->t, w->sh->settings->fade, w->f->now));
    if (w->f->now - last_news(w->t) >= w->sh->settings->open_for)
        w->t->state = CW_TASK_EXPIRED;
}

/* At a day's close: has it moved enough since it was last told? */
static bool moved(const struct work *w)
{
    const struct cw_task *t = w->t;
    if (w->f->origin)
        return false;
    return abs(w->verdict.priority - t->priority_told) >= TELL_PRIORITY ||
           fabs((double)w->verdict.risk - (double)t->risk_told) >=
               TELL_RISK * (double)t->risk_told ||
           w->f->now - t->updated_at >= TELL_DAYS * CW_DAY;
}

/* Worse than when it was last told, or, slowly, than when it was put aside. */
static bool wakes(const struct work *w)
{
    const struct cw_task *t = w->t;
    float from = t->risk_told;
    if (w->f->now < t->snoozed_until && t->risk_snoozed < from)
        from = t->risk_snoozed;
    return t->version > 0 && t->state == CW_TASK_OPEN &&
           (w->worse || (double)w->verdict.risk - (double)from >= w->sh->settings->wake_step);
}

static void tell(struct work *w, const struct cw_output *out)
{
    struct cw_task *t = w->t;
    t->wake = wakes(w);
    if (t->wake)
        t->snoozed_until = CW_NO_TIME;
    t->version++;
    t->updated_at = w->f->now;
    t->risk = t->risk_told = w->verdict.risk;
    t->priority = t->priority_told = w->verdict.priority;
    t->value = w->verdict.value;
    t->urgency = w->verdict.urgency;
    cw_buf_clear(&w->sh->json);
    cw_task_json(&w->sh->json, w->sh, w->cl, &w->profile, &w->verdict);
    if (w->sh->json.failed) {
        w->sh->failed = true;
        return;
    }
    char id[19];
    (void)snprintf(id, sizeof id, "t-%016llx", (unsigned long long)t->id);
    struct cw_task_version v = {.client_id = cw_client_id(w->cl),
                                .manager = t->manager,
                                .task_id = {id, 18},
                                .version = t->version,
                                .json = {w->sh->json.p, w->sh->json.n},
                                .ended = t->state != CW_TASK_OPEN,
                                .task = t};
    w->sh->counters.versions++;
    out->task(out->arg, &v);
}

/* Takes the ended task off the client, and leaves in w->t the one that follows it, if any. */
static void end_task(struct work *w)
{
    struct cw_task *ended = w->t;
    cw_due_drop(w->sh, w->cl);
    w->sh->n_tasks--;
    w->sh->counters.tasks_ended++;
    (void)cw_clients_set_task(w->sh, w->cl, NULL); /* there is room for it */
    w->t = NULL;
    go_on(w, ended);
    cw_task_free(w->sh, ended);
}

/* The heap holds open tasks that are not escalated yet and whose time has not been passed. */
static void place_due(struct work *w)
{
    cw_due_drop(w->sh, w->cl);
    if (!w->t->escalated && w->t->due_at > w->f->now)
        cw_due_push(w->sh, w->cl);
}

static void end_of_life(struct work *w)
{
    age(w);
    if (w->f->done)
        w->t->state = CW_TASK_DONE;
    else if (w->t->state == CW_TASK_OPEN && !cw_fold_any_open(w->t))
        w->t->state = CW_TASK_WITHDRAWN;
    w->news |= w->t->state != CW_TASK_OPEN;
}

/* What follows from the signals as they are now, and the version that says so. */
static void conclude(struct work *w, const struct cw_output *out)
{
    cw_risk(w->sh->settings, w->cl, w->t, w->f->now, &w->verdict);
    assign(w);
    escalate(w);
    if (w->news || moved(w))
        tell(w, out);
    if (w->t->state != CW_TASK_OPEN)
        end_task(w);
    else
        place_due(w);
}

/* An event without news leaves the task as it is: what changes with time is the day's close's, and
 * that of a task which is due. A group's may go up between, as its bills and lines move. */
static bool changes_nothing(const struct cw_client *cl, const struct cw_fold *f, bool news)
{
    return f->cause_id.p && !f->due_passed && !news && cl->kind != CW_GROUP;
}

void cw_tasks_fold(struct cw_shard *sh, struct cw_client *cl, const struct cw_fold *f,
                   const struct cw_output *out)
{
    struct cw_task *t = cw_client_task(cl);
    bool found = sh->findings.n > 0 || sh->findings.dropped > 0;
    if (!found && (t ? changes_nothing(cl, f, false) : f->origin || !cw_client_past(cl)))
        return; /* nearly all events end here */
    struct cw_profile_room room;
    struct work w = {.sh = sh, .cl = cl, .t = t, .f = f, .room = &room};
    w.rung = highest_rung(w.t);
    fold_findings(&w);
    come_back(&w);
    if (!w.t || sh->failed)
        return;
    count_left_out(&w);
    if (changes_nothing(cl, f, w.news))
        return;
    know_profile(&w);
    cw_clients_touch(sh, cl);
    end_of_life(&w);
    conclude(&w, out);
    if (w.t && w.t->version == 0)
        conclude(&w, out); /* the task that follows */
}

bool cw_tasks_overdue(struct cw_shard *sh, const struct cw_client *except,
                      const struct cw_origin *o, const struct cw_output *out)
{
    bool excepted = false;
    while (sh->n_due && sh->due[0].at <= sh->clock && !sh->failed) {
        struct cw_client *cl = sh->due[0].client;
        cw_due_drop(sh, cl);
        if (cl == except) {
            excepted = true;
            continue;
        }
        sh->findings.n = sh->findings.dropped = 0;
        struct cw_fold f = {
            .origin = o, .at = sh->clock, .now = sh->clock, .day = CW_NO_DAY, .due_passed = true};
        cw_tasks_fold(sh, cl, &f, out);
    }
    return excepted;
}
