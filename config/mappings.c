/* From input.mapping.* to the settings' mappings. See mappings.h.
 *
 * Runs on the thread that starts or reloads.
 */
#include "config/mappings.h"

#include <string.h>

#include "config/mapping.h"
#include "config/places.h"

static const struct {
    enum cw_param_row row;
    enum cw_mapped what;
} inputs[CW_MAP_INPUTS] = {
    [CW_MAP_BILLING] = {CW_ROW_mapping_billing, CW_MAPPED_EVENTS},
    [CW_MAP_SERVICE] = {CW_ROW_mapping_service, CW_MAPPED_EVENTS},
    [CW_MAP_PROFILES] = {CW_ROW_mapping_profiles, CW_MAPPED_PROFILES},
    [CW_MAP_MANAGERS] = {CW_ROW_mapping_managers, CW_MAPPED_MANAGERS},
};

static const char *name_of(const struct cw_load *l, int input)
{
    return *(char **)cw_param_field(&cw_params[inputs[input].row], l->settings);
}

/* Whether an earlier input has the same profile, and what came of it. */
static bool is_shared(const struct cw_load *l, int input, struct cw_mapping **ret_mapping)
{
    for (int i = 0; i < input; i++)
        if (strcmp(name_of(l, i), name_of(l, input)) == 0) {
            *ret_mapping = l->settings->mappings[i];
            return true;
        }
    return false;
}

static struct cw_mapping *compile(struct cw_load *l, int input, const char *folder)
{
    const enum cw_param_row row = inputs[input].row;
    const char *name = name_of(l, input);
    struct cw_buf path = {0};
    struct cw_mapping *m = NULL;
    cw_buf_printf(&path, "%s%s", *name == '/' ? "" : folder, name);
    cw_buf_put(&path, "", 1);
    int err =
        path.failed ? -CW_E_NOMEM : cw_mapping_load(path.p, l->settings->zone, &l->complaints, &m);
    if (err == -CW_E_NOMEM)
        l->complaints.nomem = true;
    if (err == -CW_E_IO)
        cw_complain(&l->complaints, &l->settings->places->params[row], cw_params[row].path,
                    "there is no profile %s", path.p);
    cw_buf_free(&path);
    return m;
}

static void load_one(struct cw_load *l, int input, const char *folder)
{
    const struct cw_param *p = &cw_params[inputs[input].row];
    const char *name = name_of(l, input);
    if (!*name)
        return;
    struct cw_mapping *m;
    if (!is_shared(l, input, &m))
        m = compile(l, input, folder);
    l->settings->mappings[input] = m;
    if (m && cw_mapping_what(m) != inputs[input].what)
        cw_complain(&l->complaints, &l->settings->places->params[inputs[input].row], p->path,
                    "%s is a profile of %s, and one of %s is wanted", name,
                    cw_mapped_name(cw_mapping_what(m)), cw_mapped_name(inputs[input].what));
}

void cw_mappings_load(struct cw_load *l, const char *folder)
{
    for (int i = 0; i < CW_MAP_INPUTS && l->settings->zone; i++)
        load_one(l, i, folder);
}
