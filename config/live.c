/* What the changes of live thresholds add up to. See live.h.
 *
 * A record is taken on a copy, which then takes the place of what was: there is no half of a
 * record. Records are rare, and what is copied is small.
 */
#include "config/live.h"

#include <stdlib.h>
#include <string.h>

struct cw_live *cw_live_new(void)
{
    return calloc(1, sizeof(struct cw_live));
}

void cw_live_free(struct cw_live *l)
{
    if (!l)
        return;
    cw_segments_free(l->parts, l->n_parts);
    free(l);
}

const struct cw_segment *cw_live_part(const struct cw_live *l, char *const want[CW_SEGMENT_LEVELS])
{
    for (size_t i = 0; i < l->n_parts; i++)
        if (cw_segment_same(l->parts[i].want, want))
            return &l->parts[i];
    return NULL;
}

const struct cw_overlay *cw_live_value(const struct cw_segment *part, struct cw_threshold_id id)
{
    for (size_t i = 0; part && i < part->n_overlays; i++)
        if (part->overlays[i].id.detector == id.detector &&
            part->overlays[i].id.threshold == id.threshold)
            return &part->overlays[i];
    return NULL;
}

/* ---- taking ---- */

/* The part with that index, writable. */
static struct cw_segment *part_for(struct cw_live *l, const struct cw_live_change *c)
{
    const struct cw_segment *found = cw_live_part(l, c->want);
    if (found)
        return &l->parts[found - l->parts];
    struct cw_segment *grown = reallocarray(l->parts, l->n_parts + 1, sizeof *grown);
    if (!grown)
        return NULL;
    l->parts = grown;
    grown[l->n_parts] = (struct cw_segment){.overlays = NULL};
    struct cw_segment *g = &grown[l->n_parts++];
    return cw_segment_copy_want(c->want, g->want) == 0 ? g : NULL;
}

static int set_value(struct cw_live *l, const struct cw_live_change *c, int32_t version)
{
    const struct cw_overlay o = {.id = c->id, .value = c->value, .at = {.live = version}};
    struct cw_segment *g = part_for(l, c);
    if (!g)
        return -CW_E_NOMEM;
    const struct cw_overlay *old = cw_live_value(g, c->id);
    if (old) {
        g->overlays[old - g->overlays] = o;
        return 0;
    }
    struct cw_overlay *grown = reallocarray(g->overlays, g->n_overlays + 1, sizeof *grown);
    if (!grown)
        return -CW_E_NOMEM;
    g->overlays = grown;
    grown[g->n_overlays++] = o;
    return 0;
}

static void drop_part(struct cw_live *l, size_t at)
{
    for (int level = 0; level < CW_SEGMENT_LEVELS; level++)
        free(l->parts[at].want[level]);
    free(l->parts[at].overlays);
    l->n_parts--;
    memmove(&l->parts[at], &l->parts[at + 1], (l->n_parts - at) * sizeof *l->parts);
}

/* What was never set may be taken back: it changes nothing. */
static void unset_value(struct cw_live *l, const struct cw_live_change *c)
{
    const struct cw_segment *found = cw_live_part(l, c->want);
    const struct cw_overlay *old = cw_live_value(found, c->id);
    if (!old)
        return;
    struct cw_segment *g = &l->parts[found - l->parts];
    size_t at = (size_t)(old - g->overlays);
    g->n_overlays--;
    memmove(&g->overlays[at], &g->overlays[at + 1], (g->n_overlays - at) * sizeof *g->overlays);
    if (g->n_overlays == 0)
        drop_part(l, (size_t)(g - l->parts));
}

static int copy_part(const struct cw_segment *from, struct cw_segment *to)
{
    *to = (struct cw_segment){.n_overlays = from->n_overlays};
    to->overlays = calloc(from->n_overlays + 1, sizeof *to->overlays);
    if (!to->overlays)
        return -CW_E_NOMEM;
    if (from->n_overlays)
        memcpy(to->overlays, from->overlays, from->n_overlays * sizeof *to->overlays);
    return cw_segment_copy_want(from->want, to->want);
}

/* Room for `more` behind the copies. */
static struct cw_segment *copy_parts(const struct cw_segment *from, size_t n, size_t more)
{
    struct cw_segment *parts = calloc(n + more + 1, sizeof *parts);
    int err = parts ? 0 : -CW_E_NOMEM;
    for (size_t i = 0; i < n && !err; i++)
        err = copy_part(&from[i], &parts[i]);
    if (!err)
        return parts;
    if (parts)
        cw_segments_free(parts, n);
    return NULL;
}

static int take_changes(struct cw_live *l, const struct cw_live_record *r, struct cw_errbuf *eb)
{
    int err = 0;
    for (size_t i = 0; i < r->n && !err; i++) {
        if (r->changes[i].set)
            err = set_value(l, &r->changes[i], r->version);
        else
            unset_value(l, &r->changes[i]);
    }
    static char *const everybody[CW_SEGMENT_LEVELS];
    size_t segments = l->n_parts - (cw_live_part(l, everybody) != NULL);
    if (!err && segments > CW_LIVE_SEGMENTS_MOST)
        err = cw_fail(eb, CW_E_REFUSED, "there would be %zu live segments; at most %d are allowed",
                      segments, CW_LIVE_SEGMENTS_MOST);
    return err;
}

int cw_live_take(struct cw_live *l, const struct cw_live_record *r, struct cw_errbuf *eb)
{
    struct cw_live next = {.version = r->version, .n_parts = l->n_parts};
    if (r->version != l->version + 1)
        return cw_fail(eb, CW_E_REFUSED, "version %d follows %d, not %d", (int)r->version,
                       (int)r->version - 1, (int)l->version);
    next.parts = copy_parts(l->parts, l->n_parts, 0);
    if (!next.parts)
        return -CW_E_NOMEM;
    int err = take_changes(&next, r, eb);
    if (err) {
        cw_segments_free(next.parts, next.n_parts);
        return err;
    }
    cw_segments_free(l->parts, l->n_parts);
    *l = next;
    return 0;
}

/* ---- laying over ---- */

static void lay_base(const struct cw_segment *everybody, struct cw_settings *s)
{
    for (size_t i = 0; i < everybody->n_overlays; i++) {
        const struct cw_overlay *o = &everybody->overlays[i];
        cw_overlay_apply(o, &s->base);
        s->places->thresholds[o->id.detector][o->id.threshold] = o->at;
    }
}

/* Behind those of the files, so that of equals they come later. */
static int lay_parts(const struct cw_live *l, struct cw_settings *s)
{
    for (size_t i = 0; i < l->n_parts; i++) {
        if (cw_segment_is_everybody(&l->parts[i])) {
            lay_base(&l->parts[i], s);
            continue;
        }
        int err = copy_part(&l->parts[i], &s->segments[s->n_segments++]);
        if (err)
            return err;
    }
    cw_segments_sort(s->segments, s->n_segments);
    return 0;
}

int cw_live_lay_over(const struct cw_live *l, const struct cw_settings *files,
                     struct cw_settings **ret_settings)
{
    struct cw_settings *s = malloc(sizeof *s);
    if (!s)
        return -CW_E_NOMEM;
    memcpy(s, files, sizeof *s);
    atomic_init(&s->held, 1);
    s->beneath = cw_settings_hold(files);
    s->version = l->version;
    s->places = cw_places_new();
    s->segments = copy_parts(files->segments, files->n_segments, l->n_parts);
    int err = s->places && s->segments ? 0 : -CW_E_NOMEM;
    if (!s->segments)
        s->n_segments = 0;
    if (!err) {
        memcpy(s->places->params, files->places->params, sizeof s->places->params);
        memcpy(s->places->thresholds, files->places->thresholds, sizeof s->places->thresholds);
        err = lay_parts(l, s);
    }
    if (err)
        cw_settings_free(s);
    else
        *ret_settings = s;
    return err;
}
