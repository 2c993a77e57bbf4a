/* Which managers there are. See managers.h. */
#include "ctl/desk/managers.h"

#include <string.h>

#include "bus/logs.h"
#include "churnwatch/shard.h"
#include "config/known.h"
#include "core/decode.h"
#include "core/mapping.h"

#define NEAR_MOST 3 /* names that a wrong one is told */
#define NAME_MOST 64

/* ---- the topic ---- */

struct reading {
    struct cw_roster *roster;
    struct cw_decoder *decoder;
};

/* What the engine cannot read, it does not know either. */
static int take(void *arg, const struct cw_message *m)
{
    struct reading *r = arg;
    struct cw_manager manager;
    struct cw_reject why;
    int err = cw_decode_manager(r->decoder, m, &manager, &why);
    if (err)
        return err == -CW_E_REJECT ? 0 : err;
    return cw_roster_put(r->roster, &manager);
}

static int read_topic(const struct cw_settings *s, struct cw_roster *roster, struct cw_errbuf *eb)
{
    const struct cw_decode_limits limits = {(size_t)s->max_event_bytes,
                                            (size_t)s->max_profile_bytes, s->max_clock_skew};
    struct reading r = {roster, cw_decoder_new(&limits)};
    struct cw_logs *logs = NULL;
    int err = r.decoder ? cw_logs_open(s, &logs, eb) : -CW_E_NOMEM;
    if (!err) {
        cw_decoder_map(r.decoder, s->mappings[CW_MAP_MANAGERS]);
        err = cw_logs_read_whole(logs, s->topic_managers, take, &r, eb);
    }
    cw_logs_close(logs);
    cw_decoder_free(r.decoder);
    return err;
}

/* NULL: it could not be read, and that has been said. */
static struct cw_roster *roster_of(const struct cw_ctl *ctl, const char *manager)
{
    struct cw_errbuf eb = {"no memory"};
    struct cw_roster *roster = cw_roster_new();
    if (roster && read_topic(ctl->settings, roster, &eb) == 0)
        return roster;
    cw_roster_free(roster);
    (void)cw_ctl_fail(CW_EXIT_DONE, "whether there is a manager %s could not be seen: %s", manager,
                      eb.text);
    return NULL;
}

/* ---- the nearest names ---- */

struct nearest {
    struct cw_str wrong;
    size_t n;
    struct near {
        size_t distance;
        char name[NAME_MOST + 1];
    } of[NEAR_MOST];
};

static int order(const struct near *a, const struct near *b)
{
    if (a->distance != b->distance)
        return a->distance < b->distance ? -1 : 1;
    return strcmp(a->name, b->name);
}

/* Within a third of the wrong one's letters, the nearest first. */
static void consider(struct nearest *list, struct cw_str name)
{
    struct near x = {cw_known_distance(list->wrong, name), ""};
    if (name.n > NAME_MOST || x.distance > 1 + list->wrong.n / 3)
        return;
    memcpy(x.name, name.p, name.n);
    size_t at = list->n;
    while (at > 0 && order(&x, &list->of[at - 1]) < 0)
        at--;
    if (at == NEAR_MOST || (at > 0 && order(&x, &list->of[at - 1]) == 0))
        return;
    list->n += list->n < NEAR_MOST;
    memmove(&list->of[at + 1], &list->of[at], (list->n - at - 1) * sizeof x);
    list->of[at] = x;
}

static enum cw_exit no_such(const struct nearest *list)
{
    struct cw_buf said = {0};
    for (size_t i = 0; i < list->n; i++)
        cw_buf_printf(&said, "%s%s",
                      i == 0            ? "; did you mean "
                      : i + 1 < list->n ? ", "
                                        : " or ",
                      list->of[i].name);
    enum cw_exit code =
        cw_ctl_fail(CW_EXIT_WRONG, "no such manager: %.*s%.*s%s", (int)list->wrong.n, list->wrong.p,
                    (int)said.n, said.n ? said.p : "", list->n ? "?" : "");
    cw_buf_free(&said);
    return code;
}

/* ---- asking ---- */

static enum cw_exit is_in_redis(struct cw_redis *redis, const char *manager, bool *ret_is)
{
    struct cw_key key = cw_redis_key(redis, "managers");
    redisReply *found = cw_redis_ask(redis, "SISMEMBER", key.text, manager, NULL);
    if (!found)
        return cw_redis_fail(redis);
    *ret_is = found->integer == 1;
    freeReplyObject(found);
    return CW_EXIT_DONE;
}

static enum cw_exit refuse(struct cw_redis *redis, const struct cw_roster *roster, bool of_redis,
                           struct cw_str manager)
{
    struct nearest list = {.wrong = manager};
    struct cw_key key = cw_redis_key(redis, "managers");
    redisReply *all = of_redis ? cw_redis_ask(redis, "SMEMBERS", key.text, NULL) : NULL;
    for (size_t i = 0; all && i < all->elements; i++)
        consider(&list, (struct cw_str){all->element[i]->str, (size_t)all->element[i]->len});
    freeReplyObject(all);
    for (size_t i = 0; i < cw_roster_count(roster); i++)
        consider(&list, cw_roster_at(roster, i));
    return no_such(&list);
}

enum cw_exit cw_managers_known(const struct cw_ctl *ctl, struct cw_redis *redis,
                               const char *manager)
{
    struct cw_str name = {manager, strlen(manager)};
    bool known = false;
    enum cw_exit code = is_in_redis(redis, manager, &known);
    if (code || known)
        return code;
    struct cw_roster *roster = roster_of(ctl, manager);
    if (roster && !cw_roster_has(roster, name))
        code = refuse(redis, roster, true, name);
    cw_roster_free(roster);
    return code;
}

enum cw_exit cw_managers_can_take(const struct cw_ctl *ctl, struct cw_redis *redis,
                                  const char *manager)
{
    struct cw_str name = {manager, strlen(manager)};
    struct cw_roster *roster = roster_of(ctl, manager);
    enum cw_exit code = CW_EXIT_DONE;
    if (roster && cw_roster_count(roster) && !cw_roster_has(roster, name))
        code = refuse(redis, roster, false, name);
    cw_roster_free(roster);
    return code;
}
