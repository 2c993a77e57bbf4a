/* A scene from files: what `replay` does, of the client's shard alone and up to an instant. */
#include <stdlib.h>
#include <time.h>

#include "ctl/explain/scene.h"
#include "ctl/lines/files.h"
#include "ctl/replay/replay.h"

/* `replay` tells of refused lines; here they say nothing of the client. */
static void on_refused(void *arg, const struct cw_refused *refused)
{
    (void)arg, (void)refused;
}

static int read_files(struct cw_scene *s, const struct cw_args *args, enum cw_replay_kind kind,
                      const char *option, struct cw_errbuf *eb)
{
    struct cw_files files;
    struct cw_str line;
    int err = cw_files_of(&files, args, option, eb);
    while (!err && (err = cw_files_next(&files, &line)) > 0)
        err = cw_replay_line(s->replay, kind, line);
    cw_files_close(&files);
    return err;
}

static int read_all(struct cw_scene *s, const struct cw_args *args, struct cw_errbuf *eb)
{
    struct cw_files outcomes;
    struct cw_replay_source from = {cw_files_next, &outcomes};
    int err = cw_files_of(&outcomes, args, "outcomes", eb);
    if (!err)
        err = read_files(s, args, CW_REPLAY_MANAGERS, "managers", eb);
    if (!err)
        err = read_files(s, args, CW_REPLAY_PROFILES, "profiles", eb);
    if (!err)
        err = cw_replay_outcomes(s->replay, &from);
    if (!err)
        err = read_files(s, args, CW_REPLAY_EVENTS, "events", eb);
    if (!err)
        err = cw_replay_rest(s->replay);
    cw_files_close(&outcomes);
    return err;
}

int cw_scene_files(struct cw_scene *s, const struct cw_args *args, struct cw_str client,
                   cw_event_time at, bool with_history, struct cw_errbuf *eb)
{
    struct cw_replay_sinks sinks = {.task = cw_scene_version, .refused = on_refused, .arg = s};
    struct timespec wall;
    (void)clock_gettime(CLOCK_REALTIME, &wall);
    s->from = CW_FROM_FILES;
    s->partitions = (int32_t)cw_args_count(args, "partitions", 1);
    s->partition = cw_partition_of(client, s->partitions);
    s->replay = cw_replay_new(s->settings, s->partitions, (int64_t)wall.tv_sec * CW_SECOND, &sinks);
    if (!s->replay)
        return -CW_E_NOMEM;
    s->shard = cw_replay_shard(s->replay, s->partition);
    cw_replay_only(s->replay, s->partition, at);
    int err = with_history ? cw_scene_watch(s, client) : 0;
    if (!err)
        err = read_all(s, args, eb);
    if (!err && at != CW_NO_TIME)
        err = cw_replay_until(s->replay, at);
    return err;
}
