/* Asking the detectors what they know of one client, and saying how each reading stands.
 *
 * Nothing is judged here and nothing changes: a reading is what the detector's own gauge says of
 * the state as it is kept. In the shard's thread.
 */
#include "churnwatch/explain.h"

#include <string.h>

#include "core/past.h"
#include "core/profile.h"
#include "core/shard_state.h"

/* ---- standings ---- */

static bool crowded(const struct cw_client *cl)
{
    const struct cw_task *t = cw_client_task(cl);
    return t && t->n_signals == CW_TASK_SIGNALS_MOST;
}

/* Of a reading past its limit whose signal is not open. */
static enum cw_standing held_back(const struct cw_client *cl, const struct cw_reading *r)
{
    if (cw_past_stands(cl, r->s.detector, r->s.line, r->s.slot))
        return CW_STANDS_settled;
    if (r->hold != CW_HOLD_NONE)
        return r->hold == CW_HOLD_TOLD ? CW_STANDS_told : CW_STANDS_worn;
    return crowded(cl) ? CW_STANDS_crowded : CW_STANDS_would_fire;
}

static enum cw_standing standing_of(const struct cw_client *cl, const struct cw_policy *p,
                                    const struct cw_reading *r)
{
    int mode = p->mode[r->s.detector];
    if (mode == CW_MODE_OFF)
        return CW_STANDS_off;
    if (r->inhibited_by)
        return CW_STANDS_inhibited;
    if (r->open)
        return CW_STANDS_fired;
    if (r->warmup_days > 0)
        return CW_STANDS_warming_up;
    if (!cw_gauge_met(&r->gauge))
        return CW_STANDS_quiet;
    return mode == CW_MODE_DRY ? CW_STANDS_dry : held_back(cl, r);
}

static cw_event_time settled_until(const struct cw_client *cl, const struct cw_bare_signal *s)
{
    const struct cw_past *p = cw_client_past(cl);
    for (size_t i = 0; p && i < p->n; i++) {
        const struct cw_bare_signal *is = &p->rows[i].signal.s;
        if (is->detector == s->detector && is->line == s->line && is->slot == s->slot)
            return p->rows[i].until;
    }
    return CW_NO_TIME;
}

static void stand(const struct cw_judge *j, const struct cw_policy *p, struct cw_reading *r)
{
    const struct cw_client *cl = j->client;
    r->inhibited_by = cw_ladder_reason(cl, &r->s.bare);
    r->standing = standing_of(cl, p, r);
    r->settled_until = settled_until(cl, &r->s.bare);
    if (r->standing == CW_STANDS_would_fire && !cw_clients_takes_part(cl, j->today)) {
        r->inhibited_by = "all_gone"; /* Its days are judged no more. */
        r->standing = CW_STANDS_inhibited;
    }
}

/* A detector that had nothing to say: no such sign was ever seen of this client. */
static void add_nothing(const struct cw_judge *j, struct cw_explanation *x)
{
    struct cw_reading r = {.any_line = true};
    cw_need_least(&r.gauge, CW_BY_RULE, "times", 0, 1);
    cw_explain_add(j, x, &r);
}

static bool is_read(const struct cw_explanation *x, const struct cw_task_signal *g)
{
    for (size_t i = 0; i < x->n; i++)
        if (x->of[i].open == g)
            return true;
    return false;
}

/* Signals whose cause the detector does not keep: they speak for themselves. */
static void add_open(const struct cw_judge *j, struct cw_explanation *x)
{
    const struct cw_task *t = cw_client_task(j->client);
    for (size_t i = 0; t && i < t->n_signals; i++) {
        const struct cw_task_signal *g = &t->signals[i];
        if (g->s.detector != j->self || g->cleared_at != CW_NO_TIME || is_read(x, g))
            continue;
        struct cw_reading r = {.any_line = false};
        cw_task_signal_told(g, &r.s);
        cw_explain_add(j, x, &r);
    }
}

/* ---- asking ---- */

static void ask(struct cw_judge *j, const struct cw_policy *p, unsigned d, struct cw_explanation *x)
{
    const struct cw_client *cl = j->client;
    const struct cw_detector *det = cw_detectors[d];
    j->line = NULL;
    cw_judge_look(j, p, d);
    if (det->explain)
        det->explain(j, x);
    for (uint32_t i = 0; det->explain_line && i < cl->n_lines; i++) {
        j->line = cw_client_line_at(cl, i);
        cw_judge_look(j, p, d);
        det->explain_line(j, x);
    }
    add_open(j, x);
    if (x->n == 0)
        add_nothing(j, x);
    for (size_t i = 0; i < x->n; i++)
        stand(j, p, &x->of[i]);
}

static void view_today(const struct cw_shard *sh, const struct cw_client *cl, cw_day today,
                       struct cw_day_view *ret)
{
    struct cw_roaming r = cw_client_roaming(cl, today);
    *ret = (struct cw_day_view){
        .day = today,
        .working = cw_calendar_working(sh->settings->workdays, today),
        .roaming = r.all,
        .roaming_night = r.night,
        .quiet_days = cw_client_quiet_days(cl, today),
    };
    cw_judge_so_far(sh, cl, CW_CH_SPEND, today, &ret->spend);
    cw_judge_so_far(sh, cl, CW_CH_USAGE, today, &ret->usage);
    cw_judge_by_hour(sh, cl, sh->clock, ret);
}

static void verdict_of(const struct cw_shard *sh, const struct cw_client *cl,
                       struct cw_verdict *ret)
{
    static const struct cw_task none = {.n_signals = 0};
    cw_risk(sh->settings, cl, cw_client_task(cl) ? cw_client_task(cl) : &none, sh->clock, ret);
}

int cw_shard_explain(struct cw_shard *sh, struct cw_str client, struct cw_explained *ret)
{
    struct cw_client *cl = cw_clients_find(sh, client);
    struct cw_verdict v;
    if (!cl)
        return -CW_E_NOTFOUND;
    *ret = (struct cw_explained){.client = cl, .clock = sh->clock, .today = CW_NO_DAY};
    ret->policy = *cw_clients_policy(sh, cl);
    if (sh->failed)
        return -CW_E_NOMEM;
    memcpy(ret->segments, sh->policies[cl->policy].words, sizeof ret->segments);
    verdict_of(sh, cl, &v);
    ret->risk = v.risk;
    if (sh->clock == CW_NO_TIME)
        return 0; /* Nothing has happened yet in this shard. */
    ret->today = cw_zone_day(sh->settings->zone, sh->clock);
    view_today(sh, cl, ret->today, &ret->so_far);
    struct cw_judge j = {.settings = sh->settings,
                         .rates = &sh->rates,
                         .client = cl,
                         .now = sh->clock,
                         .signs = cw_signs_besides_falls(cl, sh->clock),
                         .today = ret->today,
                         .so_far = &ret->so_far};
    for (unsigned d = 0; d < CW_DETECTORS; d++)
        ask(&j, &ret->policy, d, &ret->detectors[d]);
    return 0;
}

/* ---- everyone's risk ---- */

int cw_shard_risks(struct cw_shard *sh, void (*tell)(void *arg, const struct cw_client_risk *r),
                   void *arg)
{
    if (sh->clock == CW_NO_TIME)
        return 0;
    if (!cw_index_sort(&sh->clients))
        return -CW_E_NOMEM;
    cw_day today = cw_zone_day(sh->settings->zone, sh->clock);
    for (size_t i = 0; i < sh->clients.n; i++) {
        const struct cw_client *cl = cw_index_at(&sh->clients, i);
        struct cw_verdict v;
        if (!cw_clients_takes_part(cl, today))
            continue;
        verdict_of(sh, cl, &v);
        tell(arg, &(struct cw_client_risk){cw_client_id(cl), sh->clock, v.risk, v.incident});
    }
    return 0;
}

/* ---- the task ---- */

void cw_explain_task_json(struct cw_buf *b, const struct cw_shard *sh, const struct cw_client *cl)
{
    struct cw_profile p = {.preferred_method = CW_BY_NONE, .phones = -1};
    struct cw_profile_room room;
    struct cw_verdict v;
    if (!cw_client_task(cl)) {
        cw_buf_puts(b, "null");
        return;
    }
    if (cl->packed)
        (void)cw_profile_unpack(cw_client_profile(cl), &p, &room);
    verdict_of(sh, cl, &v);
    cw_task_json(b, sh, cl, &p, &v);
}

void cw_explain_why_json(struct cw_buf *b, const struct cw_shard *sh, const struct cw_client *cl)
{
    static const struct cw_task none = {.n_signals = 0};
    struct cw_verdict v;
    verdict_of(sh, cl, &v);
    cw_task_why_json(b, cl, cw_client_task(cl) ? cw_client_task(cl) : &none, &v);
}
