/* Complaint: what the client says is wrong; worse when severe, worse when it is said again.
 *
 * The signal is the line's that is complained of, else the client's; repeats are counted over the
 * whole client. News of a ticket that was counted already is no repeat. Complaints fade: nobody
 * tells us that one was settled.
 */
#include "detectors/prefixes.h"
#include "detectors/slices.h"

enum { LEAST_SEVERITY, SEVERE_FROM, LEAVE, SEVERE_LEAVE, REPEAT_LEAVE, WINDOW, HALF_LIFE };
static const struct cw_threshold thresholds[] = {
    [LEAST_SEVERITY] = {"least_severity", "level", 1, 1, 4,
                        "Complaints under this level are passed over; higher: fewer signals."},
    [SEVERE_FROM] = {"severe_from", "level", 3, 1, 4,
                     "From this level a complaint is severe; higher: fewer are."},
    [LEAVE] = {"leave", "log-odds", 3.1, -5, 15,
               "What a complaint adds to the log-odds of leaving; higher: more urgent."},
    [SEVERE_LEAVE] = {"severe_leave", "log-odds", 1.7, -5, 15,
                      "What a severe one adds to that; higher: more urgent."},
    [REPEAT_LEAVE] = {"repeat_leave", "log-odds", 1.1, -5, 15,
                      "What each further complaint adds to its signal; higher: more urgent."},
    [WINDOW] = {"window_days", "days", 30, 1, 365,
                "Complaints no further apart count as repeats; longer: more do."},
    [HALF_LIFE] = {"half_life_days", "days", 20, 0.1, 365,
                   "A complaint counts half after so long; longer: remembered longer."},
};

enum { REPEATS_MOST = 4 };

struct slice {
    uint32_t last;                  /* stamp of the latest complaint; 0: none */
    uint32_t count;                 /* so far, each within the window of the one before */
    uint32_t tickets[REPEATS_MOST]; /* fingerprints of the latest that were counted; 0: none */
};

static bool is_counted(const struct slice *known, uint32_t ticket)
{
    for (int i = 0; i < REPEATS_MOST; i++)
        if (known->tickets[i] == ticket)
            return true;
    return false;
}

/* How many complaints there are with this one. */
static uint32_t count(struct slice *known, const struct cw_judge *j)
{
    uint32_t ticket = cw_text_fingerprint(j->event->u.complaint.ticket);
    uint32_t stamp = cw_stamp(j->now);
    if (!cw_stamp_within(known->last, j->now, j->t[WINDOW]))
        *known = (struct slice){.last = known->last};
    known->last = stamp > known->last ? stamp : known->last;
    if (is_counted(known, ticket))
        return known->count;
    for (int i = REPEATS_MOST - 1; i > 0; i--)
        known->tickets[i] = known->tickets[i - 1];
    known->tickets[0] = ticket;
    known->count += known->count < REPEATS_MOST;
    return known->count;
}

static void on_event(struct cw_judge *j)
{
    const struct cw_event *ev = j->event;
    const double *t = j->t;
    if (ev->u.complaint.severity < t[LEAST_SEVERITY])
        return;
    bool severe = ev->u.complaint.severity >= t[SEVERE_FROM];
    uint32_t n = count(j->state, j);
    double leave = t[LEAVE] + (severe ? t[SEVERE_LEAVE] : 0) + t[REPEAT_LEAVE] * (n - 1);
    struct cw_signal s = {.line = ev->msisdn,
                          .step = (uint8_t)((severe ? REPEATS_MOST : 0) + n - 1),
                          .leave = (float)leave,
                          .severity = cw_severity_of(leave),
                          .half_life_days = (float)t[HALF_LIFE],
                          .due_hours = severe ? 4 : 24};
    cw_fact_number(&s, CW_FACT_severity, ev->u.complaint.severity);
    if (ev->u.complaint.topic.n)
        cw_fact_text(&s, CW_FACT_topic, ev->u.complaint.topic);
    if (ev->u.complaint.ticket.n)
        cw_fact_text(&s, CW_FACT_ticket, ev->u.complaint.ticket);
    cw_fact_number(&s, CW_FACT_count, n);
    cw_raise(j, &s);
}

static void explain(const struct cw_judge *j, struct cw_explanation *x)
{
    const struct slice *known = j->state;
    struct cw_reading r = {.any_line = true};
    bool recent = cw_stamp_within(known->last, j->now, j->t[WINDOW]);
    cw_need_least(&r.gauge, CW_BY_RULE, "times", recent ? known->count : 0, 1);
    cw_fact_number(&r.s, CW_FACT_count, recent ? known->count : 0);
    cw_fact_number(&r.s, CW_FACT_span_days, j->t[WINDOW]);
    cw_explain_told(j, x, &r);
}

/* As it lay in slices before: of the last ticket alone. */
struct first {
    uint32_t last, ticket, count;
};

static bool older(uint8_t version, bool line, const void *from, size_t n, void *to)
{
    struct first first;
    if (version != 1 || line || !cw_slice_taken(&first, sizeof first, from, n))
        return false;
    *(struct slice *)to =
        (struct slice){.last = first.last, .count = first.count, .tickets = {first.ticket}};
    return true;
}

const struct cw_detector cw_det_complaint = {
    .name = "complaint",
    .finds = "complaints, above all severe or repeated ones",
    .thresholds = thresholds,
    .n_thresholds = sizeof thresholds / sizeof *thresholds,
    .state_version = 2,
    .state_size = sizeof(struct slice),
    .older = older,
    .rare = true,
    .reads = CW_READS(COMPLAINT),
    .on_event = on_event,
    .explain = explain,
};
