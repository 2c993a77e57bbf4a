/* Telephone numbers packed into 64 bits, and the exact text of amounts.
 *
 * Money never goes through a floating-point number: its decimal text is read digit by digit.
 */
#include "churnwatch/civil.h"

#define NUMBER_CHARS 16
#define MONEY_DECIMALS 4
#define MONEY_DIGITS 17 /* CW_MONEY_MOST has that many */

/* Each character's nibble is its place here, plus one. */
static const char alphabet[] = "0123456789*#";

static unsigned nibble_of(char c)
{
    if (c >= '0' && c <= '9')
        return (unsigned)(c - '0') + 1;
    return c == '*' ? 11 : c == '#' ? 12 : 0;
}

int cw_number_parse(struct cw_str s, cw_number *ret_number)
{
    if (s.n < 1 || s.n > NUMBER_CHARS)
        return -CW_E_INVALID;
    cw_number packed = 0;
    for (size_t i = 0; i < s.n; i++) {
        unsigned nibble = nibble_of(s.p[i]);
        if (!nibble)
            return -CW_E_INVALID;
        packed = packed << 4 | nibble;
    }
    *ret_number = packed;
    return 0;
}

char *cw_number_text(cw_number n, char out[17])
{
    size_t at = 0;
    for (int shift = 60; shift >= 0; shift -= 4) {
        unsigned nibble = (unsigned)(n >> shift) & 15;
        if (nibble >= 1 && nibble <= sizeof alphabet - 1)
            out[at++] = alphabet[nibble - 1];
    }
    out[at] = '\0';
    return out;
}

/* A decimal number as it is read: digits * 10^(zeros - decimals + exponent). */
struct decimal {
    uint64_t digits; /* without trailing zeros */
    int n_digits;    /* of digits; more than MONEY_DIGITS = too many to be money */
    int64_t zeros;   /* since the last other digit */
    int64_t decimals;
    int64_t exponent;
};

static void add_digit(struct decimal *d, unsigned digit)
{
    if (digit == 0) {
        d->zeros += d->n_digits > 0;
        return;
    }
    if (d->n_digits + d->zeros + 1 > MONEY_DIGITS) {
        d->n_digits = MONEY_DIGITS + 1;
        return;
    }
    for (; d->zeros > 0; d->zeros--, d->n_digits++)
        d->digits *= 10;
    d->digits = d->digits * 10 + digit;
    d->n_digits++;
}

/* Reads a run of digits; returns how many there were. */
static size_t take_digits(struct cw_str *s, struct decimal *d)
{
    size_t n = 0;
    for (; n < s->n && s->p[n] >= '0' && s->p[n] <= '9'; n++)
        add_digit(d, (unsigned)(s->p[n] - '0'));
    s->p += n;
    s->n -= n;
    return n;
}

/* One of two characters. */
static bool take_char(struct cw_str *s, char a, char b)
{
    if (s->n == 0 || (s->p[0] != a && s->p[0] != b))
        return false;
    s->p++;
    s->n--;
    return true;
}

/* An optional exponent, up to a size that no number of digits in a message can make up for. */
static bool take_exponent(struct cw_str *s, struct decimal *d)
{
    const int64_t most = INT64_C(1) << 40;
    if (!take_char(s, 'e', 'E'))
        return true;
    bool negative = s->n && s->p[0] == '-';
    (void)take_char(s, '+', '-');
    size_t n = 0;
    for (; s->n && *s->p >= '0' && *s->p <= '9'; s->p++, s->n--, n++)
        if (d->exponent < most)
            d->exponent = d->exponent * 10 + (*s->p - '0');
    if (negative)
        d->exponent = -d->exponent;
    return n > 0;
}

/* Reads what JSON calls a number, whole. */
static bool take_decimal(struct cw_str s, struct decimal *d)
{
    bool leading_zero = s.n && s.p[0] == '0';
    size_t whole = take_digits(&s, d);
    if (whole == 0 || (leading_zero && whole > 1))
        return false;
    if (take_char(&s, '.', '.')) {
        size_t n = take_digits(&s, d);
        if (n == 0)
            return false;
        d->decimals = (int64_t)n;
    }
    return take_exponent(&s, d) && s.n == 0;
}

int cw_money_parse(struct cw_str s, cw_money *ret_money)
{
    struct decimal d = {0};
    bool negative = s.n && s.p[0] == '-';
    if (negative)
        s = (struct cw_str){s.p + 1, s.n - 1};
    if (!take_decimal(s, &d) || d.n_digits > MONEY_DIGITS)
        return -CW_E_INVALID;
    int64_t scale = d.zeros - d.decimals + d.exponent + MONEY_DECIMALS;
    if (d.digits && (scale < 0 || scale + d.n_digits > MONEY_DIGITS))
        return -CW_E_INVALID;
    uint64_t size = d.digits;
    for (; size && scale > 0; scale--)
        size *= 10;
    if (size > (uint64_t)CW_MONEY_MOST)
        return -CW_E_INVALID;
    *ret_money = negative ? -(cw_money)size : (cw_money)size;
    return 0;
}
