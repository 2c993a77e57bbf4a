/* Where the value of each setting comes from. */
#ifndef CW_CONFIG_PLACES_H
#define CW_CONFIG_PLACES_H

#include "config/complain.h"
#include "config/thresholds.h"

/* Of one settings object, which owns it. A place that is all zero is the default. */
struct cw_places {
    struct cw_place params[CW_PARAMS];
    struct cw_place thresholds[CW_DETECTORS][CW_THRESHOLDS_MOST + 1]; /* the last: `mode` */
    struct cw_list texts; /* owned: what the places point to */
};

struct cw_places *cw_places_new(void); /* NULL: no memory */
void cw_places_free(struct cw_places *p);
/* A copy of the text that lives as long as the places, once however often it is asked for; NULL
 * when out of memory. */
const char *cw_places_text(struct cw_places *p, const char *text);
/* "default", "FILE:LINE", "-o", "live version 3". What -o said may be a secret. */
void cw_place_print(const struct cw_place *at, struct cw_buf *out);

#endif
