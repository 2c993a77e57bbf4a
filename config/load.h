/* From files and -o to settings, and from the tables to the sample file and the reference page.
 *
 * Everything here runs on one thread, at start or on reload. Nothing is logged: what is wrong is
 * collected, all of it, for the caller to print.
 */
#ifndef CW_CONFIG_LOAD_H
#define CW_CONFIG_LOAD_H

#include <stdio.h>

#include "churnwatch/buf.h"
#include "churnwatch/settings.h"
#include "config/complain.h"

/* systemd/CMakeLists.txt and config/install_sample.cmake say the same. */
#define CW_DEFAULT_CONFIG "/etc/churnwatch/churnwatch.conf"

/* Builds settings from a file (NULL: CW_DEFAULT_CONFIG if it exists, else built-in defaults), the
 * files conf.d/(name).conf beside it laid over it in byte order, and overrides "dotted.path=value"
 * over those, the last one winning; lists are replaced, segments added. Returns 0 with ret_settings
 * to be freed by cw_settings_free; or -CW_E_INVALID, -CW_E_IO, -CW_E_NOMEM with ret_settings
 * untouched and complaints holding a line per error: `FILE:LINE: path: what is wrong, what is
 * allowed, did you mean …` (overrides: `-o path: …`). Unknown, repeated and wrongly typed
 * settings are errors. */
int cw_settings_load(const char *file, const struct cw_list *overrides,
                     struct cw_settings **ret_settings, struct cw_buf *complaints);

/* The same, with what the caller checks further, by complaining; it is asked once, when all is
 * read, even if there are complaints already: what was refused is then as it was before. */
typedef void cw_settings_check(const struct cw_settings *s, struct cw_complaints *c);
int cw_settings_load_checked(const char *file, const struct cw_list *overrides,
                             cw_settings_check *check, struct cw_settings **ret_settings,
                             struct cw_buf *complaints);

/* The sample file with every setting, its meaning, range and default (config/churnwatch.conf is
 * this, and a test compares them), and the reference page (docs/settings.md, likewise). */
void cw_reference_sample(FILE *out);
void cw_reference_page(FILE *out);

#endif
