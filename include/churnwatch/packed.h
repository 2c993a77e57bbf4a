/* Numbers as a client keeps them, in fewer bytes than they are reckoned with: of hundreds of
 * millions of clients every byte counts. Each is packed as it is written and unpacked as it is
 * read, here and nowhere else. 0 is always "nothing": what was never told is all zero, and images
 * leave it out.
 */
#ifndef CHURNWATCH_PACKED_H
#define CHURNWATCH_PACKED_H

#include <math.h>

#include "churnwatch/types.h"

/* A day, 1970 to 2149 in 16 bits; 0 is CW_NO_DAY. Later ones are all kept as CW_DAY_FAR, earlier
 * ones as the first. */
typedef uint16_t cw_small_day;
#define CW_DAY_FAR ((cw_day)2932896) /* 9999-12-31, as "never" is often written */
static inline cw_small_day cw_day_pack(cw_day d)
{
    return (cw_small_day)(d == CW_NO_DAY ? 0 : d < 1 ? 1 : d < UINT16_MAX ? d : UINT16_MAX);
}
static inline cw_day cw_day_unpack(cw_small_day d)
{
    return d == 0 ? CW_NO_DAY : d == UINT16_MAX ? CW_DAY_FAR : d;
}

/* Money in 32 bits: 30 bits of a number, and 2 bits that say of what: 1/10000 yuan, fen, yuan, or
 * 10,000 yuan. Exact to 1/10000 up to 53,687 yuan, to a fen up to 5.3 million, to a yuan up to 536
 * million; above to 10,000 yuan, up to CW_MONEY_MOST and five times that. Rounded to the nearest,
 * halves away from zero. */
typedef uint32_t cw_small_money;
#define CW_SMALL_MONEY_UNITS                                                                       \
    {                                                                                              \
        1, 100, 10000, 100000000                                                                   \
    }
#define CW_SMALL_MONEY_MOST (((cw_money)1 << 29) - 1)
static inline cw_money cw_money_unpack(cw_small_money s)
{
    static const cw_money units[] = CW_SMALL_MONEY_UNITS;
    return ((int32_t)s >> 2) * units[s & 3];
}
static inline cw_small_money cw_money_pack(cw_money m)
{
    static const cw_money units[] = CW_SMALL_MONEY_UNITS;
    cw_money n = m;
    uint32_t of = 0;
    while (of < 3 && (n > CW_SMALL_MONEY_MOST || n < -CW_SMALL_MONEY_MOST)) {
        cw_money half = units[++of] / 2;
        n = m / units[of];
        n += (m % units[of] >= half) - (m % units[of] <= -half);
    }
    n = n > CW_SMALL_MONEY_MOST ? CW_SMALL_MONEY_MOST : n;
    n = n < -CW_SMALL_MONEY_MOST ? -CW_SMALL_MONEY_MOST : n;
    return (uint32_t)(int32_t)n << 2 | of;
}

/* So many steps, to the nearest, or to the last there is room for. A step is chosen so that what a
 * usual day moves is several of them, or a number would stand still for being rounded. */
static inline uint16_t cw_fixed_pack(double v, double steps_a_unit)
{
    return (uint16_t)lround(fmin(fmax(v * steps_a_unit, 0), UINT16_MAX));
}
static inline int16_t cw_fixed_pack_signed(double v, double steps_a_unit)
{
    return (int16_t)lround(fmin(fmax(v * steps_a_unit, INT16_MIN), INT16_MAX));
}

/* An amount of yuan in 16 bits, for what is compared and not added up for long: a sign, 5 bits of a
 * power of two and 10 of a number, which is to 1/2000 of itself. From a tenth of a fen, and what is
 * less is nothing, to two million yuan, and what is more is that. */
typedef uint16_t cw_small_float;
enum { CW_SMALL_FLOAT_BITS = 10, CW_SMALL_FLOAT_POWER_LEAST = -9, CW_SMALL_FLOAT_MOST = 0x7fff };
static inline double cw_float_unpack(cw_small_float f)
{
    int power = (f & CW_SMALL_FLOAT_MOST) >> CW_SMALL_FLOAT_BITS;
    double of = 1 + (f & ((1 << CW_SMALL_FLOAT_BITS) - 1)) / (double)(1 << CW_SMALL_FLOAT_BITS);
    double v = power ? ldexp(of, power - 2 + CW_SMALL_FLOAT_POWER_LEAST) : 0;
    return f > CW_SMALL_FLOAT_MOST ? -v : v;
}
static inline cw_small_float cw_float_pack(double v)
{
    int power;
    double of = frexp(fabs(v), &power);                  /* from a half to one */
    long n = lround(ldexp(of, CW_SMALL_FLOAT_BITS + 1)); /* so many, or one bit more */
    n += (long)(power - CW_SMALL_FLOAT_POWER_LEAST) * (1 << CW_SMALL_FLOAT_BITS);
    if (of <= 0 || n < 1 << CW_SMALL_FLOAT_BITS)
        return 0;
    n = n < CW_SMALL_FLOAT_MOST ? n : CW_SMALL_FLOAT_MOST;
    return (cw_small_float)(n | (v < 0 ? CW_SMALL_FLOAT_MOST + 1 : 0));
}

/* An instant to the second, 1970 to 2106; 0 is CW_NO_TIME. Of two within one second neither is the
 * earlier. */
typedef uint32_t cw_small_time;
static inline cw_small_time cw_time_pack(cw_event_time t)
{
    int64_t s = t / CW_SECOND;
    return t == CW_NO_TIME ? 0 : s < 1 ? 1 : s > UINT32_MAX ? UINT32_MAX : (uint32_t)s;
}
static inline cw_event_time cw_time_unpack(cw_small_time t)
{
    return t ? (cw_event_time)t * CW_SECOND : CW_NO_TIME;
}

#endif
