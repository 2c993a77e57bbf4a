/* What is put into the inputs, and what an undisturbed run makes of it.
 *
 * A story is made once and used by many runs. Its expectation is what one process makes of it with
 * nothing going wrong: the promise of docs/reliability.md, word by word.
 */
#ifndef CW_SIM_STORY_H
#define CW_SIM_STORY_H

#include "bus/bus.h"
#include "churnwatch/settings.h"

enum { STORY_SHARDS = 3 };

struct story_log {
    struct cw_message *m; /* bytes owned */
    int64_t n, cap;
};
/* One committed record of tasks or dead letters. */
struct expected {
    struct cw_str value; /* owned */
    int task;            /* of tasks: which one, over all shards */
    int version;
};
struct expected_log {
    struct expected *e;
    int64_t n, cap;
};
struct story {
    struct story_log inputs[CW_INPUTS][STORY_SHARDS];
    struct expected_log tasks[STORY_SHARDS], dead_letters[STORY_SHARDS];
    char (*task_ids)[80]; /* owned */
    int n_tasks;
    bool known; /* expectation is complete */
    struct cw_settings *settings;
    const char *manager; /* a record of manager.profiles */
};

/* batch: engine.batch_messages of those who run it. heap: so many messages of one source come
 * before the others', more than a shard lets wait. NULL: what went wrong was printed. */
struct story *story_new(uint64_t seed, int events, int heap, const char *batch);
void story_free(struct story *s);
/* While the expectation is being made. */
void story_expect(struct story *s, enum cw_log log, int32_t shard, struct cw_str value);
/* The task and version a record of Redis tells of; false when there is no such in the story. */
bool story_find(const struct story *s, int32_t shard, struct cw_str id, int version,
                int64_t *ret_index);

#endif
