/* NDJSON of any size, value by value. */
#ifndef CW_CTL_LINES_JSON_LINES_H
#define CW_CTL_LINES_JSON_LINES_H

#include <jansson.h>

#include "churnwatch/types.h"

/* Calls each with every line's value, borrowed for the call, until it returns non-zero, and returns
 * that. A line that is no JSON ends it, too; what either says in eb is given its place, file and
 * line. 0 at the end, or what cw_lines_open and cw_lines_next return. */
int cw_json_lines(const char *path, int (*each)(void *arg, json_t *value, struct cw_errbuf *eb),
                  void *arg, struct cw_errbuf *eb);
/* A member's text; "" where there is none or it is no string. */
const char *cw_json_text(const json_t *of, const char *member);

#endif
