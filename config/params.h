/* The rows of params.def as data, for whoever walks them instead of naming a field. */
#ifndef CW_CONFIG_PARAMS_H
#define CW_CONFIG_PARAMS_H

#include "churnwatch/settings.h"

#define CW_PARAM_TYPES(X) X(BOOL) X(INT) X(REAL) X(TEXT) X(LIST) X(TIME) X(SIZE) X(MONEY) X(ENUM)
enum cw_param_type {
#define X(name) CW_PARAM_##name,
    CW_PARAM_TYPES(X)
#undef X
        CW_PARAM_TYPES_COUNT
};

/* When a change in the file takes effect. */
enum cw_param_when { CW_WHEN_RELOAD, CW_WHEN_RESTART };

struct cw_param {
    const char *path;
    enum cw_param_type type;
    enum cw_param_when when;
    const char *unit;
    int64_t least, most; /* inclusive; of all types but REAL */
    double real_least, real_most;
    const char *dflt, *words, *meaning;
    size_t offset; /* of the field in struct cw_settings */
};

enum cw_param_row {
#define PARAM(field, path, type, when, unit, least, most, dflt, words, meaning) CW_ROW_##field,
#include "config/params.def"
#undef PARAM
    CW_PARAMS
};

extern const struct cw_param cw_params[CW_PARAMS];

/* The row of that path, or -1. */
int cw_param_find(const char *path);
/* Where the settings keep it. */
void *cw_param_field(const struct cw_param *p, struct cw_settings *s);

#endif
