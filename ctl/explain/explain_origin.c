/* Which setting a limit comes from: the strongest of the segments that the client is in, else what
 * holds for all. */
#include <string.h>

#include "config/places.h"
#include "config/segments.h"
#include "ctl/explain/explain.h"

bool cw_explain_in_segment(const struct cw_explain_view *v, size_t i)
{
    return v->x->segments[i / 64] >> i % 64 & 1;
}

void cw_explain_origin(const struct cw_explain_view *v, uint8_t detector, uint8_t threshold,
                       struct cw_explain_origin *ret)
{
    const struct cw_settings *s = v->scene->settings;
    struct cw_threshold_id id = {detector, threshold};
    *ret = (struct cw_explain_origin){.id = id,
                                      .value = cw_threshold_value(id, &v->x->policy),
                                      .at = &s->places->thresholds[detector][threshold]};
    for (size_t i = 0; i < s->n_segments; i++) {
        const struct cw_segment *g = &s->segments[i];
        for (size_t o = 0; cw_explain_in_segment(v, i) && o < g->n_overlays; o++) {
            if (memcmp(&g->overlays[o].id, &id, sizeof id) != 0)
                continue;
            ret->at = &g->overlays[o].at;
            ret->segment = g;
        }
    }
}
