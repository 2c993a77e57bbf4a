/* The consumer group, as the eager protocol has it: who joins or falls out makes everybody give up
 * what he has and join again; then the shards are dealt out by range under a new generation.
 *
 * Members are static: one that comes again under its slot's name takes the place of its earlier
 * self and gets what that had, without a rebalance.
 */
#ifndef CW_SIM_GROUP_H
#define CW_SIM_GROUP_H

#include "churnwatch/types.h"

enum { MEMBERS_MOST = 8 };
#define SESSION_TIMEOUT (6 * CW_SECOND)
#define REBALANCE_TIMEOUT (8 * CW_SECOND)

/* What a client knows of its own place; sent with its offsets. */
struct membership {
    char instance[16];
    uint64_t member; /* 0: none */
    int generation;
};

enum heartbeat { BEAT_FINE, BEAT_REBALANCE, BEAT_UNKNOWN, BEAT_FENCED };

struct group_member {
    char instance[16];
    uint64_t member;
    int64_t seen_at;
    bool joined;      /* in the rebalance under way */
    int32_t first, n; /* shards */
};
struct group {
    struct group_member members[MEMBERS_MOST]; /* by instance */
    int n;
    int generation;
    bool rebalancing;
    int64_t rebalance_ends;
    uint64_t last_member;
    int32_t shards;
};

/* A client joins, or joins again; it is in when group_place says so. */
void group_join(struct group *g, struct membership *who, int64_t now);
/* True: the generation the client joined for has begun, and who->generation is it. */
bool group_place(const struct group *g, struct membership *who, int32_t *ret_first, int32_t *ret_n);
/* Of one that has joined and waits for the others; false: it is no member any more. */
bool group_stay(struct group *g, const struct membership *who, int64_t now);
enum heartbeat group_beat(struct group *g, const struct membership *who, int64_t now);
/* Whether offsets may be committed by this one. */
enum heartbeat group_check(const struct group *g, const struct membership *who);
void group_leave(struct group *g, const struct membership *who, int64_t now);
/* Sessions and rebalances that end at now; returns when the next may. */
int64_t group_step(struct group *g, int64_t now);

#endif
