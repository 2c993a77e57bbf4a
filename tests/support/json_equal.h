/* Whether two readers of JSON made the same tree. */
#ifndef CW_TESTS_JSON_EQUAL_H
#define CW_TESTS_JSON_EQUAL_H

#include "core/json.h"

/* NULL, or what differs, in words. a is the plain reader's tree of the text: its numbers must stand
 * in the text as it says. */
const char *cw_json_differ(struct cw_str text, const struct cw_json *a, const struct cw_json *b);

#endif
