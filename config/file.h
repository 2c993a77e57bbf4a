/* A configuration file laid over settings, and the pieces the segments share with it. */
#ifndef CW_CONFIG_FILE_H
#define CW_CONFIG_FILE_H

#include <libconfig.h>

#include "config/complain.h"
#include "config/known.h"
#include "config/values.h"

/* One load on its way: the settings being built and what is wrong so far. */
struct cw_load {
    struct cw_settings *settings;
    struct cw_complaints complaints;
    const char *file; /* being read; a text of the settings' places */
    bool unreadable;  /* a file was */
};

/* Reads the file of l->file, already in memory, over the settings. */
void cw_file_apply(struct cw_load *l, const char *text);
/* Sets one value by its dotted path, from file or command line. */
void cw_load_set(struct cw_load *l, const struct cw_place *at, const char *path,
                 const struct cw_given *g);
/* Complains of path, and asks whether something near `name` (its path without a segment's) is
 * meant: a section, or a single setting. */
void cw_load_unknown(struct cw_load *l, const struct cw_place *at, const char *path,
                     const char *name, bool section);

/* Used for the file's parts: the place of a setting, its path under a prefix. */
struct cw_place cw_file_place(const struct cw_load *l, const config_setting_t *set);
void cw_file_path(char out[CW_PATH_MOST], const char *prefix, const config_setting_t *set);
/* Reads one setting as such a row into a field, complaining under path. 0 or an error. */
int cw_file_read(struct cw_load *l, const config_setting_t *set, const char *path,
                 const struct cw_param *p, void *field);
/* `segments`: see docs/settings.md. */
void cw_segments_read(struct cw_load *l, const config_setting_t *list);

#endif
