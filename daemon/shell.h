/* The daemon at work: engines on their threads, everything else on one libev loop. */
#ifndef CW_DAEMON_SHELL_H
#define CW_DAEMON_SHELL_H

#include "churnwatch/settings.h"

/* Exit codes, as sysexits.h has them: systemd restarts after 75 and does not after 78. */
#define CW_EXIT_RESTART 75
#define CW_EXIT_CONFIG 78

/* Runs until SIGTERM or SIGINT; returns the exit code. recheck is called on SIGHUP. */
int cw_shell_run(const struct cw_settings *s, void (*recheck)(void *arg), void *arg);

#endif
