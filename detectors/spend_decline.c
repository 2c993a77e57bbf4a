/* spend_decline: a slow decline that no single day shows.
 *
 * Spend's fast mean against its slow one, in units of what that ratio usually does for this client,
 * joined by the same of usage: what a client uses thins out before the bill does. Runs in the
 * shard's thread at a day's close; pure.
 */
#include "detectors/beside.h"
#include "detectors/latch.h"
#include "detectors/slices.h"

enum {
    FIRE,
    RATE,
    CLEAR,
    SPEND_WEIGHT,
    USAGE_WEIGHT,
    LEAST_YUAN,
    WARMUP,
    LASTS,
    LOG_ODDS,
    HALF_LIFE,
    DUE,
    SIGNS
};
static const struct cw_threshold thresholds[] = {
    {"fire_score", "score", 2.2, 0.5, 50, "Higher: only deeper declines are told."},
    {"rate", "a thousand client-days", 52, 0, 1000,
     "So many of a thousand may score so, once they are known; lower: fewer are told. 0: by "
     "fire_score alone."},
    {"clear_score", "score", 1.0, 0, 50, "Higher: a decline counts as over sooner."},
    {"spend_weight", "ratio", 0.5, 0, 5, "Units of score a unit of spend's decline is worth."},
    {"usage_weight", "ratio", 0.8, 0, 5, "Units of score a unit of usage's decline is worth."},
    {"least_yuan", "yuan", 5, 0, 1000000,
     "Higher: declines that cost less a month are left alone."},
    {"warmup_days", "days", 28, 14, 365, "Days of history before a client is judged."},
    {"lasts_days", "days", 45, 7, 365, "A level that has lasted so long is the new usual."},
    {"log_odds", "log-odds", 0.5, 0, 5, "Log-odds of leaving a unit of score adds."},
    {"half_life_days", "days", 30, 1, 365, "How fast the sign fades once it is no longer seen."},
    {"due_hours", "hours", 72, 1, 720, "How soon to call."},
    SIGNS_SHARE,
};

#define SCORE_MOST 3 /* deeper declines add no more */

struct state {
    struct latch latch;
};

/* How spend and usage go, as the core keeps it. */
struct trends {
    const struct cw_trend *spend, *usage;
};

static struct trends trends_of(const struct cw_judge *j)
{
    const struct cw_day_view *v = j->day ? j->day : j->so_far;
    return (struct trends){&v->spend.trend, &v->usage.trend};
}

/* Spend's decline with usage's; nothing until there is history, and nothing by usage alone. */
static double score_of(const struct cw_judge *j)
{
    struct trends t = trends_of(j);
    double spend = cw_trend_score(t.spend), usage = cw_trend_score(t.usage);
    if (t.spend->days < j->t[WARMUP] || spend <= 0)
        return 0;
    return j->t[SPEND_WEIGHT] * spend + j->t[USAGE_WEIGHT] * usage;
}

static struct cw_limit own_limit(const struct cw_judge *j)
{
    return cw_rate_limit(j, CW_RATED_spend_decline, RATE, FIRE);
}

/* With what other signs say. */
static struct cw_limit limit_of(const struct cw_judge *j)
{
    struct cw_limit l = own_limit(j);
    double lowered = limit_beside(j, l.score, SIGNS);
    return lowered < l.score ? (struct cw_limit){.score = lowered, .by = SIGNS} : l;
}

static struct cw_gauge gauge_of(const struct cw_judge *j, const struct state *st)
{
    const struct cw_trend *spend = trends_of(j).spend;
    double lost_a_month = 30 * (double)(spend->slow - spend->fast);
    struct cw_gauge g = {.n = 0};
    struct cw_limit l = limit_of(j);
    cw_need_least(&g, l.by, "score", score_of(j), l.score);
    if (st->latch.state == LATCH_OFF)
        cw_need_least(&g, LEAST_YUAN, "yuan a month", lost_a_month, j->t[LEAST_YUAN]);
    return g;
}

static struct cw_signal signal_of(const struct cw_judge *j)
{
    const struct cw_trend *spend = trends_of(j).spend;
    double score = score_of(j), fire = limit_of(j).score, own = own_limit(j).score;
    struct cw_signal s = {
        .step = step_of(score, own),
        .holds = true,
        .severity = severity_of(score, own),
        .leave = (float)(j->t[LOG_ODDS] * fmin(counted_beside(score, own), SCORE_MOST)),
        .half_life_days = (float)j->t[HALF_LIFE],
        .due_hours = (float)j->t[DUE]};
    cw_fact_day(&s, CW_FACT_day, j->today);
    cw_fact_yuan(&s, CW_FACT_observed_yuan, (double)spend->fast);
    cw_fact_yuan(&s, CW_FACT_expected_yuan, (double)spend->slow);
    cw_fact_yuan(&s, CW_FACT_limit_yuan,
                 cw_trend_limit(spend, fire / (j->t[SPEND_WEIGHT] + j->t[USAGE_WEIGHT])));
    cw_fact_number(&s, CW_FACT_span_days, CW_TREND_SLOW);
    cw_fact_number(&s, CW_FACT_score, score);
    return s;
}

static void on_day_close(struct cw_judge *j)
{
    struct state *st = j->state;
    const struct cw_day_view *v = j->day;
    if (!v->spend.judged || cw_client_all_stopped(j->client))
        return;
    double score = score_of(j), fire = limit_of(j).score;
    struct cw_gauge g = gauge_of(j, st);
    if (v->spend.trend.days >= j->t[WARMUP])
        cw_rate_note(j, CW_RATED_spend_decline, score);
    if (st->latch.state == LATCH_OFF && !cw_gauge_met(&g))
        score = 0;
    switch (latch_step(&st->latch, score, fire, j->t[CLEAR], j->t[LASTS])) {
    case LATCH_ON:
        if (score >= fire || cw_is_raised(j, 0, 0)) {
            struct cw_signal s = signal_of(j);
            cw_raise(j, &s);
        }
        break;
    case LATCH_OFF:
    case LATCH_WORN:
        cw_clear(j, 0, 0);
        break;
    }
}

static void explain(const struct cw_judge *j, struct cw_explanation *x)
{
    const struct state *st = j->state;
    struct cw_reading r = {.s = signal_of(j),
                           .gauge = gauge_of(j, st),
                           .warmup_days =
                               cw_explain_missing(j->t[WARMUP], trends_of(j).spend->days),
                           .hold = latch_hold(&st->latch)};
    cw_explain_add(j, x, &r);
}

/* Version 1 kept the trends too, which the core reads (core/image_old.c). */
static bool older(uint8_t version, bool line, const void *from, size_t n, void *to)
{
    struct {
        uint32_t trends[2 * 4];
        struct latch_wide latch;
    } w;
    if (version != 1 || line || !cw_slice_taken(&w, sizeof w, from, n))
        return false;
    *(struct state *)to = (struct state){.latch = latch_of_wide(w.latch)};
    return true;
}

const struct cw_detector cw_det_spend_decline = {
    .name = "spend_decline",
    .finds = "a slow decline of spend that no single day shows",
    .thresholds = thresholds,
    .n_thresholds = sizeof thresholds / sizeof *thresholds,
    .state_version = 2,
    .state_size = sizeof(struct state),
    .older = older,
    .of_falls = true,
    .on_day_close = on_day_close,
    .explain = explain,
};
