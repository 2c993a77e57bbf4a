/* One value of a message to the contract's form: texts through a map, amounts and quantities
 * through their units, times through their formats.
 *
 * Amounts never go through a floating-point number. Runs on the decoder's thread; owns nothing.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/locate.h"
#include "core/mapping_rules.h"

#define NUMBER_BYTES 64 /* of a number's text; longer ones are none we know */

/* ---- the text of a value ---- */

struct cw_str cw_scalar_text(const struct cw_decoder *d, const struct cw_pointer *p,
                             struct cw_scope scope, const struct cw_json *v)
{
    switch (cw_json_kind(v)) {
    case CW_JSON_STRING:
        return cw_json_string(v);
    case CW_JSON_TRUE:
        return CW_STR("true");
    case CW_JSON_FALSE:
        return CW_STR("false");
    case CW_JSON_NUMBER:
        if (v->u.text.p)
            return v->u.text;
        return cw_locate_number(d->source.text,
                                cw_pointer_locate(p, scope.v, d->source.text, scope.at));
    default:
        return (struct cw_str){0};
    }
}

static struct cw_str without(struct cw_str text, struct cw_str drop)
{
    if (drop.n == 0 || text.n < drop.n || memcmp(text.p, drop.p, drop.n) != 0)
        return text;
    return (struct cw_str){text.p + drop.n, text.n - drop.n};
}

static int compare(struct cw_str a, struct cw_str b)
{
    int order = memcmp(a.p, b.p, a.n < b.n ? a.n : b.n);
    return order ? order : (a.n > b.n) - (a.n < b.n);
}

/* NULL: it has no such word. */
static const struct cw_word_pair *look_up(const struct cw_rule *r, struct cw_str word)
{
    size_t lo = 0, hi = r->n_map;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        int order = compare(word, r->map[mid].from);
        if (order == 0)
            return &r->map[mid];
        if (order < 0)
            hi = mid;
        else
            lo = mid + 1;
    }
    return NULL;
}

/* ---- writing ---- */

static bool is_bare(enum cw_member_kind kind)
{
    return kind == CW_M_BOOL || kind == CW_M_MONEY || kind == CW_M_INT32 || kind == CW_M_INT64 ||
           kind == CW_M_REAL;
}

void cw_mapped_text_put(struct cw_decoder *d, const struct cw_rule *r, struct cw_str text)
{
    if (is_bare(r->member->kind))
        cw_buf_put(&d->mapped, text.p, text.n);
    else
        cw_buf_json_str(&d->mapped, text);
}

static int refuse_value(struct cw_decoder *d, struct cw_node *nd, const char *expected,
                        struct cw_str found)
{
    char quote[CW_QUOTE];
    return cw_refuse(d, nd, CW_REJECT_OUT_OF_RANGE, "expected %s, found \"%s\"", expected,
                     cw_quote(found, quote));
}

/* Whether it is a number as JSON writes one, and its value, which is finite. */
static bool is_number(struct cw_str s, char out[NUMBER_BYTES], double *ret_value)
{
    const char *p = out;
    if (s.n == 0 || s.n >= NUMBER_BYTES)
        return false;
    memcpy(out, s.p, s.n);
    out[s.n] = '\0';
    p += *p == '-';
    size_t whole = strspn(p, "0123456789");
    if (whole == 0 || (whole > 1 && *p == '0'))
        return false;
    p += whole;
    if (*p == '.') {
        size_t decimals = strspn(p + 1, "0123456789");
        if (decimals == 0)
            return false;
        p += 1 + decimals;
    }
    if (*p == 'e' || *p == 'E') {
        p += 1 + (p[1] == '+' || p[1] == '-');
        size_t digits = strspn(p, "0123456789");
        if (digits == 0)
            return false;
        p += digits;
    }
    *ret_value = strtod(out, NULL);
    return p == out + s.n && isfinite(*ret_value);
}

/* The text of the amount in yuan: the power of ten joins what exponent there is. */
static int put_money(struct cw_decoder *d, const struct cw_rule *r, struct cw_node *nd,
                     struct cw_str text)
{
    char number[NUMBER_BYTES], scaled[NUMBER_BYTES + 32];
    double ignored;
    cw_money money;
    if (!is_number(text, number, &ignored))
        return refuse_value(d, nd, "an amount", text);
    char *e = strpbrk(number, "eE");
    long exponent = e ? strtol(e + 1, NULL, 10) : 0;
    if (exponent < -999 || exponent > 999)
        return refuse_value(d, nd, "an amount of at most 10^12 yuan", text);
    if (e)
        *e = '\0';
    int n = snprintf(scaled, sizeof scaled, "%se%ld", number, exponent + (long)r->unit->size);
    if (cw_money_parse((struct cw_str){scaled, (size_t)n}, &money) != 0)
        return refuse_value(d, nd, "an amount of at most 10^12 yuan, and of at most 4 decimals",
                            text);
    cw_buf_money(&d->mapped, money);
    return 0;
}

/* The shortest text that reads back equal. */
static void put_real(struct cw_buf *b, double value)
{
    char text[40];
    for (int digits = 15; digits <= 17; digits++) {
        (void)snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    cw_buf_puts(b, text);
}

/* A count of another unit that is to be whole is rounded to the nearest. */
static int put_number(struct cw_decoder *d, const struct cw_rule *r, struct cw_node *nd,
                      struct cw_str text)
{
    char number[NUMBER_BYTES];
    double value;
    const struct cw_unit *ours = cw_unit_of(r->member);
    if (!is_number(text, number, &value))
        return refuse_value(d, nd, "a number", text);
    if (!r->unit || !ours || r->unit == ours) {
        cw_buf_puts(&d->mapped, number);
        return 0;
    }
    value = value * (double)r->unit->size / (double)ours->size;
    put_real(&d->mapped, r->member->kind == CW_M_REAL ? value : round(value));
    return 0;
}

static int put_bool(struct cw_decoder *d, const struct cw_rule *r, struct cw_node *nd,
                    struct cw_str text)
{
    if (compare(text, CW_STR("true")) != 0 && compare(text, CW_STR("false")) != 0)
        return refuse_value(d, nd, "true or false, or a map that makes it so", text);
    cw_mapped_text_put(d, r, text);
    return 0;
}

static int put_text(struct cw_decoder *d, const struct cw_rule *r, struct cw_node *nd,
                    struct cw_str text)
{
    (void)nd;
    cw_mapped_text_put(d, r, text);
    return 0;
}

/* ---- times ---- */

/* With the zone's offset and, where there is one, the fraction. */
static void put_instant(struct cw_buf *b, const struct cw_zone *zone, cw_event_time t)
{
    size_t at = b->n;
    int64_t us = (t % CW_SECOND + CW_SECOND) % CW_SECOND;
    static const size_t of_seconds = sizeof "YYYY-MM-DDThh:mm:ss" - 1;
    cw_buf_time(b, zone, t - us);
    if (us == 0 || b->failed)
        return;
    char offset[16];
    size_t n = b->n - at - of_seconds;
    memcpy(offset, b->p + at + of_seconds, n);
    b->n -= n;
    cw_buf_printf(b, ".%06d", (int)us);
    cw_buf_put(b, offset, n);
}

static void put_civil(struct cw_decoder *d, enum cw_member_kind kind, const struct cw_civil *c)
{
    const struct cw_zone *zone = d->mapping->zone;
    cw_event_time t = cw_civil_instant(c, zone);
    /* A day written without an offset is that day, whatever the zone. */
    cw_day day = c->zoned ? cw_zone_day(zone, t) : c->day;
    cw_buf_puts(&d->mapped, "\"");
    if (kind == CW_M_TIME)
        put_instant(&d->mapped, zone, t);
    else if (kind == CW_M_DATE)
        cw_buf_day(&d->mapped, day);
    else
        cw_buf_cycle(&d->mapped, cw_cycle_of(day));
    cw_buf_puts(&d->mapped, "\"");
}

static const char *format_name(const struct cw_time_format *f)
{
    if (f->way == CW_TIME_PATTERN)
        return f->pattern;
    return f->way == CW_TIME_RFC3339 ? "an RFC 3339 time" : "a number of seconds since 1970";
}

static int put_time(struct cw_decoder *d, const struct cw_rule *r, struct cw_node *nd,
                    struct cw_str text)
{
    struct cw_civil c;
    for (size_t i = 0; i < r->n_formats; i++)
        if (cw_time_format_read(&r->formats[i], text, &c) == 0) {
            put_civil(d, r->member->kind, &c);
            return 0;
        }
    return refuse_value(d, nd, format_name(&r->formats[0]), text);
}

/* ---- a rule's value ---- */

typedef int put_fn(struct cw_decoder *d, const struct cw_rule *r, struct cw_node *nd,
                   struct cw_str text);

static put_fn *put_for(const struct cw_rule *r)
{
    if (r->n_formats)
        return put_time;
    switch (r->member->kind) {
    case CW_M_BOOL:
        return put_bool;
    case CW_M_MONEY:
        return put_money;
    case CW_M_INT32:
    case CW_M_INT64:
    case CW_M_REAL:
        return put_number;
    default:
        return put_text;
    }
}

static int put_mapped_word(struct cw_decoder *d, const struct cw_rule *r, struct cw_node *nd,
                           struct cw_str text)
{
    char quote[CW_QUOTE];
    const struct cw_word_pair *pair = look_up(r, text);
    struct cw_str to = pair ? pair->to : r->otherwise;
    if (!to.p)
        return cw_refuse(d, nd, CW_REJECT_OUT_OF_RANGE, "the profile's map has no \"%s\"",
                         cw_quote(text, quote));
    cw_mapped_text_put(d, r, to);
    return 0;
}

static int put_found(struct cw_decoder *d, const struct cw_rule *r, struct cw_scope scope,
                     const struct cw_pointer *p, const struct cw_json *v, struct cw_node *nd)
{
    struct cw_str text = cw_scalar_text(d, p, scope, v);
    if (!text.p)
        return cw_refuse(d, nd, CW_REJECT_WRONG_TYPE, "expected a single value, found %s",
                         cw_json_kind(v) == CW_JSON_ARRAY ? "an array" : "an object");
    text = without(text, r->drop);
    cw_mapped_name_put(d, r->member->name);
    return r->n_map ? put_mapped_word(d, r, nd, text) : put_for(r)(d, r, nd, text);
}

int cw_rule_put_scalar(struct cw_decoder *d, const struct cw_rule *r, struct cw_scope scope,
                       struct cw_node *nd)
{
    const struct cw_json *v;
    const struct cw_pointer *p = cw_rule_find(r, scope, d->trace, &v);
    if (p)
        return put_found(d, r, scope, p, v, nd);
    if (r->absent.p) {
        cw_mapped_name_put(d, r->member->name);
        cw_mapped_text_put(d, r, r->absent);
    } else if (r->required) {
        return cw_refuse_missing(d, nd->up, r->member->name);
    }
    return 0;
}
