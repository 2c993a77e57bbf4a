/* The making of a settings object, step by step, for its two makers: defaults and the loader. */
#ifndef CW_CONFIG_SETTINGS_H
#define CW_CONFIG_SETTINGS_H

#include "churnwatch/settings.h"

/* The tables' defaults, with neither zone nor calendar. NULL when out of memory. */
struct cw_settings *cw_settings_new(void);
/* What follows from the settings: each 0 or an error with the sentence in eb. */
int cw_settings_set_zone(struct cw_settings *s, struct cw_errbuf *eb);
/* Weekends, overlaid by the files, which are looked for in `folder` ("" for the working one). */
int cw_settings_set_calendar(struct cw_settings *s, const char *folder, struct cw_errbuf *eb);
/* Counts out the engine threads where they were left to us. */
void cw_settings_set_threads(struct cw_settings *s);

#endif
