/* Findings of detectors in dry mode: listed for whoever asks, until they are told to be forgotten.
 *
 * A list and no state: it is not stored, nothing is decided by it, and a full one only counts.
 */
#include <stdlib.h>
#include <string.h>

#include "core/shard_state.h"

static bool have_room(struct cw_shard *sh)
{
    if (sh->dry)
        return sh->n_dry < CW_DRY_MOST;
    sh->dry = calloc(CW_DRY_MOST, sizeof *sh->dry);
    if (!sh->dry) {
        sh->failed = true;
        return false;
    }
    sh->bytes += CW_DRY_MOST * sizeof *sh->dry;
    return true;
}

void cw_dry_note(struct cw_shard *sh, const struct cw_client *cl, const struct cw_signal *s,
                 cw_event_time at)
{
    sh->counters.signals_dry++;
    sh->counters.dry_by_detector[s->detector]++;
    if (!have_room(sh))
        return;
    struct cw_dry *d = &sh->dry[sh->n_dry++];
    *d = (struct cw_dry){.line = s->line,
                         .at = at,
                         .severity = s->severity,
                         .detector = s->detector,
                         .slot = s->slot,
                         .step = s->step};
    memcpy(d->client, cw_client_id(cl).p, cl->id_n);
}

size_t cw_shard_dry(const struct cw_shard *sh, const struct cw_dry **ret_findings)
{
    *ret_findings = sh->dry;
    return sh->n_dry;
}

void cw_shard_dry_forget(struct cw_shard *sh, size_t n)
{
    sh->n_dry -= n;
    if (sh->n_dry)
        memmove(sh->dry, sh->dry + n, sh->n_dry * sizeof *sh->dry);
}
