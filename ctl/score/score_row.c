/* Rows of a series; see score_row.h. */
#include "ctl/score/score_row.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "churnwatch/civil.h"
#include "core/series.h"
#include "ctl/score/csv.h"

static const char byte_order_mark[] = "\xEF\xBB\xBF";

/* ---- header ---- */

static bool find(struct cw_str line, const char *name, unsigned *ret_column)
{
    struct cw_str cell;
    for (unsigned i = 0; cw_csv_take(&line, &cell); i++)
        if (cell.n == strlen(name) && memcmp(cell.p, name, cell.n) == 0) {
            *ret_column = i;
            return true;
        }
    return false;
}

int cw_score_header(struct cw_str line, struct cw_score_columns *ret_columns, struct cw_errbuf *eb)
{
    struct cw_score_columns c;
    size_t mark = sizeof byte_order_mark - 1;
    if (line.n >= mark && memcmp(line.p, byte_order_mark, mark) == 0)
        line = (struct cw_str){line.p + mark, line.n - mark};
    if (!find(line, "timestamp", &c.timestamp))
        return cw_fail(eb, CW_E_INVALID, "the header has no column \"timestamp\"");
    if (!find(line, "value", &c.value))
        return cw_fail(eb, CW_E_INVALID, "the header has no column \"value\"");
    *ret_columns = c;
    return 0;
}

/* ---- times ---- */

static bool take_char(struct cw_str *s, const char *any_of)
{
    if (!s->n || !*s->p || !strchr(any_of, *s->p)) /* strchr also finds the end, a zero byte */
        return false;
    s->p++;
    s->n--;
    return true;
}

static size_t take_digits(struct cw_str *s)
{
    size_t n = 0;
    while (take_char(s, "0123456789"))
        n++;
    return n;
}

/* Two digits under a limit. */
static bool take_pair(struct cw_str *s, int32_t limit, int32_t *ret_number)
{
    struct cw_str pair = {s->p, 2};
    if (s->n < 2 || take_digits(&pair) != 2)
        return false;
    *ret_number = (s->p[0] - '0') * 10 + s->p[1] - '0';
    *s = (struct cw_str){s->p + 2, s->n - 2};
    return *ret_number < limit;
}

/* Nothing, Z, or +hh:mm, which does not change what the clock there shows. */
static bool is_offset(struct cw_str s)
{
    int32_t hours, minutes;
    if (!s.n || (take_char(&s, "Zz") && !s.n))
        return true;
    return take_char(&s, "+-") && take_pair(&s, 24, &hours) && (take_char(&s, ":") || true) &&
           take_pair(&s, 60, &minutes) && !s.n;
}

/* hh:mm, hh:mm:ss or hh:mm:ss.fraction, each with an offset or none. */
static bool read_clock(struct cw_str s, int32_t *ret_second)
{
    int32_t hour, minute, second = 0;
    if (!take_pair(&s, 24, &hour) || !take_char(&s, ":") || !take_pair(&s, 60, &minute))
        return false;
    if (take_char(&s, ":") && !take_pair(&s, 61, &second))
        return false;
    if (take_char(&s, ".") && !take_digits(&s))
        return false;
    *ret_second = (hour * 60 + minute) * 60 + (second < 60 ? second : 59);
    return is_offset(s);
}

static bool read_time(struct cw_str s, cw_day *ret_day, int32_t *ret_second)
{
    enum { DATE = 10 };
    if (s.n < DATE || cw_parse_date((struct cw_str){s.p, DATE}, ret_day) != 0)
        return false;
    s = (struct cw_str){s.p + DATE, s.n - DATE};
    *ret_second = 0;
    return !s.n || (take_char(&s, " Tt") && read_clock(s, ret_second));
}

/* ---- rows ---- */

static bool read_number(struct cw_str s, double *ret_number)
{
    char text[64], *end;
    if (!s.n || s.n >= sizeof text)
        return false;
    memcpy(text, s.p, s.n);
    text[s.n] = '\0';
    if (strspn(text, "0123456789+-.eE") != s.n)
        return false; /* strtod also takes "nan", "inf" and hexadecimal */
    double number = strtod(text, &end);
    if (*end || fabs(number) > CW_SERIES_MOST)
        return false;
    *ret_number = number;
    return true;
}

static int take_cells(struct cw_str line, const struct cw_score_columns *c,
                      struct cw_score_row *ret_row, struct cw_errbuf *eb)
{
    unsigned i = 0, last = c->timestamp > c->value ? c->timestamp : c->value;
    for (struct cw_str cell; i <= last && cw_csv_take(&line, &cell); i++) {
        if (i == c->timestamp)
            ret_row->timestamp = cell;
        if (i == c->value)
            ret_row->value = cell;
    }
    if (i <= last)
        return cw_fail(eb, CW_E_INVALID, "%u columns, where the header promises %u", i, last + 1);
    return 0;
}

int cw_score_row(struct cw_str line, const struct cw_score_columns *columns,
                 struct cw_score_row *ret_row, struct cw_errbuf *eb)
{
    struct cw_score_row r;
    int err = take_cells(line, columns, &r, eb);
    if (err)
        return err;
    if (!read_time(r.timestamp, &r.day, &r.second))
        return cw_fail(eb, CW_E_INVALID, "\"%.*s\" is no time (YYYY-MM-DD hh:mm:ss)",
                       (int)(r.timestamp.n < 40 ? r.timestamp.n : 40), r.timestamp.p);
    if (!read_number(r.value, &r.number))
        return cw_fail(eb, CW_E_INVALID, "\"%.*s\" is no number",
                       (int)(r.value.n < 40 ? r.value.n : 40), r.value.p);
    *ret_row = r;
    return 0;
}
