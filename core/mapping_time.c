/* Times as other systems write them: RFC 3339, seconds since 1970, and patterns such as
 * "YYYY-MM-DD hh:mm:ss" or "YYYYMMDDhhmmss".
 *
 * Pure. A field of one letter (M, D, h, m, s) takes one or two digits; S stands for digits of the
 * fraction, Z for an offset (Z, +08:00 or +0800).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/mapping_rules.h"

#define YEAR_LEAST 1970
#define YEAR_MOST 2199

/* ---- formats ---- */

static const struct {
    const char *name;
    enum cw_time_way way;
    int64_t scale;
} named[] = {
    {"rfc3339", CW_TIME_RFC3339, 0},
    {"epoch_s", CW_TIME_EPOCH, CW_SECOND},
    {"epoch_ms", CW_TIME_EPOCH, 1000},
    {"epoch_us", CW_TIME_EPOCH, 1},
};

#define FIELDS "YMDhmsSZ"

/* Whether each letter of a pattern is one of its fields, in a number that means something. */
static bool is_pattern(const char *p)
{
    while (*p) {
        size_t run = strspn(p, (const char[]){*p, '\0'});
        bool letter = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z');
        const char *field = letter ? strchr(FIELDS, *p) : NULL;
        size_t most = !field ? run : *p == 'Y' ? 4 : *p == 'Z' ? 1 : *p == 'S' ? 9 : 2;
        if ((letter && !field && *p != 'T') || run > most || (*p == 'Y' && run != 4))
            return false;
        p += run;
    }
    return true;
}

int cw_time_format_parse(const char *text, enum cw_member_kind kind,
                         struct cw_time_format *ret_format, struct cw_errbuf *eb)
{
    for (size_t i = 0; i < sizeof named / sizeof *named; i++)
        if (strcmp(named[i].name, text) == 0) {
            *ret_format = (struct cw_time_format){.way = named[i].way, .scale = named[i].scale};
            return 0;
        }
    bool whole = strchr(text, 'Y') && strchr(text, 'M');
    if (kind != CW_M_CYCLE)
        whole = whole && strchr(text, 'D');
    if (!is_pattern(text) || !whole)
        return cw_fail(eb, CW_E_INVALID,
                       "\"%.60s\" is no form of a time; allowed: rfc3339, epoch_s, epoch_ms, "
                       "epoch_us, or a pattern of YYYY, MM, DD, hh, mm, ss, S and Z such as "
                       "\"YYYY-MM-DD hh:mm:ss\"",
                       text);
    *ret_format = (struct cw_time_format){.way = CW_TIME_PATTERN, .pattern = text};
    return 0;
}

/* ---- reading a pattern ---- */

struct fields {
    int64_t year, month, mday, hour, minute, second, fraction; /* fraction in µs */
    bool zoned;
    int32_t offset;
};

static bool is_digit(const struct cw_str *s)
{
    return s->n && *s->p >= '0' && *s->p <= '9';
}

/* Digits, at least and at most so many. */
static bool take_number(struct cw_str *s, size_t least, size_t most, int64_t *ret_value)
{
    int64_t value = 0;
    size_t n = 0;
    for (; n < most && is_digit(s); n++, s->p++, s->n--)
        value = value * 10 + (*s->p - '0');
    *ret_value = value;
    return n >= least;
}

static bool take_fraction(struct cw_str *s, size_t digits, int64_t *ret_us)
{
    int64_t value;
    if (!take_number(s, digits, digits, &value))
        return false;
    for (; digits < 6; digits++)
        value *= 10;
    for (; digits > 6; digits--)
        value /= 10;
    *ret_us = value;
    return true;
}

static bool take_char(struct cw_str *s, char c)
{
    if (s->n == 0 || *s->p != c)
        return false;
    s->p++;
    s->n--;
    return true;
}

static bool take_offset(struct cw_str *s, struct fields *f)
{
    int64_t hours = 0, minutes = 0;
    f->zoned = true;
    if (take_char(s, 'Z') || take_char(s, 'z'))
        return true;
    bool west = take_char(s, '-');
    if ((!west && !take_char(s, '+')) || !take_number(s, 2, 2, &hours))
        return false;
    (void)take_char(s, ':');
    if (!take_number(s, 2, 2, &minutes) || hours > 23 || minutes > 59)
        return false;
    f->offset = (int32_t)(hours * 3600 + minutes * 60) * (west ? -1 : 1);
    return true;
}

/* One run of the pattern's letters, or one byte of what stands between. */
static bool take_field(struct cw_str *s, char letter, size_t run, struct fields *f)
{
    size_t least = run, most = run == 1 ? 2 : run;
    switch (letter) {
    case 'Y':
        return take_number(s, least, run, &f->year);
    case 'M':
        return take_number(s, least, most, &f->month);
    case 'D':
        return take_number(s, least, most, &f->mday);
    case 'h':
        return take_number(s, least, most, &f->hour);
    case 'm':
        return take_number(s, least, most, &f->minute);
    case 's':
        return take_number(s, least, most, &f->second);
    case 'S':
        return take_fraction(s, run, &f->fraction);
    default:
        return take_offset(s, f);
    }
}

static bool take_fields(struct cw_str s, const char *pattern, struct fields *f)
{
    for (const char *p = pattern; *p;) {
        if (!strchr(FIELDS, *p)) {
            if (!take_char(&s, *p++))
                return false;
            continue;
        }
        size_t run = strspn(p, (const char[]){*p, '\0'});
        if (!take_field(&s, *p, run, f))
            return false;
        p += run;
    }
    return s.n == 0;
}

/* A day that exists and a time its clock shows. A leap second is the last microsecond before it. */
static bool is_real(struct fields *f)
{
    struct cw_date d = {(int32_t)f->year, (int32_t)f->month, (int32_t)f->mday};
    if (f->year < YEAR_LEAST || f->year > YEAR_MOST || f->month < 1 || f->month > 12 ||
        f->mday < 1 || f->mday > 31 || f->hour > 23 || f->minute > 59 || f->second > 60)
        return false;
    if (f->second == 60) {
        f->second = 59;
        f->fraction = CW_SECOND - 1;
    }
    struct cw_date again = cw_date_of(cw_day_of(d));
    return again.month == d.month && again.mday == d.mday;
}

static int read_pattern(const char *pattern, struct cw_str text, struct cw_civil *ret_civil)
{
    struct fields f = {.mday = 1};
    if (!take_fields(text, pattern, &f) || !is_real(&f))
        return -CW_E_INVALID;
    struct cw_date d = {(int32_t)f.year, (int32_t)f.month, (int32_t)f.mday};
    *ret_civil =
        (struct cw_civil){.day = cw_day_of(d),
                          .us = ((f.hour * 60 + f.minute) * 60 + f.second) * CW_SECOND + f.fraction,
                          .zoned = f.zoned,
                          .offset = f.offset};
    return 0;
}

/* ---- reading instants ---- */

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

static struct cw_civil utc_of(cw_event_time t)
{
    int64_t day = floor_div(t, CW_DAY);
    return (struct cw_civil){.day = (cw_day)day, .us = t - day * CW_DAY, .zoned = true};
}

/* Large numbers come as 1.772345678E12 from some writers. */
static struct cw_str without_exponent(struct cw_str s, char out[64])
{
    char number[40];
    if (s.n >= sizeof number || !(memchr(s.p, 'e', s.n) || memchr(s.p, 'E', s.n)))
        return s;
    memcpy(number, s.p, s.n);
    number[s.n] = '\0';
    double value = strtod(number, NULL);
    if (!(value >= 0 && value < 1e16))
        return s;
    return (struct cw_str){out, (size_t)snprintf(out, 64, "%.6f", value)};
}

/* Whole digits and a fraction; what is finer than a microsecond is left out. */
static int read_epoch(int64_t scale, struct cw_str text, struct cw_civil *ret_civil)
{
    static const cw_event_time most = INT64_C(7258118400) * CW_SECOND; /* 2200-01-01 */
    char room[64];
    struct cw_str s = without_exponent(text, room);
    int64_t whole, us, digit, weight = scale / 10;
    if (!take_number(&s, 1, 16, &whole) || __builtin_mul_overflow(whole, scale, &us) || us >= most)
        return -CW_E_INVALID;
    if (take_char(&s, '.') && !is_digit(&s))
        return -CW_E_INVALID;
    for (; take_number(&s, 1, 1, &digit); weight /= 10)
        us += digit * weight;
    if (s.n)
        return -CW_E_INVALID;
    *ret_civil = utc_of(us);
    return 0;
}

int cw_time_format_read(const struct cw_time_format *f, struct cw_str text,
                        struct cw_civil *ret_civil)
{
    cw_event_time t;
    switch (f->way) {
    case CW_TIME_EPOCH:
        return read_epoch(f->scale, text, ret_civil);
    case CW_TIME_PATTERN:
        return read_pattern(f->pattern, text, ret_civil);
    case CW_TIME_RFC3339:
        break;
    }
    if (cw_parse_rfc3339(text, &t) != 0)
        return -CW_E_INVALID;
    *ret_civil = utc_of(t);
    return 0;
}

/* No zone changes twice within two days, so the offsets a day before and a day after are the two
 * that may hold. */
cw_event_time cw_civil_instant(const struct cw_civil *c, const struct cw_zone *zone)
{
    int64_t local = c->day * CW_DAY + c->us;
    if (c->zoned)
        return local - c->offset * CW_SECOND;
    cw_event_time first = local - cw_zone_offset(zone, local - CW_DAY) * CW_SECOND;
    cw_event_time second = local - cw_zone_offset(zone, local + CW_DAY) * CW_SECOND;
    if (first + cw_zone_offset(zone, first) * CW_SECOND == local)
        return first;
    return second + cw_zone_offset(zone, second) * CW_SECOND == local ? second : first;
}
