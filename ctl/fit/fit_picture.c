/* A reliability diagram (DeGroot, Fienberg 1983): the risk told against the share that left, bin by
 * bin, both on a scale of logs, because nearly all risks are small. On the diagonal a risk is what
 * it says. A point's size grows with the mornings it stands for; of an empty-handed bin, from which
 * nobody left, there is a ring on the lower edge.
 */
#include "ctl/fit/fit_picture.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "ctl/picture/svg.h"
#include "ctl/words.h"

enum { WIDTH = 620, HEIGHT = 600, LEFT = 70, RIGHT = 24, TOP = 112, BOTTOM = 58 };
#define LEAST 0.0005 /* the lower left corner */

static const char style[] =
    "svg { font: 13px system-ui, 'Noto Sans CJK SC', 'PingFang SC', 'Microsoft YaHei', sans-serif; "
    "}\n"
    ".paper { fill: #ffffff; } text { fill: #1f2328; }\n"
    ".title { font-size: 17px; font-weight: 600; } .note { fill: #57606a; font-size: 12px; }\n"
    ".grid { stroke: #d0d7de; stroke-width: 1; }\n"
    ".even { stroke: #57606a; stroke-width: 1.2; stroke-dasharray: 5 4; }\n"
    ".was { fill: none; stroke: #bf8700; stroke-width: 1.6; } .was-point { fill: #bf8700; }\n"
    ".is { fill: none; stroke: #0969da; stroke-width: 1.6; } .is-point { fill: #0969da; }\n"
    ".was-none { fill: none; stroke: #bf8700; stroke-width: 2; }\n"
    ".is-none { fill: none; stroke: #0969da; stroke-width: 2; }\n"
    "@media (prefers-color-scheme: dark) {\n"
    ".paper { fill: #0d1117; } text { fill: #e6edf3; } .note { fill: #9da7b1; }\n"
    ".grid { stroke: #30363d; } .even { stroke: #8b949e; }\n"
    ".was, .was-none { stroke: #d29922; } .was-point { fill: #d29922; }\n"
    ".is, .is-none { stroke: #58a6ff; } .is-point { fill: #58a6ff; }\n"
    "}\n";

/* Of the two curves: which figures, and how they look. */
struct curve {
    const struct cw_fit_quality *q;
    const char *line, *point, *none;
    enum cw_word word;
};
struct chart {
    struct cw_buf *b;
    const struct cw_settings *s;
    struct curve curves[2];
};

static const struct cw_str no_tip = {NULL, 0};

static struct cw_str str(const char *text)
{
    return (struct cw_str){text, strlen(text)};
}

static struct cw_str word(const struct chart *c, enum cw_word w)
{
    return str(cw_word(c->s, w));
}

/* Where a probability stands between the corner, 0, and 1. */
static double along(double p)
{
    return 1 - log(fmin(fmax(p, LEAST), 1)) / log(LEAST);
}

static double x_of(double p)
{
    return LEFT + along(p) * (WIDTH - LEFT - RIGHT);
}

static double y_of(double p)
{
    return HEIGHT - BOTTOM - along(p) * (HEIGHT - TOP - BOTTOM);
}

static void draw_grid(const struct chart *c)
{
    static const struct {
        double at;
        const char *text;
    } ticks[] = {{0.001, "0.1 %"}, {0.003, "0.3 %"}, {0.01, "1 %"}, {0.03, "3 %"},
                 {0.1, "10 %"},    {0.3, "30 %"},    {1, "100 %"}};
    for (size_t i = 0; i < sizeof ticks / sizeof *ticks; i++) {
        double x = x_of(ticks[i].at), y = y_of(ticks[i].at);
        cw_svg_line(c->b, "grid", x, TOP, x, HEIGHT - BOTTOM);
        cw_svg_line(c->b, "grid", LEFT, y, WIDTH - RIGHT, y);
        cw_svg_text(c->b, "note", CW_SVG_MIDDLE, x, HEIGHT - BOTTOM + 18, str(ticks[i].text));
        cw_svg_text(c->b, "note", CW_SVG_END, LEFT - 8, y + 4, str(ticks[i].text));
    }
    cw_svg_line(c->b, "even", x_of(LEAST), y_of(LEAST), x_of(1), y_of(1));
}

static void draw_curve(const struct chart *c, const struct curve *of)
{
    bool begins = true;
    cw_svg_path_begin(c->b, of->line);
    for (int k = 0; k < CW_FIT_BINS; k++) {
        const struct cw_fit_bin *bin = &of->q->bins[k];
        if (!bin->n || bin->left <= 0)
            continue;
        cw_svg_path_point(c->b, begins, x_of(bin->risk), y_of(bin->left));
        begins = false;
    }
    cw_svg_path_end(c->b, false);
}

/* Ten mornings are a dot, a million a disc. */
static void draw_points(const struct chart *c, const struct curve *of)
{
    char tip[128];
    for (int k = 0; k < CW_FIT_BINS; k++) {
        const struct cw_fit_bin *bin = &of->q->bins[k];
        if (!bin->n)
            continue;
        (void)snprintf(tip, sizeof tip, "%.2f %% -> %.2f %%, n = %llu", 100 * bin->risk,
                       100 * bin->left, (unsigned long long)bin->n);
        cw_svg_circle(c->b, bin->left > 0 ? of->point : of->none, x_of(bin->risk), y_of(bin->left),
                      1 + 1.3 * log10((double)bin->n + 1), str(tip));
    }
}

static void draw_legend(const struct chart *c)
{
    double x = LEFT;
    char text[160];
    for (int i = 0; i < 2; i++) {
        const struct curve *of = &c->curves[i];
        (void)snprintf(text, sizeof text, "%s: %s %.4f", cw_word(c->s, of->word),
                       cw_word(c->s, CW_WORD_fit_error), of->q->error);
        cw_svg_line(c->b, of->line, x, 58, x + 22, 58);
        cw_svg_text(c->b, "note", CW_SVG_START, x + 28, 62, str(text));
        x += 280;
    }
    cw_svg_line(c->b, "even", LEFT, 78, LEFT + 22, 78);
    cw_svg_text(c->b, "note", CW_SVG_START, LEFT + 28, 82, word(c, CW_WORD_fit_even));
}

void cw_fit_picture(struct cw_buf *b, const struct cw_settings *s, const struct cw_fit_quality *was,
                    const struct cw_fit_quality *is)
{
    const struct chart c = {b,
                            s,
                            {{was, "was", "was-point", "was-none", CW_WORD_fit_before},
                             {is, "is", "is-point", "is-none", CW_WORD_fit_after}}};
    struct cw_str title = word(&c, CW_WORD_fit_title);
    cw_svg_open(b, WIDTH, HEIGHT, title, word(&c, CW_WORD_fit_told), style);
    cw_svg_rect(b, "paper", 0, 0, WIDTH, HEIGHT, no_tip);
    cw_svg_text(b, "title", CW_SVG_START, LEFT, 34, title);
    draw_legend(&c);
    draw_grid(&c);
    for (int i = 0; i < 2; i++) {
        draw_curve(&c, &c.curves[i]);
        draw_points(&c, &c.curves[i]);
    }
    cw_svg_text(b, "note", CW_SVG_MIDDLE, (LEFT + WIDTH - RIGHT) / 2.0, HEIGHT - 16,
                word(&c, CW_WORD_fit_told));
    cw_svg_text(b, "note", CW_SVG_START, 8, TOP - 6, word(&c, CW_WORD_fit_left));
    cw_svg_close(b);
}
