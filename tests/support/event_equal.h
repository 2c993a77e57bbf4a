/* Whether two ways of decoding made the same event. */
#ifndef CW_TESTS_EVENT_EQUAL_H
#define CW_TESTS_EVENT_EQUAL_H

#include "churnwatch/event.h"

/* NULL, or the first member that differs. */
const char *cw_event_differ(const struct cw_event *a, const struct cw_event *b);

#endif
