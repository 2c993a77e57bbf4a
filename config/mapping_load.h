/* A profile on its way from its file to a mapping; private to config/mapping*.c. */
#ifndef CW_CONFIG_MAPPING_LOAD_H
#define CW_CONFIG_MAPPING_LOAD_H

#include <libconfig.h>

#include "config/complain.h"
#include "core/mapping_rules.h"

struct cw_mapping_load {
    struct cw_mapping *m;
    struct cw_complaints *complaints;
    const char *file;
};

/* Complains of a setting, by its line and its path in the file; of the same thing once, though
 * several kinds may share it. */
void cw_mapping_complain(struct cw_mapping_load *l, const config_setting_t *set, const char *fmt,
                         ...) __attribute__((format(printf, 3, 4)));
/* Complains that a name is not known, and asks for the nearest of those that fn gives: the i-th,
 * NULL past the last. */
typedef const char *cw_names_fn(const void *arg, size_t i);
void cw_mapping_unknown(struct cw_mapping_load *l, const config_setting_t *set, const char *what,
                        const char *name, cw_names_fn *fn, const void *arg);

/* Room in the mapping, zeroed; NULL, noted as a complaint, when out of memory. */
void *cw_mapping_room(struct cw_mapping_load *l, size_t n);
struct cw_str cw_mapping_keep(struct cw_mapping_load *l, const char *text);
/* A pointer of the profile; the same text gives the same one. NULL after a complaint. */
const struct cw_pointer *cw_mapping_pointer(struct cw_mapping_load *l, const config_setting_t *set,
                                            const char *text);

/* The members of an object by the contract's shape, each looked for in `own` and then in `common`
 * (either may be NULL), written to ret_rules. Those named in `left_out`, which ends with NULL, are
 * not. Complains of `at` when nothing gives a member the contract requires. */
void cw_mapping_members(struct cw_mapping_load *l, const config_setting_t *at,
                        const struct cw_shape *shape, const config_setting_t *own,
                        const config_setting_t *common, const char *const *left_out,
                        struct cw_rules *ret_rules);
/* Complains of settings of a group that are neither members of one of the shapes nor among the
 * words, which end with NULL. */
void cw_mapping_check_names(struct cw_mapping_load *l, const config_setting_t *group,
                            const struct cw_shape *const *shapes, size_t n_shapes,
                            const char *const *words);
/* A setting of a group by its name; NULL when it has none or is no group, or NULL. */
config_setting_t *cw_mapping_setting(const config_setting_t *group, const char *name);
/* Reads what a setting says of one member. False after a complaint. */
bool cw_mapping_rule(struct cw_mapping_load *l, const config_setting_t *set,
                     const struct cw_member *member, struct cw_rule *ret_rule);
/* A scalar's text; NULL for arrays and groups. Valid until the room given is used again. */
const char *cw_mapping_scalar(const config_setting_t *set, char room[64]);

#endif
