/* Redis as delivery can tell, and delivery's main loop in each process.
 *
 * Redis is a journal of what it has executed; what it holds follows from it, so that a loss of the
 * last writes is a shorter journal. cw_apply is modelled by its promises (delivery/functions): the
 * epoch, compare and set on the outbox's offset, no version twice, all in one step.
 */
#ifndef CW_SIM_DESK_H
#define CW_SIM_DESK_H

#include "delivery/delivery.h"
#include "tests/sim/cluster.h"
#include "tests/sim/story.h"

enum { COMMANDS_MOST = 80, FRESH_EPOCH = 16 };

enum deed { DEED_EPOCH, DEED_OFFSET, DEED_BATCH };
/* One step of the journal. */
struct journal_entry {
    enum deed deed;
    char epoch[FRESH_EPOCH];
    int32_t shard;
    int64_t offset;   /* CW_OFFSET_NONE: not moved */
    int64_t first, n; /* of desk.written */
};
struct desk {
    const struct story *story;
    struct chance *chance;
    struct journal_entry *journal; /* owned */
    int64_t n_journal, cap_journal;
    int64_t *written; /* owned; indexes of a shard's expected versions */
    int64_t n_written, cap_written;
    /* what follows from the journal */
    char epoch[FRESH_EPOCH];
    char other_epoch[FRESH_EPOCH]; /* while it is emptied: what somebody has called it */
    int64_t stored[SHARDS_MOST];
    int *latest;             /* by task; owned */
    int *times[SHARDS_MOST]; /* by expected version: how often it took effect; owned */
    /* the server */
    int64_t back_at; /* down until then */
    int64_t slow_until;
    int64_t put_back_at;  /* emptied until then; 0 not */
    int errors;           /* so many commands are refused */
    uint64_t incarnation; /* connections of an earlier one are over */
};

enum verb { VERB_GET_OFFSET, VERB_GET_EPOCH, VERB_SET_EPOCH, VERB_SET_OFFSET, VERB_BATCH };
struct command {
    enum verb verb;
    char function[12], epoch[FRESH_EPOCH];
    int32_t shard;
    int64_t prev, next;
    int64_t *versions; /* owned */
    int64_t n_versions;
    cw_reply_fn *fn;
    void *arg;
    int64_t arrives, answered;
    bool executed;
    struct {
        enum cw_reply_kind kind;
        char text[64];
        int64_t numbers[2];
    } reply;
};

struct process;
struct desk_client {
    struct cw_delivery *delivery;
    bool connected, breaking, arrives_anyway;
    uint64_t incarnation;
    int64_t connect_at, tick_at, step_at, record_at, look_at;
    struct command sent[COMMANDS_MOST]; /* the first n, in order */
    int n_sent;
    int64_t reading[SHARDS_MOST]; /* next offset of the outbox; -1 not read */
    char recording[64];
    char fresh[FRESH_EPOCH]; /* what this process would call a new Redis */
};

void desk_init(struct desk *d, const struct story *story, struct chance *chance);
void desk_free(struct desk *d);
/* A process' main loop: begins, takes a step, ends (as a crash does). False: no memory. */
bool desk_open(struct process *p);
void desk_step(struct process *p);
/* Executes what has arrived at Redis, also of a stopped process; when the next will. */
int64_t desk_arrive(struct process *p);
int64_t desk_due(const struct process *p);
void desk_close(struct process *p);

#endif
