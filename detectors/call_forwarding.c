/* Call forwarding: a line's calls are passed on, above all to another operator's number.
 *
 * A signal per line and condition, holding until it is erased or the line ends; forwarding to the
 * client's own lines is office life and no sign. Several lines of a group passed on to one number
 * outside our net are one more signal, of the group (slot 8, a step for each further line), of the
 * number that most are passed on to; it clears when fewer than group_lines are left.
 */
#include "detectors/call_forwarding.h"

#include "detectors/prefixes.h"
#include "detectors/slices.h"

enum {
    COMPETITOR_ALWAYS,
    COMPETITOR_SOMETIMES,
    OTHER_ALWAYS,
    OTHER_SOMETIMES,
    OWN_NET,
    GROUP_LINES,
    GROUP_LEAVE
};
static const struct cw_threshold thresholds[] = {
    [COMPETITOR_ALWAYS] = {"competitor_always_leave", "log-odds", 2.7, -5, 15,
                           "What forwarding to another operator's number adds, always or when not "
                           "reachable (CFU, CFNRc); higher: more urgent."},
    [COMPETITOR_SOMETIMES] = {"competitor_sometimes_leave", "log-odds", 1.6, -5, 15,
                              "The same when busy or not answered (CFB, CFNRy)."},
    [OTHER_ALWAYS] = {"other_always_leave", "log-odds", 1.7, -5, 15,
                      "CFU, CFNRc to a number in nobody's known range; higher: more urgent."},
    [OTHER_SOMETIMES] = {"other_sometimes_leave", "log-odds", 1.2, -5, 15,
                         "CFB, CFNRy to a number in nobody's known range."},
    [OWN_NET] = {"own_net_leave", "log-odds", 0.9, -5, 15,
                 "What forwarding to a number of our own net adds; higher: more urgent."},
    [GROUP_LINES] = {"group_lines", "lines", 2, 2, 1000,
                     "So many lines of a group forwarding to one number off our net are a signal; "
                     "higher: fewer signals."},
    [GROUP_LEAVE] = {"group_leave", "log-odds", 1.5, -5, 15,
                     "What that adds; higher: more urgent."},
};

enum { CONDITIONS = 4, SLOT_GROUP = 8, GROUP_STEPS_MOST = 200 };

struct line_slice {
    uint32_t target[CONDITIONS];  /* fingerprints; 0: not forwarded, or to an own line */
    uint32_t told_at[CONDITIONS]; /* stamps of the latest news; 0: none */
};
struct slice {
    uint32_t group_target; /* which number the group's signal is about; 0: none raised */
};

static const struct {
    struct cw_str name;
    bool always; /* nothing reaches the line, or it is switched off: it may have been left */
} conditions[CONDITIONS] = {
    [CW_CFU] = {CW_STR("CFU"), true},
    [CW_CFB] = {CW_STR("CFB"), false},
    [CW_CFNRY] = {CW_STR("CFNRy"), false},
    [CW_CFNRC] = {CW_STR("CFNRc"), true},
};

static bool has_target(const struct line_slice *known, uint32_t target)
{
    for (int i = 0; i < CONDITIONS; i++)
        if (known->target[i] == target)
            return true;
    return false;
}

bool cw_forwards_to(const struct cw_line *ln, struct cw_str number)
{
    return ln &&
           has_target(cw_line_slice(ln, CW_DET_call_forwarding), cw_number_fingerprint(number));
}

static uint32_t lines_to(const struct cw_judge *j, uint32_t target)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < j->client->n_lines; i++)
        n += has_target(cw_slice_of_line(j, cw_client_line_at(j->client, i)), target);
    return n;
}

static double leave_of(enum cw_target_class class_, bool always, const double *t)
{
    if (class_ == CW_TARGET_OWN_NET)
        return t[OWN_NET];
    if (class_ == CW_TARGET_COMPETITOR)
        return t[always ? COMPETITOR_ALWAYS : COMPETITOR_SOMETIMES];
    return t[always ? OTHER_ALWAYS : OTHER_SOMETIMES];
}

static void raise_line(struct cw_judge *j, enum cw_target_class class_)
{
    enum cw_forward_condition c = j->event->u.forwarding.condition;
    double leave = leave_of(class_, conditions[c].always, j->t);
    struct cw_signal s = {.line = j->event->msisdn,
                          .slot = (uint8_t)c,
                          .holds = true,
                          .leave = (float)leave,
                          .severity = cw_severity_of(leave),
                          .due_hours = class_ == CW_TARGET_OWN_NET ? 48 : 8};
    cw_fact_text(&s, CW_FACT_condition, conditions[c].name);
    cw_fact_text(&s, CW_FACT_target, j->event->u.forwarding.target);
    cw_fact_text(&s, CW_FACT_target_class, cw_target_class_name(class_));
    cw_raise(j, &s);
}

static struct cw_gauge group_gauge(const struct cw_judge *j, uint32_t target)
{
    struct cw_gauge g = {.n = 0};
    cw_need_least(&g, GROUP_LINES, "lines", target ? lines_to(j, target) : 0, j->t[GROUP_LINES]);
    return g;
}

/* The signal has room for one number: as many lines to it as to the new one, and it stays. */
static bool has_stronger(const struct cw_judge *j, uint32_t target, uint32_t lines)
{
    uint32_t told = ((const struct slice *)j->state)->group_target;
    return told && told != target && lines_to(j, told) >= lines;
}

static void raise_group(struct cw_judge *j, enum cw_target_class class_, uint32_t target)
{
    struct slice *known = j->state;
    uint32_t lines = lines_to(j, target);
    struct cw_gauge g = group_gauge(j, target);
    if (class_ == CW_TARGET_OWN_NET || !cw_gauge_met(&g) || has_stronger(j, target, lines))
        return;
    struct cw_signal s = {.slot = SLOT_GROUP,
                          .step = (uint8_t)(lines < GROUP_STEPS_MOST ? lines : GROUP_STEPS_MOST),
                          .holds = true,
                          .leave = (float)j->t[GROUP_LEAVE],
                          .severity = cw_severity_of(j->t[GROUP_LEAVE] + lines / 2.0),
                          .due_hours = 4};
    cw_fact_number(&s, CW_FACT_lines, lines);
    cw_fact_number(&s, CW_FACT_lines_total, cw_client_lines_left(j->client));
    cw_fact_text(&s, CW_FACT_target, j->event->u.forwarding.target);
    cw_fact_text(&s, CW_FACT_target_class, cw_target_class_name(class_));
    cw_raise(j, &s);
    known->group_target = target;
}

static void clear_group(struct cw_judge *j)
{
    struct slice *known = j->state;
    struct cw_gauge g = group_gauge(j, known->group_target);
    if (!known->group_target || cw_gauge_met(&g))
        return;
    cw_clear(j, 0, SLOT_GROUP);
    known->group_target = 0;
}

static void take_forwarding(struct cw_judge *j)
{
    const struct cw_event *ev = j->event;
    enum cw_forward_condition c = ev->u.forwarding.condition;
    struct line_slice without_state = {0};
    struct line_slice *known = j->line_state ? j->line_state : &without_state;
    if (known->told_at[c] > cw_stamp(j->now))
        return; /* Older than what is known of the line. */
    known->told_at[c] = cw_stamp(j->now);
    enum cw_target_class class_ = CW_TARGET_OWN_LINE;
    if (ev->u.forwarding.active)
        class_ = cw_target_class(j->settings, j->client, ev->u.forwarding.target);
    uint32_t target =
        class_ == CW_TARGET_OWN_LINE ? 0 : cw_number_fingerprint(ev->u.forwarding.target);
    if (!target || (known->target[c] && known->target[c] != target))
        cw_clear(j, ev->msisdn, (uint8_t)c);
    known->target[c] = target;
    if (target)
        raise_line(j, class_);
    clear_group(j);
    if (target && j->client->kind == CW_GROUP)
        raise_group(j, class_, target);
}

static void on_event(struct cw_judge *j)
{
    if (j->event->type == CW_EV_CALL_FORWARDING) {
        take_forwarding(j);
        return;
    }
    struct line_slice *known = j->line_state;
    if (!cw_ends_line(j) || !known)
        return;
    for (int c = 0; c < CONDITIONS; c++) {
        if (known->target[c])
            cw_clear(j, j->event->msisdn, (uint8_t)c);
        known->target[c] = 0;
    }
    clear_group(j);
}

/* The number that several lines forward to, once it has been told; before that, none. */
static void explain(const struct cw_judge *j, struct cw_explanation *x)
{
    const struct slice *known = j->state;
    struct cw_reading r = {.s = {.slot = SLOT_GROUP}, .gauge = group_gauge(j, known->group_target)};
    if (j->client->kind != CW_GROUP)
        return;
    cw_fact_number(&r.s, CW_FACT_lines, r.gauge.need[0].is);
    cw_fact_number(&r.s, CW_FACT_lines_total, cw_client_lines_left(j->client));
    cw_explain_told(j, x, &r);
}

/* The target is kept as a fingerprint: the signal in the task has its number. */
static void explain_line(const struct cw_judge *j, struct cw_explanation *x)
{
    const struct line_slice *known = j->line_state;
    for (uint8_t c = 0; c < CONDITIONS; c++) {
        struct cw_reading r = {.s = {.line = j->line->number, .slot = c}};
        if (!known->told_at[c])
            continue;
        cw_need_least(&r.gauge, CW_BY_RULE, "times", known->target[c] != 0, 1);
        cw_fact_text(&r.s, CW_FACT_condition, conditions[c].name);
        cw_explain_told(j, x, &r);
    }
}

const struct cw_detector cw_det_call_forwarding = {
    .name = "call_forwarding",
    .finds = "calls passed on to other numbers, above all to another operator's",
    .thresholds = thresholds,
    .n_thresholds = sizeof thresholds / sizeof *thresholds,
    .state_version = 1,
    .state_size = sizeof(struct slice),
    .line_state_size = sizeof(struct line_slice),
    .rare = true,
    .reads = CW_READS(CALL_FORWARDING) | CW_READS(TERMINATED) | CW_READS(PORT_OUT),
    .on_event = on_event,
    .explain = explain,
    .explain_line = explain_line,
};
