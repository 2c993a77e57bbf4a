/* A shard's memory from the records of its state log, whoever reads them: the engine when a shard
 * is assigned, an onlooker who explains a client.
 *
 * The last position record says from where on the log is needed; it is found from the end
 * backwards, so that a log nobody trims is not read whole. One thread.
 */
#ifndef CW_ENGINE_STATE_READER_H
#define CW_ENGINE_STATE_READER_H

#include "churnwatch/shard.h"
#include "engine/statelog.h"

/* How the log's records are reached: committed ones of [from, to) in order, as bus.h has it. */
struct cw_state_source {
    int (*read)(void *arg, int64_t from, int64_t to,
                int (*each)(void *each_arg, const struct cw_message *m), void *each_arg,
                struct cw_errbuf *eb);
    void *arg;
};

struct cw_state_reader {
    struct cw_state_source source;
    struct cw_shard
        *core; /* borrowed; what the images are restored into. NULL: there must be none */
    /* Told of each record once it is restored; NULL: nobody. */
    void (*restored)(void *arg, const struct cw_state_record *rec, const struct cw_message *m);
    void *arg;
    struct cw_errbuf *eb;
    /* What was read; zeroed at first. */
    struct cw_position position; /* the last; untouched until found */
    bool found;                  /* a position record */
    bool started;                /* the first whole commit has been met */
    bool complete;               /* the commit's last record was read */
    uint32_t commit;
    uint16_t part;
    struct cw_buf image; /* the beginning of one that goes on; empty when the reading is over */
    bool has;            /* core begins with a commit's memory, see cw_state_read_on */
    uint32_t has_commit;
    /* The last record that could not be read while the position was looked for. */
    int bad; /* 0: none */
    int64_t bad_at;
    struct cw_errbuf bad_why;
};

/* Looks for the last position within [first, end). 0, whether there is one or not; what the source
 * said; -CW_E_CORRUPT, -CW_E_NEWER for a record that a restore needs. One that lies before what the
 * last position needs is no matter: the shard was begun anew behind it. */
int cw_state_find(struct cw_state_reader *g, int64_t first, int64_t end);
/* After a position was found: restores everything up to end. -CW_E_CORRUPT also where the log
 * begins too late, has a hole or ends within a commit. */
int cw_state_read(struct cw_state_reader *g, int64_t first, int64_t end);
/* In place of both, for a core that has the memory of a commit: its number is in commit, and of its
 * position next and batch, and found says whether there was one at all. Every record before `known`
 * is of that commit or an earlier one. Applies what follows. -CW_E_CORRUPT also where the log has
 * another commit of that number. */
int cw_state_read_on(struct cw_state_reader *g, int64_t known, int64_t first, int64_t end);

#endif
