/* What the panels of an explanation's picture share. See explain_chart.h. */
#include "ctl/explain/explain_chart.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

struct cw_str cw_chart_word(const struct cw_chart *c, enum cw_word w)
{
    const char *text = cw_word(c->v->scene->settings, w);
    return (struct cw_str){text, strlen(text)};
}

/* ---- places ---- */

double cw_chart_x(const struct cw_chart *c, double day)
{
    double days = c->last - c->first + 1;
    return CW_CHART_LEFT + (day - c->first) / days * (CW_CHART_RIGHT - CW_CHART_LEFT);
}

double cw_chart_x_at(const struct cw_chart *c, cw_event_time t)
{
    double x = cw_chart_x(c, cw_zone_day(c->zone, t) + cw_zone_second(c->zone, t) / 86400.0);
    return fmin(fmax(x, CW_CHART_LEFT), CW_CHART_RIGHT);
}

double cw_panel_y(const struct cw_panel *p, double amount)
{
    return p->top + p->height * (1 - fmin(fmax(amount, 0), p->most) / p->most);
}

/* 1, 2 or 5 times a power of ten, so that about four of it make up the whole. */
static double step_of(double most)
{
    double power = pow(10, floor(log10(most / 4))), rest = most / 4 / power;
    return power * (rest < 1.5 ? 1 : rest < 3.5 ? 2 : rest < 7.5 ? 5 : 10);
}

double cw_panel_round(double most)
{
    return most > 0 ? step_of(most) * ceil(most / step_of(most)) : 1;
}

/* ---- what is drawn in each ---- */

void cw_panel_grid(const struct cw_chart *c, const struct cw_panel *p)
{
    double step = step_of(p->most);
    for (double v = 0; v <= p->most * 1.0001; v += step) {
        struct cw_buf label = {0};
        double y = cw_panel_y(p, v);
        cw_buf_number(&label, v, step < 1 ? 1 : 0);
        cw_svg_line(c->b, v > 0 ? "grid" : "axis", CW_CHART_LEFT, y, CW_CHART_RIGHT, y);
        cw_svg_text(c->b, "note", CW_SVG_END, CW_CHART_LEFT - 8, y + 4,
                    (struct cw_str){label.p, label.n});
        cw_buf_free(&label);
    }
    cw_svg_text(c->b, "note", CW_SVG_START, CW_CHART_LEFT + 4, p->top + 14,
                cw_chart_word(c, p->title));
}

void cw_chart_number(const struct cw_chart *c, size_t point, double x, double y, struct cw_str tip)
{
    char number[24];
    (void)snprintf(number, sizeof number, "%zu", point + 1);
    cw_svg_circle(c->b, "mark", x, y, CW_CHART_MARK, tip);
    cw_svg_text(c->b, "number", CW_SVG_MIDDLE, x, y + 4, (struct cw_str){number, strlen(number)});
}
