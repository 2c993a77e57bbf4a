/* The text of a file to libconfig's tree, and what is wrong with it as complaints.
 *
 * A file is one file: @include is refused, so that every complaint names a line of the file the
 * operator gave, and reading it opens nothing else.
 */
#ifndef CW_CONFIG_SYNTAX_H
#define CW_CONFIG_SYNTAX_H

#include <libconfig.h>

#include "config/complain.h"

/* Reads text, terminated, into an initialised tree, which the caller destroys. False after a
 * complaint. */
bool cw_syntax_read(struct cw_complaints *c, const char *file, const char *text, config_t *tree);

#endif
