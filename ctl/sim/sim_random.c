/* Chance for the simulator. See sim_random.h. */
#include "ctl/sim/sim_random.h"

static uint64_t splitmix(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static uint64_t rotate(uint64_t v, int by)
{
    return v << by | v >> (64 - by);
}

void cw_sim_seed(struct cw_sim_random *r, uint64_t seed, uint64_t stream)
{
    uint64_t state = seed;
    state = splitmix(&state) ^ stream;
    for (int i = 0; i < 4; i++)
        r->s[i] = splitmix(&state);
}

uint64_t cw_sim_next(struct cw_sim_random *r)
{
    uint64_t *s = r->s;
    uint64_t result = rotate(s[1] * 5, 7) * 9, t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate(s[3], 45);
    return result;
}

uint32_t cw_sim_below(struct cw_sim_random *r, uint32_t n)
{
    return (uint32_t)((cw_sim_next(r) >> 32) * n >> 32);
}

double cw_sim_unit(struct cw_sim_random *r)
{
    return (double)(cw_sim_next(r) >> 11) * 0x1p-53;
}

bool cw_sim_chance(struct cw_sim_random *r, double p)
{
    return cw_sim_unit(r) < p;
}

/* Three uniforms have a variance of a quarter between them. */
double cw_sim_factor(struct cw_sim_random *r, double spread)
{
    double sum = cw_sim_unit(r) + cw_sim_unit(r) + cw_sim_unit(r) - 1.5;
    double factor = 1 + 2 * spread * sum;
    return factor > 0.1 ? factor : 0.1;
}
