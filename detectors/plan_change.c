/* Plan change: a line goes down to a cheaper plan, perhaps again.
 *
 * A signal a line, weighed by the share of the fee that is lost since the plan before the first
 * change down; a further change down is a step. The fee restored clears it: an upgrade speaks for
 * staying, but by itself is no reason to call, so it raises nothing.
 */
#include "detectors/slices.h"

enum { LEAST_YUAN, LEAVE, LOSS_LEAVE, REPEAT_LEAVE, WINDOW, HALF_LIFE };
static const struct cw_threshold thresholds[] = {
    [LEAST_YUAN] = {"least_yuan", "yuan", 0.01, 0.0001, 100000,
                    "A monthly fee less by under this is no change down; higher: fewer signals."},
    [LEAVE] = {"leave", "log-odds", 2, -5, 15,
               "What a change down adds at least; higher: more urgent."},
    [LOSS_LEAVE] = {"loss_leave", "log-odds", 0, -5, 15,
                    "What it adds to that were the whole fee lost, in proportion; higher: more "
                    "urgent."},
    [REPEAT_LEAVE] = {"repeat_leave", "log-odds", 0.5, -5, 15,
                      "What each further change down adds; higher: more urgent."},
    [WINDOW] = {"window_days", "days", 90, 1, 1000,
                "Changes no further apart count together; longer: more do."},
    [HALF_LIFE] = {"half_life_days", "days", 30, 0.1, 365,
                   "A change down counts half after so long; longer: remembered longer."},
};

enum { CHANGES_MOST = 5 };

struct line_slice {
    float fee_before; /* yuan, before the first change down of those that count together */
    uint32_t last;    /* stamp of the latest change; 0: none */
    uint32_t changes; /* down, that count together */
};

static float yuan(cw_money m)
{
    return (float)((double)m / CW_YUAN);
}

static void raise_change(struct cw_judge *j, const struct line_slice *known)
{
    const struct cw_event *ev = j->event;
    const double *t = j->t;
    double before = (double)known->fee_before,
           lost = before - (double)yuan(ev->u.plan.to.monthly_fee);
    double leave = t[LEAVE] + t[LOSS_LEAVE] * (before > 0 ? lost / before : 0) +
                   t[REPEAT_LEAVE] * (known->changes - 1);
    struct cw_signal s = {.line = ev->msisdn,
                          .step = (uint8_t)(known->changes - 1),
                          .leave = (float)leave,
                          .severity = cw_severity_of(leave),
                          .half_life_days = (float)t[HALF_LIFE],
                          .due_hours = 48};
    cw_fact_text(&s, CW_FACT_from, ev->u.plan.from.id);
    cw_fact_text(&s, CW_FACT_to, ev->u.plan.to.id);
    cw_fact_money(&s, CW_FACT_fee_lost, ev->u.plan.from.monthly_fee - ev->u.plan.to.monthly_fee);
    cw_fact_number(&s, CW_FACT_count, known->changes);
    cw_fact_day(&s, CW_FACT_day, ev->u.plan.effective);
    cw_raise(j, &s);
}

static void on_event(struct cw_judge *j)
{
    const struct cw_event *ev = j->event;
    struct line_slice without_state = {0};
    struct line_slice *known = j->line_state ? j->line_state : &without_state;
    if (known->last > cw_stamp(j->now))
        return; /* Older than what is known of the line. */
    if (!cw_stamp_within(known->last, j->now, j->t[WINDOW]))
        known->changes = 0;
    known->last = cw_stamp(j->now);
    if (known->changes == 0)
        known->fee_before = yuan(ev->u.plan.from.monthly_fee);
    cw_money lost = ev->u.plan.from.monthly_fee - ev->u.plan.to.monthly_fee;
    if ((double)lost / CW_YUAN >= j->t[LEAST_YUAN]) {
        known->changes += known->changes < CHANGES_MOST;
        raise_change(j, known);
    } else if (yuan(ev->u.plan.to.monthly_fee) >= known->fee_before) {
        known->changes = 0;
        cw_clear(j, ev->msisdn, 0);
    }
}

static void explain_line(const struct cw_judge *j, struct cw_explanation *x)
{
    const struct line_slice *known = j->line_state;
    struct cw_reading r = {.s = {.line = j->line->number}};
    if (!known->last)
        return;
    bool recent = cw_stamp_within(known->last, j->now, j->t[WINDOW]);
    cw_need_least(&r.gauge, CW_BY_RULE, "times", recent ? known->changes : 0, 1);
    cw_fact_number(&r.s, CW_FACT_count, recent ? known->changes : 0);
    cw_fact_number(&r.s, CW_FACT_span_days, j->t[WINDOW]);
    cw_explain_told(j, x, &r);
}

const struct cw_detector cw_det_plan_change = {
    .name = "plan_change",
    .finds = "lines that go down to cheaper plans",
    .thresholds = thresholds,
    .n_thresholds = sizeof thresholds / sizeof *thresholds,
    .state_version = 1,
    .line_state_size = sizeof(struct line_slice),
    .rare = true,
    .reads = CW_READS(PLAN_CHANGED),
    .on_event = on_event,
    .explain_line = explain_line,
};
