/* inactivity: a client, or one of its lines, falls silent for longer than it ever does.
 *
 * Runs of days without any use are held against the client's own: nine in ten of its gaps are
 * shorter than `gap`. Days on which the feed was silent, or on which hardly anybody was active, do
 * not lengthen a run. Runs in the shard's thread at a day's close; pure.
 */
#include <math.h>

#include "detectors/own_gap.h"
#include "detectors/slices.h"

enum {
    LEAST_DAYS,
    GAPS,
    LINE_LEAST_DAYS,
    LINE_GAPS,
    KNOWN,
    LASTS,
    LOG_ODDS,
    LINE_LOG_ODDS,
    HALF_LIFE,
    DUE
};
static const struct cw_threshold thresholds[] = {
    {"least_days", "days", 5, 2, 365, "Days of nothing before a daily user counts as silent."},
    {"gap_factor", "ratio", 2.5, 1, 20,
     "Higher: clients with gaps of their own must be silent longer."},
    {"line_least_days", "days", 45, 2, 365, "The same days for one line of several."},
    {"line_gap_factor", "ratio", 8, 1, 20, "The same factor for one line of several."},
    {"known_days", "days", 10, 3, 365, "Days of use seen before a silence can be judged."},
    {"lasts_days", "days", 60, 7, 365, "A silence that has lasted so long is no longer told."},
    {"log_odds", "log-odds", 0.2, 0, 8, "Log-odds of leaving of a silent client."},
    {"line_log_odds", "log-odds", 0.1, 0, 8, "Log-odds of leaving of a client with a silent line."},
    {"half_life_days", "days", 30, 1, 365, "How fast the sign fades once it is no longer seen."},
    {"due_hours", "hours", 48, 1, 720, "How soon to call."},
};

/* The thresholds of a client and of a line of several, by name. */
struct limits {
    uint8_t least, gaps, log_odds;
};
static const struct limits of_client = {LEAST_DAYS, GAPS, LOG_ODDS};
static const struct limits of_line = {LINE_LEAST_DAYS, LINE_GAPS, LINE_LOG_ODDS};

static double limit_of(const struct cw_judge *j, const struct own_gap *st, const struct limits *l)
{
    return fmax(j->t[l->least], j->t[l->gaps] * own_gap_gap(st));
}

/* Silent for longer than its own gaps, and known well enough to say so. */
static struct cw_gauge gauge_of(const struct cw_judge *j, const struct own_gap *st,
                                const struct limits *l)
{
    double limit = limit_of(j, st, l);
    struct cw_gauge g = {.n = 0};
    cw_need_least(&g, limit > j->t[l->least] ? l->gaps : l->least, "days", own_gap_run(st), limit);
    cw_need_least(&g, KNOWN, "days", st->known, j->t[KNOWN]);
    return g;
}

static struct cw_signal signal_of(const struct cw_judge *j, const struct own_gap *st,
                                  const struct limits *l)
{
    double limit = limit_of(j, st, l);
    double over = own_gap_run(st) / limit;
    struct cw_signal s = {.line = j->line ? j->line->number : 0,
                          .step = (uint8_t)(over >= 2),
                          .holds = true,
                          .severity = (float)fmin(0.3 * over, 1),
                          .leave = (float)j->t[l->log_odds],
                          .half_life_days = (float)j->t[HALF_LIFE],
                          .due_hours = (float)j->t[DUE]};
    cw_fact_day(&s, CW_FACT_day, j->today);
    cw_fact_number(&s, CW_FACT_observed_days, floor(own_gap_run(st) + 0.5));
    cw_fact_number(&s, CW_FACT_expected_days, own_gap_gap(st));
    cw_fact_number(&s, CW_FACT_limit_days, limit);
    cw_fact_number(&s, CW_FACT_span_days, st->known);
    return s;
}

static bool has_worn(const struct cw_judge *j, const struct own_gap *st)
{
    return own_gap_run(st) >= j->t[LASTS];
}

static void tell(struct cw_judge *j, const struct own_gap *st, const struct limits *l)
{
    struct cw_gauge g = gauge_of(j, st, l);
    if (!cw_gauge_met(&g) || has_worn(j, st)) {
        cw_clear(j, j->line ? j->line->number : 0, 0);
        return;
    }
    struct cw_signal s = signal_of(j, st, l);
    cw_raise(j, &s);
}

/* How much a day of nothing says: less on a day that was quiet for everybody. */
static double weight_of(const struct cw_day_view *v)
{
    return fmin(1, fmin(v->spend.shared, v->usage.shared));
}

/* The same of one line. Where days off are mostly days of rest, one says as much as the client is
 * active on them at all: a run of holidays is no silence of an office's line. */
static double line_weight(const struct cw_judge *j)
{
    const struct cw_baseline *b = &j->client->usage;
    bool rests = !j->day->working && 2 * b->p_rest < b->p_work;
    return weight_of(j->day) * (rests ? (double)b->p_rest / b->p_work : 1);
}

/* When one feed was silent, use may have gone unseen: only use itself counts. */
static bool feeds_alive(const struct cw_day_view *v)
{
    return v->spend.judged && v->usage.judged;
}

static void on_day_close(struct cw_judge *j)
{
    struct own_gap *st = j->state;
    bool active = j->day->quiet_days == 0;
    if ((!active && !feeds_alive(j->day)) || cw_client_all_stopped(j->client))
        return;
    own_gap_count(st, active, weight_of(j->day));
    tell(j, st, &of_client);
}

/* Of an only line, or of a client silent as a whole, the client's own signal says it. */
static bool said_by_client(const struct cw_judge *j)
{
    return cw_client_lines_left(j->client) < 2 || cw_is_raised(j, 0, 0);
}

static void on_line_close(struct cw_judge *j)
{
    struct own_gap *st = j->line_state;
    bool active = j->line->active_day && cw_day_unpack(j->line->active_day) >= j->today;
    if (j->line->status >= CW_LINE_TWO_WAY || (!active && !feeds_alive(j->day)))
        return;
    own_gap_count(st, active, line_weight(j));
    if (said_by_client(j))
        cw_clear(j, j->line->number, 0);
    else
        tell(j, st, &of_line);
}

static void read_state(const struct cw_judge *j, const struct own_gap *st, const struct limits *l,
                       struct cw_explanation *x)
{
    struct cw_reading r = {.s = signal_of(j, st, l),
                           .gauge = gauge_of(j, st, l),
                           .warmup_days = cw_explain_missing(j->t[KNOWN], st->known),
                           .hold = has_worn(j, st) ? CW_HOLD_WORN : CW_HOLD_NONE};
    cw_explain_add(j, x, &r);
}

static void explain(const struct cw_judge *j, struct cw_explanation *x)
{
    read_state(j, j->state, &of_client, x);
}

static void explain_line(const struct cw_judge *j, struct cw_explanation *x)
{
    if (j->line->status < CW_LINE_TWO_WAY && !said_by_client(j))
        read_state(j, j->line_state, &of_line, x);
}

/* Version 1: a client's and a line's are the same. */
static bool older(uint8_t version, bool line, const void *from, size_t n, void *to)
{
    (void)line;
    struct own_gap_wide w;
    if (version != 1 || !cw_slice_taken(&w, sizeof w, from, n))
        return false;
    *(struct own_gap *)to = own_gap_of_wide(&w);
    return true;
}

const struct cw_detector cw_det_inactivity = {
    .name = "inactivity",
    .finds = "a client or one of its lines falls silent for longer than its own gaps",
    .thresholds = thresholds,
    .n_thresholds = sizeof thresholds / sizeof *thresholds,
    .state_version = 2,
    .state_size = sizeof(struct own_gap),
    .line_state_size = sizeof(struct own_gap),
    .older = older,
    .of_falls = true,
    .on_day_close = on_day_close,
    .on_line_close = on_line_close,
    .explain = explain,
    .explain_line = explain_line,
};
