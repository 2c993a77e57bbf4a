/* Numbers of slices in 16 bits: so many steps. A step is chosen so that what a usual day moves is
 * several of them, or a number would stand still for being rounded.
 */
#ifndef CW_DETECTORS_FIXED_H
#define CW_DETECTORS_FIXED_H

#include <math.h>
#include <stdint.h>

/* To the nearest, or to the last there is room for. */
static inline uint16_t fixed_pack(double v, double steps_a_unit)
{
    return (uint16_t)lround(fmin(fmax(v * steps_a_unit, 0), UINT16_MAX));
}
static inline int16_t fixed_pack_signed(double v, double steps_a_unit)
{
    return (int16_t)lround(fmin(fmax(v * steps_a_unit, INT16_MIN), INT16_MAX));
}

#endif
