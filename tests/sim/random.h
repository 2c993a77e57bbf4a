/* Chance, all of it from one seed: splitmix64 (Steele, Lea and Flood, 2014). */
#ifndef CW_SIM_RANDOM_H
#define CW_SIM_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

struct chance {
    uint64_t state;
};

static inline uint64_t chance_next(struct chance *c)
{
    uint64_t z = (c->state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* From 0 to below - 1. */
static inline int64_t chance_below(struct chance *c, int64_t below)
{
    return (int64_t)(chance_next(c) % (uint64_t)below);
}

static inline int64_t chance_between(struct chance *c, int64_t least, int64_t most)
{
    return least + chance_below(c, most - least + 1);
}

/* One time in n. */
static inline bool chance_one_in(struct chance *c, int64_t n)
{
    return chance_below(c, n) == 0;
}

#endif
