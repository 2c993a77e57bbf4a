/* outage: spend and usage fall together on one day (slot 0), or care tells of one (slot 1). An
 * incident, not a wish to leave: a fall that goes on for days is left to the drop detectors. Runs
 * in the shard's thread; pure.
 */
#include <math.h>

#include "churnwatch/explain.h"

enum {
    FIRE,
    LEFT,
    RUN_MOST,
    LEAST_YUAN,
    INCIDENT,
    INCIDENT_SIGMA,
    TICKET,
    LEAST_MINUTES,
    HALF_LIFE,
    DUE
};
static const struct cw_threshold thresholds[] = {
    {"fire_sigma", "sigma", 3, 0.5, 10, "Higher: only deeper falls of both on a day are told."},
    {"left_share", "ratio", 0.2, 0, 1,
     "Of what is usual so much may be left of either; lower: only falls to nearly nothing."},
    {"run_days", "days", 3, 1, 14, "Falls of more days in a row are no outage any more."},
    {"least_yuan", "yuan", 0.2, 0, 100000, "Higher: days that usually bring less are left alone."},
    {"incident", "log-odds", 1.4, 0, 15, "Log-odds of an incident of a fall at the limit."},
    {"incident_sigma", "log-odds", 0.85, 0, 15, "Log-odds that each further sigma adds."},
    {"ticket_incident", "log-odds", 4.5, 0, 15,
     "Log-odds of an incident of an outage told by care."},
    {"least_minutes", "minutes", 10, 0, 1440,
     "Higher: shorter outages told by care are left alone."},
    {"half_life_days", "days", 1.5, 0.1, 60, "How fast the incident is yesterday's news."},
    {"due_hours", "hours", 8, 1, 720, "How soon to call."},
};
enum { JOINT, TICKET_SLOT };
#define SIGMAS_MOST 6 /* deeper falls add no more */

struct state {
    uint16_t run;  /* days in a row on which both fell */
    uint16_t fell; /* hundredths of sigma, rounded up, of the last judged day; 0: it did not */
};
#define FELL_MOST 600.0 /* sigma: enough to be seen as beyond any limit */

/* How far below usual, in the client's own scale; a day of nothing by the chance of one. */
static double fall(const struct cw_channel_day *d)
{
    return d->any ? -d->z : sqrt(-2 * log(1 - d->p_any));
}

/* Both must have fallen, and what is usual must be something to lose. */
static struct cw_gauge gauge_of(const struct cw_judge *j, double sigma)
{
    const struct cw_channel_day *d = &j->day->spend, *u = &j->day->usage;
    struct cw_gauge g = {.n = 0};
    cw_need_least(&g, FIRE, "sigma", sigma, j->t[FIRE]);
    cw_need_least(&g, LEAST_YUAN, "yuan a day", d->mean, j->t[LEAST_YUAN]);
    cw_need_most(&g, LEFT, "yuan a day", d->amount, d->mean * j->t[LEFT]);
    cw_need_most(&g, LEFT, "minutes a day", u->amount, u->mean * j->t[LEFT]);
    return g;
}

static void raise_joint(struct cw_judge *j, double sigma)
{
    const struct cw_channel_day *d = &j->day->spend;
    double over = fmin(sigma - j->t[FIRE], SIGMAS_MOST);
    struct cw_signal s = {.slot = JOINT,
                          .severity = (float)fmin(0.4 + 0.15 * over, 1),
                          .incident = (float)(j->t[INCIDENT] + j->t[INCIDENT_SIGMA] * over),
                          .half_life_days = (float)j->t[HALF_LIFE],
                          .due_hours = (float)j->t[DUE]};
    cw_fact_day(&s, CW_FACT_day, j->today);
    cw_fact_yuan(&s, CW_FACT_observed_yuan, d->amount);
    cw_fact_yuan(&s, CW_FACT_expected_yuan, d->mean);
    cw_fact_yuan(&s, CW_FACT_limit_yuan, d->mean * j->t[LEFT]);
    cw_fact_number(&s, CW_FACT_span_days, ((const struct state *)j->state)->run);
    cw_fact_number(&s, CW_FACT_score, sigma);
    cw_raise(j, &s);
}

/* Nearer to nothing than to usual. A fall that is less deep today has not come back for that. */
static bool is_low(const struct cw_channel_day *d)
{
    return d->amount <= d->mean / 2;
}

static void on_day_close(struct cw_judge *j)
{
    struct state *st = j->state;
    const struct cw_day_view *v = j->day;
    if (!v->spend.judged || !v->usage.judged || !v->spend.warm || !v->usage.warm ||
        cw_client_all_stopped(j->client))
        return;
    double sigma = fmin(fall(&v->spend), fall(&v->usage));
    struct cw_gauge g = gauge_of(j, sigma);
    bool fell = cw_gauge_met(&g);
    st->fell = (uint16_t)ceil(100 * fmin(fmax(sigma, 0), FELL_MOST));
    bool goes_on = fell || (st->run && is_low(&v->spend) && is_low(&v->usage));
    st->run = goes_on ? (uint16_t)(st->run + (st->run < UINT16_MAX)) : 0;
    if (st->run > j->t[RUN_MOST])
        cw_clear(j, 0, JOINT);
    else if (fell)
        raise_joint(j, sigma);
}

/* Late or not: no day is judged by it. */
static void on_event(struct cw_judge *j)
{
    const struct cw_event *ev = j->event;
    if (ev->u.outage.minutes < j->t[LEAST_MINUTES])
        return;
    struct cw_signal s = {.slot = TICKET_SLOT,
                          .line = ev->msisdn,
                          .severity = (float)fmin(0.4 + ev->u.outage.minutes / 1440, 1),
                          .incident = (float)j->t[TICKET],
                          .half_life_days = (float)j->t[HALF_LIFE],
                          .due_hours = (float)j->t[DUE]};
    cw_fact_day(&s, CW_FACT_day, j->today);
    cw_fact_number(&s, CW_FACT_minutes, ev->u.outage.minutes);
    if (ev->u.outage.area.n)
        cw_fact_text(&s, CW_FACT_area, ev->u.outage.area);
    cw_raise(j, &s);
}

/* The last judged day, as far as it is kept: the amounts of it are gone. A fall that was deep
 * enough and still is no outage was too small in money. Care's tickets leave their signal and no
 * more. */
static void explain(const struct cw_judge *j, struct cw_explanation *x)
{
    const struct state *st = j->state;
    const struct cw_day_view *usual = j->so_far;
    struct cw_reading r = {.s = {.slot = JOINT},
                           .warmup_days = fmax(cw_explain_warmup(j, &usual->spend),
                                               cw_explain_warmup(j, &usual->usage)),
                           .hold = st->run > j->t[RUN_MOST] ? CW_HOLD_WORN : CW_HOLD_TOLD};
    cw_need_least(&r.gauge, FIRE, "sigma", st->fell / 100.0, j->t[FIRE]);
    if (cw_gauge_met(&r.gauge))
        cw_need_least(&r.gauge, LEAST_YUAN, "days", st->run, 1);
    cw_fact_yuan(&r.s, CW_FACT_expected_yuan, usual->spend.mean);
    cw_fact_yuan(&r.s, CW_FACT_limit_yuan, usual->spend.mean * j->t[LEFT]);
    cw_fact_number(&r.s, CW_FACT_span_days, st->run);
    cw_fact_number(&r.s, CW_FACT_score, st->fell / 100.0);
    cw_explain_add(j, x, &r);
}

const struct cw_detector cw_det_outage = {
    .name = "outage",
    .finds = "spend and usage fall together on one day, or care tells of an outage",
    .thresholds = thresholds,
    .n_thresholds = sizeof thresholds / sizeof *thresholds,
    .state_version = 1,
    .state_size = sizeof(struct state),
    .reads = CW_READS(OUTAGE),
    .on_event = on_event,
    .on_day_close = on_day_close,
    .explain = explain,
};
