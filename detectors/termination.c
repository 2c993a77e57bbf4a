/* Termination: a line is given up, or the client with it.
 *
 * A line that leaves by port-out is port_out's to tell; that nothing is left of the client is told
 * here, whichever way the last line went. A line that comes back clears both.
 */
#include "detectors/slices.h"

enum { LINE_LEAVE, LINE_HALF_LIFE, LEFT_LEAVE, LEFT_HALF_LIFE };
static const struct cw_threshold thresholds[] = {
    [LINE_LEAVE] = {"line_leave", "log-odds", 0.3, -5, 15,
                    "What a line given up adds for the lines that are left; higher: more urgent."},
    [LINE_HALF_LIFE] = {"line_half_life_days", "days", 15, 0.1, 365,
                        "A line given up counts half after so long; longer: remembered longer."},
    [LEFT_LEAVE] = {"left_leave", "log-odds", 4, -5, 15,
                    "The weight of a client gone whole, for winning it back; higher: more urgent."},
    [LEFT_HALF_LIFE] = {"left_half_life_days", "days", 7, 0.1, 365,
                        "A chance to win back counts half after so long; longer: kept longer."},
};

enum { SLOT_LINE, SLOT_LEFT };

static const struct cw_str reasons[] = {
    [CW_END_CUSTOMER_REQUEST] = CW_STR("customer_request"),
    [CW_END_PORT_OUT] = CW_STR("port_out"),
    [CW_END_ARREARS] = CW_STR("arrears"),
    [CW_END_OTHER] = CW_STR("other"),
};

static enum cw_end_reason reason_of(const struct cw_event *ev)
{
    return ev->type == CW_EV_PORT_OUT ? CW_END_PORT_OUT : ev->u.terminated.reason;
}

/* The client has left when none of its lines is left, as far as its lines are known. */
static struct cw_gauge left_gauge(const struct cw_client *cl)
{
    double known = cl->n_lines, told = cw_client_phones(cl), all = known > told ? known : told;
    struct cw_gauge g = {.n = 0};
    cw_need_least(&g, CW_BY_RULE, "lines", cl->lines_gone, all > 0 ? all : 1);
    return g;
}

static void raise_line(struct cw_judge *j, enum cw_end_reason reason)
{
    uint32_t left = cw_client_lines_left(j->client);
    struct cw_signal s = {.line = j->event->msisdn,
                          .slot = SLOT_LINE,
                          .leave = (float)j->t[LINE_LEAVE],
                          .severity = left ? 0.3F : 1,
                          .half_life_days = (float)j->t[LINE_HALF_LIFE],
                          .due_hours = 48};
    cw_fact_text(&s, CW_FACT_reason, reasons[reason]);
    cw_fact_number(&s, CW_FACT_lines, j->client->lines_gone);
    cw_fact_number(&s, CW_FACT_lines_total, j->client->n_lines);
    cw_raise(j, &s);
}

static void raise_left(struct cw_judge *j, enum cw_end_reason reason)
{
    struct cw_signal s = {.slot = SLOT_LEFT,
                          .step = 1,
                          .leave = (float)j->t[LEFT_LEAVE],
                          .severity = 1,
                          .half_life_days = (float)j->t[LEFT_HALF_LIFE],
                          .due_hours = 24};
    cw_fact_text(&s, CW_FACT_reason, reasons[reason]);
    cw_fact_number(&s, CW_FACT_lines, j->client->n_lines);
    cw_raise(j, &s);
}

static void on_event(struct cw_judge *j)
{
    if (j->event->type == CW_EV_RESUMED && j->line && j->line->status != CW_LINE_GONE) {
        cw_clear(j, j->line->number, SLOT_LINE);
        cw_clear(j, 0, SLOT_LEFT);
    }
    if (!cw_ends_line(j))
        return;
    enum cw_end_reason reason = reason_of(j->event);
    if (reason != CW_END_PORT_OUT)
        raise_line(j, reason);
    struct cw_gauge g = left_gauge(j->client);
    if (cw_gauge_met(&g))
        raise_left(j, reason);
}

static void explain(const struct cw_judge *j, struct cw_explanation *x)
{
    struct cw_reading r = {.s = {.slot = SLOT_LEFT}, .gauge = left_gauge(j->client)};
    cw_fact_number(&r.s, CW_FACT_lines, j->client->lines_gone);
    cw_fact_number(&r.s, CW_FACT_lines_total, r.gauge.need[0].limit);
    cw_explain_told(j, x, &r);
}

static void explain_line(const struct cw_judge *j, struct cw_explanation *x)
{
    const struct cw_line *ln = j->line;
    struct cw_reading r = {.s = {.line = ln->number, .slot = SLOT_LINE}};
    if (ln->status != CW_LINE_GONE || ln->end_reason == CW_END_PORT_OUT)
        return;
    cw_need_least(&r.gauge, CW_BY_RULE, "lines", 1, 1);
    cw_fact_text(&r.s, CW_FACT_reason, reasons[ln->end_reason]);
    cw_explain_told(j, x, &r);
}

const struct cw_detector cw_det_termination = {
    .name = "termination",
    .finds = "a line given up, or the whole client gone",
    .thresholds = thresholds,
    .n_thresholds = sizeof thresholds / sizeof *thresholds,
    .reads = CW_READS(TERMINATED) | CW_READS(PORT_OUT) | CW_READS(RESUMED),
    .on_event = on_event,
    .explain = explain,
    .explain_line = explain_line,
};
