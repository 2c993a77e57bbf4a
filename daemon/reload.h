/* SIGHUP: settings read anew and checked whole, or the former ones kept whole. Main thread. */
#ifndef CW_DAEMON_RELOAD_H
#define CW_DAEMON_RELOAD_H

#include "churnwatch/buf.h"
#include "churnwatch/settings.h"

/* Reads what the process was started with once more; NULL with complaints, a line each. */
struct cw_settings_source {
    struct cw_settings *(*load)(void *arg, struct cw_buf *complaints);
    void *arg;
};

/* How the last reload went; zero before the first. */
struct cw_reload {
    cw_wall_time at;   /* 0: there was none */
    bool refused;      /* the settings in force are those of before */
    char waiting[512]; /* what was changed and takes a restart: paths, separated by ", "; cut */
};

/* Returns settings that may take the place of the running ones, to be freed by cw_settings_free; or
 * NULL: what runs stays. Says which in the log and in r. */
struct cw_settings *cw_reload(struct cw_reload *r, const struct cw_settings *running,
                              const struct cw_settings_source *source, cw_wall_time now);

#endif
