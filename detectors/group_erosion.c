/* Group erosion: a group loses its lines one by one.
 *
 * Counts the lines that went within a window, as a share of what the group had, from the lines
 * themselves (a line that comes back no longer counts). One signal, a step for each further share.
 * Cleared at a day's close, once the losses have moved out of the window far enough.
 */
#include "detectors/slices.h"

enum {
    WINDOW,
    LEAST_LINES,
    FIRE_SHARE,
    CLEAR_SHARE,
    STEP_SHARE,
    TENTH_LEAVE,
    MOST_LEAVE,
    HALF_LIFE
};
static const struct cw_threshold thresholds[] = {
    [WINDOW] = {"window_days", "days", 30, 1, 365,
                "Lines lost within so many days count together; longer: slower losses are seen."},
    [LEAST_LINES] = {"least_lines", "lines", 2, 1, 10000,
                     "Fewer lines lost than this never signal; higher: fewer signals."},
    [FIRE_SHARE] = {"fire_share", "ratio", 0.04, 0.001, 1,
                    "Share of the group's lines lost that signals; higher: fewer signals."},
    [CLEAR_SHARE] = {"clear_share", "ratio", 0.02, 0, 1,
                     "The signal clears below this share; lower: it stays longer."},
    [STEP_SHARE] = {"step_share", "ratio", 0.05, 0.005, 1,
                    "Each further such share is news; higher: less often."},
    [TENTH_LEAVE] = {"tenth_leave", "log-odds", 1.6, -5, 15,
                     "What each tenth of the lines lost adds to the log-odds of leaving; higher: "
                     "more urgent."},
    [MOST_LEAVE] = {"most_leave", "log-odds", 8, 0, 30,
                    "Losses never add more than this; higher: great losses weigh more."},
    [HALF_LIFE] = {"half_life_days", "days", 15, 0.1, 365,
                   "Losses count half after so long; longer: remembered longer."},
};

enum { STEPS_MOST = 40 };

struct losses {
    uint32_t lost, total;
    double share;
};

static struct losses measure(const struct cw_judge *j)
{
    const struct cw_client *cl = j->client;
    cw_event_time from = j->now - (cw_event_time)(j->t[WINDOW] * (double)CW_DAY);
    struct losses l = {0};
    for (uint32_t i = 0; i < cl->n_lines; i++) {
        const struct cw_line *ln = cw_client_line_at(cl, i);
        l.lost += ln->status == CW_LINE_GONE && cw_line_gone_at(ln) > from;
    }
    l.total = cw_client_lines_left(cl) + l.lost;
    int32_t phones = cw_client_phones(cl);
    if (phones > 0 && (uint32_t)phones > l.total)
        l.total = (uint32_t)phones; /* Not all lines have been seen. */
    l.share = l.total ? (double)l.lost / l.total : 0;
    return l;
}

static struct cw_gauge gauge_of(const struct cw_judge *j, struct losses l)
{
    struct cw_gauge g = {.n = 0};
    cw_need_least(&g, FIRE_SHARE, "ratio", l.share, j->t[FIRE_SHARE]);
    cw_need_least(&g, LEAST_LINES, "lines", l.lost, j->t[LEAST_LINES]);
    return g;
}

static struct cw_signal signal_of(const struct cw_judge *j, struct losses l)
{
    const double *t = j->t;
    double steps = (l.share - t[FIRE_SHARE]) / t[STEP_SHARE] + 1e-9;
    double leave = t[TENTH_LEAVE] * l.share * 10;
    struct cw_signal s = {.step = (uint8_t)(steps > STEPS_MOST ? STEPS_MOST
                                            : steps < 0        ? 0
                                                               : steps),
                          .leave = (float)(leave > t[MOST_LEAVE] ? t[MOST_LEAVE] : leave),
                          .half_life_days = (float)t[HALF_LIFE],
                          .due_hours = 24};
    s.severity = cw_severity_of((double)s.leave);
    cw_fact_number(&s, CW_FACT_lines, l.lost);
    cw_fact_number(&s, CW_FACT_lines_total, l.total);
    cw_fact_number(&s, CW_FACT_observed_percent, 100 * l.share);
    cw_fact_number(&s, CW_FACT_limit_percent, 100 * t[FIRE_SHARE]);
    cw_fact_number(&s, CW_FACT_span_days, t[WINDOW]);
    return s;
}

static void clear_if_small(struct cw_judge *j)
{
    struct losses l = measure(j);
    if (l.lost == 0 || l.share < j->t[CLEAR_SHARE])
        cw_clear(j, 0, 0);
}

static void on_event(struct cw_judge *j)
{
    if (j->client->kind != CW_GROUP)
        return;
    if (j->event->type == CW_EV_RESUMED) {
        if (cw_is_raised(j, 0, 0))
            clear_if_small(j);
        return;
    }
    if (!cw_ends_line(j))
        return;
    struct losses l = measure(j);
    struct cw_gauge g = gauge_of(j, l);
    if (!cw_gauge_met(&g))
        return;
    struct cw_signal s = signal_of(j, l);
    cw_raise(j, &s);
}

static void on_day_close(struct cw_judge *j)
{
    if (cw_is_raised(j, 0, 0))
        clear_if_small(j);
}

static void explain(const struct cw_judge *j, struct cw_explanation *x)
{
    if (j->client->kind != CW_GROUP)
        return;
    struct losses l = measure(j);
    struct cw_reading r = {.s = signal_of(j, l), .gauge = gauge_of(j, l)};
    cw_explain_told(j, x, &r);
}

const struct cw_detector cw_det_group_erosion = {
    .name = "group_erosion",
    .finds = "a group losing its lines one by one",
    .thresholds = thresholds,
    .n_thresholds = sizeof thresholds / sizeof *thresholds,
    .reads = CW_READS(TERMINATED) | CW_READS(PORT_OUT) | CW_READS(RESUMED),
    .on_event = on_event,
    .on_day_close = on_day_close,
    .explain = explain,
};
