/* What the forwarding detector knows and others ask. */
#ifndef CW_DETECTORS_CALL_FORWARDING_H
#define CW_DETECTORS_CALL_FORWARDING_H

#include "churnwatch/client.h"

/* Whether calls of that line are passed on to that number under any condition, so that a call there
 * may be a forwarded one and nobody's own. False for an unknown line (NULL). */
bool cw_forwards_to(const struct cw_line *ln, struct cw_str number);

#endif
