/* Keeping what cannot change while the process runs. See reload.h. */
#include "config/reload.h"

#include "config/places.h"
#include "config/settings.h"
#include "config/values.h"
#include "core/mapping.h"

static const void *field_of(const struct cw_param *p, const struct cw_settings *s)
{
    return (const char *)s + p->offset;
}

static int keep_place(struct cw_settings *fresh, const struct cw_settings *running, int row)
{
    struct cw_place at = running->places->params[row];
    bool nomem = false;
    if (at.file)
        nomem = !(at.file = cw_places_text(fresh->places, at.file));
    if (at.override)
        nomem |= !(at.override = cw_places_text(fresh->places, at.override));
    if (!nomem)
        fresh->places->params[row] = at;
    return nomem ? -CW_E_NOMEM : 0;
}

/* What was made of the zone's name has to follow the name back, and the mappings with it. */
static int keep_zone(struct cw_settings *fresh, struct cw_errbuf *eb)
{
    cw_zone_free(fresh->zone);
    fresh->zone = NULL;
    int err = cw_settings_set_zone(fresh, eb);
    for (int i = 0; i < CW_MAP_INPUTS && !err; i++)
        if (fresh->mappings[i])
            cw_mapping_bind(fresh->mappings[i], fresh->zone);
    return err;
}

static int keep_row(struct cw_settings *fresh, const struct cw_settings *running, int row,
                    struct cw_errbuf *eb)
{
    const struct cw_param *p = &cw_params[row];
    int err = cw_value_copy(p, field_of(p, running), cw_param_field(p, fresh));
    if (!err)
        err = keep_place(fresh, running, row);
    if (!err && row == CW_ROW_time_zone)
        err = keep_zone(fresh, eb);
    return err;
}

int cw_settings_keep(struct cw_settings *fresh, const struct cw_settings *running,
                     struct cw_buf *ret_kept, struct cw_errbuf *eb)
{
    int err = 0;
    for (int row = 0; row < CW_PARAMS && !err; row++) {
        const struct cw_param *p = &cw_params[row];
        if (p->when == CW_WHEN_RELOAD ||
            cw_value_equal(p, field_of(p, running), field_of(p, fresh)))
            continue;
        cw_buf_printf(ret_kept, "%s%s", ret_kept->n ? ", " : "", p->path);
        err = keep_row(fresh, running, row, eb);
    }
    return err ? err : ret_kept->failed ? -CW_E_NOMEM : 0;
}
