/* One setting of a libconfig file as a given value. */
#ifndef CW_CONFIG_GIVEN_H
#define CW_CONFIG_GIVEN_H

#include <libconfig.h>

#include "config/values.h"

/* Zero it to begin; what `given` points to lives in here and in the setting. */
struct cw_given_room {
    struct cw_given given;
    struct cw_buf text;
    const char **items; /* owned */
};
/* 0 or -CW_E_NOMEM; free the room in either case. */
int cw_given_of(const config_setting_t *set, struct cw_given_room *room);
void cw_given_free(struct cw_given_room *room);

#endif
