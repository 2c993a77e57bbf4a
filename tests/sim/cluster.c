/* See cluster.h. */
#include "tests/sim/cluster.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How far behind a broker's disk is with what all replicas have. */
#define CHECKPOINT (5 * CW_SECOND)

static void *room(void *p, size_t n)
{
    p = realloc(p, n ? n : 1);
    if (!p)
        abort();
    return p;
}

static struct cw_str copy(struct cw_str s)
{
    if (!s.p)
        return s;
    char *p = room(NULL, s.n);
    memcpy(p, s.p, s.n);
    return (struct cw_str){p, s.n};
}

/* ---- logs ---- */

static struct entry *add(struct partition_log *l, enum fate fate)
{
    if (l->n == l->cap) {
        l->cap = l->cap ? l->cap * 2 : 64;
        l->entries = room(l->entries, (size_t)l->cap * sizeof *l->entries);
    }
    struct entry *e = &l->entries[l->n];
    *e = (struct entry){.fate = fate, .producer = -1};
    e->m.offset = l->n++;
    return e;
}

static void move_stable(struct cluster *c, enum cw_log log, int32_t p)
{
    struct partition_log *l = &c->logs[log][p];
    for (; l->stable < l->n && l->entries[l->stable].fate != FATE_OPEN; l->stable++)
        if (l->entries[l->stable].fate == FATE_COMMITTED && c->on_committed)
            c->on_committed(c->arg, log, p, &l->entries[l->stable].m);
}

static void put_bytes(struct entry *e, int32_t partition, struct cw_str key, struct cw_str value)
{
    e->m.key = copy(key);
    e->m.value = copy(value);
    e->m.partition = partition;
    e->m.timestamp_ms = -1;
}

void cluster_put(struct cluster *c, enum cw_log log, int32_t partition, struct cw_str key,
                 struct cw_str value)
{
    put_bytes(add(&c->logs[log][partition], FATE_COMMITTED), partition, key, value);
    move_stable(c, log, partition);
}

int64_t cluster_end_of(const struct cluster *c, enum cw_log log, int32_t partition)
{
    return c->logs[log][partition].n;
}

int64_t cluster_stable(const struct cluster *c, enum cw_log log, int32_t partition)
{
    return c->logs[log][partition].stable;
}

const struct cw_message *cluster_read(const struct cluster *c, enum cw_log log, int32_t partition,
                                      int64_t *offset)
{
    const struct partition_log *l = &c->logs[log][partition];
    if (*offset < l->first)
        *offset = l->first;
    for (; *offset < l->stable; ++*offset)
        if (l->entries[*offset].fate == FATE_COMMITTED)
            return &l->entries[(*offset)++].m;
    return NULL;
}

void cluster_init(struct cluster *c, int32_t shards, struct chance *chance)
{
    *c = (struct cluster){.shards = shards, .chance = chance, .group = {.shards = shards}};
    for (int32_t p = 0; p < shards; p++) {
        c->committed[p].shard = p;
        for (enum cw_input in = 0; in < CW_INPUTS; in++)
            c->committed[p].next[in] = CW_OFFSET_NONE;
    }
    memcpy(c->on_disk, c->committed, sizeof c->on_disk);
}

void cluster_free(struct cluster *c)
{
    for (enum cw_log log = 0; log < CW_LOGS; log++)
        for (int32_t p = 0; p < SHARDS_MOST; p++) {
            struct partition_log *l = &c->logs[log][p];
            for (int64_t i = 0; i < l->n; i++) {
                free((void *)(uintptr_t)l->entries[i].m.key.p);
                free((void *)(uintptr_t)l->entries[i].m.value.p);
            }
            free(l->entries);
        }
}

/* ---- transactions ---- */

/* Markers are written one partition after the other, each some time after the last. */
static int64_t marker_delay(struct cluster *c, int64_t now)
{
    if (now < c->slow_markers_until)
        return chance_between(c->chance, CW_SECOND / 2, 3 * CW_SECOND);
    return chance_between(c->chance, 100, 30000);
}

static void decide(struct cluster *c, struct producer *p, bool commit, int64_t now)
{
    p->state = TXN_ENDING;
    p->committing = commit;
    p->marker_at = now + marker_delay(c, now);
}

/* As of a while ago, and of all shards at once. */
static void write_to_disk(struct cluster *c, int64_t now)
{
    if (now - c->on_disk_at < CHECKPOINT)
        return;
    memcpy(c->on_disk, c->committed, sizeof c->on_disk);
    c->on_disk_at = now;
}

static void settle_offsets(struct cluster *c, struct producer *p, int32_t shard)
{
    struct cw_positions *at = &c->committed[shard], before = *at;
    p->has_offsets[shard] = false;
    /* As the coordinator has it: a late marker brings nothing that was sent before what is there.
     */
    if (!p->committing || p->sent[shard] < c->committed_sent[shard])
        return;
    c->committed_sent[shard] = p->sent[shard];
    for (enum cw_input in = 0; in < CW_INPUTS; in++)
        if (p->offsets[shard].next[in] != CW_OFFSET_NONE)
            at->next[in] = p->offsets[shard].next[in];
    if (c->on_offsets)
        c->on_offsets(c->arg, &before, at);
}

static void settle_log(struct cluster *c, int producer, enum cw_log log, int32_t shard)
{
    struct producer *p = &c->producers[producer];
    struct partition_log *l = &c->logs[log][shard];
    for (int64_t i = l->n; i-- > l->stable;)
        if (l->entries[i].fate == FATE_OPEN && l->entries[i].producer == producer)
            l->entries[i].fate = p->committing ? FATE_COMMITTED : FATE_ABORTED;
    p->touched[log][shard] = false;
    (void)add(l, FATE_MARKER);
    move_stable(c, log, shard);
}

/* One partition, in an order of its own each time. False: there was none left. */
static bool write_marker(struct cluster *c, int producer)
{
    struct producer *p = &c->producers[producer];
    int left[(CW_LOGS + 1) * SHARDS_MOST], n = 0;
    for (int32_t s = 0; s < c->shards; s++) {
        for (enum cw_log log = 0; log < CW_LOGS; log++)
            if (p->touched[log][s])
                left[n++] = (int)log * SHARDS_MOST + s;
        if (p->has_offsets[s])
            left[n++] = CW_LOGS * SHARDS_MOST + s;
    }
    if (n == 0)
        return false;
    int chosen = left[chance_below(c->chance, n)];
    if (chosen >= CW_LOGS * SHARDS_MOST)
        settle_offsets(c, p, chosen % SHARDS_MOST);
    else
        settle_log(c, producer, (enum cw_log)(chosen / SHARDS_MOST), chosen % SHARDS_MOST);
    return true;
}

static int64_t step_producer(struct cluster *c, int producer, int64_t now)
{
    struct producer *p = &c->producers[producer];
    if (p->state == TXN_ONGOING && now >= p->timeout_at) {
        p->epoch++;
        decide(c, p, false, now);
    }
    while (p->state == TXN_ENDING && now >= p->marker_at) {
        if (write_marker(c, producer))
            p->marker_at += marker_delay(c, now);
        else
            p->state = TXN_EMPTY;
    }
    if (p->state == TXN_ENDING)
        return p->marker_at;
    return p->state == TXN_ONGOING ? p->timeout_at : INT64_MAX;
}

static int64_t step_late(struct cluster *c, int64_t now)
{
    int64_t next = INT64_MAX;
    for (int i = c->n_late; i-- > 0;) {
        struct late_request r = c->late[i];
        if (r.at > now) {
            next = r.at < next ? r.at : next;
            continue;
        }
        c->late[i] = c->late[--c->n_late];
        (void)cluster_end(c, r.producer, r.epoch, r.commit, now);
    }
    return next;
}

int64_t cluster_step(struct cluster *c, int64_t now)
{
    write_to_disk(c, now);
    int64_t next = group_step(&c->group, now), due = step_late(c, now);
    next = due < next ? due : next;
    for (int i = 0; i < c->n_producers; i++) {
        due = step_producer(c, i, now);
        next = due < next ? due : next;
    }
    return next;
}

static int producer_of(struct cluster *c, const char *id)
{
    for (int i = 0; i < c->n_producers; i++)
        if (strcmp(c->producers[i].id, id) == 0)
            return i;
    if (c->n_producers == PRODUCERS_MOST)
        abort();
    struct producer *p = &c->producers[c->n_producers];
    *p = (struct producer){0};
    (void)snprintf(p->id, sizeof p->id, "%s", id);
    return c->n_producers++;
}

enum answer cluster_init_producer(struct cluster *c, const char *id, int64_t now, int *ret_producer,
                                  int *ret_epoch)
{
    int i = producer_of(c, id);
    struct producer *p = &c->producers[i];
    if (p->state == TXN_ONGOING) {
        p->epoch++;
        decide(c, p, false, now);
    }
    if (p->state == TXN_ENDING)
        return CLUSTER_BUSY;
    *ret_producer = i;
    *ret_epoch = ++p->epoch;
    return CLUSTER_DONE;
}

static enum answer may_write(struct producer *p, int epoch, int64_t now)
{
    if (epoch != p->epoch)
        return CLUSTER_FENCED;
    if (p->state == TXN_ENDING)
        return CLUSTER_BUSY;
    if (p->state == TXN_EMPTY) {
        p->state = TXN_ONGOING;
        p->timeout_at = now + TRANSACTION_TIMEOUT;
    }
    return CLUSTER_DONE;
}

enum answer cluster_produce(struct cluster *c, int producer, int epoch, const struct cw_record *r,
                            int64_t now)
{
    struct producer *p = &c->producers[producer];
    enum answer said = may_write(p, epoch, now);
    if (said != CLUSTER_DONE)
        return said;
    struct entry *e = add(&c->logs[r->log][r->partition], FATE_OPEN);
    e->producer = producer;
    put_bytes(e, r->partition, r->key, r->value);
    p->touched[r->log][r->partition] = true;
    return CLUSTER_DONE;
}

enum answer cluster_send_offsets(struct cluster *c, int producer, int epoch,
                                 const struct membership *member, const struct cw_positions *p,
                                 size_t n, int64_t now)
{
    struct producer *pr = &c->producers[producer];
    enum answer said = may_write(pr, epoch, now);
    if (said != CLUSTER_DONE)
        return said;
    if (member && group_check(&c->group, member) != BEAT_FINE)
        return CLUSTER_MOVED;
    for (size_t i = 0; i < n; i++) {
        pr->offsets[p[i].shard] = p[i];
        pr->has_offsets[p[i].shard] = true;
        pr->sent[p[i].shard] = ++c->sent;
    }
    return CLUSTER_DONE;
}

enum answer cluster_end(struct cluster *c, int producer, int epoch, bool commit, int64_t now)
{
    struct producer *p = &c->producers[producer];
    if (epoch != p->epoch)
        return CLUSTER_FENCED;
    if (p->state == TXN_ONGOING) {
        decide(c, p, commit, now);
        return CLUSTER_DONE;
    }
    if (p->committing != commit)
        return CLUSTER_WRONG;
    return p->state == TXN_ENDING ? CLUSTER_BUSY : CLUSTER_DONE;
}

void cluster_end_late(struct cluster *c, int producer, int epoch, bool commit, int64_t at)
{
    if (c->n_late < LATE_MOST)
        c->late[c->n_late++] = (struct late_request){at, producer, epoch, commit};
}

void cluster_commit_offsets(struct cluster *c, const struct cw_positions *p)
{
    struct cw_positions before = c->committed[p->shard];
    c->committed[p->shard] = *p;
    if (c->on_offsets)
        c->on_offsets(c->arg, &before, p);
}

bool cluster_committed(const struct cluster *c, int32_t shard, int64_t now,
                       struct cw_positions *ret_at)
{
    if (now < c->from_disk_until) {
        *ret_at = c->on_disk[shard];
        return true;
    }
    for (int i = 0; i < c->n_producers; i++)
        if (c->producers[i].has_offsets[shard])
            return false;
    *ret_at = c->committed[shard];
    return true;
}

bool cluster_quiet(const struct cluster *c)
{
    for (int i = 0; i < c->n_producers; i++)
        if (c->producers[i].state != TXN_EMPTY)
            return false;
    return c->n_late == 0;
}
