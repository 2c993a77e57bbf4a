/* SVG, shape by shape. See svg.h. */
#include "ctl/picture/svg.h"

static void escaped(struct cw_buf *b, struct cw_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (c == '&')
            cw_buf_puts(b, "&amp;");
        else if (c == '<')
            cw_buf_puts(b, "&lt;");
        else if (c == '>')
            cw_buf_puts(b, "&gt;");
        else if (c == '"')
            cw_buf_puts(b, "&quot;");
        else if ((unsigned char)c < 0x20 || c == 0x7f)
            cw_buf_puts(b, "?"); /* XML has no place for it. */
        else
            cw_buf_put(b, &c, 1);
    }
}

/* A tenth of a pixel is enough. */
static void number(struct cw_buf *b, const char *before, double v)
{
    cw_buf_puts(b, before);
    cw_buf_number(b, v, 1);
}

static void element(struct cw_buf *b, const char *name, const char *class_)
{
    cw_buf_printf(b, "<%s class=\"%s\"", name, class_);
}

static void end_with_tip(struct cw_buf *b, const char *name, struct cw_str tip)
{
    if (!tip.n) {
        cw_buf_puts(b, "\"/>\n");
        return;
    }
    cw_buf_puts(b, "\"><title>");
    escaped(b, tip);
    cw_buf_printf(b, "</title></%s>\n", name);
}

void cw_svg_open(struct cw_buf *b, double width, double height, struct cw_str title,
                 struct cw_str desc, const char *style)
{
    cw_buf_printf(b,
                  "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %.0f %.0f\""
                  " width=\"%.0f\" height=\"%.0f\" role=\"img\" aria-labelledby=\"title desc\">\n"
                  "<title id=\"title\">",
                  width, height, width, height);
    escaped(b, title);
    cw_buf_puts(b, "</title>\n<desc id=\"desc\">");
    escaped(b, desc);
    cw_buf_printf(b, "</desc>\n<style>\n%s</style>\n", style);
}

void cw_svg_close(struct cw_buf *b)
{
    cw_buf_puts(b, "</svg>\n");
}

void cw_svg_line(struct cw_buf *b, const char *class_, double x1, double y1, double x2, double y2)
{
    element(b, "line", class_);
    number(b, " x1=\"", x1);
    number(b, "\" y1=\"", y1);
    number(b, "\" x2=\"", x2);
    number(b, "\" y2=\"", y2);
    cw_buf_puts(b, "\"/>\n");
}

void cw_svg_rect(struct cw_buf *b, const char *class_, double x, double y, double w, double h,
                 struct cw_str tip)
{
    element(b, "rect", class_);
    number(b, " x=\"", x);
    number(b, "\" y=\"", y);
    number(b, "\" width=\"", w > 0 ? w : 0);
    number(b, "\" height=\"", h > 0 ? h : 0);
    end_with_tip(b, "rect", tip);
}

void cw_svg_circle(struct cw_buf *b, const char *class_, double x, double y, double r,
                   struct cw_str tip)
{
    element(b, "circle", class_);
    number(b, " cx=\"", x);
    number(b, "\" cy=\"", y);
    number(b, "\" r=\"", r);
    end_with_tip(b, "circle", tip);
}

void cw_svg_text(struct cw_buf *b, const char *class_, enum cw_svg_anchor anchor, double x,
                 double y, struct cw_str text)
{
    static const char *const anchors[] = {"start", "middle", "end"};
    element(b, "text", class_);
    number(b, " x=\"", x);
    number(b, "\" y=\"", y);
    cw_buf_printf(b, "\" text-anchor=\"%s\">", anchors[anchor]);
    escaped(b, text);
    cw_buf_puts(b, "</text>\n");
}

void cw_svg_path_begin(struct cw_buf *b, const char *class_)
{
    element(b, "path", class_);
    cw_buf_puts(b, " d=\"");
}

void cw_svg_path_point(struct cw_buf *b, bool begins, double x, double y)
{
    number(b, begins ? "M" : "L", x);
    number(b, " ", y);
}

void cw_svg_path_end(struct cw_buf *b, bool closed)
{
    cw_buf_puts(b, closed ? "Z\"/>\n" : "\"/>\n");
}
