/* The units that amounts, durations and volumes may come in, and those the contract counts in.
 * Pure. */
#include <string.h>

#include "core/mapping_rules.h"

const struct cw_unit cw_units[] = {
    {"yuan", CW_Q_MONEY, 0},
    {"jiao", CW_Q_MONEY, -1},
    {"fen", CW_Q_MONEY, -2},
    {"li", CW_Q_MONEY, -3},
    {"ms", CW_Q_TIME, 1},
    {"seconds", CW_Q_TIME, 1000},
    {"minutes", CW_Q_TIME, 60000},
    {"hours", CW_Q_TIME, 3600000},
    {"bytes", CW_Q_DATA, 1},
    {"KB", CW_Q_DATA, INT64_C(1) << 10},
    {"MB", CW_Q_DATA, INT64_C(1) << 20},
    {"GB", CW_Q_DATA, INT64_C(1) << 30},
    {"TB", CW_Q_DATA, INT64_C(1) << 40},
    {0},
};

static const struct cw_unit *unit_named(const char *name)
{
    for (const struct cw_unit *u = cw_units; u->name; u++)
        if (strcmp(u->name, name) == 0)
            return u;
    return NULL;
}

const struct cw_unit *cw_unit_of(const struct cw_member *m)
{
    static const struct {
        const char *member, *unit;
    } counted[] = {
        {"duration_s", "seconds"},
        {"voice_min", "minutes"},
        {"minutes", "minutes"},
        {"data_mb", "MB"},
    };
    if (m->kind == CW_M_MONEY)
        return unit_named("yuan");
    for (size_t i = 0; m->name && i < sizeof counted / sizeof *counted; i++)
        if (strcmp(counted[i].member, m->name) == 0)
            return unit_named(counted[i].unit);
    return NULL;
}
