/* A scene from the input topics: the shard's four sources from their beginnings, taken in and
 * merged by the daemon's own code, judged up to an instant.
 *
 * All of the shard's clients are judged, for what they share is in each one's expectation. Profiles
 * carry no time: one counts if it was written before the first event that is too late came in.
 */
#include <stdlib.h>

#include "bus/logs.h"
#include "core/decode.h"
#include "ctl/explain/scene.h"
#include "engine/intake.h"
#include "engine/merge.h"

/* Records of a source read at once: enough to be quick, few enough to be held. */
enum { CHUNK = 4000 };
/* No waiting: all came at once, and what is at its end stays there. */
enum { NOW = 0 };

struct reading {
    struct cw_scene *scene;
    struct cw_logs *logs;
    struct cw_merge *merge;
    struct cw_taken_pool pool;
    struct cw_decode_limits limits;
    enum cw_input in; /* being read */
    int64_t next[CW_INPUTS], end[CW_INPUTS];
    cw_event_time to;    /* CW_NO_TIME: all */
    int64_t profiles_to; /* timestamp in ms; later ones do not count yet */
    bool past;           /* an event later than `to` has come */
    struct cw_errbuf *eb;
};

static const char *topic_of(const struct reading *r, enum cw_input in)
{
    return cw_inlet_of(r->scene->settings, in).topic;
}

static void drop(void *arg, void *what)
{
    cw_taken_free(arg, what);
}

/* ---- the wall's time at an instant ---- */

static int find_later(void *arg, const struct cw_message *m)
{
    struct reading *r = arg;
    struct cw_inlet inlet = cw_inlet_of(r->scene->settings, r->in);
    struct cw_taken *t;
    int err = cw_taken_new(&r->pool, &r->limits, &inlet, m, &t);
    if (err)
        return err;
    bool later = t->err == 0 && cw_taken_time(t, r->in) > r->to;
    cw_taken_free(&r->pool, t);
    if (later && m->timestamp_ms < r->profiles_to)
        r->profiles_to = m->timestamp_ms;
    return later;
}

/* When the first event later than `to` was written to either topic. */
static int find_wall(struct reading *r)
{
    static const enum cw_input inputs[] = {CW_IN_BILLING, CW_IN_SERVICE};
    r->profiles_to = INT64_MAX;
    for (size_t i = 0; r->to != CW_NO_TIME && i < 2; i++) {
        enum cw_input in = r->in = inputs[i];
        int err = r->logs->ops->read(r->logs, topic_of(r, in), r->scene->partition, r->next[in],
                                     r->end[in], find_later, r, r->eb);
        if (err < 0)
            return err;
    }
    return 0;
}

/* ---- messages in ---- */

static int take(void *arg, const struct cw_message *m)
{
    struct reading *r = arg;
    struct cw_taken *t;
    if (r->in == CW_IN_PROFILES && m->timestamp_ms > r->profiles_to)
        return 0;
    struct cw_inlet inlet = cw_inlet_of(r->scene->settings, r->in);
    int err = cw_taken_new(&r->pool, &r->limits, &inlet, m, &t);
    if (!err)
        err = cw_merge_push(r->merge, r->in, m->offset, cw_taken_time(t, r->in), NOW, t);
    return err;
}

static int fill(struct reading *r, enum cw_input in)
{
    int64_t to = r->end[in] - r->next[in] > CHUNK ? r->next[in] + CHUNK : r->end[in];
    r->in = in;
    int err = to > r->next[in] ? r->logs->ops->read(r->logs, topic_of(r, in), r->scene->partition,
                                                    r->next[in], to, take, r, r->eb)
                               : 0;
    r->next[in] = to;
    if (to == r->end[in])
        cw_merge_end(r->merge, in);
    return err;
}

/* Every source has a head, or is at its end. */
static int fill_all(struct reading *r)
{
    int err = 0;
    for (enum cw_input in = 0; !err && in < CW_INPUTS; in++)
        while (!err && cw_merge_queued(r->merge, in) == 0 && !cw_merge_at_end(r->merge, in))
            err = fill(r, in);
    return err;
}

/* ---- judging ---- */

static bool is_later(const struct reading *r, enum cw_input in, const struct cw_taken *t)
{
    return r->to != CW_NO_TIME && in != CW_IN_PROFILES && cw_taken_time(t, in) > r->to;
}

static int judge(struct reading *r, enum cw_input in, int64_t offset, const struct cw_taken *t)
{
    struct cw_output out = {cw_scene_version, r->scene};
    struct cw_origin from = {topic_of(r, in), r->scene->partition, offset};
    r->past |= is_later(r, in, t);
    int err = t->err || r->past ? 0 : cw_taken_judge(t, in, r->scene->shard, &from, &out);
    return err == -CW_E_REFUSED ? 0 : err;
}

static int judge_all(struct reading *r)
{
    enum cw_input in;
    struct cw_merge_item item;
    int err = 0;
    while (!err && !r->past) {
        err = fill_all(r);
        if (err || cw_merge_collect(r->merge, CHUNK, NOW) == 0)
            break;
        while (!err && cw_merge_next(r->merge, &in, &item)) {
            err = judge(r, in, item.offset, item.what);
            cw_taken_free(&r->pool, item.what);
        }
    }
    if (!err && r->to != CW_NO_TIME)
        err =
            cw_shard_tick(r->scene->shard, r->to, &(struct cw_output){cw_scene_version, r->scene});
    return err;
}

/* ---- from the beginning ---- */

static int start(struct reading *r, struct cw_str client)
{
    struct cw_scene *s = r->scene;
    int err = cw_scene_partition(s, r->logs, topic_of(r, CW_IN_BILLING), client, r->eb);
    for (enum cw_input in = 0; !err && in < CW_INPUTS; in++) {
        err = r->logs->ops->range(r->logs, topic_of(r, in), s->partition, &r->next[in], &r->end[in],
                                  r->eb);
        s->cut |= !err && r->next[in] > 0 && in != CW_IN_PROFILES;
    }
    return err ? err : find_wall(r);
}

static int take_manager(void *arg, const struct cw_message *m)
{
    struct reading *r = arg;
    struct cw_decoder *decoder = cw_decoder_new(&r->limits);
    struct cw_manager manager;
    struct cw_reject why;
    if (!decoder)
        return -CW_E_NOMEM;
    cw_decoder_map(decoder, r->scene->settings->mappings[CW_MAP_MANAGERS]);
    int err = cw_decode_manager(decoder, m, &manager, &why);
    if (!err)
        err = cw_roster_put(r->scene->roster, &manager);
    cw_decoder_free(decoder);
    return err == -CW_E_REJECT ? 0 : err;
}

int cw_scene_topics(struct cw_scene *s, struct cw_logs *logs, struct cw_str client,
                    cw_event_time at, bool with_history, struct cw_errbuf *eb)
{
    struct reading r = {.scene = s, .logs = logs, .to = at, .eb = eb};
    r.limits = (struct cw_decode_limits){(size_t)s->settings->max_event_bytes,
                                         (size_t)s->settings->max_profile_bytes,
                                         s->settings->max_clock_skew};
    s->from = CW_FROM_INPUT_TOPICS;
    s->roster = cw_roster_new();
    s->shard = s->roster ? cw_shard_new(s->settings, s->roster) : NULL;
    r.merge = cw_merge_new(0, drop, &r.pool);
    int err = s->shard && r.merge ? start(&r, client) : -CW_E_NOMEM;
    if (!err && with_history)
        err = cw_scene_watch(s, client);
    if (!err)
        err = cw_logs_read_whole(logs, s->settings->topic_managers, take_manager, &r, eb);
    if (!err)
        err = judge_all(&r);
    cw_merge_free(r.merge);
    cw_taken_pool_free(&r.pool);
    return err;
}
