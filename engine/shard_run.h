/* One shard while it is ours: its core, its merge, where its inputs stand, and what waits for the
 * next commit.
 *
 * Memory here is a cache of the state log: whatever goes wrong, it is thrown away and restored. It
 * belongs to the engine's thread.
 */
#ifndef CW_ENGINE_SHARD_RUN_H
#define CW_ENGINE_SHARD_RUN_H

#include "board/board.h"
#include "core/decode.h"
#include "engine/intake.h"
#include "engine/merge.h"
#include "engine/pending.h"
#include "engine/statelog.h"
#include "engine/trail.h"

/* What the shards of a thread share; borrowed by each. */
struct cw_run_common {
    const struct cw_settings *settings;
    const struct cw_roster *roster;
    struct cw_board *board;
    struct cw_decode_limits limits;
    struct cw_taken_pool *pool;
};

struct cw_run {
    const struct cw_run_common *common;
    int32_t shard;
    enum cw_shard_standing standing;
    char reason[CW_BOARD_REASON_MOST]; /* of STOPPED */

    struct cw_shard *core;       /* owned */
    struct cw_merge *merge;      /* owned */
    int64_t expected[CW_INPUTS]; /* least offset that may still come */
    int64_t next[CW_INPUTS];     /* next to be judged; CW_OFFSET_NONE before the first */
    int64_t end[CW_INPUTS];      /* one past the last message, as last heard of; -1 unknown */
    int64_t told_end[CW_INPUTS]; /* up to where it was read to its end last; -1 never */
    bool paused[CW_INPUTS];
    size_t waiting_bytes[CW_INPUTS]; /* of what the merge holds, about */

    struct cw_pending pending; /* not appended yet, like the three below */
    struct cw_cut cuts[CW_CUTS_MOST];
    uint32_t n_cuts;
    size_t judged;

    /* What the commit under way holds, or the last one held. */
    struct {
        int64_t next[CW_INPUTS];
        uint64_t batch;
        size_t judged, tasks, dry;
    } appended;
    uint32_t commit; /* number of the last one */
    uint64_t batch;  /* number of the last cut */
    /* next and batch as the last commit has them; the log's offset before which no record is of a
     * later one. */
    int64_t committed[CW_INPUTS];
    uint64_t committed_batch;
    int64_t known;
    bool differs; /* what was last asked of two places does not fit together; see restore.c */
    cw_mono_time doubted_since, look_again; /* 0: not in doubt; not to be restored before that */
    /* What was met in an input and could not be read; the inputs are read from in front of it again
     * and again. */
    struct {
        cw_mono_time since; /* met first then; 0: none */
        bool met;           /* now */
        bool told;
        enum cw_input input;
        int64_t at;
        char why[CW_BOARD_REASON_MOST];
    } damage;
    bool repaired; /* restored as an order says, which the next commit makes good */
    bool ahead;    /* of what is known to be committed: the log may not have what encode gave */
    bool kept;     /* memory of an assignment that is gone; see cw_run_keep */
    cw_mono_time kept_since;
    cw_event_time greatest[CW_INPUTS]; /* the merge's, while kept */
    int32_t judged_by; /* version of the settings of the commit it was restored from */
    uint64_t commits;
    struct cw_trail trail;
    size_t unmarked;         /* bytes of state log since the last mark */
    int64_t needed, trimmed; /* state log offsets */
    int64_t restored, to_restore;
    uint64_t restored_bytes;
    cw_mono_time committed_at, idle_since, ticked_at; /* idle_since INT64_MAX: not idle */
    cw_wall_time last_commit;
};

/* Returns NULL when out of memory. */
struct cw_run *cw_run_new(const struct cw_run_common *common, int32_t shard);
void cw_run_free(struct cw_run *r);
/* Throws all memory of the shard away, as if just assigned; -CW_E_NOMEM. */
int cw_run_forget(struct cw_run *r);
/* When the shard is taken from us: lets go of what has not been judged, and keeps the memory, which
 * is the last commit and what is pending on top of it. False when it is not to be relied on. */
bool cw_run_keep(struct cw_run *r, cw_mono_time now);
/* It is ours again and nobody has committed: from where it stood the inputs are read. */
void cw_run_go_on(struct cw_run *r);
/* Judges by these from here on. What is kept and pending was judged by others, and is forgotten.
 * Returns 0 or -CW_E_NOMEM. */
int cw_run_settings(struct cw_run *r, const struct cw_settings *s);
/* What is in memory is now in a commit's records. */
void cw_run_appended(struct cw_run *r);
/* And they are committed. */
void cw_run_committed(struct cw_run *r);
/* Something was judged since the last commit. */
bool cw_run_is_pending(const struct cw_run *r);
/* Where restore found it: from here on the inputs are read. */
void cw_run_at(struct cw_run *r, const struct cw_position *p);
void cw_run_stop(struct cw_run *r, const char *reason);
/* What lies at that offset cannot be read. */
void cw_run_damaged(struct cw_run *r, enum cw_input in, int64_t at, cw_mono_time now,
                    const char *why);

/* A message, or the end of an input, told with the offset behind all that was read. Messages below
 * the expected offset are counted and dropped. */
int cw_run_take(struct cw_run *r, enum cw_input in, const struct cw_message *m, cw_mono_time now);
void cw_run_end(struct cw_run *r, enum cw_input in, int64_t end, cw_mono_time now);
/* Collects a batch of at most most messages, merges and judges it. Returns 0 or -CW_E_NOMEM. */
int cw_run_judge(struct cw_run *r, size_t most, cw_mono_time now, size_t *ret_n);
/* Moves the clock of an idle shard up to the wall's, where the settings say so. */
int cw_run_tick(struct cw_run *r, cw_mono_time now, cw_wall_time wall);
/* When the next tick may be due; INT64_MAX while something is going on. */
cw_mono_time cw_run_tick_due(const struct cw_run *r);

/* True when there is something to commit. */
bool cw_run_dirty(const struct cw_run *r, cw_mono_time now);
/* Too many messages of this input wait, or too large ones; few enough again. */
bool cw_run_full(const struct cw_run *r, enum cw_input in);
bool cw_run_drained(const struct cw_run *r, enum cw_input in);
/* An input is held back, or its end, as it was last heard of, is far away. */
bool cw_run_behind(const struct cw_run *r);
void cw_run_publish(const struct cw_run *r);

#endif
