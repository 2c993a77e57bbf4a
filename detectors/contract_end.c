/* Contract end: a contract about to end, or ended, without renewal.
 *
 * One signal of the client; step 1 when it has ended. The last day comes from the contract's events
 * or the profile, and is looked at as each day closes; a contract told to have ended is told at
 * once. A later last day clears it, and a profile that no longer has one. Contracts that ended
 * longer ago than ended_days say nothing: else the first day with old profiles would be a flood.
 */
#include "churnwatch/settings.h"
#include "detectors/slices.h"

enum { WARN_DAYS, ENDED_DAYS, WARN_LEAVE, ENDED_LEAVE, HALF_LIFE };
static const struct cw_threshold thresholds[] = {
    [WARN_DAYS] = {"warn_days", "days", 14, 0, 365,
                   "So many days before its end a contract signals; higher: earlier."},
    [ENDED_DAYS] = {"ended_days", "days", 30, 1, 365,
                    "A contract that ended longer ago no longer signals; higher: more do."},
    [WARN_LEAVE] = {"warn_leave", "log-odds", 2.6, -5, 15,
                    "What a contract about to end adds; higher: more urgent."},
    [ENDED_LEAVE] = {"ended_leave", "log-odds", 3.2, -5, 15,
                     "What a contract ended and not renewed adds; higher: more urgent."},
    [HALF_LIFE] = {"half_life_days", "days", 30, 0.1, 365,
                   "An ended contract counts half after so long; longer: remembered longer."},
};

enum { STEP_WARN, STEP_ENDED };

struct slice {
    int32_t ends; /* the last day that was told of */
    int32_t told; /* 1 + the step told; 0: none */
};

static struct cw_signal signal_of(const struct cw_judge *j, cw_day ends, int step)
{
    bool ended = step == STEP_ENDED;
    double leave = j->t[ended ? ENDED_LEAVE : WARN_LEAVE];
    struct cw_signal s = {.step = (uint8_t)step,
                          .holds = !ended,
                          .leave = (float)leave,
                          .severity = cw_severity_of(leave),
                          .half_life_days = (float)j->t[HALF_LIFE],
                          .due_hours = ended ? 24 : 72};
    cw_fact_day(&s, CW_FACT_ends, ends);
    cw_fact_number(&s, CW_FACT_limit_days, ended ? j->t[ENDED_DAYS] : j->t[WARN_DAYS]);
    return s;
}

/* Near its end, or told to have ended, and not long past it. */
static struct cw_gauge gauge_of(const struct cw_judge *j, cw_day ends, bool ended)
{
    struct cw_gauge g = {.n = 0};
    if (!ended)
        cw_need_most(&g, WARN_DAYS, "days", ends - j->today, j->t[WARN_DAYS]);
    cw_need_most(&g, ENDED_DAYS, "days", j->today - ends, j->t[ENDED_DAYS]);
    return g;
}

static int step_of(const struct cw_judge *j, cw_day ends, bool ended)
{
    return ended || ends < j->today ? STEP_ENDED : STEP_WARN;
}

/* The last day as the client's facts have it, or a later one that was told of; none where only a
 * profile ever had one, and has it no more. */
static cw_day last_day(const struct cw_judge *j)
{
    const struct slice *known = j->state;
    cw_day ends = cw_day_unpack(j->client->contract_ends);
    if (ends == CW_NO_DAY && cw_client_contract_at(j->client) == CW_NO_TIME)
        return CW_NO_DAY;
    return known->told && known->ends > ends ? known->ends : ends;
}

/* A new last day: what was told of the old one is over. */
static void take_end(struct cw_judge *j, cw_day ends)
{
    struct slice *known = j->state;
    if (known->told && known->ends == ends)
        return;
    if (known->told)
        cw_clear(j, 0, 0);
    *known = (struct slice){ends, 0};
}

static void take_back(struct cw_judge *j)
{
    struct slice *known = j->state;
    if (known->told)
        cw_clear(j, 0, 0);
    *known = (struct slice){0, 0};
}

static void judge_end(struct cw_judge *j, cw_day ends, bool ended)
{
    struct slice *known = j->state;
    struct cw_gauge g = gauge_of(j, ends, ended);
    int step = step_of(j, ends, ended);
    if (!cw_gauge_met(&g) || step < known->told)
        return;
    struct cw_signal s = signal_of(j, ends, step);
    known->told = step + 1;
    cw_raise(j, &s);
}

static void on_event(struct cw_judge *j)
{
    cw_day ends = j->event->u.contract.ends;
    bool ended = j->event->u.contract.action == CW_CONTRACT_ENDED;
    cw_day known = cw_day_unpack(j->client->contract_ends);
    cw_event_time at = cw_client_contract_at(j->client);
    if (at != CW_NO_TIME && at > j->now)
        return; /* Older than what is known. */
    if (ended && known != CW_NO_DAY && known > ends)
        return; /* Renewed since. */
    take_end(j, ends);
    if (ended)
        judge_end(j, ends, true);
}

static void on_day_close(struct cw_judge *j)
{
    cw_day ends = last_day(j);
    if (ends == CW_NO_DAY) {
        take_back(j);
        return;
    }
    take_end(j, ends);
    judge_end(j, ends, false);
}

static void explain(const struct cw_judge *j, struct cw_explanation *x)
{
    const struct slice *known = j->state;
    cw_day ends = last_day(j);
    if (ends == CW_NO_DAY)
        return;
    int32_t was_told = known->ends == ends ? known->told : 0;
    bool ended = was_told == 1 + STEP_ENDED; /* Said to have ended, perhaps before its last day. */
    int step = step_of(j, ends, ended);
    bool told = step < was_told;
    struct cw_reading r = {.s = signal_of(j, ends, step),
                           .gauge = gauge_of(j, ends, ended),
                           .hold = told ? CW_HOLD_TOLD : CW_HOLD_NONE};
    cw_explain_add(j, x, &r);
}

const struct cw_detector cw_det_contract_end = {
    .name = "contract_end",
    .finds = "a contract about to end, or ended, without renewal",
    .thresholds = thresholds,
    .n_thresholds = sizeof thresholds / sizeof *thresholds,
    .state_version = 1,
    .state_size = sizeof(struct slice),
    .rare = true,
    .reads = CW_READS(CONTRACT),
    .on_event = on_event,
    .on_day_close = on_day_close,
    .explain = explain,
};
