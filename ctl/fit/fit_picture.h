/* Calibration as a picture: of what was told so likely, how much came true, before and after. */
#ifndef CW_CTL_FIT_PICTURE_H
#define CW_CTL_FIT_PICTURE_H

#include "churnwatch/buf.h"
#include "ctl/fit/fit_judge.h"

struct cw_settings;
/* Appends an SVG; in the language of the settings. */
void cw_fit_picture(struct cw_buf *b, const struct cw_settings *s, const struct cw_fit_quality *was,
                    const struct cw_fit_quality *is);

#endif
