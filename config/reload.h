/* What a running process may take over of settings read anew. Runs on the thread that reloads. */
#ifndef CW_CONFIG_RELOAD_H
#define CW_CONFIG_RELOAD_H

#include "churnwatch/buf.h"
#include "churnwatch/settings.h"

/* Puts each setting that only a restart changes (`when` in params.def) and that differs back to
 * what is running, with the place it came from; appends their paths to ret_kept, separated by ", ".
 * Returns 0; or -CW_E_NOMEM or what the running zone's file has come to, with eb: fresh is then
 * good for nothing. */
int cw_settings_keep(struct cw_settings *fresh, const struct cw_settings *running,
                     struct cw_buf *ret_kept, struct cw_errbuf *eb);

#endif
