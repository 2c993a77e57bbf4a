/* Port-out: a line asks about leaving, gets its code, requests the port, is gone.
 *
 * One signal a line, climbing with the stages; the steps are the stages. Cancelling clears it. A
 * line whose end is told with the reason port_out has completed, whether or not that was told too.
 */
#include "detectors/slices.h"

enum {
    INQUIRY_LEAVE,
    INQUIRY_HALF_LIFE,
    CODE_LEAVE,
    REQUEST_LEAVE,
    CODE_HALF_LIFE,
    COMPLETED_LEAVE,
    COMPLETED_HALF_LIFE
};
static const struct cw_threshold thresholds[] = {
    [INQUIRY_LEAVE] = {"inquiry_leave", "log-odds", 3.5, -5, 15,
                       "What an inquiry adds to the log-odds of leaving; higher: more urgent."},
    [INQUIRY_HALF_LIFE] = {"inquiry_half_life_days", "days", 14, 0.1, 365,
                           "An inquiry counts half after so long; longer: remembered longer."},
    [CODE_LEAVE] = {"code_leave", "log-odds", 1.3, -5, 15,
                    "What a code or a request adds to that of an inquiry; higher: more urgent."},
    [REQUEST_LEAVE] = {"request_leave", "log-odds", 2.7, -5, 15,
                       "What a request adds to that of a code; higher: more urgent."},
    [CODE_HALF_LIFE] = {"code_half_life_days", "days", 10, 0.1, 365,
                        "Inquiry and code together count half after so long (14 and 7 days of the "
                        "two by themselves); longer: remembered longer."},
    [COMPLETED_LEAVE] = {"completed_leave", "log-odds", 2.8, -5, 15,
                         "What a line that has ported adds for the lines that are left; higher: "
                         "the others are thought to follow."},
    [COMPLETED_HALF_LIFE] = {"completed_half_life_days", "days", 14, 0.1, 365,
                             "A completed port counts half after so long; longer: remembered "
                             "longer."},
};

struct line_slice {
    uint32_t told_at; /* stamp of the latest news; 0: none */
    uint32_t stage;   /* 1 + enum cw_port_stage of it */
};

/* By enum cw_port_stage; cancelled is no step. */
static const struct {
    struct cw_str name;
    float due_hours;
} stages[] = {
    [CW_PORT_INQUIRY] = {CW_STR("inquiry"), 8},
    [CW_PORT_CODE_ISSUED] = {CW_STR("code_issued"), 4},
    [CW_PORT_REQUESTED] = {CW_STR("requested"), 2},
    [CW_PORT_COMPLETED] = {CW_STR("completed"), 24},
};

static void weigh(struct cw_signal *s, const double *t, enum cw_port_stage stage)
{
    double leave = t[INQUIRY_LEAVE], half_life = t[INQUIRY_HALF_LIFE];
    if (stage == CW_PORT_COMPLETED) {
        leave = t[COMPLETED_LEAVE];
        half_life = t[COMPLETED_HALF_LIFE];
    } else if (stage != CW_PORT_INQUIRY) {
        leave += t[CODE_LEAVE] + (stage == CW_PORT_REQUESTED ? t[REQUEST_LEAVE] : 0);
        half_life = t[CODE_HALF_LIFE];
    }
    s->leave = (float)leave;
    s->half_life_days = (float)half_life;
    s->severity = stage == CW_PORT_COMPLETED ? 1 : cw_severity_of(leave);
}

static void take_stage(struct cw_judge *j, enum cw_port_stage stage, struct cw_str recipient)
{
    cw_number line = j->event->msisdn;
    if (stage == CW_PORT_CANCELLED) {
        cw_clear(j, line, 0);
        return;
    }
    struct cw_signal s = {
        .line = line, .step = (uint8_t)stage, .due_hours = stages[stage].due_hours};
    weigh(&s, j->t, stage);
    cw_fact_text(&s, CW_FACT_stage, stages[stage].name);
    if (recipient.n)
        cw_fact_text(&s, CW_FACT_recipient, recipient);
    cw_raise(j, &s);
}

/* The stage an event tells of; false when it tells of none. */
static bool stage_of(const struct cw_event *ev, enum cw_port_stage *ret, struct cw_str *recipient)
{
    if (ev->type == CW_EV_PORT_OUT) {
        *ret = ev->u.port.stage;
        *recipient = ev->u.port.recipient;
        return true;
    }
    *ret = CW_PORT_COMPLETED;
    return ev->type == CW_EV_TERMINATED && ev->u.terminated.reason == CW_END_PORT_OUT;
}

static void on_event(struct cw_judge *j)
{
    struct line_slice *known = j->line_state;
    enum cw_port_stage stage;
    struct cw_str recipient = {0};
    bool came_back = j->event->type == CW_EV_RESUMED && known && j->line->status != CW_LINE_GONE &&
                     known->stage == 1 + CW_PORT_COMPLETED;
    if (came_back) {
        cw_clear(j, j->event->msisdn, 0);
        *known = (struct line_slice){cw_stamp(j->now), 0};
        return;
    }
    if (!stage_of(j->event, &stage, &recipient))
        return;
    if (known && known->told_at > cw_stamp(j->now))
        return; /* Older than what is known of the line. */
    if (known)
        *known = (struct line_slice){cw_stamp(j->now), 1 + (uint32_t)stage};
    take_stage(j, stage, recipient);
}

static void explain_line(const struct cw_judge *j, struct cw_explanation *x)
{
    const struct line_slice *known = j->line_state;
    struct cw_reading r = {.s = {.line = j->line->number}};
    if (!known->told_at)
        return;
    bool going = known->stage && known->stage != 1 + CW_PORT_CANCELLED;
    cw_need_least(&r.gauge, CW_BY_RULE, "times", going, 1);
    if (going)
        cw_fact_text(&r.s, CW_FACT_stage, stages[known->stage - 1].name);
    cw_explain_told(j, x, &r);
}

const struct cw_detector cw_det_port_out = {
    .name = "port_out",
    .finds = "a line on its way to another operator: inquiry, code, request, completed",
    .thresholds = thresholds,
    .n_thresholds = sizeof thresholds / sizeof *thresholds,
    .state_version = 1,
    .line_state_size = sizeof(struct line_slice),
    .rare = true,
    .reads = CW_READS(PORT_OUT) | CW_READS(TERMINATED) | CW_READS(RESUMED),
    .on_event = on_event,
    .explain_line = explain_line,
};
