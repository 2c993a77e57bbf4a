/* Clipped updates: what an odd observation may move is bounded, so that one moves little and many
 * in a row move the model all the same (Huber 1964; the gain of the young from Robbins, Monro
 * 1951).
 */
#ifndef CW_CORE_CLIPPED_H
#define CW_CORE_CLIPPED_H

#include <math.h>

/* A mean absolute deviation times this is, clipped, about the standard deviation of a Gaussian. */
#define CW_CLIPPED_TO_SCALE 1.4

static inline double cw_clip(double v, double lo, double hi)
{
    return v < lo ? lo : v > hi ? hi : v;
}

/* The share of the n-th observation, from 1, in a mean that is young: between that of a plain mean
 * and that of the last one alone, so that a bad beginning is soon forgotten. */
static inline double cw_gain_young(double n)
{
    return pow(n, -0.8);
}

#endif
