/* A client's history as a picture: spend and usage a day over the range that is usual, bills,
 * signals as numbered points, the time in which tasks were open.
 *
 * From top to bottom: title and legend, the numbers of the signals, spend, the lane of tasks,
 * usage, bills, dates, the list of signals.
 */
#include <math.h>
#include <string.h>

#include "ctl/explain/explain_chart.h"
#include "ctl/text.h"

enum {
    WIDTH = CW_CHART_WIDTH,
    LEFT = CW_CHART_LEFT,
    RIGHT = CW_CHART_RIGHT,
    PLOT_TOP = 124,
    SPEND_HEIGHT = 240,
    LANE = 30, /* of tasks, and between the panels */
    USAGE_HEIGHT = 110,
    BILLS_HEIGHT = 140,
    USAGE_TOP = PLOT_TOP + SPEND_HEIGHT + LANE,
    DATES = 28,
    ROW = 20,
    MARK = CW_CHART_MARK,
    TICKS_MOST = 10,
    POINTS_MOST = CW_CHART_POINTS_MOST,
    REASONS_MOST = 5 /* named of one point */
};

static const char style[] =
    "svg { font: 13px system-ui, 'Noto Sans CJK SC', 'PingFang SC', 'Microsoft YaHei', sans-serif; "
    "}\n"
    ".paper { fill: #ffffff; } text { fill: #1f2328; }\n"
    ".title { font-size: 17px; font-weight: 600; } .note { fill: #57606a; font-size: 12px; }\n"
    ".grid { stroke: #d0d7de; stroke-width: 1; } .axis { stroke: #57606a; stroke-width: 1; }\n"
    ".band { fill: #54aeff; fill-opacity: 0.22; stroke: none; }\n"
    ".usual { fill: none; stroke: #0969da; stroke-width: 1.2; stroke-dasharray: 5 4; }\n"
    ".is { fill: none; stroke: #24292f; stroke-width: 1.6; stroke-linejoin: round; }\n"
    ".drop { stroke: #bc4c00; stroke-width: 1; stroke-opacity: 0.45; }\n"
    ".point { fill: #ffffff; stroke: #bc4c00; stroke-width: 2; }\n"
    ".mark { fill: #bc4c00; } .number { fill: #ffffff; font-size: 11px; font-weight: 600; }\n"
    ".task { fill: #bf8700; fill-opacity: 0.75; }\n"
    ".bill { fill: #24292f; fill-opacity: 0.25; } .told { fill: #bc4c00; fill-opacity: 0.5; }\n"
    ".amount { font-size: 12px; }\n"
    "@media (prefers-color-scheme: dark) {\n"
    ".paper { fill: #0d1117; } text { fill: #e6edf3; } .note { fill: #9da7b1; }\n"
    ".grid { stroke: #30363d; } .axis { stroke: #8b949e; } .band { fill: #1f6feb; fill-opacity: "
    "0.3; }\n"
    ".usual { stroke: #58a6ff; } .is { stroke: #e6edf3; } .drop, .point { stroke: #f0883e; }\n"
    ".point { fill: #0d1117; } .mark { fill: #f0883e; } .number { fill: #0d1117; }\n"
    ".task { fill: #d29922; } .bill { fill: #e6edf3; } .told { fill: #f0883e; }\n"
    "}\n";

static struct cw_str of_buf(const struct cw_buf *b)
{
    return (struct cw_str){b->p ? b->p : "", b->n};
}

static const struct cw_str no_tip = {NULL, 0};

/* ---- places ---- */

/* The middle of a day. */
static double x_mid(const struct cw_chart *c, cw_day day)
{
    return cw_chart_x(c, day + 0.5);
}

/* One channel of the days. */
static bool of_usage(const struct cw_panel *p)
{
    return p->title == CW_WORD_usage_a_day;
}

static const struct cw_history_band *band_of(const struct cw_panel *p,
                                             const struct cw_history_day *d)
{
    return of_usage(p) ? &d->usage : &d->spend;
}

/* High enough for every amount; a range that reaches far beyond is cut. */
static double most_of(const struct cw_chart *c, const struct cw_panel *p)
{
    double amount = 0, high = 0;
    for (size_t i = 0; i < c->h->n_days; i++) {
        const struct cw_history_band *d = band_of(p, &c->h->days[i]);
        amount = fmax(amount, fmax(d->amount, d->known ? d->expected : 0));
        high = fmax(high, d->known ? d->high : 0);
    }
    return cw_panel_round(fmax(amount, fmin(high, 1.5 * amount)));
}

/* ---- one panel ---- */

/* There and back along each stretch of days whose range is known. */
static void draw_band(const struct cw_chart *c, const struct cw_panel *p)
{
    size_t n = c->h->n_days;
    const struct cw_history_day *days = c->h->days;
    for (size_t from = 0, to; from < n; from = to + 1) {
        for (to = from; to < n && band_of(p, &days[to])->known; to++)
            continue;
        if (to == from)
            continue;
        cw_svg_path_begin(c->b, "band");
        for (size_t i = from; i < to; i++)
            cw_svg_path_point(c->b, i == from, x_mid(c, days[i].day),
                              cw_panel_y(p, band_of(p, &days[i])->high));
        for (size_t i = to; i > from; i--)
            cw_svg_path_point(c->b, false, x_mid(c, days[i - 1].day),
                              cw_panel_y(p, band_of(p, &days[i - 1])->low));
        cw_svg_path_end(c->b, true);
    }
}

static void draw_line(const struct cw_chart *c, const struct cw_panel *p, bool expected)
{
    bool begins = true;
    cw_svg_path_begin(c->b, expected ? "usual" : "is");
    for (size_t i = 0; i < c->h->n_days; i++) {
        const struct cw_history_band *d = band_of(p, &c->h->days[i]);
        bool shown = !expected || d->known;
        if (shown)
            cw_svg_path_point(c->b, begins, x_mid(c, c->h->days[i].day),
                              cw_panel_y(p, expected ? d->expected : d->amount));
        begins = !shown;
    }
    cw_svg_path_end(c->b, false);
}

static struct cw_panel draw_panel(const struct cw_chart *c, double top, double height,
                                  enum cw_word title)
{
    struct cw_panel p = {.top = top, .height = height, .title = title};
    p.most = most_of(c, &p);
    cw_panel_grid(c, &p);
    draw_band(c, &p);
    draw_line(c, &p, true);
    draw_line(c, &p, false);
    return p;
}

/* ---- dates ---- */

static void draw_date(const struct cw_chart *c, cw_day day)
{
    struct cw_buf label = {0};
    cw_buf_day(&label, day);
    cw_svg_line(c->b, "grid", cw_chart_x(c, day), PLOT_TOP, cw_chart_x(c, day), c->dates_at);
    cw_svg_text(c->b, "note", CW_SVG_MIDDLE, cw_chart_x(c, day), c->dates_at + 18, of_buf(&label));
    cw_buf_free(&label);
}

/* Mondays where the time is short, the first days of months where it is long. */
static void draw_dates(const struct cw_chart *c)
{
    int32_t days = c->last - c->first + 1, weeks = (days / 7 + TICKS_MOST - 1) / TICKS_MOST;
    int32_t months = (days / 30 + TICKS_MOST - 1) / TICKS_MOST;
    bool by_month = days > 7 * 2 * TICKS_MOST;
    for (cw_day day = c->first; day <= c->last; day++) {
        struct cw_date d = cw_date_of(day);
        bool first = d.mday == 1 && (d.month - 1) % (months ? months : 1) == 0;
        bool monday = cw_weekday(day) == 0 && (day / 7) % (weeks ? weeks : 1) == 0;
        if (by_month ? first : monday)
            draw_date(c, day);
    }
}

/* ---- signals and tasks ---- */

/* The last day that had closed when the signal came: what it is about. */
static const struct cw_history_day *day_at(const struct cw_chart *c, cw_event_time t)
{
    const struct cw_history_day *found = NULL;
    cw_day day = cw_zone_day(c->zone, t);
    for (size_t i = 0; i < c->h->n_days && c->h->days[i].day <= day; i++)
        found = &c->h->days[i];
    return found;
}

static const char *reason_of(const struct cw_chart *c, size_t mark)
{
    return cw_text_reason(c->v->scene->settings, &c->h->marks[mark].s.bare);
}

/* How many of the point's signals have the reason of this one; 0 when an earlier one has it too. */
static size_t count_alike(const struct cw_chart *c, const struct cw_chart_point *p, size_t mark)
{
    size_t n = 0;
    for (size_t i = p->first; i < p->first + p->n; i++) {
        bool alike = strcmp(reason_of(c, i), reason_of(c, mark)) == 0;
        if (alike && i < mark)
            return 0;
        n += alike;
    }
    return n;
}

/* "2026-03-17  Spend has fallen suddenly · A line was given up ×3 · 8613900100613" */
static void point_text(const struct cw_chart *c, const struct cw_chart_point *p, struct cw_buf *b)
{
    char line[17];
    size_t named = 0;
    const struct cw_history_mark *m = &c->h->marks[p->first];
    cw_buf_day(b, cw_zone_day(c->zone, m->at));
    for (size_t i = p->first; i < p->first + p->n && named < REASONS_MOST; i++) {
        size_t n = count_alike(c, p, i);
        if (n == 0)
            continue;
        cw_buf_printf(b, " %s %s", named++ ? "·" : "", reason_of(c, i));
        if (n > 1)
            cw_buf_printf(b, " ×%zu", n);
    }
    if (p->n == 1 && m->s.line)
        cw_buf_printf(b, " · %s", cw_number_text(m->s.line, line));
}

/* Numbered above the plot, and where the client stood then. */
static void draw_point(const struct cw_chart *c, const struct cw_panel *p, size_t i, double y)
{
    cw_event_time at = c->h->marks[c->points[i].first].at;
    const struct cw_history_day *day = day_at(c, at);
    struct cw_buf tip = {0};
    double x = cw_chart_x_at(c, at);
    point_text(c, &c->points[i], &tip);
    cw_svg_line(c->b, "drop", x, y + MARK, x, p->top + p->height);
    if (day)
        cw_svg_circle(c->b, "point", x, cw_panel_y(p, day->spend.amount), 4, of_buf(&tip));
    cw_chart_number(c, i, x, y, of_buf(&tip));
    cw_buf_free(&tip);
}

/* Those that would lie on each other are stacked upward. */
static void draw_points(const struct cw_chart *c, const struct cw_panel *p)
{
    enum { STACK = 3 };
    double last = -1e9;
    unsigned level = 0;
    for (size_t i = 0; i < c->n_points; i++) {
        double x = cw_chart_x_at(c, c->h->marks[c->points[i].first].at);
        level = x - last < 2 * MARK + 1 ? (level + 1) % STACK : 0;
        last = x;
        draw_point(c, p, i, PLOT_TOP - MARK - 4 - level * (2 * MARK - 3.0));
    }
}

static void add_point(struct cw_chart *c, size_t mark)
{
    if (c->n_points == POINTS_MOST) {
        memmove(c->points, c->points + 1, (POINTS_MOST - 1) * sizeof *c->points);
        c->n_points--;
    }
    c->points[c->n_points++] = (struct cw_chart_point){mark, 1};
}

static void find_points(struct cw_chart *c)
{
    cw_day last = CW_NO_DAY;
    for (size_t i = 0; i < c->h->n_marks; i++) {
        cw_day day = cw_zone_day(c->zone, c->h->marks[i].at);
        if (day == last)
            c->points[c->n_points - 1].n++;
        else
            add_point(c, i);
        last = day;
    }
}

static void draw_tasks(const struct cw_chart *c, double y)
{
    cw_svg_text(c->b, "note", CW_SVG_END, LEFT - 8, y + 10, cw_chart_word(c, CW_WORD_task));
    for (size_t i = 0; i < c->h->n_tasks; i++) {
        const struct cw_history_task *t = &c->h->tasks[i];
        double from = cw_chart_x_at(c, t->from);
        double to =
            t->to == CW_NO_TIME ? cw_chart_x_at(c, c->v->x->clock) : cw_chart_x_at(c, t->to);
        cw_svg_rect(c->b, "task", from, y, fmax(to - from, 2), 12,
                    (struct cw_str){t->id, strlen(t->id)});
    }
}

/* ---- words around the plot ---- */

static double legend_entry(const struct cw_chart *c, double x, const char *class_, enum cw_word w)
{
    struct cw_str text = cw_chart_word(c, w);
    double y = 64;
    if (strcmp(class_, "is") == 0 || strcmp(class_, "usual") == 0)
        cw_svg_line(c->b, class_, x, y - 4, x + 22, y - 4);
    else if (strcmp(class_, "mark") == 0)
        cw_svg_circle(c->b, class_, x + 11, y - 4, 6, no_tip);
    else
        cw_svg_rect(c->b, class_, x, y - 10, 22, 12, no_tip);
    cw_svg_text(c->b, "note", CW_SVG_START, x + 28, y, text);
    return x + 28 + 6.4 * (double)cw_text_width(text) + 18;
}

static void draw_head(const struct cw_chart *c, struct cw_str title, struct cw_str desc)
{
    static const struct {
        const char *class_;
        enum cw_word word;
    } legend[] = {{"is", CW_WORD_observed},
                  {"usual", CW_WORD_expected},
                  {"band", CW_WORD_usual_range},
                  {"mark", CW_WORD_signals},
                  {"task", CW_WORD_task_open}};
    double x = LEFT;
    cw_svg_text(c->b, "title", CW_SVG_START, LEFT, 26, title);
    cw_svg_text(c->b, "note", CW_SVG_START, LEFT, 44, desc);
    for (size_t i = 0; i < sizeof legend / sizeof *legend; i++)
        x = legend_entry(c, x, legend[i].class_, legend[i].word);
}

static void draw_list(const struct cw_chart *c)
{
    for (size_t i = 0; i < c->n_points; i++) {
        struct cw_buf text = {0};
        cw_buf_printf(&text, "%zu  ", i + 1);
        point_text(c, &c->points[i], &text);
        cw_svg_text(c->b, "note", CW_SVG_START, LEFT, c->dates_at + DATES + ROW * (double)(i + 1),
                    of_buf(&text));
        cw_buf_free(&text);
    }
}

static void put_title(const struct cw_chart *c, struct cw_buf *b)
{
    const struct cw_client *cl = c->v->x->client;
    cw_buf_put(b, cw_client_id(cl).p, cl->id_n);
    if (c->v->profile.name.n) {
        cw_buf_puts(b, " · ");
        cw_buf_put(b, c->v->profile.name.p, c->v->profile.name.n);
    }
}

static void put_desc(const struct cw_chart *c, struct cw_buf *b)
{
    const struct cw_settings *s = c->v->scene->settings;
    cw_buf_day(b, c->first);
    cw_buf_puts(b, " – ");
    cw_buf_day(b, c->last);
    cw_buf_printf(b, " · %s %zu · %s %zu", cw_word(s, CW_WORD_signals), c->h->n_marks,
                  cw_word(s, CW_WORD_task), c->h->n_tasks);
    if (c->v->scene->cut)
        cw_buf_printf(b, " · %s", cw_word(s, CW_WORD_partial));
}

/* ---- the picture ---- */

static void lay_out(struct cw_chart *c)
{
    find_points(c);
    c->first = c->h->days[0].day;
    c->last = c->h->days[c->h->n_days - 1].day;
    if (c->v->x->today > c->last)
        c->last = c->v->x->today;
    for (size_t i = 0; i < c->h->n_days; i++)
        c->has_usage |= c->h->days[i].usage.amount > 0;
    c->has_bills = cw_chart_has_bills(c);
    c->dates_at = USAGE_TOP + (c->has_usage ? USAGE_HEIGHT : 0);
    if (c->has_bills)
        c->dates_at += BILLS_HEIGHT + (c->has_usage ? LANE : 0);
    c->height = c->dates_at + DATES + ROW * (double)(c->n_points + 1);
}

static void draw(struct cw_chart *c)
{
    struct cw_buf title = {0}, desc = {0};
    put_title(c, &title);
    put_desc(c, &desc);
    cw_svg_open(c->b, WIDTH, c->height, of_buf(&title), of_buf(&desc), style);
    cw_svg_rect(c->b, "paper", 0, 0, WIDTH, c->height, no_tip);
    draw_head(c, of_buf(&title), of_buf(&desc));
    draw_dates(c);
    struct cw_panel spend = draw_panel(c, PLOT_TOP, SPEND_HEIGHT, CW_WORD_spend_a_day);
    if (c->has_usage)
        (void)draw_panel(c, USAGE_TOP, USAGE_HEIGHT, CW_WORD_usage_a_day);
    if (c->has_bills)
        cw_chart_bills(c, c->dates_at - BILLS_HEIGHT, BILLS_HEIGHT);
    draw_tasks(c, PLOT_TOP + SPEND_HEIGHT + 9);
    draw_points(c, &spend);
    draw_list(c);
    cw_svg_close(c->b);
    c->b->failed |= title.failed || desc.failed;
    cw_buf_free(&title);
    cw_buf_free(&desc);
}

void cw_explain_svg(struct cw_buf *b, const struct cw_explain_view *v)
{
    struct cw_chart c = {.b = b, .v = v, .h = v->scene->history, .zone = v->scene->settings->zone};
    lay_out(&c);
    draw(&c);
}
