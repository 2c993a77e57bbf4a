/* Profiles of field mappings, read from their files; docs/mapping.md says what stands in one. */
#ifndef CW_CONFIG_MAPPING_H
#define CW_CONFIG_MAPPING_H

#include "config/complain.h"
#include "core/mapping.h"

/* Compiles the profile in a file, with everything in it resolved. zone, of times that tell no
 * offset where the profile names none, is borrowed for the mapping's life. Returns 0 with
 * ret_mapping to be freed by cw_mapping_free; -CW_E_IO where the file cannot be read, with a
 * complaint; -CW_E_INVALID with a complaint for each thing that is wrong in it; -CW_E_NOMEM. */
int cw_mapping_load(const char *file, const struct cw_zone *zone, struct cw_complaints *complaints,
                    struct cw_mapping **ret_mapping);

#endif
