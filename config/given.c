/* From libconfig's types to ours: what each setting is, and its text. */
#include "config/given.h"

#include <stdlib.h>

#include "config/units.h"

static int list_of(const config_setting_t *set, struct cw_given_room *room)
{
    size_t n = (size_t)config_setting_length(set);
    room->items = calloc(n + 1, sizeof *room->items);
    if (!room->items)
        return -CW_E_NOMEM;
    room->given = (struct cw_given){.kind = CW_GIVEN_LIST, .items = room->items, .n = n};
    for (size_t i = 0; i < n; i++) {
        room->items[i] = config_setting_get_string_elem(set, (int)i);
        if (!room->items[i])
            room->given = (struct cw_given){.kind = CW_GIVEN_MIXED};
    }
    return 0;
}

static int number_of(const config_setting_t *set, struct cw_given_room *room)
{
    bool whole = config_setting_type(set) != CONFIG_TYPE_FLOAT;
    if (whole)
        cw_int_print(&room->text, config_setting_get_int64(set));
    else
        cw_real_print(&room->text, config_setting_get_float(set));
    cw_buf_put(&room->text, "", 1);
    room->given.kind = whole ? CW_GIVEN_INT : CW_GIVEN_REAL;
    room->given.text = room->text.p;
    return room->text.failed ? -CW_E_NOMEM : 0;
}

int cw_given_of(const config_setting_t *set, struct cw_given_room *room)
{
    switch (config_setting_type(set)) {
    case CONFIG_TYPE_INT:
    case CONFIG_TYPE_INT64:
    case CONFIG_TYPE_FLOAT:
        return number_of(set, room);
    case CONFIG_TYPE_BOOL:
        room->given.kind = CW_GIVEN_BOOL;
        room->given.text = config_setting_get_bool(set) ? "true" : "false";
        return 0;
    case CONFIG_TYPE_STRING:
        room->given.kind = CW_GIVEN_TEXT;
        room->given.text = config_setting_get_string(set);
        return 0;
    case CONFIG_TYPE_ARRAY:
    case CONFIG_TYPE_LIST:
        return list_of(set, room);
    default:
        room->given.kind = CW_GIVEN_GROUP;
        return 0;
    }
}

void cw_given_free(struct cw_given_room *room)
{
    cw_buf_free(&room->text);
    free(room->items);
}
