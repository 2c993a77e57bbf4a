/* Where an explanation looks: the shard of one client, as it stood at some instant, put together
 * from files, from its state log or from the input topics. One thread.
 */
#ifndef CW_CTL_EXPLAIN_SCENE_H
#define CW_CTL_EXPLAIN_SCENE_H

#include "ctl/command.h"
#include "ctl/explain/history.h"

/* What was read. The words are stable: they stand in the JSON. */
enum cw_scene_from { CW_FROM_FILES, CW_FROM_STATE_LOG, CW_FROM_INPUT_TOPICS };

struct cw_logs;
struct cw_replay;
struct cw_scene {
    const struct cw_settings *settings; /* borrowed; what is judged by */
    enum cw_scene_from from;
    int32_t partition, partitions;
    struct cw_shard *shard;     /* owned, but of files: the replay's */
    struct cw_replay *replay;   /* owned; of files */
    struct cw_roster *roster;   /* owned; of topics */
    struct cw_history *history; /* owned; NULL when it was not asked for or cannot be had */
    bool cut;                   /* older input is gone: the answer is partial */
};

/* Each fills a scene that is zeroed but for its settings; free it whatever they return. client is
 * borrowed until then. at is CW_NO_TIME for "as it stands"; with_history asks for the history too.
 * Returns 0, or what failed, told in eb: -CW_E_IO cannot be reached or read, -CW_E_INVALID no such
 * topic, -CW_E_CORRUPT, -CW_E_NEWER, -CW_E_NOMEM. */
int cw_scene_files(struct cw_scene *s, const struct cw_args *args, struct cw_str client,
                   cw_event_time at, bool with_history, struct cw_errbuf *eb);
/* From the state log: as it stands, and without a history. */
int cw_scene_log(struct cw_scene *s, struct cw_logs *logs, struct cw_str client,
                 struct cw_errbuf *eb);
/* From the input topics, merged as the daemon merges a backlog, from their beginnings. */
int cw_scene_topics(struct cw_scene *s, struct cw_logs *logs, struct cw_str client,
                    cw_event_time at, bool with_history, struct cw_errbuf *eb);
void cw_scene_free(struct cw_scene *s);

/* For the makers of scenes: gathers the client's history from now on. 0 or -CW_E_NOMEM. */
int cw_scene_watch(struct cw_scene *s, struct cw_str client);
/* For the output of the scene's shard; arg is the scene. */
void cw_scene_version(void *arg, const struct cw_task_version *v);
/* Which partition of that topic is the client's. */
int cw_scene_partition(struct cw_scene *s, struct cw_logs *logs, const char *topic,
                       struct cw_str client, struct cw_errbuf *eb);

#endif
