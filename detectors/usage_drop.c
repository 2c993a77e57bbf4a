/* usage_drop: minutes and megabytes fall, at once (slot 0) or slowly (slot 1), whatever the bill
 * says: with a flat fee the bill is the last to tell. Runs in the shard's thread at a day's close;
 * pure.
 */
#include "detectors/beside.h"
#include "detectors/cusum.h"
#include "detectors/latch.h"
#include "detectors/slices.h"

enum {
    FIRE,
    CLEAR,
    CAP,
    LEAST_DAYS,
    SLOW_FIRE,
    SLOW_CLEAR,
    LEAST_USAGE,
    WARMUP,
    LASTS,
    LOG_ODDS,
    SLOW_LOG_ODDS,
    HALF_LIFE,
    DUE,
    SIGNS
};
static const struct cw_threshold thresholds[] = {
    {"fire_score", "score", 7.5, 1, 100, "Higher: surer of a sudden fall, and later."},
    {"clear_score", "score", 3, 0, 100, "Higher: a sudden fall counts as over sooner."},
    {"cap_score", "score", 20, 1, 200, "Higher: a long fall takes longer to be forgotten."},
    {"least_days", "days", 3, 1, 60, "Higher: short falls are left alone."},
    {"slow_fire_score", "score", 3, 0.5, 50, "Higher: only deeper slow declines are told."},
    {"slow_clear_score", "score", 1.0, 0, 50, "Higher: a slow decline counts as over sooner."},
    {"least_usage", "units a day", 2, 0, 1000000,
     "Higher: clients who usually use less (minutes and MB/40) are left alone."},
    {"warmup_days", "days", 28, 14, 365, "Days of history before a slow decline is judged."},
    {"lasts_days", "days", 45, 7, 365, "A level that has lasted so long is the new usual."},
    {"log_odds", "log-odds", 0.015, 0, 5, "Log-odds of leaving a unit of the sudden score adds."},
    {"slow_log_odds", "log-odds", 0.25, 0, 5, "Log-odds of leaving a unit of the slow score adds."},
    {"half_life_days", "days", 30, 1, 365, "How fast the sign fades once it is no longer seen."},
    {"due_hours", "hours", 48, 1, 720, "How soon to call."},
    SIGNS_SHARE,
};
enum { SUDDEN, SLOW };
#define SLOW_SCORE_MOST 3.5 /* deeper slow declines add no more */

struct state {
    struct cusum usage;
    struct latch latch[2]; /* SUDDEN, SLOW */
};

/* What one of the two ways of seeing says today. */
struct verdict {
    uint8_t slot;
    double score, own, fire; /* own: the limit when no other signs speak */
    double clear, log_odds;
    double observed, expected, limit, span;
    struct cw_gauge gauge; /* sure, and until it has been told also worth a call */
};

static struct cw_signal signal_of(const struct cw_judge *j, const struct verdict *v)
{
    double most = v->slot == SLOW ? SLOW_SCORE_MOST : 20;
    struct cw_signal s = {.slot = v->slot,
                          .step = step_of(v->score, v->own),
                          .holds = true,
                          .severity = severity_of(v->score, v->own),
                          .leave =
                              (float)(v->log_odds * fmin(counted_beside(v->score, v->own), most)),
                          .half_life_days = (float)j->t[HALF_LIFE],
                          .due_hours = (float)j->t[DUE]};
    cw_fact_day(&s, CW_FACT_day, j->today);
    cw_fact_number(&s, CW_FACT_observed_minutes, v->observed);
    cw_fact_number(&s, CW_FACT_expected_minutes, v->expected);
    cw_fact_number(&s, CW_FACT_limit_minutes, v->limit);
    cw_fact_number(&s, CW_FACT_span_days, v->span);
    cw_fact_number(&s, CW_FACT_score, v->score);
    return s;
}

static void tell(struct cw_judge *j, struct latch *l, const struct verdict *v)
{
    double score = l->state == LATCH_OFF && !cw_gauge_met(&v->gauge) ? 0 : v->score;
    switch (latch_step(l, score, v->fire, v->clear, j->t[LASTS])) {
    case LATCH_ON:
        if (score >= v->fire || cw_is_raised(j, 0, v->slot)) {
            struct cw_signal s = signal_of(j, v);
            cw_raise(j, &s);
        }
        break;
    case LATCH_OFF:
    case LATCH_WORN:
        cw_clear(j, 0, v->slot);
        break;
    }
}

/* With what other signs say. */
static void set_limit(const struct cw_judge *j, struct verdict *v, uint8_t own)
{
    v->own = j->t[own];
    v->fire = limit_beside(j, v->own, SIGNS);
    cw_need_least(&v->gauge, v->fire < v->own ? SIGNS : own, "score", v->score, v->fire);
}

static struct verdict sudden(const struct cw_judge *j, const struct state *st)
{
    const struct cusum *c = &st->usage;
    struct verdict v = {.slot = SUDDEN,
                        .score = cusum_sum(c),
                        .clear = j->t[CLEAR],
                        .log_odds = j->t[LOG_ODDS],
                        .observed = cusum_observed(c),
                        .expected = cusum_expected(c),
                        .limit = cusum_limit(c),
                        .span = c->days};
    set_limit(j, &v, FIRE);
    if (st->latch[SUDDEN].state != LATCH_OFF)
        return v;
    cw_need_least(&v.gauge, LEAST_DAYS, "days", c->days, j->t[LEAST_DAYS]);
    cw_need_least(&v.gauge, LEAST_USAGE, "minutes a day", v.expected, j->t[LEAST_USAGE]);
    cw_need_most(&v.gauge, CW_BY_RULE, "minutes a day", v.observed, v.limit);
    return v;
}

static struct verdict slow(const struct cw_judge *j, const struct state *st)
{
    const struct cw_trend *trend = j->day ? &j->day->usage.trend : &j->so_far->usage.trend;
    struct verdict v = {.slot = SLOW,
                        .score = cw_trend_score(trend),
                        .clear = j->t[SLOW_CLEAR],
                        .log_odds = j->t[SLOW_LOG_ODDS],
                        .observed = (double)trend->fast,
                        .expected = (double)trend->slow,
                        .span = CW_TREND_SLOW};
    set_limit(j, &v, SLOW_FIRE);
    v.limit = cw_trend_limit(trend, v.fire);
    if (st->latch[SLOW].state != LATCH_OFF)
        return v;
    cw_need_least(&v.gauge, WARMUP, "days", trend->days, j->t[WARMUP]);
    cw_need_least(&v.gauge, LEAST_USAGE, "minutes a day", v.expected, j->t[LEAST_USAGE]);
    return v;
}

static void on_day_close(struct cw_judge *j)
{
    struct state *st = j->state;
    const struct cw_channel_day *d = &j->day->usage;
    if (!d->judged || d->days == 0 || cw_client_all_stopped(j->client))
        return;
    struct verdict v = slow(j, st);
    tell(j, &st->latch[SLOW], &v);
    if (!d->warm)
        return;
    cusum_step(&st->usage, d, j->t[CAP]);
    v = sudden(j, st);
    tell(j, &st->latch[SUDDEN], &v);
}

static void explain(const struct cw_judge *j, struct cw_explanation *x)
{
    const struct state *st = j->state;
    const struct cw_channel_day *usual = &j->so_far->usage;
    struct verdict v[] = {sudden(j, st), slow(j, st)};
    struct cw_reading r[] = {
        [SUDDEN] = {.s = signal_of(j, &v[SUDDEN]),
                    .gauge = v[SUDDEN].gauge,
                    .warmup_days = cw_explain_warmup(j, usual),
                    .hold = latch_hold(&st->latch[SUDDEN])},
        [SLOW] = {.s = signal_of(j, &v[SLOW]),
                  .gauge = v[SLOW].gauge,
                  .warmup_days = cw_explain_missing(j->t[WARMUP], usual->trend.days),
                  .hold = latch_hold(&st->latch[SLOW])},
    };
    if (st->usage.days ==
        0) { /* Nothing speaks for a fall: what is usual is all there is to say. */
        r[SUDDEN].s.n_facts = 0;
        cw_fact_number(&r[SUDDEN].s, CW_FACT_expected_minutes, usual->mean);
        cw_fact_number(&r[SUDDEN].s, CW_FACT_limit_minutes, CUSUM_HALF_WAY * usual->mean);
    }
    cw_explain_add(j, x, &r[SUDDEN]);
    cw_explain_add(j, x, &r[SLOW]);
}

/* Version 1 was wide, and kept the trend too; spend_decline's of that time is the same. Version 2
 * had sums of amounts. */
static bool older(uint8_t version, bool line, const void *from, size_t n, void *to)
{
    struct {
        struct cusum_wide usage;
        uint32_t trend[4];
        struct latch_wide latch[2];
    } first;
    struct {
        struct cusum_sums usage;
        struct latch latch[2];
    } second;
    if (version == 1 && !line && cw_slice_taken(&first, sizeof first, from, n)) {
        *(struct state *)to =
            (struct state){cusum_of_wide(&first.usage),
                           {latch_of_wide(first.latch[SUDDEN]), latch_of_wide(first.latch[SLOW])}};
        return true;
    }
    if (version != 2 || line || !cw_slice_taken(&second, sizeof second, from, n))
        return false;
    *(struct state *)to =
        (struct state){cusum_of_sums(&second.usage), {second.latch[SUDDEN], second.latch[SLOW]}};
    return true;
}

const struct cw_detector cw_det_usage_drop = {
    .name = "usage_drop",
    .finds = "minutes and megabytes fall, at once or slowly",
    .thresholds = thresholds,
    .n_thresholds = sizeof thresholds / sizeof *thresholds,
    .state_version = 3,
    .state_size = sizeof(struct state),
    .older = older,
    .of_falls = true,
    .on_day_close = on_day_close,
    .explain = explain,
};
