/* The bus of one simulated process: what a client library does between the protocol and the
 * cluster. It queues records, keeps the group's metadata as they were at the assignment, and meets
 * whatever the run's plan has for its calls. */
#ifndef CW_SIM_MEMBER_BUS_H
#define CW_SIM_MEMBER_BUS_H

#include "tests/sim/cluster.h"

struct process;
struct queued {
    struct cw_record record; /* key and value owned */
};
struct member_bus {
    struct cw_bus bus; /* first */
    struct process *process;
    /* the producer */
    int producer, epoch;
    bool open, registered; /* the cluster knows of the transaction */
    struct queued *queue;  /* owned */
    size_t n_queued, cap_queued;
    /* the member */
    struct membership now, at_assignment;
    uint64_t token;
    enum { MEMBER_OUT, MEMBER_JOINING, MEMBER_ASSIGNED } standing;
    bool tell_revoked, tell_lost, fenced;
    bool kept; /* the assignment */
    bool far;  /* inputs' ends are told to lie far away, as after many markers: a backlog */
    int32_t shards[SHARDS_MOST];
    int32_t n_shards;
    int64_t at[CW_INPUTS][SHARDS_MOST];
    bool reading[CW_INPUTS][SHARDS_MOST], paused[CW_INPUTS][SHARDS_MOST];
    bool told_end[CW_INPUTS][SHARDS_MOST];
    int turn;
};

/* Waits for the producer's earlier self to be ended. 0, -CW_E_RETRY or -CW_E_FATAL. */
int member_bus_open(struct member_bus *b, struct process *p);
void member_bus_close(struct member_bus *b);
/* What the client's own thread does: heartbeats. */
void member_bus_beat(struct member_bus *b);

#endif
