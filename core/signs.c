/* What a client's other open signs say of its leaving: whoever has asked for a porting code is
 * looked at closer. For the detectors of falling amounts, in the shard's thread; pure.
 */
#include "core/shard_state.h"

/* These look at the same days as the one that asks: a fall must not speak for itself twice. */
static bool sees_falls(unsigned detector)
{
    static const uint8_t those[] = {CW_DET_spend_drop, CW_DET_spend_decline, CW_DET_usage_drop,
                                    CW_DET_inactivity};
    for (size_t i = 0; i < sizeof those / sizeof *those; i++)
        if (those[i] == detector)
            return true;
    return false;
}

double cw_signs_besides_falls(const struct cw_client *cl, cw_event_time now)
{
    const struct cw_task *t = cw_client_task(cl);
    double leave = 0;
    for (size_t i = 0; t && i < t->n_signals; i++) {
        const struct cw_task_signal *g = &t->signals[i];
        if (!sees_falls(g->s.detector) && !cw_ladder_inhibits(cl, &g->s))
            leave += (double)(g->s.leave * cw_signal_weight(g, now));
    }
    return leave > 0 ? leave : 0;
}
