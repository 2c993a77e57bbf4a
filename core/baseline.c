/* The two-part model; see baseline.h. */
#include "core/baseline.h"

#include <math.h>

#include "core/clipped.h"

enum { YOUNG_DAYS = 28, SHIFT_DAYS = 21 };
#define SCALE_LEAST 0.15
#define SCALE_FIRST 0.7
#define GAIN 0.03
#define DROP_TO 0.35 /* the alternative that llr weighs: all activity at about a third */
#define AMOUNT_LEAST 0.01

/* Gain for the n-th observation: quick while young, then steady. */
static double gain_at(unsigned n)
{
    return n <= YOUNG_DAYS ? cw_gain_young((double)n) : GAIN;
}

static double log_amount(double amount)
{
    return log(amount > AMOUNT_LEAST ? amount : AMOUNT_LEAST);
}

/* ---- what lies packed ---- */

static int32_t rounded(double v, double least, double most)
{
    return (int32_t)lround(cw_clip(v, least, most));
}

void cw_baseline_set_chance(struct cw_baseline *b, bool working, double p)
{
    *(working ? &b->p_work : &b->p_rest) = (uint16_t)rounded(p * 65535, 0, UINT16_MAX);
}

/* Of amounts from a millionth of a millionth to 10^13. */
void cw_baseline_set_level(struct cw_baseline *b, double level)
{
    int32_t n = rounded(level * 262144, INT16_MIN * 256.0, INT16_MAX * 256.0);
    b->level = (int16_t)(n >> 8);
    b->level_rest = (uint8_t)(n & 255);
}

void cw_baseline_set_scale(struct cw_baseline *b, double scale)
{
    b->scale = (uint16_t)rounded(scale * 4096, 0, UINT16_MAX);
}

void cw_baseline_set_offset(struct cw_baseline *b, int weekday, double offset)
{
    b->weekday[weekday] = (int16_t)rounded(offset * 4096, INT16_MIN, INT16_MAX);
}

/* ---- the model ---- */

double cw_baseline_p(const struct cw_baseline *b, bool working)
{
    return cw_clip(b->days ? cw_baseline_chance(b, working) : 0.5, 0.001, 0.999);
}

double cw_baseline_weekend(const struct cw_baseline *b)
{
    double at_work = 0, at_rest = 0;
    if (!b->days_any)
        return 1;
    for (int i = 0; i < 5; i++)
        at_work += cw_baseline_offset(b, i) / 5;
    for (int i = 5; i < 7; i++)
        at_rest += cw_baseline_offset(b, i) / 2;
    return cw_baseline_p(b, false) / cw_baseline_p(b, true) * exp(at_rest - at_work);
}

double cw_baseline_residual(const struct cw_baseline *b, int weekday, double amount)
{
    return log_amount(amount) - cw_baseline_level(b) - cw_baseline_offset(b, weekday);
}

/* Likelihood ratio of "everything at a third" against "as usual" for one day; a day of nothing is
 * weighed by the client's own chance of one. */
static double day_llr(double p, double e, double scale, bool any)
{
    double p_low = 1 - pow(1 - p, DROP_TO);
    if (!any)
        return cw_clip(log((1 - p_low) / (1 - p)), -4, 4);
    double shift = log(DROP_TO);
    return cw_clip(log(p_low / p) + shift * (2 * e - shift) / (2 * scale * scale), -4, 4);
}

/* Returns the residual. */
static double view(const struct cw_baseline *b, int weekday, bool working, double amount,
                   struct cw_shock shock, int64_t warmup, struct cw_channel_day *ret)
{
    bool any = amount > 0;
    double p = cw_clip(cw_baseline_p(b, working) * shock.activity, 0.001, 0.999);
    double scale = fmax(cw_baseline_scale(b), SCALE_LEAST);
    double expected =
        b->days_any ? exp(cw_baseline_level(b) + cw_baseline_offset(b, weekday) + shock.shift) : 0;
    double e = any && b->days_any ? cw_baseline_residual(b, weekday, amount) - shock.shift : 0;

    *ret = (struct cw_channel_day){
        .amount = amount,
        .any = any,
        .judged = true,
        .warm = cw_baseline_is_warm(b, warmup),
        .days = b->days,
        .expected = expected,
        .mean = p * expected * exp(cw_clip(scale * scale / 2, 0, 0.5)),
        .p_any = p,
        .scale = scale,
        .z = e / scale,
        .shared = shock.activity * exp(shock.shift),
    };
    return e;
}

void cw_baseline_view(const struct cw_baseline *b, int weekday, bool working, double amount,
                      struct cw_shock shock, int64_t warmup, struct cw_channel_day *ret)
{
    double e = view(b, weekday, working, amount, shock, warmup, ret);
    ret->llr = b->days_any ? day_llr(ret->p_any, e, ret->scale, ret->any) : 0;
}

void cw_baseline_view_so_far(const struct cw_baseline *b, int weekday, bool working, double amount,
                             int64_t warmup, struct cw_channel_day *ret)
{
    (void)view(b, weekday, working, amount, (struct cw_shock){0, 1}, warmup, ret);
}

static void learn_amount(struct cw_baseline *b, int weekday, double residual)
{
    if (b->days_any < UINT16_MAX)
        b->days_any++;
    if (b->days_any == 1) {
        cw_baseline_set_level(b, residual); /* it was 0, so this is the log amount itself */
        cw_baseline_set_scale(b, SCALE_FIRST);
        return;
    }
    double scale = cw_baseline_scale(b), gain = gain_at(b->days_any);
    bool far = fabs(residual) > 2 * scale;
    b->shifted = far ? (uint8_t)(b->shifted + (b->shifted < UINT8_MAX)) : 0;
    double e = residual;
    if (b->shifted <= SHIFT_DAYS) {
        e = cw_clip(e, -2 * scale, 2 * scale);
        gain = far ? gain * 0.3 : gain;
    } else {
        gain = 0.3; /* It has lasted: this is the new level. */
    }
    cw_baseline_set_level(b, cw_baseline_level(b) + gain * e);
    double week = 1.0 / (2 + b->days_any / 5.0);
    double ec = cw_clip(e, -2 * scale, 2 * scale);
    double moved = (week > 0.05 ? week : 0.05) * (1 - gain) * ec;
    cw_baseline_set_offset(b, weekday, cw_baseline_offset(b, weekday) + moved);
    double s = scale + (gain < 0.3 ? gain : 0.05) * (CW_CLIPPED_TO_SCALE * fabs(ec) - scale);
    cw_baseline_set_scale(b, fmax(s, SCALE_LEAST));
}

void cw_baseline_learn(struct cw_baseline *b, int weekday, bool working, double amount,
                       struct cw_shock shock)
{
    bool any = amount > 0;
    if (b->days == 0)
        b->p_work = b->p_rest = UINT16_MAX / 2;
    if (b->days < UINT16_MAX)
        b->days++;
    double days = b->days * (working ? 5.0 : 2.0) / 7.0; /* of that sort, about */
    double gain = days <= YOUNG_DAYS ? 1 / (0.6 * days + 1) : GAIN;
    /* On a day that was quieter (busier) for everybody, nothing (something) proves less. */
    double weight = any ? cw_clip(1 / shock.activity, 0.2, 1) : cw_clip(shock.activity, 0.2, 1);
    double p = cw_baseline_chance(b, working);
    cw_baseline_set_chance(b, working, p + gain * weight * ((any ? 1.0 : 0.0) - p));
    if (any)
        learn_amount(b, weekday, cw_baseline_residual(b, weekday, amount) - shock.shift);
}

void cw_baseline_amend(struct cw_baseline *b, int weekday, double amount)
{
    if (!b->days_any || amount <= 0)
        return;
    double expected = exp(cw_baseline_level(b) + cw_baseline_offset(b, weekday));
    double e = cw_clip(log((expected + amount) / expected), 0, 2 * cw_baseline_scale(b));
    cw_baseline_set_level(b, cw_baseline_level(b) + GAIN * e);
}
