/* spend_drop: a sudden fall of spend that lasts.
 *
 * Adds up, day by day, how much likelier "everything at a third" is than "as usual", days of
 * nothing weighed by the client's own chance of one. Runs in the shard's thread at a day's close;
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
    LEAST_YUAN,
    LEAST_DAYS,
    LEAST_CHANCE,
    LASTS,
    LOG_ODDS,
    HALF_LIFE,
    DUE,
    SIGNS
};
static const struct cw_threshold thresholds[] = {
    {"fire_score", "score", 11, 1, 100, "Higher: surer of a fall, and later."},
    {"clear_score", "score", 3.0, 0, 100, "Higher: a fall counts as over sooner."},
    {"cap_score", "score", 20, 1, 200, "Higher: a long fall takes longer to be forgotten."},
    {"least_yuan", "yuan", 6, 0, 1000000, "Higher: falls that cost less a month are left alone."},
    {"least_days", "days", 3, 1, 60, "Higher: short falls are left alone."},
    {"least_chance", "ratio", 0.3, 0, 1,
     "Clients with spend on a smaller share of days are left to inactivity and spend_decline."},
    {"lasts_days", "days", 45, 7, 365, "A level that has lasted so long is the new usual."},
    {"log_odds", "log-odds", 0.004, 0, 5, "Log-odds of leaving a unit of score adds."},
    {"half_life_days", "days", 30, 1, 365, "How fast the sign fades once it is no longer seen."},
    {"due_hours", "hours", 48, 1, 720, "How soon to call."},
    SIGNS_SHARE,
};

struct state {
    struct cusum spend;
    struct latch latch;
    uint16_t chance; /* share of days with spend before the fall; of 65535 */
};

static struct cw_signal signal_of(const struct cw_judge *j, const struct state *st)
{
    const struct cusum *c = &st->spend;
    struct cw_signal s = {.step = step_of(cusum_sum(c), j->t[FIRE]),
                          .holds = true,
                          .severity = severity_of(cusum_sum(c), j->t[FIRE]),
                          .leave =
                              (float)(j->t[LOG_ODDS] * counted_beside(cusum_sum(c), j->t[FIRE])),
                          .half_life_days = (float)j->t[HALF_LIFE],
                          .due_hours = (float)j->t[DUE]};
    cw_fact_day(&s, CW_FACT_day, j->today);
    cw_fact_yuan(&s, CW_FACT_observed_yuan, cusum_observed(c));
    cw_fact_yuan(&s, CW_FACT_expected_yuan, cusum_expected(c));
    cw_fact_yuan(&s, CW_FACT_limit_yuan, cusum_limit(c));
    cw_fact_number(&s, CW_FACT_span_days, c->days);
    cw_fact_number(&s, CW_FACT_score, cusum_sum(c));
    return s;
}

/* With what other signs say. */
static double limit_of(const struct cw_judge *j)
{
    return limit_beside(j, j->t[FIRE], SIGNS);
}

/* Sure, and until it has been told also worth a call: long enough, dear enough, and of a client who
 * spends on most days. */
static struct cw_gauge gauge_of(const struct cw_judge *j, const struct state *st)
{
    const struct cusum *c = &st->spend;
    struct cw_gauge g = {.n = 0};
    double fire = limit_of(j);
    cw_need_least(&g, fire < j->t[FIRE] ? SIGNS : FIRE, "score", cusum_sum(c), fire);
    if (st->latch.state != LATCH_OFF)
        return g;
    double lost = cusum_expected(c) - cusum_observed(c);
    cw_need_least(&g, LEAST_DAYS, "days", c->days, j->t[LEAST_DAYS]);
    cw_need_least(&g, LEAST_YUAN, "yuan a month", 30 * lost, j->t[LEAST_YUAN]);
    cw_need_least(&g, LEAST_CHANCE, "ratio", st->chance / (double)UINT16_MAX, j->t[LEAST_CHANCE]);
    cw_need_most(&g, CW_BY_RULE, "yuan a day", cusum_observed(c), cusum_limit(c));
    return g;
}

static void on_day_close(struct cw_judge *j)
{
    struct state *st = j->state;
    const struct cw_channel_day *d = &j->day->spend;
    if (!d->judged || !d->warm || cw_client_all_stopped(j->client))
        return;
    if (st->spend.days == 0)
        st->chance = cw_fixed_pack(d->p_any, UINT16_MAX);
    cusum_step(&st->spend, d, j->t[CAP]);
    double score = cusum_sum(&st->spend), fire = limit_of(j);
    struct cw_gauge g = gauge_of(j, st);
    if (st->latch.state == LATCH_OFF && !cw_gauge_met(&g))
        score = 0;
    switch (latch_step(&st->latch, score, fire, j->t[CLEAR], j->t[LASTS])) {
    case LATCH_ON:
        if (score >= fire || cw_is_raised(j, 0, 0)) {
            struct cw_signal s = signal_of(j, st);
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
    const struct cw_channel_day *usual = &j->so_far->spend;
    struct cw_reading r = {.s = signal_of(j, st),
                           .gauge = gauge_of(j, st),
                           .warmup_days = cw_explain_warmup(j, usual),
                           .hold = latch_hold(&st->latch)};
    if (st->spend.days ==
        0) { /* Nothing speaks for a fall: what is usual is all there is to say. */
        r.s.n_facts = 0;
        cw_fact_yuan(&r.s, CW_FACT_expected_yuan, usual->mean);
        cw_fact_yuan(&r.s, CW_FACT_limit_yuan, CUSUM_HALF_WAY * usual->mean);
    }
    cw_explain_add(j, x, &r);
}

/* Version 1 was wide, 2 had sums of amounts. */
static bool older(uint8_t version, bool line, const void *from, size_t n, void *to)
{
    struct {
        struct cusum_wide spend;
        struct latch_wide latch;
        float chance;
    } first;
    struct {
        struct cusum_sums spend;
        struct latch latch;
        uint16_t chance;
    } second;
    if (version == 1 && !line && cw_slice_taken(&first, sizeof first, from, n)) {
        *(struct state *)to =
            (struct state){cusum_of_wide(&first.spend), latch_of_wide(first.latch),
                           cw_fixed_pack((double)first.chance, UINT16_MAX)};
        return true;
    }
    if (version != 2 || line || !cw_slice_taken(&second, sizeof second, from, n))
        return false;
    *(struct state *)to = (struct state){cusum_of_sums(&second.spend), second.latch, second.chance};
    return true;
}

const struct cw_detector cw_det_spend_drop = {
    .name = "spend_drop",
    .finds = "a sudden fall of spend that lasts",
    .thresholds = thresholds,
    .n_thresholds = sizeof thresholds / sizeof *thresholds,
    .state_version = 3,
    .state_size = sizeof(struct state),
    .older = older,
    .of_falls = true,
    .on_day_close = on_day_close,
    .explain = explain,
};
