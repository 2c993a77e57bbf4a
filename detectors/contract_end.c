/* Contract end: a contract about to end, or ended, without renewal.
 *
 * One signal of the client; step 1 when it has ended. The last day comes from the contract's events
 * or the profile, and is looked at as each day closes; a contract told to have ended is told at
 * once. A later last day clears it. Contracts that ended longer ago than ended_days say nothing:
 * else the first day with old profiles would be a flood.
 */
#include "churnwatch/settings.h"
#include "detectors/slices.h"

enum { WARN_DAYS, ENDED_DAYS, WARN_LEAVE, ENDED_LEAVE, HALF_LIFE };
static const struct cw_threshold thresholds[] = {
    [WARN_DAYS] = {"warn_days", "days", 14, 0, 365,
                   "So many days before its end a contract signals; higher: earlier."},
    [ENDED_DAYS] = {"ended_days", "days", 30, 1, 365,
                    "A contract that ended longer ago no longer signals; higher: more do."},
    [WARN_LEAVE] = {"warn_leave", "log-odds", 0.3, -5, 15,
                    "What a contract about to end adds; higher: more urgent."},
    [ENDED_LEAVE] = {"ended_leave", "log-odds", 2.2, -5, 15,
                     "What a contract ended and not renewed adds; higher: more urgent."},
    [HALF_LIFE] = {"half_life_days", "days", 30, 0.1, 365,
                   "An ended contract counts half after so long; longer: remembered longer."},
};

enum { STEP_WARN, STEP_ENDED };

struct slice {
    int32_t ends; /* the last day that was told of */
    int32_t told; /* 1 + the step told; 0: none */
};

static void raise_end(struct cw_judge *j, cw_day ends, int step)
{
    struct slice *known = j->state;
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
    known->told = step + 1;
    cw_raise(j, &s);
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

static void judge_end(struct cw_judge *j, cw_day ends, bool ended)
{
    const struct slice *known = j->state;
    int32_t left = ends - j->today;
    if (left < -j->t[ENDED_DAYS] || (!ended && left > j->t[WARN_DAYS]))
        return;
    int step = ended || left < 0 ? STEP_ENDED : STEP_WARN;
    if (step >= known->told)
        raise_end(j, ends, step);
}

static void on_event(struct cw_judge *j)
{
    cw_day ends = j->event->u.contract.ends;
    bool ended = j->event->u.contract.action == CW_CONTRACT_ENDED;
    if (j->client->contract_at != CW_NO_TIME && j->client->contract_at > j->now)
        return; /* Older than what is known. */
    if (ended && j->client->contract_ends != CW_NO_DAY && j->client->contract_ends > ends)
        return; /* Renewed since. */
    take_end(j, ends);
    if (ended)
        judge_end(j, ends, true);
}

static void on_day_close(struct cw_judge *j)
{
    const struct slice *known = j->state;
    cw_day ends = j->client->contract_ends;
    if (known->told && known->ends > ends)
        ends = known->ends; /* An end was told that the client's facts do not have. */
    if (ends == CW_NO_DAY)
        return;
    take_end(j, ends);
    judge_end(j, ends, false);
}

const struct cw_detector cw_det_contract_end = {
    .name = "contract_end",
    .finds = "a contract about to end, or ended, without renewal",
    .thresholds = thresholds,
    .n_thresholds = sizeof thresholds / sizeof *thresholds,
    .state_version = 1,
    .state_size = sizeof(struct slice),
    .reads = CW_READS(CONTRACT),
    .on_event = on_event,
    .on_day_close = on_day_close,
};
