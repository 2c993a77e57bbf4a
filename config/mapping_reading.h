/* One member's rule while it is read; private to config/mapping_rule.c and config/mapping_value.c.
 */
#ifndef CW_CONFIG_MAPPING_READING_H
#define CW_CONFIG_MAPPING_READING_H

#include "config/mapping_load.h"

/* A rule being read. */
struct cw_reading {
    struct cw_mapping_load *l;
    const struct cw_member *member;
    struct cw_rule *rule;
    const config_setting_t *group; /* NULL in the short form */
};

/* A single value: a pointer, an array of them, or a group of settings. Both return false after a
 * complaint. */
bool cw_reading_value(struct cw_reading *r, const config_setting_t *set);
/* One pointer or an array of them, at least so many, into the rule. */
bool cw_reading_pointers(const struct cw_reading *r, const config_setting_t *set, size_t least);

#endif
