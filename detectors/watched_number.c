/* Watched number: calls with numbers on the operator's list, such as competitors' sales lines and
 * lines that tell of porting out.
 *
 * A signal a line, a step for each further call; the first call of the client weighs most. A call
 * that a forwarding made (the list's number is where the line's calls go), or that stands in the
 * records as A calling A, is nobody's own call and does not count.
 */
#include "detectors/call_forwarding.h"
#include "detectors/prefixes.h"
#include "detectors/slices.h"

enum { FIRST_LEAVE, FURTHER_LEAVE, PREFIX_SHARE, LEAST_SECONDS, WINDOW, MOST_CALLS, HALF_LIFE };
static const struct cw_threshold thresholds[] = {
    [FIRST_LEAVE] = {"first_leave", "log-odds", 2.5, -5, 15,
                     "What the client's first such call adds; higher: more urgent."},
    [FURTHER_LEAVE] = {"further_leave", "log-odds", 0.5, -5, 15,
                       "What each further call adds; higher: more urgent."},
    [PREFIX_SHARE] = {"prefix_share", "ratio", 0.8, 0, 1,
                      "Weight of a number that only a prefix fits, of one that stands on the list; "
                      "higher: more urgent."},
    [LEAST_SECONDS] = {"least_seconds", "seconds", 1, 0, 3600,
                       "Shorter calls do not count; higher: fewer signals."},
    [WINDOW] = {"window_days", "days", 30, 1, 365,
                "Calls no further apart count together; longer: more do."},
    [MOST_CALLS] = {"most_calls", "calls", 6, 1, 100,
                    "Calls beyond this add nothing; higher: many calls weigh more."},
    [HALF_LIFE] = {"half_life_days", "days", 12, 0.1, 365,
                   "A call counts half after so long; longer: remembered longer."},
};

struct slice {
    uint32_t last; /* stamp of the client's latest such call; 0: none */
};
struct line_slice {
    uint32_t last;  /* stamp of the line's latest; 0: none */
    uint32_t calls; /* each within the window of the one before; at most most_calls */
};

static bool is_own_call(const struct cw_judge *j)
{
    struct cw_str peer = j->event->u.call.peer;
    if (cw_number_same(peer, j->event->number))
        return false;
    return !j->event->u.call.outgoing || !cw_forwards_to(j->line, peer);
}

static uint32_t latest(uint32_t a, uint32_t b)
{
    return a > b ? a : b;
}

/* Counts the call; returns its log-odds before the list's share. */
static double count(struct cw_judge *j, struct line_slice *known)
{
    struct slice *of_client = j->state;
    const double *t = j->t;
    bool first = !cw_stamp_within(of_client->last, j->now, t[WINDOW]);
    if (!cw_stamp_within(known->last, j->now, t[WINDOW]))
        known->calls = 0;
    /* Another line of the client called before: this line's first is a further one. */
    double base = first || known->calls ? t[FIRST_LEAVE] : t[FURTHER_LEAVE];
    known->calls += known->calls < t[MOST_CALLS];
    known->last = latest(known->last, cw_stamp(j->now));
    of_client->last = latest(of_client->last, cw_stamp(j->now));
    return base + t[FURTHER_LEAVE] * (known->calls - 1);
}

static void raise_call(struct cw_judge *j, double leave, uint32_t calls)
{
    struct cw_signal s = {.line = j->event->msisdn,
                          .step = (uint8_t)(calls - 1),
                          .leave = (float)leave,
                          .severity = cw_severity_of(leave),
                          .half_life_days = (float)j->t[HALF_LIFE],
                          .due_hours = 24};
    cw_fact_text(&s, CW_FACT_peer, j->event->u.call.peer);
    cw_fact_text(&s, CW_FACT_direction,
                 j->event->u.call.outgoing ? CW_STR("outgoing_call") : CW_STR("incoming_call"));
    cw_fact_number(&s, CW_FACT_duration_s, (double)j->event->u.call.duration_s);
    cw_fact_number(&s, CW_FACT_count, calls);
    cw_fact_number(&s, CW_FACT_span_days, j->t[WINDOW]);
    cw_raise(j, &s);
}

static void on_event(struct cw_judge *j)
{
    enum cw_listed listed = cw_number_listed(&j->settings->watched_numbers, j->event->u.call.peer);
    if (listed == CW_NOT_LISTED || (double)j->event->u.call.duration_s < j->t[LEAST_SECONDS] ||
        !is_own_call(j))
        return;
    struct line_slice without_state = {0};
    struct line_slice *known = j->line_state ? j->line_state : &without_state;
    double leave = count(j, known);
    raise_call(j, listed == CW_LISTED_EXACTLY ? leave : leave * j->t[PREFIX_SHARE], known->calls);
}

static void explain_line(const struct cw_judge *j, struct cw_explanation *x)
{
    const struct line_slice *known = j->line_state;
    struct cw_reading r = {.s = {.line = j->line->number}};
    if (!known->last)
        return;
    bool recent = cw_stamp_within(known->last, j->now, j->t[WINDOW]);
    cw_need_least(&r.gauge, CW_BY_RULE, "times", recent ? known->calls : 0, 1);
    cw_fact_number(&r.s, CW_FACT_count, recent ? known->calls : 0);
    cw_fact_number(&r.s, CW_FACT_span_days, j->t[WINDOW]);
    cw_explain_told(j, x, &r);
}

const struct cw_detector cw_det_watched_number = {
    .name = "watched_number",
    .finds = "calls with watched numbers: competitors' sales lines, port-out enquiry lines",
    .thresholds = thresholds,
    .n_thresholds = sizeof thresholds / sizeof *thresholds,
    .state_version = 1,
    .state_size = sizeof(struct slice),
    .line_state_size = sizeof(struct line_slice),
    .rare = true,
    .reads = CW_READS(CALL),
    .on_event = on_event,
    .explain_line = explain_line,
};
