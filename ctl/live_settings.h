/* The settings as they are in force on the instances: the files' with the live thresholds of
 * churnwatch.control laid over them. */
#ifndef CW_CTL_LIVE_SETTINGS_H
#define CW_CTL_LIVE_SETTINGS_H

#include "bus/logs.h"
#include "config/live.h"

/* Reads every record there is; those that the instances refuse are refused here by the same rules.
 * Returns 0 with ret_settings to be freed by cw_settings_free, else what the logs said or
 * -CW_E_NOMEM. */
int cw_live_settings(struct cw_logs *logs, const struct cw_settings *files,
                     const struct cw_settings **ret_settings, struct cw_errbuf *eb);

#endif
