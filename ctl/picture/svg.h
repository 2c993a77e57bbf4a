/* Pictures as SVG: shapes appended to a buffer, texts escaped, looks by class. Well-formed whatever
 * the texts are. Coordinates are pixels from the upper left corner.
 */
#ifndef CW_CTL_PICTURE_SVG_H
#define CW_CTL_PICTURE_SVG_H

#include "churnwatch/buf.h"

enum cw_svg_anchor { CW_SVG_START, CW_SVG_MIDDLE, CW_SVG_END };

/* title and desc are what a screen reader reads; style is CSS without a closing tag in it. */
void cw_svg_open(struct cw_buf *b, double width, double height, struct cw_str title,
                 struct cw_str desc, const char *style);
void cw_svg_close(struct cw_buf *b);

void cw_svg_line(struct cw_buf *b, const char *class_, double x1, double y1, double x2, double y2);
/* tip is shown where the pointer rests on the shape; absent: none. */
void cw_svg_rect(struct cw_buf *b, const char *class_, double x, double y, double w, double h,
                 struct cw_str tip);
void cw_svg_circle(struct cw_buf *b, const char *class_, double x, double y, double r,
                   struct cw_str tip);
void cw_svg_text(struct cw_buf *b, const char *class_, enum cw_svg_anchor anchor, double x,
                 double y, struct cw_str text);

/* A path: begun, then points, each reached by a line unless it begins a stretch, then ended. */
void cw_svg_path_begin(struct cw_buf *b, const char *class_);
void cw_svg_path_point(struct cw_buf *b, bool begins, double x, double y);
void cw_svg_path_end(struct cw_buf *b, bool closed);

#endif
