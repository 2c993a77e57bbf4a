/* The profiles that the settings name, compiled. */
#ifndef CW_CONFIG_MAPPINGS_H
#define CW_CONFIG_MAPPINGS_H

#include "config/file.h"

/* Fills in the settings' mappings, whose zone must be there; complains of what is wrong, in the
 * profiles and with the settings that name them. Files are looked for in `folder`. */
void cw_mappings_load(struct cw_load *l, const char *folder);

#endif
