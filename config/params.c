/* The table of params.def. Immutable, shared by threads. */
#include "config/params.h"

#include <string.h>

const struct cw_param cw_params[CW_PARAMS] = {
#define PARAM(field, path, type, when, unit, least, most, dflt, words, meaning)                    \
    [CW_ROW_##field] = {(path),          CW_PARAM_##type,  CW_WHEN_##when,                         \
                        (unit),          (int64_t)(least), (int64_t)(most),                        \
                        (double)(least), (double)(most),   (dflt),                                 \
                        (words),         (meaning),        offsetof(struct cw_settings, field)},
#include "config/params.def"
#undef PARAM
};

int cw_param_find(const char *path)
{
    for (int i = 0; i < CW_PARAMS; i++)
        if (strcmp(cw_params[i].path, path) == 0)
            return i;
    return -1;
}

void *cw_param_field(const struct cw_param *p, struct cw_settings *s)
{
    return (char *)s + p->offset;
}
