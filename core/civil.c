/* Civil days and cycles, and RFC 3339: counting, strict parsing, writing. Pure. */
#include "churnwatch/civil.h"

#define DAY_S INT64_C(86400)

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

/* ---- days and cycles ---- */

static bool is_leap(int32_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int32_t month_days(int32_t year, int32_t month)
{
    static const int32_t days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return days[month - 1] + (month == 2 && is_leap(year));
}

/* Years are counted from March, so that the leap day is the last of its year; 1970-01-01 is day
 * 719468 since 0000-03-01, and 400 years are always 146097 days. */
cw_day cw_day_of(struct cw_date d)
{
    int32_t month = (d.month + 9) % 12;
    int64_t year = d.year - (d.month <= 2);
    int64_t era = floor_div(year, 400);
    int64_t of_era = year - era * 400;
    int64_t of_year = (153 * month + 2) / 5 + d.mday - 1;
    return (cw_day)(era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468);
}

struct cw_date cw_date_of(cw_day day)
{
    int64_t z = (int64_t)day + 719468;
    int64_t era = floor_div(z, 146097);
    int64_t of_era = z - era * 146097;
    int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
    int64_t month = (5 * of_year + 2) / 153;
    int32_t civil_month = (int32_t)(month < 10 ? month + 3 : month - 9);
    return (struct cw_date){.year = (int32_t)(year + era * 400) + (civil_month <= 2),
                            .month = civil_month,
                            .mday = (int32_t)(of_year - (153 * month + 2) / 5 + 1)};
}

int cw_weekday(cw_day day)
{
    int64_t since_monday = (int64_t)day + 3; /* 1970-01-01 was a Thursday */
    return (int)(since_monday - floor_div(since_monday, 7) * 7);
}

cw_cycle cw_cycle_of(cw_day day)
{
    struct cw_date d = cw_date_of(day);
    return d.year * 12 + d.month - 1;
}

cw_day cw_cycle_first_day(cw_cycle c)
{
    int32_t year = (int32_t)floor_div(c, 12);
    return cw_day_of((struct cw_date){.year = year, .month = c - year * 12 + 1, .mday = 1});
}

/* ---- parsing ---- */

/* The next n digits as a number, -1 when there are not that many. */
static int32_t take_digits(struct cw_str *s, size_t n)
{
    if (s->n < n)
        return -1;
    int32_t v = 0;
    for (size_t i = 0; i < n; i++) {
        char c = s->p[i];
        if (c < '0' || c > '9')
            return -1;
        v = v * 10 + (c - '0');
    }
    s->p += n;
    s->n -= n;
    return v;
}

/* The next character if it is one of two (give the same twice for one), else 0. */
static char take_char(struct cw_str *s, char a, char b)
{
    if (s->n == 0 || (s->p[0] != a && s->p[0] != b))
        return 0;
    s->n--;
    return *s->p++;
}

static bool take_month(struct cw_str *s, struct cw_date *d)
{
    d->year = take_digits(s, 4);
    if (d->year < 0 || !take_char(s, '-', '-'))
        return false;
    d->month = take_digits(s, 2);
    return d->month >= 1 && d->month <= 12;
}

static bool take_date(struct cw_str *s, struct cw_date *d)
{
    if (!take_month(s, d) || !take_char(s, '-', '-'))
        return false;
    d->mday = take_digits(s, 2);
    return d->mday >= 1 && d->mday <= month_days(d->year, d->month);
}

/* ":MM" with a number up to 59, -1 otherwise. */
static int32_t take_sixtieth(struct cw_str *s)
{
    int32_t v = take_char(s, ':', ':') ? take_digits(s, 2) : -1;
    return v <= 59 ? v : -1;
}

/* An optional fraction to microseconds; -1 when there is a point and no digit. */
static int32_t take_fraction(struct cw_str *s)
{
    if (!take_char(s, '.', '.'))
        return 0;
    int32_t us = 0, weight = 100000;
    size_t digits = 0;
    for (int32_t d; (d = take_digits(s, 1)) >= 0; digits++, weight /= 10)
        us += d * weight;
    return digits ? us : -1;
}

/* Seconds and their fraction as microseconds. A leap second is the last microsecond before it: the
 * clocks behind the events have no name for it. */
static int64_t take_second(struct cw_str *s)
{
    int32_t sec = take_char(s, ':', ':') ? take_digits(s, 2) : -1;
    int32_t us = take_fraction(s);
    if (sec < 0 || sec > 60 || us < 0)
        return -1;
    return sec == 60 ? 60 * CW_SECOND - 1 : sec * CW_SECOND + us;
}

static bool take_offset(struct cw_str *s, int32_t *ret_seconds)
{
    *ret_seconds = 0;
    if (take_char(s, 'Z', 'z'))
        return true;
    char sign = take_char(s, '+', '-');
    int32_t hour = sign ? take_digits(s, 2) : -1;
    int32_t minute = take_sixtieth(s);
    if (hour < 0 || hour > 23 || minute < 0)
        return false;
    *ret_seconds = (hour * 3600 + minute * 60) * (sign == '-' ? -1 : 1);
    return true;
}

int cw_parse_rfc3339(struct cw_str s, cw_event_time *ret_time)
{
    struct cw_date d;
    if (!take_date(&s, &d) || d.year < 1970 || d.year > 2199 || !take_char(&s, 'T', 't'))
        return -CW_E_INVALID;
    int32_t hour = take_digits(&s, 2);
    int32_t minute = take_sixtieth(&s);
    int64_t second = take_second(&s);
    int32_t offset;
    if (hour < 0 || hour > 23 || minute < 0 || second < 0 || !take_offset(&s, &offset) || s.n)
        return -CW_E_INVALID;
    int64_t minutes = (cw_day_of(d) * INT64_C(24) + hour) * 60 + minute;
    *ret_time = minutes * CW_MINUTE + second - offset * CW_SECOND;
    return 0;
}

int cw_parse_date(struct cw_str s, cw_day *ret_day)
{
    struct cw_date d;
    if (!take_date(&s, &d) || s.n)
        return -CW_E_INVALID;
    *ret_day = cw_day_of(d);
    return 0;
}

int cw_parse_cycle(struct cw_str s, cw_cycle *ret_cycle)
{
    struct cw_date d;
    if (!take_month(&s, &d) || s.n)
        return -CW_E_INVALID;
    *ret_cycle = d.year * 12 + d.month - 1;
    return 0;
}

/* ---- writing ---- */

void cw_buf_day(struct cw_buf *b, cw_day day)
{
    struct cw_date d = cw_date_of(day);
    cw_buf_printf(b, "%04d-%02d-%02d", d.year, d.month, d.mday);
}

void cw_buf_cycle(struct cw_buf *b, cw_cycle c)
{
    int32_t year = (int32_t)floor_div(c, 12);
    cw_buf_printf(b, "%04d-%02d", year, c - year * 12 + 1);
}

/* RFC 3339 knows no seconds of an offset; the few zones that had some until 1972 are written with
 * the whole minute, and the time of day to match. */
void cw_buf_time(struct cw_buf *b, const struct cw_zone *z, cw_event_time t)
{
    int32_t minutes = cw_zone_offset(z, t) / 60;
    int64_t local = floor_div(t, CW_SECOND) + minutes * 60;
    int64_t day = floor_div(local, DAY_S);
    int32_t s = (int32_t)(local - day * DAY_S);
    int32_t ahead = minutes < 0 ? -minutes : minutes;
    cw_buf_day(b, (cw_day)day);
    cw_buf_printf(b, "T%02d:%02d:%02d%c%02d:%02d", s / 3600, s / 60 % 60, s % 60,
                  minutes < 0 ? '-' : '+', ahead / 60, ahead % 60);
}
