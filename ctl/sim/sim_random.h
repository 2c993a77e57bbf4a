/* Chance for the simulator: streams of numbers that depend on their seed alone, on every machine.
 *
 * xoshiro256** filled by splitmix64, and nothing of libm. A stream belongs to whoever seeded it.
 */
#ifndef CW_CTL_SIM_SIM_RANDOM_H
#define CW_CTL_SIM_SIM_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

struct cw_sim_random {
    uint64_t s[4];
};

/* Streams of one seed are independent of each other. */
void cw_sim_seed(struct cw_sim_random *r, uint64_t seed, uint64_t stream);
uint64_t cw_sim_next(struct cw_sim_random *r);
/* 0 to n - 1; n is at least 1. */
uint32_t cw_sim_below(struct cw_sim_random *r, uint32_t n);
/* From 0 up to but not 1. */
double cw_sim_unit(struct cw_sim_random *r);
bool cw_sim_chance(struct cw_sim_random *r, double p);
/* A factor that is 1 on average, strays from it by spread, and is never below a tenth. */
double cw_sim_factor(struct cw_sim_random *r, double spread);

#endif
