/* See group.h. */
#include "tests/sim/group.h"

#include <stdio.h>
#include <string.h>

static struct group_member *find(const struct group *g, const char *instance)
{
    for (int i = 0; i < g->n; i++)
        if (strcmp(g->members[i].instance, instance) == 0)
            return (struct group_member *)&g->members[i];
    return NULL;
}

static void begin_rebalance(struct group *g, int64_t now)
{
    if (g->rebalancing)
        return;
    g->rebalancing = true;
    g->rebalance_ends = now + REBALANCE_TIMEOUT;
    for (int i = 0; i < g->n; i++)
        g->members[i].joined = false;
}

static void remove_member(struct group *g, struct group_member *m)
{
    size_t after = (size_t)(g->members + g->n - (m + 1));
    memmove(m, m + 1, after * sizeof *m);
    g->n--;
}

/* By range: the first ones get one more where it does not come out even. */
static void deal_out(struct group *g)
{
    int32_t next = 0;
    for (int i = 0; i < g->n; i++) {
        g->members[i].first = next;
        g->members[i].n = g->shards / g->n + (i < g->shards % g->n);
        next += g->members[i].n;
    }
    g->generation++;
    g->rebalancing = false;
}

static struct group_member *insert(struct group *g, const char *instance)
{
    int i = g->n++;
    for (; i > 0 && strcmp(g->members[i - 1].instance, instance) > 0; i--)
        g->members[i] = g->members[i - 1];
    g->members[i] = (struct group_member){0};
    (void)snprintf(g->members[i].instance, sizeof g->members[i].instance, "%s", instance);
    return &g->members[i];
}

void group_join(struct group *g, struct membership *who, int64_t now)
{
    struct group_member *m = find(g, who->instance);
    bool again = m && who->member == m->member;
    if (!m || again || g->rebalancing)
        begin_rebalance(g, now);
    if (!m)
        m = insert(g, who->instance);
    if (!again)
        m->member = ++g->last_member;
    m->seen_at = now;
    m->joined = true;
    who->member = m->member;
    who->generation = -1;
}

bool group_place(const struct group *g, struct membership *who, int32_t *ret_first, int32_t *ret_n)
{
    const struct group_member *m = find(g, who->instance);
    if (!m || m->member != who->member || g->rebalancing)
        return false;
    who->generation = g->generation;
    *ret_first = m->first;
    *ret_n = m->n;
    return true;
}

bool group_stay(struct group *g, const struct membership *who, int64_t now)
{
    struct group_member *m = find(g, who->instance);
    if (!m || m->member != who->member)
        return false;
    m->seen_at = now;
    return true;
}

enum heartbeat group_check(const struct group *g, const struct membership *who)
{
    const struct group_member *m = find(g, who->instance);
    if (m && m->member != who->member)
        return BEAT_FENCED;
    if (!m || who->generation != g->generation)
        return BEAT_UNKNOWN;
    return BEAT_FINE;
}

enum heartbeat group_beat(struct group *g, const struct membership *who, int64_t now)
{
    struct group_member *m = find(g, who->instance);
    enum heartbeat said = group_check(g, who);
    if (said != BEAT_FINE)
        return said;
    m->seen_at = now;
    return g->rebalancing && !m->joined ? BEAT_REBALANCE : BEAT_FINE;
}

void group_leave(struct group *g, const struct membership *who, int64_t now)
{
    struct group_member *m = find(g, who->instance);
    if (!m || m->member != who->member)
        return;
    remove_member(g, m);
    begin_rebalance(g, now);
}

static bool all_joined(const struct group *g)
{
    for (int i = 0; i < g->n; i++)
        if (!g->members[i].joined)
            return false;
    return true;
}

int64_t group_step(struct group *g, int64_t now)
{
    int64_t next = INT64_MAX;
    for (int i = g->n; i-- > 0;) {
        struct group_member *m = &g->members[i];
        bool late = g->rebalancing && !m->joined && now >= g->rebalance_ends;
        if (!late && now < m->seen_at + SESSION_TIMEOUT)
            continue;
        remove_member(g, m);
        begin_rebalance(g, now);
    }
    if (g->rebalancing && g->n && all_joined(g))
        deal_out(g);
    for (int i = 0; i < g->n; i++)
        if (g->members[i].seen_at + SESSION_TIMEOUT < next)
            next = g->members[i].seen_at + SESSION_TIMEOUT;
    return g->rebalancing && g->n && g->rebalance_ends < next ? g->rebalance_ends : next;
}
