/* Working days: Monday to Friday, overlaid by what holiday-cn's files say of single days.
 *
 * One byte a day from 1970 on; pure after loading, shared by threads.
 */
#include "churnwatch/civil.h"

#include <jansson.h>
#include <stdlib.h>

#define DAYS 84006 /* until the end of 2199 */

enum day_kind { BY_WEEKDAY, OFF, WORKING };
struct cw_calendar {
    unsigned char kind[DAYS]; /* enum day_kind */
    cw_day end;               /* one past the last day that was told; 0 none */
};

struct cw_calendar *cw_calendar_new(void)
{
    return calloc(1, sizeof(struct cw_calendar));
}

void cw_calendar_free(struct cw_calendar *c)
{
    free(c);
}

bool cw_calendar_working(const struct cw_calendar *c, cw_day day)
{
    if (day >= 0 && day < DAYS && c->kind[day] != BY_WEEKDAY)
        return c->kind[day] == WORKING;
    return cw_weekday(day) < 5;
}

cw_day cw_calendar_end(const struct cw_calendar *c)
{
    return c->end ? c->end - 1 : CW_NO_DAY;
}

/* Reads one entry of "days"; false when it is none. */
static bool read_entry(const json_t *entry, cw_day *ret_day, enum day_kind *ret_kind)
{
    const json_t *date = json_object_get(entry, "date");
    const json_t *off = json_object_get(entry, "isOffDay");
    if (!json_is_string(date) || !json_is_boolean(off))
        return false;
    struct cw_str text = {json_string_value(date), json_string_length(date)};
    if (cw_parse_date(text, ret_day) != 0 || *ret_day < 0 || *ret_day >= DAYS)
        return false;
    *ret_kind = json_is_true(off) ? OFF : WORKING;
    return true;
}

/* Checks all entries before the first one counts: a broken file changes nothing. */
static int add_days(struct cw_calendar *c, const json_t *days, struct cw_errbuf *eb)
{
    if (!json_is_array(days))
        return cw_fail(eb, CW_E_INVALID, "\"days\" is missing or no array");
    cw_day day;
    enum day_kind kind;
    size_t n = json_array_size(days);
    for (size_t i = 0; i < n; i++)
        if (!read_entry(json_array_get(days, i), &day, &kind))
            return cw_fail(eb, CW_E_INVALID,
                           "/days/%zu needs a \"date\" between 1970 and 2199 and a boolean "
                           "\"isOffDay\"",
                           i);
    for (size_t i = 0; i < n; i++)
        if (read_entry(json_array_get(days, i), &day, &kind)) {
            c->kind[day] = (unsigned char)kind;
            c->end = day >= c->end ? day + 1 : c->end;
        }
    return 0;
}

int cw_calendar_add_json(struct cw_calendar *c, const char *json, size_t n, struct cw_errbuf *eb)
{
    json_error_t where;
    json_t *root = json_loadb(json, n, JSON_REJECT_DUPLICATES, &where);
    if (!root)
        return cw_fail(eb, CW_E_INVALID, "line %d, column %d: %s", where.line, where.column,
                       where.text);
    int err = add_days(c, json_object_get(root, "days"), eb);
    json_decref(root);
    return err;
}
