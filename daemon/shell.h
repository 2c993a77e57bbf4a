/* The daemon at work: engines on their threads, everything else on one libev loop. */
#ifndef CW_DAEMON_SHELL_H
#define CW_DAEMON_SHELL_H

#include "daemon/reload.h"

/* Exit codes, as sysexits.h has them: systemd restarts after 75 and does not after 78. */
#define CW_EXIT_RESTART 75
#define CW_EXIT_CONFIG 78

/* Runs until SIGTERM or SIGINT; returns the exit code. On SIGHUP settings are read anew from the
 * source. Those of the start are borrowed until the end: what only a restart changes, parts may
 * keep pointing to. */
int cw_shell_run(const struct cw_settings *s, const struct cw_settings_source *source);

#endif
