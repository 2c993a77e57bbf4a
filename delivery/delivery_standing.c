/* What delivery says of itself: readiness, status, and whether it has come to an end. */
#include <inttypes.h>
#include <stdio.h>

#include "delivery/delivery_state.h"

enum cw_delivery_standing cw_delivery_standing(const struct cw_delivery *d)
{
    return d->standing;
}

const char *cw_delivery_standing_name(enum cw_delivery_standing s)
{
    static const char *const names[] = {
        [CW_DELIVERY_DOWN] = "down",
        [CW_DELIVERY_SETTLING] = "settling",
        [CW_DELIVERY_OPEN] = "open",
        [CW_DELIVERY_REFUSED] = "refused",
    };
    return names[s];
}

static bool missing(struct cw_errbuf *why, const char *text)
{
    (void)cw_fail(why, CW_E_RETRY, "%s", text);
    return false;
}

bool cw_delivery_ready(const struct cw_delivery *d, struct cw_errbuf *why)
{
    static const char *const texts[] = {
        [CW_DELIVERY_DOWN] = "Redis is not reachable",
        [CW_DELIVERY_SETTLING] = "Redis is being checked",
        [CW_DELIVERY_REFUSED] = "Redis is not the one that was filled; churnwatchctl redeliver",
    };
    if (d->standing != CW_DELIVERY_OPEN)
        return missing(why, texts[d->standing]);
    for (size_t i = 0; i < d->n_shards; i++) {
        const struct shard *sh = d->shards[i];
        if (sh->refused)
            return missing(why, "the outbox does not hold an offset stored in Redis; "
                                "churnwatchctl redeliver");
        if (sh->standing != SHARD_READING)
            return missing(why, "an outbox is not being read yet");
    }
    return true;
}

bool cw_delivery_idle(const struct cw_delivery *d)
{
    for (size_t i = 0; i < d->n_shards; i++) {
        const struct shard *sh = d->shards[i];
        if (sh->standing == SHARD_REFUSED)
            continue; /* Waiting does not mend it. */
        if (sh->standing != SHARD_READING || !sh->at_end || sh->waiting.n || sh->unanswered)
            return false;
    }
    return d->unanswered == 0;
}

void cw_delivery_read_on(struct cw_delivery *d)
{
    for (size_t i = 0; i < d->n_shards; i++) {
        struct shard *sh = d->shards[i];
        if (sh->standing != SHARD_READING)
            continue;
        sh->at_end = false;
        sh->passes_after = 0;
        d->setup.outbox.read(d->setup.outbox.self, sh->number,
                             sh->stored == CW_OFFSET_NONE && sh->expected == 0 ? CW_OFFSET_NONE
                                                                               : sh->expected);
    }
}

size_t cw_delivery_shards(const struct cw_delivery *d, struct cw_delivery_shard *ret, size_t most)
{
    for (size_t i = 0; i < d->n_shards && i < most; i++) {
        const struct shard *sh = d->shards[i];
        ret[i] = (struct cw_delivery_shard){.shard = sh->number,
                                            .stored = sh->stored,
                                            .waiting = sh->waiting.n,
                                            .unanswered = sh->unanswered,
                                            .at_end = sh->at_end,
                                            .refused = sh->refused};
    }
    return d->n_shards;
}
