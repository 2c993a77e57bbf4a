/* Suspension: a line is barred one way or both, again and again, or for too long.
 *
 * Three signals a line: the suspension itself (step 1: both ways), flapping, not resumed in time.
 * The reason decides the weights: a suspension for debt weighs most, beyond what arrears says of
 * the debt, and a lost phone or a customer's hold speaks for staying. All clear when the line is
 * resumed or ends; flapping alone stays until the suspensions have moved out of its window.
 */
#include "churnwatch/settings.h"
#include "detectors/slices.h"

enum {
    ARREARS_LEAVE,
    REQUEST_LEAVE,
    LOST_LEAVE,
    FRAUD_LEAVE,
    OTHER_LEAVE,
    FRAUD_INCIDENT,
    FLAP_COUNT,
    FLAP_CLEAR,
    FLAP_DAYS,
    FLAP_LEAVE,
    LOST_DAYS,
    REQUEST_DAYS,
    OTHER_DAYS,
    OVERDUE_LEAVE
};
static const struct cw_threshold thresholds[] = {
    [ARREARS_LEAVE] = {"arrears_leave", "log-odds", 3, -5, 15,
                       "What a suspension for debt adds beyond the arrears; higher: more urgent."},
    [REQUEST_LEAVE] = {"request_leave", "log-odds", -0.2, -5, 15,
                       "What a suspension the customer asked for adds; higher: more urgent."},
    [LOST_LEAVE] = {"lost_leave", "log-odds", -0.2, -5, 15,
                    "What a suspension for a lost phone adds; higher: more urgent."},
    [FRAUD_LEAVE] = {"fraud_leave", "log-odds", 0.3, -5, 15,
                     "What a suspension for fraud adds to a wish to leave; higher: more urgent."},
    [OTHER_LEAVE] = {"other_leave", "log-odds", 0.3, -5, 15,
                     "What a suspension for another reason adds; higher: more urgent."},
    [FRAUD_INCIDENT] = {"fraud_incident", "log-odds", 2, -5, 15,
                        "What a suspension for fraud adds to \"something is wrong\"; higher: more "
                        "urgent."},
    [FLAP_COUNT] = {"flap_count", "suspensions", 3, 2, 4,
                    "So many suspensions of a line within the window are flapping; higher: fewer "
                    "signals."},
    [FLAP_CLEAR] = {"flap_clear_count", "suspensions", 1, 0, 3,
                    "Flapping clears with so many or fewer left in the window; lower: it stays "
                    "longer."},
    [FLAP_DAYS] = {"flap_days", "days", 30, 1, 365,
                   "The window in which suspensions are counted; longer: more flapping."},
    [FLAP_LEAVE] = {"flap_leave", "log-odds", 0.8, -5, 15,
                    "What flapping adds to the log-odds of leaving; higher: more urgent."},
    [LOST_DAYS] = {"lost_days", "days", 7, 1, 365,
                   "A line lost and not resumed after so long is overdue; higher: fewer signals."},
    [REQUEST_DAYS] = {"request_days", "days", 90, 1, 1000,
                      "The same where the customer asked for it."},
    [OTHER_DAYS] = {"other_days", "days", 15, 1, 365, "The same for the other reasons."},
    [OVERDUE_LEAVE] = {"overdue_leave", "log-odds", 1, -5, 15,
                       "What a line not resumed in time adds; higher: more urgent."},
};

enum { SLOT_SUSPENDED, SLOT_FLAPPING, SLOT_OVERDUE };
enum { STARTS_KEPT = 4 };

struct line_slice {
    uint32_t started[STARTS_KEPT]; /* stamps of the last suspensions, newest first; 0: none */
    uint8_t held;                  /* 1 one way, 2 both ways, 0 not suspended */
    uint8_t reason;                /* enum cw_suspend_reason, while held */
    uint8_t flapping, overdue;     /* already told */
};

/* By enum cw_suspend_reason. */
static const struct {
    struct cw_str name;
    int leave, days; /* thresholds */
} reasons[] = {
    [CW_SUSPEND_ARREARS] = {CW_STR("arrears"), ARREARS_LEAVE, OTHER_DAYS},
    [CW_SUSPEND_CUSTOMER_REQUEST] = {CW_STR("customer_request"), REQUEST_LEAVE, REQUEST_DAYS},
    [CW_SUSPEND_LOST] = {CW_STR("lost"), LOST_LEAVE, LOST_DAYS},
    [CW_SUSPEND_FRAUD] = {CW_STR("fraud"), FRAUD_LEAVE, OTHER_DAYS},
    [CW_SUSPEND_OTHER] = {CW_STR("other"), OTHER_LEAVE, OTHER_DAYS},
};

static void tell_held(const struct line_slice *known, struct cw_signal *s)
{
    cw_fact_text(s, CW_FACT_direction, known->held == 2 ? CW_STR("both") : CW_STR("outgoing"));
    cw_fact_text(s, CW_FACT_reason, reasons[known->reason].name);
}

static struct cw_signal suspended_signal(const struct cw_judge *j, cw_number line,
                                         const struct line_slice *now)
{
    bool both = now->held == 2, fraud = now->reason == CW_SUSPEND_FRAUD;
    struct cw_signal s = {.line = line,
                          .slot = SLOT_SUSPENDED,
                          .step = both,
                          .holds = true,
                          .leave = (float)j->t[reasons[now->reason].leave],
                          .incident = fraud ? (float)j->t[FRAUD_INCIDENT] : 0,
                          .severity = fraud  ? 0.7F
                                      : both ? 0.5F
                                             : 0.3F,
                          .due_hours = fraud  ? 4
                                       : both ? 24
                                              : 48};
    if (now->held)
        tell_held(now, &s);
    return s;
}

static uint32_t starts_within(const struct line_slice *known, const struct cw_judge *j)
{
    uint32_t n = 0;
    for (int i = 0; i < STARTS_KEPT; i++)
        n += cw_stamp_within(known->started[i], j->now, j->t[FLAP_DAYS]);
    return n;
}

static struct cw_gauge flapping_gauge(const struct cw_judge *j, const struct line_slice *known)
{
    struct cw_gauge g = {.n = 0};
    cw_need_least(&g, FLAP_COUNT, "times", starts_within(known, j), j->t[FLAP_COUNT]);
    return g;
}

static struct cw_signal flapping_signal(const struct cw_judge *j, cw_number line,
                                        const struct line_slice *known)
{
    uint32_t n = starts_within(known, j);
    struct cw_signal s = {.line = line,
                          .slot = SLOT_FLAPPING,
                          .step = (uint8_t)n,
                          .holds = true,
                          .leave = (float)j->t[FLAP_LEAVE],
                          .severity = 0.5F,
                          .due_hours = 24};
    cw_fact_number(&s, CW_FACT_count, n);
    cw_fact_number(&s, CW_FACT_limit, j->t[FLAP_COUNT]);
    cw_fact_number(&s, CW_FACT_span_days, j->t[FLAP_DAYS]);
    if (known->held)
        tell_held(known, &s);
    return s;
}

static void start(struct line_slice *known, cw_event_time now)
{
    for (int i = STARTS_KEPT - 1; i > 0; i--)
        known->started[i] = known->started[i - 1];
    known->started[0] = cw_stamp(now);
}

static void on_suspended(struct cw_judge *j)
{
    struct line_slice without_state = {0};
    struct line_slice *known = j->line_state ? j->line_state : &without_state;
    struct line_slice before = *known;
    known->held = j->event->u.suspended.two_way ? 2 : 1;
    known->reason = (uint8_t)j->event->u.suspended.reason;
    /* Less than before, or for another reason: the old signal no longer says what is. */
    if (before.held && (known->held < before.held || known->reason != before.reason))
        cw_clear(j, j->event->msisdn, SLOT_SUSPENDED);
    struct cw_signal s = suspended_signal(j, j->event->msisdn, known);
    cw_raise(j, &s);
    if (before.held)
        return;
    start(known, j->now);
    struct cw_gauge g = flapping_gauge(j, known);
    if (!cw_gauge_met(&g))
        return;
    s = flapping_signal(j, j->event->msisdn, known);
    known->flapping = true;
    cw_raise(j, &s);
}

static void end(struct cw_judge *j)
{
    struct line_slice *known = j->line_state;
    cw_clear(j, j->event->msisdn, SLOT_SUSPENDED);
    cw_clear(j, j->event->msisdn, SLOT_OVERDUE);
    if (known)
        known->held = known->reason = known->overdue = 0;
}

static void on_event(struct cw_judge *j)
{
    cw_event_time at = j->line ? cw_line_status_at(j->line) : CW_NO_TIME;
    if (at != CW_NO_TIME && at > j->now)
        return; /* Older than what is known of the line. */
    if (j->event->type == CW_EV_SUSPENDED) {
        on_suspended(j);
    } else if (j->event->type == CW_EV_RESUMED) {
        end(j);
    } else if (cw_ends_line(j)) {
        end(j);
        cw_clear(j, j->event->msisdn, SLOT_FLAPPING);
    }
}

static int32_t days_held(const struct cw_judge *j, const struct line_slice *known)
{
    return j->today - cw_zone_day(j->settings->zone, known->started[0] * CW_SECOND);
}

static struct cw_gauge overdue_gauge(const struct cw_judge *j, const struct line_slice *known)
{
    int by = reasons[known->reason].days;
    struct cw_gauge g = {.n = 0};
    cw_need_least(&g, (uint8_t)by, "days", days_held(j, known), j->t[by]);
    return g;
}

static struct cw_signal overdue_signal(const struct cw_judge *j, const struct line_slice *known)
{
    struct cw_signal s = {.line = j->line->number,
                          .slot = SLOT_OVERDUE,
                          .holds = true,
                          .leave = (float)j->t[OVERDUE_LEAVE],
                          .severity = 0.6F,
                          .due_hours = 24};
    cw_fact_number(&s, CW_FACT_span_days, days_held(j, known));
    cw_fact_number(&s, CW_FACT_limit_days, j->t[reasons[known->reason].days]);
    tell_held(known, &s);
    return s;
}

static void judge_overdue(struct cw_judge *j, struct line_slice *known)
{
    struct cw_gauge g = overdue_gauge(j, known);
    if (known->overdue || !cw_gauge_met(&g))
        return;
    struct cw_signal s = overdue_signal(j, known);
    known->overdue = true;
    cw_raise(j, &s);
}

static void on_line_close(struct cw_judge *j)
{
    struct line_slice *known = j->line_state;
    if (known->held)
        judge_overdue(j, known);
    if (known->flapping && starts_within(known, j) <= j->t[FLAP_CLEAR]) {
        known->flapping = false;
        cw_clear(j, j->line->number, SLOT_FLAPPING);
    }
}

static void explain_line(const struct cw_judge *j, struct cw_explanation *x)
{
    const struct line_slice *known = j->line_state;
    cw_number line = j->line->number;
    if (known->started[0] == 0)
        return;
    struct cw_reading held = {.s = suspended_signal(j, line, known)};
    cw_need_least(&held.gauge, CW_BY_RULE, "times", known->held != 0, 1);
    cw_explain_told(j, x, &held);
    struct cw_reading flapping = {.s = flapping_signal(j, line, known),
                                  .gauge = flapping_gauge(j, known)};
    cw_explain_told(j, x, &flapping);
    if (!known->held)
        return;
    struct cw_reading overdue = {.s = overdue_signal(j, known),
                                 .gauge = overdue_gauge(j, known),
                                 .hold = known->overdue ? CW_HOLD_TOLD : CW_HOLD_NONE};
    cw_explain_add(j, x, &overdue);
}

const struct cw_detector cw_det_suspension = {
    .name = "suspension",
    .finds = "lines barred one way or both, again and again, or not resumed in time",
    .thresholds = thresholds,
    .n_thresholds = sizeof thresholds / sizeof *thresholds,
    .state_version = 1,
    .line_state_size = sizeof(struct line_slice),
    .rare = true,
    .reads = CW_READS(SUSPENDED) | CW_READS(RESUMED) | CW_READS(TERMINATED) | CW_READS(PORT_OUT),
    .on_event = on_event,
    .on_line_close = on_line_close,
    .explain_line = explain_line,
};
