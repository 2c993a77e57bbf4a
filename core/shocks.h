/* What a day did to everybody: a holiday, an outage of an area, a promotion, a late billing run.
 * Taken from the shard's own clients, without a calendar, in two steps: clients of a like kind
 * first, then, on what is left, those of one county. Private to the core.
 *
 * Like are those of one kind who are about as quiet at weekends: a holiday is a Sunday to offices
 * and a feast to families. A step with fewer than baseline.shock_clients clients shares nothing.
 */
#ifndef CW_CORE_SHOCKS_H
#define CW_CORE_SHOCKS_H

#include "core/baseline.h"
#include "core/shard_state.h"

/* Kinds, times steps of how quiet weekends are. */
enum { CW_SHOCK_KINDS = 2, CW_SHOCK_QUIET = 4, CW_SHOCK_LIKE = CW_SHOCK_KINDS * CW_SHOCK_QUIET };

struct cw_county_shock {
    uint32_t county; /* cw_client.county */
    struct cw_shock shock;
};
struct cw_shocks {
    struct cw_shock like[CW_SHOCK_LIKE];
    struct cw_county_shock *counties; /* by rising county; those that share something */
    size_t n_counties;
};

/* Of one channel on a day, over all clients of the shard in their order. 0, or -CW_E_NOMEM. To be
 * freed with cw_shocks_free. */
int cw_shocks_find(const struct cw_shard *sh, enum cw_channel ch, cw_day day, bool working,
                   struct cw_shocks *ret);
void cw_shocks_free(struct cw_shocks *s);
/* Which like clients it is counted with. */
unsigned cw_shocks_like(const struct cw_client *cl, enum cw_channel ch);
/* What the day did to this client's channel. */
struct cw_shock cw_shocks_of(const struct cw_shocks *s, const struct cw_client *cl,
                             enum cw_channel ch);

#endif
