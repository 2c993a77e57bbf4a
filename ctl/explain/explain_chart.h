/* The frame of an explanation's picture: where days and amounts stand, and what its panels share.
 * One thread.
 */
#ifndef CW_CTL_EXPLAIN_EXPLAIN_CHART_H
#define CW_CTL_EXPLAIN_EXPLAIN_CHART_H

#include "ctl/explain/explain.h"
#include "ctl/picture/svg.h"
#include "ctl/words.h"

enum {
    CW_CHART_WIDTH = 960,
    CW_CHART_LEFT = 64,
    CW_CHART_RIGHT = CW_CHART_WIDTH - 24,
    CW_CHART_MARK = 9, /* radius of a numbered point */
    CW_CHART_POINTS_MOST = 60
};

/* The signals of one day, as one numbered point. */
struct cw_chart_point {
    size_t first, n; /* of the history's marks */
};
struct cw_chart {
    struct cw_buf *b;
    const struct cw_explain_view *v;
    const struct cw_history *h;
    const struct cw_zone *zone;
    cw_day first, last;
    struct cw_chart_point points[CW_CHART_POINTS_MOST]; /* the last ones, where there are more */
    size_t n_points;
    bool has_usage, has_bills;
    double dates_at, height;
};
/* Where a panel stands, how high it reaches and what its amounts are. */
struct cw_panel {
    double top, height, most;
    enum cw_word title;
};

struct cw_str cw_chart_word(const struct cw_chart *c, enum cw_word w);
/* The left edge of a day and what of it has gone by; not held within the plot. */
double cw_chart_x(const struct cw_chart *c, double day);
/* Of an instant, within the plot. */
double cw_chart_x_at(const struct cw_chart *c, cw_event_time t);
double cw_panel_y(const struct cw_panel *p, double amount);
/* A round number that is no less, to end a scale at. */
double cw_panel_round(double most);
void cw_panel_grid(const struct cw_chart *c, const struct cw_panel *p);
/* The number of a point, in its circle. */
void cw_chart_number(const struct cw_chart *c, size_t point, double x, double y, struct cw_str tip);

/* ---- explain_bills.c: the panel of bills ---- */

/* Whether there is a bill within the picture's days that can be held against earlier ones. */
bool cw_chart_has_bills(const struct cw_chart *c);
void cw_chart_bills(const struct cw_chart *c, double top, double height);

#endif
