/* Calling the detectors: each in the table's order, with its own thresholds and slices. */
#include <string.h>

#include "churnwatch/faults.h"
#include "core/baseline.h"
#include "core/shard_state.h"
#include "core/shocks.h"
#include "core/slices.h"

static struct cw_judge judge_of(struct cw_shard *sh, struct cw_client *cl)
{
    sh->findings.n = sh->findings.dropped = 0;
    return (struct cw_judge){.settings = sh->settings,
                             .client = cl,
                             .rates = &sh->rates,
                             .noted = &sh->rates,
                             .out = &sh->findings};
}

/* ---- one detector's turn ---- */

/* What is lent to the detector while it judges. */
struct turn {
    struct cw_lent client, line;
};

static void begin(struct turn *t, struct cw_judge *j, struct cw_client *cl,
                  const struct cw_policy *p, unsigned d)
{
    j->self = (uint8_t)d;
    j->t = p->value[d];
    cw_slices_lend(cl, d, &t->client);
    cw_slices_lend_line(j->line, d, &t->line);
    j->state = t->client.slice;
    j->line_state = t->line.slice;
}

static void count(struct cw_shard *sh, int bytes)
{
    if (bytes < 0)
        sh->failed = true;
    else
        sh->bytes += (size_t)bytes;
}

static void end(const struct turn *t, struct cw_shard *sh, struct cw_client *cl, struct cw_judge *j)
{
    count(sh, cw_slices_return(&sh->slab, cl, NULL, j->self, &t->client));
    if (j->line)
        count(sh, cw_slices_return(&sh->slab, cl, j->line, j->self, &t->line));
}

void cw_judge_look(struct cw_judge *j, const struct cw_policy *p, unsigned d)
{
    j->self = (uint8_t)d;
    j->t = p->value[d];
    j->state = (void *)(uintptr_t)cw_client_slice(j->client, d);
    j->line_state = (void *)(uintptr_t)cw_line_slice(j->line, d);
}

void cw_judge_so_far(const struct cw_shard *sh, const struct cw_client *cl, enum cw_channel ch,
                     cw_day day, struct cw_channel_day *ret)
{
    cw_baseline_view_so_far(cw_clients_baseline(cl, ch), cw_weekday(day),
                            cw_calendar_working(sh->settings->workdays, day),
                            cw_clients_amount(cl, ch, day), sh->settings->warmup_days, ret);
    ret->trend = cw_clients_trend(cl, ch);
}

void cw_judge_by_hour(const struct cw_shard *sh, const struct cw_client *cl, cw_event_time at,
                      struct cw_day_view *ret)
{
    unsigned step = cw_pace_step(cw_zone_second(sh->settings->zone, at) / 3600);
    ret->hour = ((int32_t)step + 1) * CW_PACE_STEP_HOURS;
    ret->by_hour = cw_pace_by(&sh->pace, cw_shocks_like(cl, CW_CH_SPEND), ret->working, step);
}

/* Spend alone: that is what a charge changes; and of a client who is known well enough for it. */
static void day_so_far(const struct cw_shard *sh, const struct cw_client *cl, cw_day day,
                       cw_event_time at, struct cw_day_view *ret)
{
    struct cw_roaming r = cw_client_roaming(cl, day);
    *ret = (struct cw_day_view){.day = day,
                                .working = cw_calendar_working(sh->settings->workdays, day),
                                .roaming = r.all,
                                .roaming_night = r.night};
    if (!cw_baseline_is_warm(&cl->spend, sh->settings->warmup_days))
        return;
    cw_judge_so_far(sh, cl, CW_CH_SPEND, day, &ret->spend);
    cw_judge_by_hour(sh, cl, at, ret);
}

void cw_judge_event(struct cw_shard *sh, struct cw_client *cl, struct cw_line *ln,
                    const struct cw_event *ev, cw_day day, bool late)
{
    const struct cw_policy *policy = cw_clients_policy(sh, cl);
    struct cw_judge j = judge_of(sh, cl);
    struct cw_day_view so_far;
    j.line = ln;
    j.event = ev;
    j.now = CW_BUG(wall_clock) ? cw_seeded_wall() : ev->time;
    j.today = day;
    j.late = late;
    if (ev->type == CW_EV_CHARGE && !late && ev->u.charge.category != CW_CAT_MONTHLY_FEE) {
        day_so_far(sh, cl, day, ev->time, &so_far);
        j.so_far = &so_far;
    }
    for (unsigned d = 0; d < CW_DETECTORS; d++) {
        const struct cw_detector *det = cw_detectors[d];
        bool reads = det->on_event && (det->reads >> ev->type & 1);
        bool bill = det->on_bill && ev->type == CW_EV_BILL;
        struct turn t;
        if (!reads && !bill)
            continue;
        begin(&t, &j, cl, policy, d);
        if (reads)
            det->on_event(&j);
        if (bill)
            det->on_bill(&j);
        end(&t, sh, cl, &j);
    }
    cw_key_person_weigh(sh, cl);
}

void cw_judge_day(struct cw_shard *sh, struct cw_client *cl, const struct cw_day_view *view,
                  cw_event_time now)
{
    const struct cw_policy *policy = cw_clients_policy(sh, cl);
    struct cw_judge j = judge_of(sh, cl);
    j.day = view;
    j.now = now;
    j.today = view->day;
    j.signs = cw_signs_besides_falls(cl, now);
    for (unsigned d = 0; d < CW_DETECTORS; d++) {
        struct turn t;
        if (!cw_detectors[d]->on_day_close)
            continue;
        begin(&t, &j, cl, policy, d);
        cw_detectors[d]->on_day_close(&j);
        end(&t, sh, cl, &j);
    }
    for (unsigned d = 0; d < CW_DETECTORS; d++) {
        if (!cw_detectors[d]->on_line_close)
            continue;
        for (uint32_t i = 0; i < cl->n_lines; i++) {
            struct turn t;
            j.line = cw_client_line_at(cl, i);
            begin(&t, &j, cl, policy, d);
            cw_detectors[d]->on_line_close(&j);
            end(&t, sh, cl, &j);
        }
    }
    cw_key_person_weigh(sh, cl);
}
