/* spend_spike: a day far above the client's own range, or up to three in a row that are so together
 * (slot 0), and roaming at night (slot 1).
 *
 * The day's sum so far is tested on every charge, upward only, so that a shock is called within the
 * hour: against the whole day, and against what of a day is usual by that hour, whichever says
 * more. What all clients share is known only at the close: a spike that was everybody's is cleared
 * there. Runs in the shard's thread; pure.
 */
#include <math.h>

#include "detectors/slices.h"
#include "detectors/spell.h"

enum {
    FIRE,
    RATE,
    EARLY_RATE,
    USAGE_TIMES,
    CLEAR,
    LEAST_YUAN,
    LEAST_DAYS,
    RUN_MOST,
    NIGHT_YUAN,
    INCIDENT,
    INCIDENT_SIGMA,
    NIGHT_INCIDENT,
    LEAVE,
    HALF_LIFE,
    DUE
};
static const struct cw_threshold thresholds[] = {
    {"fire_sigma", "sigma", 2, 1, 20, "Higher: only rarer days are told."},
    {"rate", "a thousand client-days", 5, 0, 1000,
     "So many of a thousand are told, once they are known; lower: fewer. 0: by fire_sigma alone."},
    {"early_rate", "a thousand client-days", 2.5, 0, 1000,
     "So many are told before the day is over and its usage known; lower: fewer, and more later."},
    {"usage_times", "usual spend", 3, 1, 1000,
     "A rise in usage explains up to so much; higher: busy days are told less. 1: it explains "
     "none."},
    {"clear_sigma", "sigma", 1.4, 0, 20,
     "Under this at the day's close, with what all clients share taken out, it was no spike."},
    {"least_yuan", "yuan", 2, 0, 1000000,
     "Higher: smaller excesses over a usual day are left alone."},
    {"least_days", "usual days", 3, 0, 365, "And excesses worth less than so many usual days."},
    {"run_days", "days", 3, 1, 60, "So many days in a row are a new level, told no further."},
    {"night_yuan", "yuan", 30, 0, 1000000,
     "Higher: less roaming from 0 to 6 o'clock is left alone."},
    {"incident", "log-odds", 2.1, 0, 15, "Log-odds of an incident of a spike at the limit."},
    {"incident_sigma", "log-odds", 1.6, 0, 15, "Log-odds that each further sigma adds."},
    {"night_incident", "log-odds", 9, 0, 15, "Log-odds of an incident of roaming at night."},
    {"log_odds", "log-odds", 0.75, 0, 5, "Log-odds of leaving a spike adds."},
    {"half_life_days", "days", 1.5, 0.1, 60, "How fast the incident is yesterday's news."},
    {"due_hours", "hours", 4, 1, 720, "How soon to call."},
};
enum { DAY, NIGHT };
#define SIGMAS_MOST 6 /* higher spikes add no more */

struct state {
    struct spell_past past;
    cw_small_day day; /* the last day with a spike; means something while run > 0 */
    uint16_t run;     /* days in a row with one */
};

static struct cw_signal incident(const struct cw_judge *j, uint8_t slot, double log_odds)
{
    struct cw_signal s = {.slot = slot,
                          .incident = (float)log_odds,
                          .leave = (float)j->t[LEAVE],
                          .half_life_days = (float)j->t[HALF_LIFE],
                          .due_hours = (float)j->t[DUE]};
    cw_fact_day(&s, CW_FACT_day, j->today);
    return s;
}

/* A day, whole or so far, as it is judged. */
struct look {
    struct cw_channel_day d; /* of a day so far at its pace: as it will end */
    struct spell spell;      /* that ends with it */
    double share;            /* of d that is there */
    int32_t hour;            /* by which; 0: the whole day */
    enum cw_rated rated;     /* among which scores its own is rare */
    bool waits;              /* the day's usage may still come and explain it */
};

static struct spell spell_with(const struct cw_judge *j, cw_day day, const struct cw_channel_day *d)
{
    const struct state *st = j->state;
    return spell_of(&st->past, day, d);
}

static struct look look_whole(const struct cw_judge *j, cw_day day, const struct cw_channel_day *d)
{
    bool waits = !j->day && cw_baseline_is_warm(&j->client->usage, j->settings->warmup_days);
    return (struct look){*d, spell_with(j, day, d), 1, 0, CW_RATED_spend_spike, waits};
}

static struct cw_limit limit_of(const struct cw_judge *j, const struct look *look)
{
    struct cw_limit l = cw_rate_limit(j, look->rated, RATE, FIRE);
    if (!look->waits)
        return l;
    struct cw_limit early = cw_rate_limit(j, look->rated, EARLY_RATE, FIRE);
    return early.score > l.score ? early : l;
}

static struct cw_gauge dear_gauge(const struct look *look, const double *t)
{
    struct cw_gauge g = {.n = 0};
    cw_need_least(&g, LEAST_YUAN, "yuan", look->spell.over, t[LEAST_YUAN]);
    cw_need_least(&g, LEAST_DAYS, "yuan", look->spell.over, t[LEAST_DAYS] * look->d.mean);
    return g;
}

/* It must be rare for this client, and dear. */
static struct cw_gauge day_gauge(const struct cw_judge *j, const struct look *look)
{
    struct cw_gauge g = dear_gauge(look, j->t);
    struct cw_limit l = limit_of(j, look);
    cw_need_least(&g, l.by, "sigma", look->spell.score, l.score);
    return g;
}

/* Whether all of that is met. Few days are dear, and what is rare is a search: it comes last. */
static bool is_spike(const struct cw_judge *j, const struct look *look)
{
    struct cw_gauge dear = dear_gauge(look, j->t);
    return cw_gauge_met(&dear) && look->spell.score >= limit_of(j, look).score;
}

/* A closed day against what so much usage costs: a busy day is dear, and nothing is wrong, but a
 * bill that a client will not believe is worth a call whatever made it. Use below usual explains
 * nothing, and where usage is not known the day stands for itself. */
static struct look look_at_closed(const struct cw_judge *j)
{
    const struct cw_channel_day *u = &j->day->usage;
    struct look look = look_whole(j, j->day->day, &j->day->spend);
    if (!u->judged || !u->warm)
        return look;
    double more = look.d.any ? fmin(fmax(u->z * u->scale, 0), log(j->t[USAGE_TIMES])) : 0;
    look.d.expected *= exp(more);
    look.d.z -= more / look.d.scale;
    look.spell = spell_with(j, j->day->day, &look.d);
    look.rated = CW_RATED_spend_unexplained;
    return look;
}

/* The share of a day that may be there by then: one spread above the mean, since a day that is
 * ahead is often just early. */
static double share_of(const struct cw_pace_by *by)
{
    return exp(fmin(by->share + by->spread, 0));
}

/* What is there already, over that share. Days differ in it: the less sure it is, the wider the
 * scale. */
static struct look look_at_pace(const struct cw_judge *j, const struct cw_day_view *v,
                                const struct look *whole)
{
    const struct cw_pace_by *by = &v->by_hour;
    struct look look = *whole;
    look.share = share_of(by);
    look.hour = v->hour;
    struct cw_channel_day *d = &look.d;
    d->amount /= look.share;
    d->scale = sqrt(d->scale * d->scale + by->spread * by->spread);
    if (d->any)
        d->z = (v->spend.z * v->spend.scale - log(look.share)) / d->scale;
    look.spell = spell_with(j, v->day, d);
    return look;
}

/* As if the day were over, and at its pace unless that says less. */
static struct look look_so_far(const struct cw_judge *j, const struct cw_day_view *v)
{
    struct look whole = look_whole(j, v->day, &v->spend), at_pace = look_at_pace(j, v, &whole);
    if (at_pace.share >= 1 || is_spike(j, &whole))
        return whole;
    return at_pace.spell.score > whole.spell.score ? at_pace : whole;
}

/* Any roaming at all, where the limit is nothing. */
static struct cw_gauge night_gauge(const struct cw_day_view *v, const double *t)
{
    struct cw_gauge g = {.n = 0};
    double yuan = (double)v->roaming_night / CW_YUAN;
    cw_need_least(&g, NIGHT_YUAN, "yuan", yuan, fmax(t[NIGHT_YUAN], 1.0 / CW_YUAN));
    return g;
}

static struct cw_signal day_signal(const struct cw_judge *j, const struct look *look)
{
    double limit = limit_of(j, look).score, score = look->spell.score;
    const struct cw_channel_day *d = &look->d;
    double over = fmin(fmax(score - limit, 0), SIGMAS_MOST);
    struct cw_signal s = incident(j, DAY, j->t[INCIDENT] + j->t[INCIDENT_SIGMA] * over);
    s.step = (uint8_t)((over >= 1.5) + (over >= 3));
    s.severity = (float)(0.4 + 0.15 * over);
    cw_fact_yuan(&s, CW_FACT_observed_yuan, look->share * d->amount);
    cw_fact_yuan(&s, CW_FACT_expected_yuan, look->share * d->expected);
    cw_fact_yuan(&s, CW_FACT_limit_yuan, look->share * spell_limit(d, limit));
    if (look->hour)
        cw_fact_number(&s, CW_FACT_by_hour, look->hour);
    cw_fact_number(&s, CW_FACT_span_days, d->days);
    cw_fact_number(&s, CW_FACT_score, score);
    return s;
}

static struct cw_signal night_signal(const struct cw_judge *j, cw_money roamed)
{
    struct cw_signal s = incident(j, NIGHT, j->t[NIGHT_INCIDENT]);
    double yuan = (double)roamed / CW_YUAN;
    s.severity = (float)fmin(0.6 + 0.1 * log(yuan / (j->t[NIGHT_YUAN] + 1) + 1), 1);
    cw_fact_yuan(&s, CW_FACT_observed_yuan, yuan);
    cw_fact_yuan(&s, CW_FACT_expected_yuan, 0);
    cw_fact_yuan(&s, CW_FACT_limit_yuan, j->t[NIGHT_YUAN]);
    return s;
}

/* Days in a row with a spike, that day being one. */
static uint16_t run_with(const struct state *st, cw_day day)
{
    if (st->run && day == cw_day_unpack(st->day))
        return st->run;
    return st->run && day == cw_day_unpack(st->day) + 1
               ? (uint16_t)(st->run + (st->run < UINT16_MAX))
               : 1;
}

/* Counts the day once; true while it is still news. */
static bool another_day(struct state *st, cw_day day, double most)
{
    st->run = run_with(st, day);
    st->day = cw_day_pack(day);
    return st->run <= most;
}

static void tell_day(struct cw_judge *j, const struct cw_day_view *v)
{
    struct look look = look_so_far(j, v);
    if (!is_spike(j, &look) || !another_day(j->state, v->day, j->t[RUN_MOST]))
        return;
    struct cw_signal s = day_signal(j, &look);
    cw_raise(j, &s);
}

static void on_event(struct cw_judge *j)
{
    const struct cw_day_view *v = j->so_far;
    if (!v)
        return;
    if (v->spend.warm)
        tell_day(j, v);
    struct cw_gauge by_night = night_gauge(v, j->t);
    if (cw_gauge_met(&by_night)) {
        struct cw_signal s = night_signal(j, v->roaming_night);
        cw_raise(j, &s);
    }
}

/* How rare the day was, by itself and given its usage: limits of both kinds are learned. */
static void note(struct cw_judge *j, const struct look *look)
{
    struct cw_gauge dear = dear_gauge(look, j->t);
    cw_rate_note(j, look->rated, cw_gauge_met(&dear) ? look->spell.score : 0);
}

static void on_day_close(struct cw_judge *j)
{
    struct state *st = j->state;
    cw_day day = j->day->day;
    struct look plain = look_whole(j, day, &j->day->spend), look = look_at_closed(j);
    bool spike = is_spike(j, &look);
    if (st->run && cw_day_unpack(st->day) == day && look.spell.score < j->t[CLEAR])
        cw_clear(j, 0, DAY);
    if (!look.d.judged || !look.d.warm)
        return;
    note(j, &plain);
    if (look.rated != plain.rated)
        note(j, &look);
    if (spike && another_day(st, day, j->t[RUN_MOST])) {
        struct cw_signal s = day_signal(j, &look);
        cw_raise(j, &s);
    }
    spell_remember(&st->past, day, &look.d);
}

static void explain(const struct cw_judge *j, struct cw_explanation *x)
{
    const struct cw_day_view *v = j->so_far;
    bool worn = run_with(j->state, v->day) > j->t[RUN_MOST];
    struct look look = look_so_far(j, v);
    struct cw_reading day = {.s = day_signal(j, &look),
                             .gauge = day_gauge(j, &look),
                             .warmup_days = cw_explain_warmup(j, &v->spend),
                             .hold = worn ? CW_HOLD_WORN : CW_HOLD_NONE};
    struct cw_reading night = {.s = night_signal(j, v->roaming_night),
                               .gauge = night_gauge(v, j->t)};
    cw_explain_add(j, x, &day);
    cw_explain_add(j, x, &night);
}

static bool older(uint8_t version, bool line, const void *from, size_t n, void *to)
{
    struct {
        int32_t day;
        uint16_t run, spare;
        struct spell_past_wide past;
    } w;
    if (version != 2 || line || !cw_slice_taken(&w, sizeof w, from, n))
        return false;
    *(struct state *)to =
        (struct state){.past = spell_of_wide(&w.past), .day = cw_day_pack(w.day), .run = w.run};
    return true;
}

const struct cw_detector cw_det_spend_spike = {
    .name = "spend_spike",
    .finds = "a day's spend, or a few days', far above the client's own range; roaming at night",
    .thresholds = thresholds,
    .n_thresholds = sizeof thresholds / sizeof *thresholds,
    .state_version = 3,
    .state_size = sizeof(struct state),
    .older = older,
    .reads = CW_READS(CHARGE),
    .on_event = on_event,
    .on_day_close = on_day_close,
    .explain = explain,
};
