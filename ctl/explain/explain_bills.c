/* The panel of bills: a bar for each cycle, over the days it is of, against the usual bill and the
 * limits it was judged by; those that were told with the number of their signal.
 */
#include <math.h>
#include <string.h>

#include "ctl/explain/explain_chart.h"

/* A bar takes the middle of its cycle, so that the range is seen on both sides; an amount stands at
 * its foot. */
#define BAR_SHARE 0.6
enum { CYCLE_LEAST = 4, FOOT = 6, LETTER = 14 };
/* A limit further up than so many times the highest bar is cut. */
#define LIMIT_MOST 2.5
#define ABOVE_BARS 1.1 /* for the number on the highest */

static const struct cw_str no_tip = {NULL, 0};

struct bar {
    const struct cw_history_bill *bill;
    double from, to; /* x of the cycle, as far as it is in the picture */
};

/* Empty for a cycle that has no day in the picture. */
static struct bar bar_of(const struct cw_chart *c, const struct cw_history_bill *bill)
{
    double from = cw_chart_x(c, cw_cycle_first_day(bill->cycle));
    double to = cw_chart_x(c, cw_cycle_first_day(bill->cycle + 1));
    return (struct bar){bill, fmax(from, CW_CHART_LEFT), fmin(to, CW_CHART_RIGHT)};
}

static bool shown(const struct bar *bar)
{
    return bar->to - bar->from > CYCLE_LEAST;
}

bool cw_chart_has_bills(const struct cw_chart *c)
{
    for (size_t i = 0; i < c->h->n_bills; i++) {
        struct bar bar = bar_of(c, &c->h->bills[i]);
        if (shown(&bar) && bar.bill->known)
            return true;
    }
    return false;
}

static double most_of(const struct cw_chart *c)
{
    double amount = 0, high = 0;
    for (size_t i = 0; i < c->h->n_bills; i++) {
        struct bar bar = bar_of(c, &c->h->bills[i]);
        amount = fmax(amount, shown(&bar) ? fmax(bar.bill->amount, bar.bill->usual) : 0);
        high = fmax(high, shown(&bar) ? bar.bill->high : 0);
    }
    return cw_panel_round(fmax(ABOVE_BARS * amount, fmin(high, LIMIT_MOST * amount)));
}

static void draw_range(const struct cw_chart *c, const struct cw_panel *p, const struct bar *bar)
{
    double high = cw_panel_y(p, bar->bill->high), low = cw_panel_y(p, bar->bill->low);
    cw_svg_rect(c->b, "band", bar->from, high, bar->to - bar->from, low - high, no_tip);
}

static void draw_usual(const struct cw_chart *c, const struct cw_panel *p, const struct bar *bar)
{
    double y = cw_panel_y(p, bar->bill->usual);
    cw_svg_line(c->b, "usual", bar->from, y, bar->to, y);
}

/* Which point has the bill's signal; n_points: none, or it is told again. */
static size_t point_of(const struct cw_chart *c, const struct cw_history_bill *bill)
{
    for (size_t i = 0; i < c->n_points; i++)
        for (size_t k = c->points[i].first; k < c->points[i].first + c->points[i].n; k++)
            if (c->h->marks[k].s.detector == CW_DET_bill_change &&
                c->h->marks[k].at == bill->told_at)
                return i;
    return c->n_points;
}

/* "2026-04  298.73" */
static void tip_of(const struct cw_history_bill *bill, struct cw_buf *b)
{
    cw_buf_cycle(b, bill->cycle);
    cw_buf_puts(b, "  ");
    cw_buf_number(b, bill->amount, 2);
}

static void draw_amount(const struct cw_chart *c, const struct cw_panel *p, const struct bar *bar)
{
    struct cw_buf label = {0};
    cw_buf_number(&label, bar->bill->amount, 0);
    if (bar->to - bar->from > 8.0 * (double)label.n)
        cw_svg_text(c->b, "amount", CW_SVG_MIDDLE, (bar->from + bar->to) / 2,
                    p->top + p->height - FOOT, (struct cw_str){label.p, label.n});
    c->b->failed |= label.failed;
    cw_buf_free(&label);
}

/* The number of its signal stands on the bar's top, but clear of the amount at its foot. */
static void draw_bar(const struct cw_chart *c, const struct cw_panel *p, const struct bar *bar)
{
    const struct cw_history_bill *bill = bar->bill;
    bool told = bill->told_at != CW_NO_TIME;
    double top = cw_panel_y(p, bill->amount), foot = p->top + p->height;
    double middle = (bar->from + bar->to) / 2, width = BAR_SHARE * (bar->to - bar->from);
    size_t point = told ? point_of(c, bill) : c->n_points;
    struct cw_buf tip = {0};
    tip_of(bill, &tip);
    struct cw_str text = {tip.p, tip.n};
    cw_svg_rect(c->b, told ? "bill told" : "bill", middle - width / 2, top, width, foot - top,
                text);
    if (point < c->n_points)
        cw_chart_number(c, point, middle, fmin(top, foot - FOOT - LETTER - CW_CHART_MARK), text);
    c->b->failed |= tip.failed;
    cw_buf_free(&tip);
}

void cw_chart_bills(const struct cw_chart *c, double top, double height)
{
    struct cw_panel p = {
        .top = top, .height = height, .most = most_of(c), .title = CW_WORD_bill_a_cycle};
    cw_panel_grid(c, &p);
    for (size_t i = 0; i < c->h->n_bills; i++) {
        struct bar bar = bar_of(c, &c->h->bills[i]);
        if (!shown(&bar))
            continue;
        if (bar.bill->known)
            draw_range(c, &p, &bar);
        draw_bar(c, &p, &bar);
        if (bar.bill->known)
            draw_usual(c, &p, &bar);
        draw_amount(c, &p, &bar);
    }
}
