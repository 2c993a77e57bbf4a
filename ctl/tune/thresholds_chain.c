/* From the default to the value in force, word by word. See thresholds.h. */
#include <string.h>

#include "ctl/tune/thresholds.h"
#include "ctl/words.h"

/* Does all that the segment asks for hold of what is known? */
static bool applies(const struct cw_segment *g, char *const is[CW_SEGMENT_LEVELS])
{
    for (int level = 0; level < CW_SEGMENT_LEVELS; level++)
        if (g->want[level] && (!is[level] || strcmp(g->want[level], is[level]) != 0))
            return false;
    return true;
}

static bool is_default(const struct cw_place *at)
{
    return !at->file && !at->override && !at->live;
}

size_t cw_threshold_chain(const struct cw_settings *files, const struct cw_settings *laid,
                          struct cw_threshold_id id, char *const is[CW_SEGMENT_LEVELS],
                          struct cw_chain_link out[CW_CHAIN_MOST])
{
    struct cw_policy declared;
    const struct cw_place *file = &files->places->thresholds[id.detector][id.threshold],
                          *live = &laid->places->thresholds[id.detector][id.threshold];
    size_t n = 0;
    cw_threshold_defaults(&declared);
    out[n++] = (struct cw_chain_link){.value = cw_threshold_value(id, &declared)};
    if (!is_default(file))
        out[n++] = (struct cw_chain_link){cw_threshold_value(id, &files->base), *file, NULL};
    if (live->live)
        out[n++] = (struct cw_chain_link){cw_threshold_value(id, &laid->base), *live, NULL};
    for (size_t i = 0; i < laid->n_segments; i++) {
        const struct cw_segment *g = &laid->segments[i];
        const struct cw_overlay *o = applies(g, is) ? cw_live_value(g, id) : NULL;
        if (o)
            out[n++] = (struct cw_chain_link){o->value, o->at, g};
    }
    return n;
}

void cw_chain_origin(const struct cw_thresholds *t, const struct cw_place *at, struct cw_buf *out)
{
    const struct cw_live_record *r = at->live ? cw_thresholds_version(t, at->live) : NULL;
    const struct cw_settings *s = t->ctl->settings;
    const char *comma = cw_word(s, CW_WORD_comma);
    cw_word_place(out, s, at);
    if (r)
        cw_buf_printf(out, "%s%s%s%s%s%s", comma, r->author, comma, r->at,
                      cw_word(s, CW_WORD_colon), r->reason);
}
