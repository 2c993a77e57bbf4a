/* Civil days in the operator's time zone, RFC 3339 and the working-day calendar.
 *
 * Pure after loading: a zone is a table of offsets made once at start.
 */
#ifndef CHURNWATCH_CIVIL_H
#define CHURNWATCH_CIVIL_H

#include "churnwatch/buf.h"

struct cw_zone; /* opaque, immutable, shared by threads */

/* Loads a tz database name ("Asia/Shanghai", "UTC"). Takes nothing; free with cw_zone_free.
 * Not thread-safe (it borrows the process's TZ while loading): call at start or on reload. */
int cw_zone_load(const char *name, struct cw_zone **ret_zone, struct cw_errbuf *eb);
void cw_zone_free(struct cw_zone *z);

/* Offset from UTC in seconds at that instant. */
int32_t cw_zone_offset(const struct cw_zone *z, cw_event_time t);
cw_day cw_zone_day(const struct cw_zone *z, cw_event_time t);
/* Seconds since local midnight, 0..86399 (86399 at most, also on a long day). */
int32_t cw_zone_second(const struct cw_zone *z, cw_event_time t);
/* The instant at which that day begins. */
cw_event_time cw_zone_midnight(const struct cw_zone *z, cw_day day);

struct cw_date {
    int32_t year;
    int32_t month; /* 1..12 */
    int32_t mday;  /* 1..31 */
};
cw_day cw_day_of(struct cw_date d);
struct cw_date cw_date_of(cw_day day);
/* 0 = Monday .. 6 = Sunday. */
int cw_weekday(cw_day day);
cw_cycle cw_cycle_of(cw_day day);
cw_day cw_cycle_first_day(cw_cycle c);

/* Strict parsers over a slice; return 0 or -CW_E_INVALID, the result untouched on failure. */
int cw_parse_rfc3339(struct cw_str s, cw_event_time *ret_time);
int cw_parse_date(struct cw_str s, cw_day *ret_day);      /* YYYY-MM-DD, a day that exists */
int cw_parse_cycle(struct cw_str s, cw_cycle *ret_cycle); /* YYYY-MM */

/* 2026-03-02T02:00:00+08:00, whole seconds, with the zone's offset at that instant. */
void cw_buf_time(struct cw_buf *b, const struct cw_zone *z, cw_event_time t);
void cw_buf_day(struct cw_buf *b, cw_day day);
void cw_buf_cycle(struct cw_buf *b, cw_cycle c);

/* Working days: weekends, overlaid by holiday-cn's JSON files ({"year", "days": [{"name", "date",
 * "isOffDay"}]}); a later file wins. */
struct cw_calendar;
struct cw_calendar *cw_calendar_new(void); /* weekends only; NULL when out of memory */
int cw_calendar_add_json(struct cw_calendar *c, const char *json, size_t n, struct cw_errbuf *eb);
void cw_calendar_free(struct cw_calendar *c);
bool cw_calendar_working(const struct cw_calendar *c, cw_day day);
/* The last day that a file has said something of; CW_NO_DAY when there was none. Beyond it only
 * weekends are known. */
cw_day cw_calendar_end(const struct cw_calendar *c);

/* Numbers. Only digits, '*' and '#', 1 to 16 characters, else -CW_E_INVALID. */
int cw_number_parse(struct cw_str s, cw_number *ret_number);
/* Writes at most 16 characters and a terminator; returns out. */
char *cw_number_text(cw_number n, char out[17]);
/* Decimal text of a JSON number to exact money: at most 4 decimals (trailing zeroes allowed),
 * exponents allowed, |m| <= CW_MONEY_MOST; else -CW_E_INVALID. */
int cw_money_parse(struct cw_str s, cw_money *ret_money);

#endif
