/* Durations, sizes, amounts and plain numbers, from text and back. Pure. */
#include "config/units.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "churnwatch/civil.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

struct unit {
    const char *name;
    int64_t size;
};
/* From large to small, in which order a duration must name them. */
static const struct unit time_units[] = {
    {"d", CW_DAY}, {"h", CW_HOUR}, {"m", CW_MINUTE}, {"s", CW_SECOND}, {"ms", 1000}, {"us", 1},
};
static const struct unit size_units[] = {
    {"GiB", INT64_C(1) << 30}, {"MiB", INT64_C(1) << 20}, {"KiB", INT64_C(1) << 10}, {"B", 1}};

/* strtoll and strtod skip blanks and read words such as "inf": a number begins with neither. */
static bool starts_number(const char *text)
{
    const char *p = text + (*text == '-' || *text == '+');
    return (*p >= '0' && *p <= '9') || *p == '.';
}

int cw_int_parse(const char *text, int64_t *ret_value)
{
    char *end;
    errno = 0;
    if (!starts_number(text))
        return -CW_E_INVALID;
    long long value = strtoll(text, &end, 10);
    if (end == text || *end || errno)
        return -CW_E_INVALID;
    *ret_value = value;
    return 0;
}

int cw_real_parse(const char *text, double *ret_value)
{
    char *end;
    if (!starts_number(text) || strpbrk(text, "xX"))
        return -CW_E_INVALID;
    double value = strtod(text, &end);
    if (end == text || *end || !isfinite(value))
        return -CW_E_INVALID;
    *ret_value = value;
    return 0;
}

/* Digits only, moving *text behind them. */
static int take_count(const char **text, int64_t *ret_value)
{
    const char *p = *text;
    int64_t value = 0;
    for (; *p >= '0' && *p <= '9'; p++)
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, *p - '0', &value))
            return -CW_E_INVALID;
    if (p == *text)
        return -CW_E_INVALID;
    *text = p;
    *ret_value = value;
    return 0;
}

/* The unit whose name is all letters at *text, moving *text behind them; or -1. */
static int take_unit(const char **text, const struct unit *units, size_t n)
{
    size_t letters = strspn(*text, "BGKMdhimsu");
    for (size_t i = 0; i < n; i++)
        if (strlen(units[i].name) == letters && memcmp(units[i].name, *text, letters) == 0) {
            *text += letters;
            return (int)i;
        }
    return -1;
}

int cw_duration_parse(const char *text, int64_t *ret_us)
{
    int64_t sum = 0;
    int last = -1;
    do {
        int64_t count;
        if (take_count(&text, &count) != 0)
            return -CW_E_INVALID;
        int unit = take_unit(&text, time_units, COUNT(time_units));
        if (unit <= last || __builtin_mul_overflow(count, time_units[unit].size, &count) ||
            __builtin_add_overflow(sum, count, &sum))
            return -CW_E_INVALID;
        last = unit;
    } while (*text);
    *ret_us = sum;
    return 0;
}

int cw_size_parse(const char *text, int64_t *ret_bytes)
{
    int64_t count;
    if (take_count(&text, &count) != 0)
        return -CW_E_INVALID;
    if (*text) {
        int unit = take_unit(&text, size_units, COUNT(size_units));
        if (unit < 0 || *text || __builtin_mul_overflow(count, size_units[unit].size, &count))
            return -CW_E_INVALID;
    }
    *ret_bytes = count;
    return 0;
}

int cw_yuan_parse(const char *text, int64_t *ret_money)
{
    return cw_money_parse((struct cw_str){text, strlen(text)}, ret_money);
}

void cw_int_print(struct cw_buf *b, int64_t value)
{
    cw_buf_printf(b, "%" PRId64, value);
}

void cw_real_print(struct cw_buf *b, double value)
{
    char text[40];
    for (int digits = 15; digits <= 17; digits++) {
        (void)snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    cw_buf_puts(b, text);
}

void cw_duration_print(struct cw_buf *b, int64_t us)
{
    if (us == 0)
        cw_buf_puts(b, "0s");
    for (size_t i = 0; i < COUNT(time_units) && us; i++) {
        int64_t count = us / time_units[i].size;
        if (count)
            cw_buf_printf(b, "%" PRId64 "%s", count, time_units[i].name);
        us -= count * time_units[i].size;
    }
}

void cw_size_print(struct cw_buf *b, int64_t bytes)
{
    size_t i = 0;
    while (i + 1 < COUNT(size_units) && bytes % size_units[i].size)
        i++;
    if (bytes == 0 || size_units[i].size == 1)
        cw_int_print(b, bytes);
    else
        cw_buf_printf(b, "%" PRId64 "%s", bytes / size_units[i].size, size_units[i].name);
}

void cw_yuan_print(struct cw_buf *b, int64_t money)
{
    if (money % CW_YUAN == 0)
        cw_int_print(b, money / CW_YUAN);
    else
        cw_buf_money(b, money);
}
