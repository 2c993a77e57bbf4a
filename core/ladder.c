/* The ladder, and what explains what: a stronger fact at the client or line mutes the signals it is
 * the reason of, so that one trouble is one reason and not five. */
#include "core/past.h"
#include "core/shard_state.h"

/* The stronger facts. */
enum reason {
    ALL_GONE,     /* every line has left: only the leaving itself is news */
    LINE_GONE,    /* that line has left */
    ALL_STOPPED,  /* no line can be used: two-way suspended or gone */
    LINE_STOPPED, /* that line is two-way suspended */
    OUTAGE_OPEN   /* an outage is open at the client: not a wish to leave */
};

static const char *const reason_names[] = {
    [ALL_GONE] = "all_gone",         [LINE_GONE] = "line_gone",     [ALL_STOPPED] = "all_stopped",
    [LINE_STOPPED] = "line_stopped", [OUTAGE_OPEN] = "outage_open",
};

/* A call with a watched number is no matter of its line: who talks with a competitor goes on to
 * speak for the lines that are left. */
static const struct {
    uint8_t detector; /* whose signals are muted */
    uint8_t reason;
} mutes[] = {
    {CW_DET_spend_spike, ALL_GONE},      {CW_DET_spend_drop, ALL_GONE},
    {CW_DET_spend_decline, ALL_GONE},    {CW_DET_usage_drop, ALL_GONE},
    {CW_DET_outage, ALL_GONE},           {CW_DET_bill_change, ALL_GONE},
    {CW_DET_inactivity, ALL_GONE},       {CW_DET_suspension, ALL_GONE},
    {CW_DET_call_forwarding, ALL_GONE},  {CW_DET_watched_number, ALL_GONE},
    {CW_DET_plan_change, ALL_GONE},      {CW_DET_contract_end, ALL_GONE},
    {CW_DET_inactivity, LINE_GONE},      {CW_DET_suspension, LINE_GONE},
    {CW_DET_call_forwarding, LINE_GONE}, {CW_DET_plan_change, LINE_GONE},
    {CW_DET_inactivity, ALL_STOPPED},    {CW_DET_spend_drop, ALL_STOPPED},
    {CW_DET_spend_decline, ALL_STOPPED}, {CW_DET_usage_drop, ALL_STOPPED},
    {CW_DET_outage, ALL_STOPPED},        {CW_DET_inactivity, LINE_STOPPED},
    {CW_DET_usage_drop, LINE_STOPPED},   {CW_DET_spend_drop, OUTAGE_OPEN},
    {CW_DET_usage_drop, OUTAGE_OPEN},
};

/* The ladder of a debt. Its steps are told by three detectors, each with slots of its own. */
static const struct {
    uint8_t detector, slot, step, rung;
} rungs[] = {
    {CW_DET_arrears, 0, 0, 1},    {CW_DET_arrears, 1, 0, 1},     {CW_DET_suspension, 0, 0, 2},
    {CW_DET_suspension, 0, 1, 3}, {CW_DET_termination, 0, 0, 4}, {CW_DET_termination, 1, 0, 5},
};

unsigned cw_ladder_rung(const struct cw_bare_signal *s)
{
    unsigned rung = 0;
    for (size_t i = 0; i < sizeof rungs / sizeof *rungs; i++)
        if (rungs[i].detector == s->detector && rungs[i].slot == s->slot &&
            rungs[i].step <= s->step)
            rung = rungs[i].rung;
    return rung;
}

static bool outage_open(const struct cw_client *cl)
{
    const struct cw_task *t = cw_client_task(cl);
    for (size_t i = 0; t && i < t->n_signals; i++)
        if (t->signals[i].s.detector == CW_DET_outage && t->signals[i].cleared_at == CW_NO_TIME)
            return true;
    const struct cw_past *p = cw_client_past(cl);
    for (size_t i = 0; p && i < p->n; i++)
        if (p->rows[i].signal.s.detector == CW_DET_outage)
            return true;
    return false;
}

static bool holds(enum reason r, const struct cw_client *cl, const struct cw_bare_signal *s)
{
    const struct cw_line *ln = s->line ? cw_client_line(cl, s->line) : NULL;
    switch (r) {
    case ALL_GONE:
        return cl->n_lines && cw_client_lines_left(cl) == 0;
    case LINE_GONE:
        return ln && ln->status == CW_LINE_GONE;
    case ALL_STOPPED:
        return !s->line && cw_client_all_stopped(cl);
    case LINE_STOPPED:
        return ln && ln->status == CW_LINE_TWO_WAY;
    case OUTAGE_OPEN:
        return !s->line && outage_open(cl);
    }
    return false;
}

const char *cw_ladder_reason(const struct cw_client *cl, const struct cw_bare_signal *s)
{
    for (size_t i = 0; i < sizeof mutes / sizeof *mutes; i++)
        if (mutes[i].detector == s->detector && holds((enum reason)mutes[i].reason, cl, s))
            return reason_names[mutes[i].reason];
    return NULL;
}

bool cw_ladder_inhibits(const struct cw_client *cl, const struct cw_bare_signal *s)
{
    return cw_ladder_reason(cl, s) != NULL;
}
