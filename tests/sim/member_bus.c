/* See member_bus.h. Calls wait in virtual time only. */
#include "tests/sim/member_bus.h"

#include <stdlib.h>
#include <string.h>

#include "churnwatch/faults.h"
#include "churnwatch/shard.h"
#include "tests/sim/plan.h"
#include "tests/sim/processes.h"

/* How long the library tries by itself before it says that nothing is known. */
#define PATIENCE (8 * CW_SECOND)
#define STEP (10 * CW_SECOND / 1000)
#define FAR 100000

static struct member_bus *of(struct cw_bus *b)
{
    return (struct member_bus *)b;
}

static struct sim *sim_of(const struct member_bus *b)
{
    return b->process->sim;
}

static struct cluster *cluster_of(const struct member_bus *b)
{
    return &sim_of(b)->cluster;
}

static int64_t now_of(const struct member_bus *b)
{
    return sim_of(b)->now;
}

static int ended(struct cw_errbuf *eb)
{
    return cw_fail(eb, CW_E_FATAL, "the process has ended");
}

static int nothing_known(struct cw_errbuf *eb)
{
    return cw_fail(eb, CW_E_RETRY, "no answer");
}

/* ---- what befalls a call ---- */

struct ordeal {
    int what; /* enum mishap, -1 for none */
    int call;
};

/* The call as it begins: 0, or what it returns instead of being made. */
static int begins(struct member_bus *b, int call, struct ordeal *o, struct cw_errbuf *eb)
{
    struct process *p = b->process;
    if (p->dead)
        return ended(eb);
    *o = (struct ordeal){plan_befalls(p, call), call};
    if (p->dead)
        return ended(eb);
    switch (o->what) {
    case MISHAP_crash_before:
        process_crash(p);
        return ended(eb);
    case MISHAP_request_lost:
        return process_wait(p, chance_between(&p->sim->chance, 1000, CW_SECOND)) ? nothing_known(eb)
                                                                                 : ended(eb);
    case MISHAP_refused:
        return cw_fail(eb, CW_E_ABORT, "the broker refuses");
    default:
        break;
    }
    return 0;
}

/* On its way to a server, for some time; longer where nobody answers. */
static int travels(struct member_bus *b, struct cw_errbuf *eb)
{
    struct process *p = b->process;
    struct sim *s = p->sim;
    int64_t until = now_of(b) + PATIENCE;
    if (!process_wait(p, chance_between(&s->chance, 50, 2000)))
        return ended(eb);
    while (s->brokers_back > s->now || s->coordinators_back > s->now) {
        if (s->now >= until)
            return nothing_known(eb);
        if (!process_wait(p, STEP * 10))
            return ended(eb);
    }
    return 0;
}

static int starts(struct member_bus *b, int call, struct ordeal *o, struct cw_errbuf *eb)
{
    int err = begins(b, call, o, eb);
    return err ? err : travels(b, eb);
}

/* The call as it ends, with what it would have returned. */
static int ends(struct member_bus *b, const struct ordeal *o, int err, struct cw_errbuf *eb)
{
    if (b->process->dead)
        return ended(eb);
    if (o->what == MISHAP_crash_after) {
        process_crash(b->process);
        return ended(eb);
    }
    if (o->what == MISHAP_answer_lost && !err)
        return process_wait(b->process, CW_SECOND) ? nothing_known(eb) : ended(eb);
    return err;
}

/* ---- the producer ---- */

static void forget_queue(struct member_bus *b)
{
    for (size_t i = 0; i < b->n_queued; i++) {
        free((void *)(uintptr_t)b->queue[i].record.key.p);
        free((void *)(uintptr_t)b->queue[i].record.value.p);
    }
    b->n_queued = 0;
}

static struct cw_str copy(struct cw_str s)
{
    if (!s.p)
        return s;
    char *p = malloc(s.n + 1);
    if (!p)
        abort();
    memcpy(p, s.p, s.n);
    return (struct cw_str){p, s.n};
}

/* A request of the producer, made again as long as the cluster is busy with the last transaction.
 */
static int means(struct member_bus *b, enum answer said, struct cw_errbuf *eb)
{
    switch (said) {
    case CLUSTER_DONE:
        return 0;
    case CLUSTER_BUSY:
        return nothing_known(eb);
    case CLUSTER_MOVED:
        return cw_fail(eb, CW_E_REVOKED, "the group has moved on");
    case CLUSTER_FENCED:
        atomic_fetch_add(&sim_of(b)->coverage->fenced, 1);
        return cw_fail(eb, CW_E_FATAL, "fenced");
    case CLUSTER_WRONG:
        break;
    }
    return cw_fail(eb, CW_E_FATAL, "invalid state of the transaction");
}

/* The first n of the queue go to the brokers. */
static int flush(struct member_bus *b, size_t n, struct cw_errbuf *eb)
{
    size_t sent = 0;
    int err = 0;
    int64_t until = now_of(b) + PATIENCE;
    while (sent < n && !err) {
        const struct cw_record *r = &b->queue[sent].record;
        err = means(b, cluster_produce(cluster_of(b), b->producer, b->epoch, r, now_of(b)), eb);
        if (!err) {
            b->registered = true;
            free((void *)(uintptr_t)r->key.p);
            free((void *)(uintptr_t)r->value.p);
            sent++;
        } else if (err == -CW_E_RETRY && now_of(b) < until) {
            err = process_wait(b->process, STEP) ? 0 : ended(eb);
        }
    }
    memmove(b->queue, b->queue + sent, (b->n_queued - sent) * sizeof *b->queue);
    b->n_queued -= sent;
    return err;
}

static int bus_begin(struct cw_bus *bus, uint64_t token, struct cw_errbuf *eb)
{
    struct member_bus *b = of(bus);
    struct ordeal o = {0};
    int err = begins(b, CALL_begin, &o, eb);
    if (err)
        return err;
    if (token != b->token && !CW_BUG(metadata_at_commit))
        return cw_fail(eb, CW_E_REVOKED, "the assignment is gone");
    b->open = true;
    b->registered = false;
    return ends(b, &o, 0, eb);
}

static int bus_append(struct cw_bus *bus, const struct cw_record *r, struct cw_errbuf *eb)
{
    struct member_bus *b = of(bus);
    struct ordeal o = {0};
    int err = begins(b, CALL_append, &o, eb);
    if (err)
        return err;
    if (b->n_queued == b->cap_queued) {
        b->cap_queued = b->cap_queued ? b->cap_queued * 2 : 64;
        b->queue = realloc(b->queue, b->cap_queued * sizeof *b->queue);
        if (!b->queue)
            abort();
    }
    struct cw_record *q = &b->queue[b->n_queued++].record;
    *q = *r;
    q->key = copy(r->key);
    q->value = copy(r->value);
    if (r->partition < 0)
        q->partition = r->key.p ? cw_partition_of(r->key, cluster_of(b)->shards) : 0;
    if (o.what >= 0 || chance_one_in(&sim_of(b)->chance, 8))
        err = flush(b, b->n_queued, eb);
    if (err == -CW_E_RETRY)
        err = 0; /* What could not go yet is still in the queue. */
    /* The library sends what it has once; neither loss nor doubling is seen from outside. */
    return o.what == MISHAP_answer_lost ? err : ends(b, &o, err, eb);
}

/* Under a deliberate mistake: whatever the library had to tell is let happen first, so that the
 * metadata are those of a membership that has begun meanwhile. */
static void rejoin_unnoticed(struct member_bus *b)
{
    int32_t first, n;
    for (int i = 0; i < 600 && b->standing == MEMBER_ASSIGNED && !b->process->dead; i++) {
        member_bus_beat(b);
        if (!b->tell_lost && !b->tell_revoked)
            return;
        if (group_check(&cluster_of(b)->group, &b->now) == BEAT_FINE)
            return;
        if (b->now.generation >= 0)
            group_join(&cluster_of(b)->group, &b->now, now_of(b));
        if (!group_place(&cluster_of(b)->group, &b->now, &first, &n))
            (void)process_wait(b->process, STEP);
    }
}

static int send_once(struct member_bus *b, const struct cw_positions *p, size_t n,
                     struct cw_errbuf *eb)
{
    const struct membership *who = &b->at_assignment;
    if (CW_BUG(metadata_at_commit)) {
        rejoin_unnoticed(b);
        who = &b->now;
    }
    if (CW_BUG(random_producer))
        who = NULL;
    if (CW_BUG(offsets_outside)) {
        for (size_t i = 0; i < n; i++)
            cluster_commit_offsets(cluster_of(b), &p[i]);
        return 0;
    }
    return means(
        b, cluster_send_offsets(cluster_of(b), b->producer, b->epoch, who, p, n, now_of(b)), eb);
}

static int bus_send_positions(struct cw_bus *bus, const struct cw_positions *p, size_t n,
                              uint64_t token, struct cw_errbuf *eb)
{
    struct member_bus *b = of(bus);
    struct ordeal o = {0};
    int64_t until = now_of(b) + PATIENCE;
    int err = starts(b, CALL_send_positions, &o, eb);
    if (err)
        return err;
    if (token != b->token && !CW_BUG(metadata_at_commit))
        return cw_fail(eb, CW_E_REVOKED, "the assignment is gone");
    if (b->n_queued && (err = flush(b, b->n_queued, eb)) != 0)
        return err;
    while ((err = send_once(b, p, n, eb)) == -CW_E_RETRY && now_of(b) < until)
        if (!process_wait(b->process, STEP))
            return ended(eb);
    if (!err && o.what == MISHAP_doubled)
        err = send_once(b, p, n, eb);
    b->registered = b->registered || !err;
    return ends(b, &o, err, eb);
}

static int end_transaction(struct member_bus *b, const struct ordeal *o, bool commit,
                           struct cw_errbuf *eb)
{
    struct sim *s = sim_of(b);
    sim_trace(s, "process %d: %s transaction of %s, epoch %d", b->process->number,
              commit ? "commits" : "aborts", s->cluster.producers[b->producer].id, b->epoch);
    enum answer said = cluster_end(&s->cluster, b->producer, b->epoch, commit, s->now);
    if (o->what == MISHAP_doubled && said == CLUSTER_DONE)
        said = cluster_end(&s->cluster, b->producer, b->epoch, commit, s->now);
    if (s->recipe->torn && commit && chance_one_in(&s->chance, 4))
        cluster_end_late(&s->cluster, b->producer, b->epoch, commit,
                         s->now + chance_between(&s->chance, CW_SECOND / 10, 6 * CW_SECOND));
    /* Busy: the end was decided before, by a request whose answer was lost. */
    return said == CLUSTER_BUSY ? 0 : means(b, said, eb);
}

static int bus_commit(struct cw_bus *bus, struct cw_errbuf *eb)
{
    struct member_bus *b = of(bus);
    struct ordeal o = {0};
    int err = starts(b, CALL_commit, &o, eb);
    if (!err && b->n_queued)
        err = flush(b, b->n_queued, eb);
    if (!err && b->registered)
        err = end_transaction(b, &o, true, eb);
    if (err)
        return err;
    atomic_fetch_add(&sim_of(b)->coverage->commits, 1);
    err = ends(b, &o, 0, eb);
    b->open = err != 0;
    return err;
}

static int bus_abort(struct cw_bus *bus, struct cw_errbuf *eb)
{
    struct member_bus *b = of(bus);
    struct ordeal o = {0};
    int err = starts(b, CALL_abort, &o, eb);
    if (err)
        return err;
    forget_queue(b);
    if (b->registered)
        err = end_transaction(b, &o, false, eb);
    if (err)
        return err;
    atomic_fetch_add(&sim_of(b)->coverage->aborts, 1);
    b->open = false;
    return ends(b, &o, 0, eb);
}

/* ---- the member ---- */

static void lose_membership(struct member_bus *b, bool lost)
{
    if (b->standing == MEMBER_JOINING)
        b->standing = MEMBER_OUT;
    else if (b->standing == MEMBER_ASSIGNED && lost)
        b->tell_lost = true;
    else if (b->standing == MEMBER_ASSIGNED)
        b->tell_revoked = true;
}

void member_bus_beat(struct member_bus *b)
{
    struct sim *s = sim_of(b);
    if (b->standing == MEMBER_OUT || b->fenced || s->brokers_back > s->now)
        return;
    if (b->standing == MEMBER_JOINING && b->now.generation < 0) {
        if (!group_stay(&s->cluster.group, &b->now, s->now))
            b->standing = MEMBER_OUT;
        return;
    }
    switch (group_beat(&s->cluster.group, &b->now, s->now)) {
    case BEAT_FINE:
        break;
    case BEAT_REBALANCE:
        lose_membership(b, false);
        break;
    case BEAT_UNKNOWN:
        lose_membership(b, true);
        break;
    case BEAT_FENCED:
        b->fenced = true;
        break;
    }
}

static void note_takeover(const struct member_bus *b, int32_t first, int32_t n)
{
    struct sim *s = sim_of(b);
    for (int32_t p = first; p < first + n; p++) {
        if (s->holders[p] && s->holders[p] != b->process->slot + 1)
            atomic_fetch_add(&s->coverage->takeovers, 1);
        s->holders[p] = b->process->slot + 1;
    }
}

static void assigned(struct member_bus *b, int32_t first, int32_t n, struct cw_bus_event *ev)
{
    b->standing = MEMBER_ASSIGNED;
    b->at_assignment = b->now;
    b->token++;
    b->n_shards = n;
    note_takeover(b, first, n);
    sim_trace(sim_of(b), "process %d: assigned %d shards from %d, generation %d",
              b->process->number, (int)n, (int)first, b->now.generation);
    for (int32_t i = 0; i < n; i++)
        b->shards[i] = first + n - 1 - i; /* in no good order */
    memset(b->reading, 0, sizeof b->reading);
    *ev = (struct cw_bus_event){
        .what = CW_BUS_ASSIGNED, .shards = b->shards, .n_shards = (size_t)n, .token = b->token};
}

/* What the group has to tell; false when nothing. */
static bool tell_group(struct member_bus *b, struct cw_bus_event *ev, struct cw_errbuf *eb)
{
    struct sim *s = sim_of(b);
    int32_t first, n;
    if (b->fenced) {
        atomic_fetch_add(&s->coverage->fenced, 1);
        *ev = (struct cw_bus_event){
            .what = CW_BUS_FAILED,
            .err = cw_fail(eb, CW_E_FATAL, "another process has taken the member's place")};
        return true;
    }
    if (b->tell_lost || b->tell_revoked) {
        ev->what = b->tell_lost ? CW_BUS_LOST : CW_BUS_REVOKED;
        b->tell_lost = b->tell_revoked = false;
        b->standing = MEMBER_OUT;
        b->token++;
        memset(b->reading, 0, sizeof b->reading);
        return true;
    }
    if (s->coordinators_back > s->now || s->brokers_back > s->now)
        return false;
    if (b->standing == MEMBER_OUT) {
        group_join(&s->cluster.group, &b->now, s->now);
        b->standing = MEMBER_JOINING;
    }
    if (b->standing != MEMBER_JOINING || !group_place(&s->cluster.group, &b->now, &first, &n))
        return false;
    assigned(b, first, n, ev);
    return true;
}

static bool next_message(struct member_bus *b, struct cw_bus_event *ev)
{
    const struct story *story = sim_of(b)->recipe->story;
    int n = b->n_shards * CW_INPUTS;
    for (int k = 0; k < n; k++) {
        int t = (b->turn + k) % n;
        enum cw_input in = (enum cw_input)(t % CW_INPUTS);
        int32_t p = b->shards[t / CW_INPUTS];
        const struct story_log *l = &story->inputs[in][p];
        bool more = b->at[in][p] < l->n;
        if (!b->reading[in][p] || b->paused[in][p] || (!more && b->told_end[in][p]))
            continue;
        b->told_end[in][p] = !more;
        *ev = (struct cw_bus_event){
            .what = more ? CW_BUS_MESSAGE : CW_BUS_END, .input = in, .partition = p, .end = l->n};
        if (more)
            ev->message = l->m[b->at[in][p]++];
        b->turn = t + 1;
        return true;
    }
    return false;
}

/* A fetch that was under way when the source was sought: it begins where it had been before. */
static void go_back(struct member_bus *b)
{
    struct chance *c = &sim_of(b)->chance;
    if (b->n_shards == 0)
        return;
    enum cw_input in = (enum cw_input)chance_below(c, CW_INPUTS);
    int64_t *at = &b->at[in][b->shards[chance_below(c, b->n_shards)]];
    int64_t back = chance_between(c, 1, 60);
    *at = *at > back ? *at - back : 0;
}

static int bus_poll(struct cw_bus *bus, int wait_ms, struct cw_bus_event *ev, struct cw_errbuf *eb)
{
    struct member_bus *b = of(bus);
    struct sim *s = sim_of(b);
    struct ordeal o = {0};
    *ev = (struct cw_bus_event){.what = CW_BUS_NOTHING};
    int err = begins(b, CALL_poll, &o, eb);
    if (err)
        return err;
    if (o.what == MISHAP_stale_fetch)
        go_back(b);
    if (chance_one_in(&s->chance, 24) &&
        !process_wait(b->process, chance_between(&s->chance, 100, 150000)))
        return ended(eb);
    if ((b->kept || !tell_group(b, ev, eb)) && (s->brokers_back > s->now || !next_message(b, ev)) &&
        !process_wait(b->process, wait_ms ? wait_ms * INT64_C(1000) : 20))
        return ended(eb);
    return ends(b, &o, 0, eb);
}

static int bus_seek(struct cw_bus *bus, const struct cw_positions *at, struct cw_errbuf *eb)
{
    struct member_bus *b = of(bus);
    struct ordeal o = {0};
    int err = begins(b, CALL_seek, &o, eb);
    if (err)
        return err;
    for (enum cw_input in = 0; in < CW_INPUTS; in++) {
        b->at[in][at->shard] = at->next[in] == CW_OFFSET_NONE ? 0 : at->next[in];
        b->reading[in][at->shard] = true;
        b->paused[in][at->shard] = b->told_end[in][at->shard] = false;
    }
    return ends(b, &o, 0, eb);
}

static int bus_pause(struct cw_bus *bus, enum cw_input in, int32_t shard, bool paused,
                     struct cw_errbuf *eb)
{
    struct member_bus *b = of(bus);
    struct ordeal o = {0};
    int err = begins(b, CALL_pause, &o, eb);
    if (err)
        return err;
    b->paused[in][shard] = paused;
    return ends(b, &o, 0, eb);
}

/* ---- reading ---- */

static int bus_committed(struct cw_bus *bus, int32_t shard, struct cw_positions *ret_at,
                         struct cw_errbuf *eb)
{
    struct member_bus *b = of(bus);
    struct ordeal o = {0};
    int64_t until = now_of(b) + 2 * TRANSACTION_TIMEOUT;
    int err = starts(b, CALL_committed, &o, eb);
    if (err)
        return err;
    while (!cluster_committed(cluster_of(b), shard, now_of(b), ret_at)) {
        if (now_of(b) >= until)
            return nothing_known(eb);
        if (!process_wait(b->process, STEP))
            return ended(eb);
    }
    return ends(b, &o, 0, eb);
}

static int bus_end(struct cw_bus *bus, enum cw_log log, int32_t partition, int64_t *ret_first,
                   int64_t *ret_end, struct cw_errbuf *eb)
{
    struct member_bus *b = of(bus);
    struct ordeal o = {0};
    int err = starts(b, CALL_end, &o, eb);
    if (err)
        return err;
    *ret_first = cluster_of(b)->logs[log][partition].first;
    bool stable = cw_log_is_followed(log) || CW_BUG(restore_to_stable);
    *ret_end = stable ? cluster_stable(cluster_of(b), log, partition)
                      : cluster_end_of(cluster_of(b), log, partition);
    return ends(b, &o, 0, eb);
}

static int read_on(struct member_bus *b, enum cw_log log, int32_t partition, int64_t from,
                   int64_t to, int (*each)(void *arg, const struct cw_message *m), void *arg)
{
    int64_t at = from;
    const struct cw_message *m;
    while (at < to && (m = cluster_read(cluster_of(b), log, partition, &at)) && m->offset < to) {
        int err = each(arg, m);
        if (err)
            return err;
    }
    return 0;
}

static int bus_read(struct cw_bus *bus, enum cw_log log, int32_t partition, int64_t from,
                    int64_t to, int (*each)(void *arg, const struct cw_message *m), void *arg,
                    struct cw_errbuf *eb)
{
    struct member_bus *b = of(bus);
    struct ordeal o = {0};
    int64_t until = now_of(b) + 2 * TRANSACTION_TIMEOUT;
    int err = starts(b, CALL_read, &o, eb);
    if (err)
        return err;
    while (cluster_stable(cluster_of(b), log, partition) < to) {
        if (now_of(b) >= until)
            return nothing_known(eb);
        if (!process_wait(b->process, STEP))
            return ended(eb);
    }
    /* Lost answers of a read are fetched again by the library itself. */
    err = read_on(b, log, partition, from, to, each, arg);
    return o.what == MISHAP_answer_lost ? err : ends(b, &o, err, eb);
}

static int bus_partitions(struct cw_bus *bus, enum cw_log log, int32_t *ret_n, struct cw_errbuf *eb)
{
    struct member_bus *b = of(bus);
    (void)eb;
    *ret_n = cw_log_is_followed(log) ? 1 : cluster_of(b)->shards;
    return 0;
}

static int64_t bus_known_end(struct cw_bus *bus, enum cw_input in, int32_t shard)
{
    return sim_of(of(bus))->recipe->story->inputs[in][shard].n + (of(bus)->far ? FAR : 0);
}

static void bus_trim(struct cw_bus *bus, int32_t shard, int64_t before)
{
    struct partition_log *l = &cluster_of(of(bus))->logs[CW_LOG_STATE][shard];
    if (!of(bus)->process->dead && before > l->first && before <= l->stable)
        l->first = before;
}

static void bus_keep(struct cw_bus *bus, bool on)
{
    of(bus)->kept = on;
}

static void bus_close(struct cw_bus *bus)
{
    (void)bus;
}

static const struct cw_bus_ops ops = {
    bus_poll,   bus_seek,       bus_pause,     bus_begin, bus_append, bus_send_positions,
    bus_commit, bus_abort,      bus_committed, bus_end,   NULL,       bus_read,
    NULL,       bus_partitions, bus_known_end, bus_trim,  bus_keep,   bus_close,
};

/* ---- opening ---- */

int member_bus_open(struct member_bus *b, struct process *p)
{
    struct sim *s = p->sim;
    struct cw_errbuf eb;
    struct ordeal o = {0};
    char id[ID_MOST];
    *b = (struct member_bus){.bus.ops = &ops, .process = p, .now.generation = -1};
    b->far = chance_one_in(&s->chance, 2);
    (void)snprintf(b->now.instance, sizeof b->now.instance, "cw-%d-0", p->slot);
    (void)snprintf(id, sizeof id, "desk-cw-%d-0", p->slot);
    if (CW_BUG(random_producer))
        (void)snprintf(id, sizeof id, "%llx", (unsigned long long)chance_next(&s->chance));
    int err = starts(b, CALL_open, &o, &eb);
    while (!err) {
        enum answer said = cluster_init_producer(&s->cluster, id, s->now, &b->producer, &b->epoch);
        if (said != CLUSTER_BUSY)
            break;
        err = process_wait(p, STEP) ? 0 : ended(&eb);
    }
    return ends(b, &o, err, &eb);
}

void member_bus_close(struct member_bus *b)
{
    forget_queue(b);
    free(b->queue);
    b->queue = NULL;
}
