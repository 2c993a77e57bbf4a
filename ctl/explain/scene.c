/* What all scenes share. See scene.h. */
#include "ctl/explain/scene.h"

#include <stdlib.h>

#include "ctl/replay/replay.h"

int cw_scene_watch(struct cw_scene *s, struct cw_str client)
{
    s->history = calloc(1, sizeof *s->history);
    if (!s->history)
        return -CW_E_NOMEM;
    s->history->client = client;
    s->history->shard = s->shard;
    struct cw_watch w = {client, cw_history_day, cw_history_bill, s->history};
    cw_shard_watch(s->shard, &w);
    return 0;
}

void cw_scene_version(void *arg, const struct cw_task_version *v)
{
    const struct cw_scene *s = arg;
    if (s->history)
        cw_history_version(s->history, v);
}

void cw_scene_free(struct cw_scene *s)
{
    if (s->replay)
        cw_replay_free(s->replay);
    else
        cw_shard_free(s->shard);
    cw_roster_free(s->roster);
    free(s->history);
    *s = (struct cw_scene){.shard = NULL};
}
