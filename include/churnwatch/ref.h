/* Where a piece of a shard's memory lies, in 32 bits; see core/slab.h. 0: nowhere. */
#ifndef CHURNWATCH_REF_H
#define CHURNWATCH_REF_H

#include <stdint.h>

typedef uint32_t cw_ref;

#endif
