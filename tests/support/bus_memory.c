#include "tests/support/bus_memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "churnwatch/shard.h"

#define PARTITIONS_MOST 8
#define FAR 100000
/* With a second hand, so that inputs' ends are heard of in time: the protocol asks once a second.
 */
#define POLL_FOR_A_HAND (CW_SECOND / 4)

enum fate { OPEN, COMMITTED, ABORTED, MARKER };
struct entry {
    struct cw_message m; /* owned bytes and headers */
    enum fate fate;
    bool damaged;
};
struct list {
    struct entry *e;
    size_t n, cap;
};
struct memory_bus;
struct memory_hand {
    struct cw_hand ops; /* first */
    void (*work)(void *arg);
    void *arg;
    int looks, left, works;
};
struct mem {
    int32_t partitions;
    struct list inputs[CW_INPUTS][PARTITIONS_MOST], logs[CW_LOGS][PARTITIONS_MOST];
    struct cw_positions committed[PARTITIONS_MOST];
    int64_t first_state[PARTITIONS_MOST]; /* trimmed before it */
    int64_t first_input[CW_INPUTS][PARTITIONS_MOST];
    int64_t beyond[CW_INPUTS][PARTITIONS_MOST];
    size_t commits;
    size_t state_reads;
    bool stuck;
    int commit_takes; /* ms */
    cw_mono_time mono;
    cw_wall_time wall;
    struct cw_env env;
    struct memory_hand hand;
    enum mem_fault fault;
    unsigned nth, calls;
    struct memory_bus *current;
    uint64_t tokens;
};

/* WAITING: the others have not all let go yet. */
enum standing { JOINING, ASSIGNED, TAKEN, LOST, WAITING };
struct memory_bus {
    struct cw_bus bus;
    struct mem *m;
    enum standing standing;
    bool crashed, open, was_paused;
    bool kept; /* the assignment, by a commit under way */
    uint64_t token;
    int64_t at[CW_INPUTS][PARTITIONS_MOST];
    bool reading[CW_INPUTS][PARTITIONS_MOST], paused[CW_INPUTS][PARTITIONS_MOST];
    bool told_end[CW_INPUTS][PARTITIONS_MOST];
    unsigned turn;
    struct cw_positions sent[PARTITIONS_MOST];
    size_t n_sent;
    bool done_unheard; /* a commit happened whose answer was lost */
    int32_t shards[PARTITIONS_MOST];
};

static void die(const char *why)
{
    (void)fprintf(stderr, "bus_memory: %s\n", why);
    abort();
}

static void *room(size_t n)
{
    void *p = calloc(1, n ? n : 1);
    if (!p)
        die("out of memory");
    return p;
}

static struct cw_str copy(struct cw_str s)
{
    if (!s.p)
        return s;
    char *p = room(s.n);
    memcpy(p, s.p, s.n);
    return (struct cw_str){p, s.n};
}

static int64_t add(struct list *l, const struct cw_message *m, enum fate fate)
{
    if (l->n == l->cap) {
        l->cap = l->cap ? l->cap * 2 : 64;
        l->e = realloc(l->e, l->cap * sizeof *l->e);
        if (!l->e)
            die("out of memory");
    }
    struct cw_header *headers = room(m->n_headers * sizeof *headers);
    for (size_t i = 0; i < m->n_headers; i++)
        headers[i] = (struct cw_header){copy(m->headers[i].name), copy(m->headers[i].value)};
    struct entry *e = &l->e[l->n];
    *e = (struct entry){.m = *m, .fate = fate};
    e->m.key = copy(m->key);
    e->m.value = copy(m->value);
    e->m.headers = headers;
    e->m.offset = (int64_t)l->n++;
    return e->m.offset;
}

static void free_list(struct list *l)
{
    for (size_t i = 0; i < l->n; i++) {
        struct cw_message *m = &l->e[i].m;
        for (size_t h = 0; h < m->n_headers; h++) {
            free((void *)m->headers[h].name.p);
            free((void *)m->headers[h].value.p);
        }
        free((void *)m->headers);
        free((void *)m->key.p);
        free((void *)m->value.p);
    }
    free(l->e);
}

/* ---- the cluster ---- */

static cw_mono_time env_mono(void *arg)
{
    return ((struct mem *)arg)->mono;
}

static cw_wall_time env_wall(void *arg)
{
    return ((struct mem *)arg)->wall;
}

static void advance(struct mem *m, int64_t us)
{
    m->mono += us;
    m->wall += us;
}

static void env_rest(void *arg, int ms)
{
    advance(arg, ms * 1000);
}

/* ---- its second hand ---- */

static struct memory_hand *hand_of(struct cw_hand *h)
{
    return (struct memory_hand *)h;
}

static void hand_begin(struct cw_hand *hand, void (*work)(void *arg), void *arg)
{
    struct memory_hand *h = hand_of(hand);
    if (h->work)
        die("the second hand has something to do already");
    h->work = work;
    h->arg = arg;
    h->left = h->looks;
    h->works++;
}

static void hand_finish(struct cw_hand *hand)
{
    struct memory_hand *h = hand_of(hand);
    void (*work)(void *arg) = h->work;
    h->work = NULL;
    if (work)
        work(h->arg);
}

static bool hand_is_done(struct cw_hand *hand)
{
    if (hand_of(hand)->work && --hand_of(hand)->left <= 0)
        hand_finish(hand);
    return !hand_of(hand)->work;
}

void mem_hand_set(struct mem *m, int looks)
{
    m->hand = (struct memory_hand){.ops = {hand_begin, hand_is_done, hand_finish}, .looks = looks};
    m->env.hand = &m->hand.ops;
    for (int32_t p = 0; p < m->partitions; p++)
        for (enum cw_input in = 0; in < CW_INPUTS; in++)
            mem_beyond_set(m, in, p, FAR);
}

int mem_hand_works(const struct mem *m)
{
    return m->hand.works;
}

/* ---- the cluster, opened ---- */

struct mem *mem_new(int32_t partitions)
{
    struct mem *m = room(sizeof *m);
    m->partitions = partitions;
    m->mono = CW_HOUR;
    m->wall = 60 * 365 * CW_DAY; /* So far from the events that no idle clock follows it. */
    m->env = (struct cw_env){env_mono, env_wall, env_rest, m, NULL, NULL, NULL};
    for (int32_t p = 0; p < partitions; p++) {
        m->committed[p].shard = p;
        for (enum cw_input in = 0; in < CW_INPUTS; in++)
            m->committed[p].next[in] = CW_OFFSET_NONE;
    }
    return m;
}

void mem_free(struct mem *m)
{
    for (int32_t p = 0; p < PARTITIONS_MOST; p++) {
        for (enum cw_input in = 0; in < CW_INPUTS; in++)
            free_list(&m->inputs[in][p]);
        for (enum cw_log log = 0; log < CW_LOGS; log++)
            free_list(&m->logs[log][p]);
    }
    free(m);
}

static struct cw_str str(const char *s)
{
    return s ? (struct cw_str){s, strlen(s)} : (struct cw_str){0};
}

int64_t mem_put(struct mem *m, enum cw_input in, const char *key, const char *value,
                const struct cw_header *headers, size_t n_headers)
{
    int32_t p = cw_partition_of(str(key), m->partitions);
    return add(&m->inputs[in][p],
               &(struct cw_message){.key = str(key),
                                    .value = str(value),
                                    .headers = headers,
                                    .n_headers = n_headers,
                                    .timestamp_ms = -1,
                                    .partition = p},
               COMMITTED);
}

void mem_put_log(struct mem *m, enum cw_log log, int32_t partition, struct cw_str key,
                 struct cw_str value)
{
    (void)add(&m->logs[log][partition],
              &(struct cw_message){.key = key, .value = value, .partition = partition}, COMMITTED);
}

void mem_log_anew(struct mem *m, enum cw_log log, int32_t partition)
{
    free_list(&m->logs[log][partition]);
    m->logs[log][partition] = (struct list){0};
}

int64_t mem_input_end(const struct mem *m, enum cw_input in, int32_t partition)
{
    return (int64_t)m->inputs[in][partition].n;
}

const struct cw_message *mem_input(const struct mem *m, enum cw_input in, int32_t partition,
                                   int64_t offset)
{
    const struct list *l = &m->inputs[in][partition];
    return (size_t)offset < l->n ? &l->e[offset].m : NULL;
}

const struct cw_message *mem_record(const struct mem *m, enum cw_log log, int32_t partition,
                                    size_t i)
{
    const struct list *l = &m->logs[log][partition];
    for (size_t k = 0; k < l->n; k++)
        if (l->e[k].fate == COMMITTED && i-- == 0)
            return &l->e[k].m;
    return NULL;
}

struct cw_positions *mem_committed(struct mem *m, int32_t shard)
{
    return &m->committed[shard];
}

bool mem_all_read(const struct mem *m)
{
    for (int32_t p = 0; p < m->partitions; p++)
        for (enum cw_input in = 0; in < CW_INPUTS; in++)
            if (m->inputs[in][p].n && m->committed[p].next[in] != (int64_t)m->inputs[in][p].n)
                return false;
    return true;
}

void mem_first_input_set(struct mem *m, enum cw_input in, int32_t partition, int64_t first)
{
    m->first_input[in][partition] = first;
}

void mem_beyond_set(struct mem *m, enum cw_input in, int32_t partition, int64_t offsets)
{
    m->beyond[in][partition] = offsets;
}

int64_t mem_first_state(const struct mem *m, int32_t shard)
{
    return m->first_state[shard];
}

void mem_commit_takes_set(struct mem *m, int ms)
{
    m->commit_takes = ms;
}

size_t mem_commits(const struct mem *m)
{
    return m->commits;
}

const struct cw_env *mem_env(struct mem *m)
{
    return &m->env;
}

void mem_wall_set(struct mem *m, cw_wall_time now)
{
    m->wall = now;
}

void mem_fault(struct mem *m, enum mem_fault what, unsigned nth)
{
    m->fault = what;
    m->nth = nth;
    m->calls = 0;
}

unsigned mem_calls(const struct mem *m)
{
    return m->calls;
}

/* Open records of all logs get their fate, and each touched partition its marker. */
static void settle(struct mem *m, enum fate fate)
{
    for (int32_t p = 0; p < m->partitions; p++)
        for (enum cw_log log = 0; log < CW_LOGS; log++) {
            struct list *l = &m->logs[log][p];
            bool touched = false;
            for (size_t i = l->n; i > 0 && l->e[i - 1].fate == OPEN; i--) {
                l->e[i - 1].fate = fate;
                touched = true;
            }
            if (touched)
                (void)add(l, &(struct cw_message){.partition = p}, MARKER);
        }
}

/* ---- faults ---- */

static struct memory_bus *of(struct cw_bus *b)
{
    struct memory_bus *mb = (struct memory_bus *)b;
    if (mb->m->current != mb)
        mb->crashed = true; /* Fenced by the one opened after it. */
    return mb;
}

static int crashed(struct cw_errbuf *eb)
{
    return cw_fail(eb, CW_E_FATAL, "the process has ended");
}

/* What befalls this call; MEM_NONE for nothing. */
static enum mem_fault befalls(struct memory_bus *b)
{
    struct mem *m = b->m;
    if (m->fault == MEM_NONE || ++m->calls != m->nth)
        return MEM_NONE;
    return m->fault;
}

/* Of faults that come before the call's effect; 0 when the call goes on. */
static int before(struct memory_bus *b, enum mem_fault f, struct cw_errbuf *eb)
{
    switch (f) {
    case MEM_ABORT:
        return cw_fail(eb, CW_E_ABORT, "fault: abort");
    case MEM_RETRY:
        return cw_fail(eb, CW_E_RETRY, "fault: try again");
    case MEM_REVOKE:
    case MEM_LOSE:
        mem_revoke(&b->bus, f == MEM_LOSE);
        return cw_fail(eb, CW_E_REVOKED, "fault: the assignment is gone");
    case MEM_CRASH_BEFORE:
        b->crashed = true;
        return crashed(eb);
    default:
        return 0;
    }
}

static int after(struct memory_bus *b, enum mem_fault f, struct cw_errbuf *eb)
{
    if (f != MEM_CRASH_AFTER)
        return 0;
    b->crashed = true;
    return crashed(eb);
}

/* ---- assignments and messages ---- */

void mem_revoke(struct cw_bus *b, bool lost)
{
    of(b)->standing = lost ? LOST : TAKEN;
}

static struct entry *entry_of(struct list *l, int64_t offset)
{
    if (offset < 0 || offset >= (int64_t)l->n)
        die("no such offset");
    return &l->e[offset];
}

void mem_damage_state(struct mem *m, int32_t shard, int64_t offset, bool damaged)
{
    entry_of(&m->logs[CW_LOG_STATE][shard], offset)->damaged = damaged;
}

void mem_damage_input(struct mem *m, enum cw_input in, int32_t partition, int64_t offset,
                      bool damaged)
{
    entry_of(&m->inputs[in][partition], offset)->damaged = damaged;
}

static bool next_message(struct memory_bus *b, struct cw_bus_event *ev)
{
    unsigned n = (unsigned)b->m->partitions * CW_INPUTS;
    for (unsigned k = 0; k < n; k++) {
        unsigned t = (b->turn + k) % n;
        enum cw_input in = t % CW_INPUTS;
        int32_t p = (int32_t)(t / CW_INPUTS);
        const struct list *l = &b->m->inputs[in][p];
        if (!b->reading[in][p] || b->paused[in][p])
            continue;
        bool more = b->at[in][p] < (int64_t)l->n;
        if (!more && b->told_end[in][p])
            continue;
        b->told_end[in][p] = !more;
        ev->what = more ? CW_BUS_MESSAGE : CW_BUS_END;
        ev->input = in;
        ev->partition = p;
        ev->end = (int64_t)l->n;
        if (more && l->e[b->at[in][p]].damaged) {
            ev->what = CW_BUS_DAMAGED;
            ev->end = b->at[in][p]++;
        } else if (more) {
            ev->message = l->e[b->at[in][p]++].m;
        }
        b->turn = t + 1;
        return true;
    }
    return false;
}

static void assign(struct memory_bus *b, struct cw_bus_event *ev)
{
    b->standing = ASSIGNED;
    b->token = ++b->m->tokens;
    for (int32_t p = 0; p < b->m->partitions; p++)
        b->shards[p] = b->m->partitions - 1 - p; /* in no good order */
    memset(b->reading, 0, sizeof b->reading);
    ev->what = CW_BUS_ASSIGNED;
    ev->shards = b->shards;
    ev->n_shards = (size_t)b->m->partitions;
    ev->token = b->token;
}

static void revoke(struct memory_bus *b, struct cw_bus_event *ev)
{
    if (b->open)
        die("revoked with an open transaction");
    ev->what = b->standing == LOST ? CW_BUS_LOST : CW_BUS_REVOKED;
    b->standing = WAITING;
}

static int bus_poll(struct cw_bus *bus, int wait_ms, struct cw_bus_event *ev, struct cw_errbuf *eb)
{
    struct memory_bus *b = of(bus);
    if (b->crashed)
        return crashed(eb);
    *ev = (struct cw_bus_event){.what = CW_BUS_NOTHING};
    advance(b->m, b->m->env.hand ? POLL_FOR_A_HAND : 20);
    if (b->kept)
        (void)next_message(b, ev);
    else if (b->standing == WAITING)
        b->standing = JOINING;
    else if (b->standing == JOINING)
        assign(b, ev);
    else if (b->standing != ASSIGNED)
        revoke(b, ev);
    else if (!next_message(b, ev))
        advance(b->m, (int64_t)wait_ms * 1000);
    if (ev->what == CW_BUS_DAMAGED)
        (void)cw_fail(eb, CW_E_CORRUPT, "cannot be read");
    return 0;
}

static int bus_seek(struct cw_bus *bus, const struct cw_positions *at, struct cw_errbuf *eb)
{
    struct memory_bus *b = of(bus);
    if (b->crashed)
        return crashed(eb);
    if (b->standing != ASSIGNED)
        return cw_fail(eb, CW_E_REVOKED, "not ours");
    if (b->m->stuck && at->shard == 0)
        return cw_fail(eb, CW_E_RETRY, "it has failed");
    for (enum cw_input in = 0; in < CW_INPUTS; in++) {
        b->at[in][at->shard] = at->next[in] == CW_OFFSET_NONE ? 0 : at->next[in];
        b->reading[in][at->shard] = true;
        b->paused[in][at->shard] = b->told_end[in][at->shard] = false;
    }
    return 0;
}

static int bus_pause(struct cw_bus *bus, enum cw_input in, int32_t shard, bool paused,
                     struct cw_errbuf *eb)
{
    struct memory_bus *b = of(bus);
    if (b->crashed)
        return crashed(eb);
    b->paused[in][shard] = paused;
    b->was_paused = b->was_paused || paused;
    return 0;
}

void mem_stuck_set(struct mem *m, bool stuck)
{
    m->stuck = stuck;
}

bool mem_was_paused(const struct cw_bus *b)
{
    return ((const struct memory_bus *)b)->was_paused;
}

bool mem_is_read(const struct cw_bus *bus, enum cw_input in, int32_t partition)
{
    const struct memory_bus *b = (const struct memory_bus *)bus;
    return b->reading[in][partition] && !b->paused[in][partition];
}

void mem_redeliver(struct cw_bus *bus, enum cw_input in, int32_t partition, int64_t back)
{
    of(bus)->at[in][partition] -= back;
}

/* ---- transactions ---- */

static int bus_begin(struct cw_bus *bus, uint64_t token, struct cw_errbuf *eb)
{
    struct memory_bus *b = of(bus);
    enum mem_fault f = befalls(b);
    int err = b->crashed ? crashed(eb) : before(b, f, eb);
    if (err)
        return err;
    if (token != b->token)
        die("begun under another assignment's token");
    if (b->kept)
        die("begun while a commit is under way");
    if (b->open)
        die("begun twice");
    b->open = true;
    b->n_sent = 0;
    return after(b, f, eb);
}

static int bus_append(struct cw_bus *bus, const struct cw_record *r, struct cw_errbuf *eb)
{
    struct memory_bus *b = of(bus);
    enum mem_fault f = befalls(b);
    int err = b->crashed ? crashed(eb) : before(b, f, eb);
    if (err)
        return err;
    if (!b->open)
        die("appended outside a transaction");
    int32_t p = r->partition >= 0 ? r->partition : cw_partition_of(r->key, b->m->partitions);
    (void)add(&b->m->logs[r->log][p],
              &(struct cw_message){.key = r->key,
                                   .value = r->value,
                                   .headers = r->headers,
                                   .n_headers = r->n_headers,
                                   .partition = p},
              OPEN);
    return after(b, f, eb);
}

static int bus_send(struct cw_bus *bus, const struct cw_positions *p, size_t n, uint64_t token,
                    struct cw_errbuf *eb)
{
    struct memory_bus *b = of(bus);
    enum mem_fault f = befalls(b);
    int err = b->crashed ? crashed(eb) : before(b, f, eb);
    if (err)
        return err;
    if (token != b->token || b->standing != ASSIGNED)
        return cw_fail(eb, CW_E_REVOKED, "another generation");
    memcpy(b->sent, p, n * sizeof *p);
    b->n_sent = n;
    return after(b, f, eb);
}

static void commit_now(struct memory_bus *b)
{
    struct mem *m = b->m;
    if (!b->open)
        die("committed without a transaction");
    settle(m, COMMITTED);
    for (size_t i = 0; i < b->n_sent; i++)
        for (enum cw_input in = 0; in < CW_INPUTS; in++)
            if (b->sent[i].next[in] != CW_OFFSET_NONE)
                m->committed[b->sent[i].shard].next[in] = b->sent[i].next[in];
    m->commits++;
    env_rest(m, m->commit_takes);
    b->open = false;
}

static int bus_commit(struct cw_bus *bus, struct cw_errbuf *eb)
{
    struct memory_bus *b = of(bus);
    enum mem_fault f = befalls(b);
    if (b->crashed)
        return crashed(eb);
    if (b->done_unheard) {
        b->done_unheard = false;
        return 0;
    }
    if (f == MEM_RETRY) {
        commit_now(b);
        b->done_unheard = true;
    }
    int err = before(b, f, eb);
    if (err)
        return err;
    commit_now(b);
    return after(b, f, eb);
}

static int bus_abort(struct cw_bus *bus, struct cw_errbuf *eb)
{
    struct memory_bus *b = of(bus);
    if (b->crashed)
        return crashed(eb);
    settle(b->m, ABORTED);
    b->open = false;
    return 0;
}

/* ---- reading ---- */

size_t mem_state_reads(const struct mem *m)
{
    return m->state_reads;
}

static int bus_committed(struct cw_bus *bus, int32_t shard, struct cw_positions *ret,
                         struct cw_errbuf *eb)
{
    struct memory_bus *b = of(bus);
    if (b->crashed)
        return crashed(eb);
    *ret = b->m->committed[shard];
    return 0;
}

static int bus_end(struct cw_bus *bus, enum cw_log log, int32_t partition, int64_t *ret_first,
                   int64_t *ret_end, struct cw_errbuf *eb)
{
    struct memory_bus *b = of(bus);
    if (b->crashed)
        return crashed(eb);
    *ret_first = log == CW_LOG_STATE ? b->m->first_state[partition] : 0;
    *ret_end = (int64_t)b->m->logs[log][partition].n;
    return 0;
}

static int bus_input_range(struct cw_bus *bus, enum cw_input in, int32_t shard, int64_t *ret_first,
                           int64_t *ret_end, struct cw_errbuf *eb)
{
    struct memory_bus *b = of(bus);
    if (b->crashed)
        return crashed(eb);
    *ret_first = b->m->first_input[in][shard];
    *ret_end = (int64_t)b->m->inputs[in][shard].n;
    return 0;
}

static int bus_read(struct cw_bus *bus, enum cw_log log, int32_t partition, int64_t from,
                    int64_t to, int (*each)(void *arg, const struct cw_message *m), void *arg,
                    struct cw_errbuf *eb)
{
    struct memory_bus *b = of(bus);
    const struct list *l = &b->m->logs[log][partition];
    if (b->crashed)
        return crashed(eb);
    if (log == CW_LOG_STATE && from < b->m->first_state[partition])
        die("read what was trimmed");
    for (int64_t i = from; i < to; i++) {
        b->m->state_reads += log == CW_LOG_STATE;
        if (l->e[i].damaged)
            return cw_fail(eb, CW_E_CORRUPT, "the batch at offset %d cannot be read", (int)i);
        int err = l->e[i].fate == COMMITTED ? each(arg, &l->e[i].m) : 0;
        if (err)
            return err;
    }
    return 0;
}

static int bus_probe(struct cw_bus *bus, enum cw_input in, int32_t shard, int64_t at,
                     struct cw_errbuf *eb)
{
    struct memory_bus *b = of(bus);
    if (b->crashed)
        return crashed(eb);
    return entry_of(&b->m->inputs[in][shard], at)->damaged
               ? cw_fail(eb, CW_E_CORRUPT, "cannot be read yet")
               : 0;
}

/* The logs every instance reads whole have two, to be read all. */
static int bus_partitions(struct cw_bus *bus, enum cw_log log, int32_t *ret_n, struct cw_errbuf *eb)
{
    const struct memory_bus *b = of(bus);
    if (b->crashed)
        return crashed(eb);
    *ret_n = cw_log_is_followed(log) ? 2 : b->m->partitions;
    return 0;
}

static int64_t bus_known_end(struct cw_bus *bus, enum cw_input in, int32_t shard)
{
    const struct memory_bus *b = of(bus);
    return mem_input_end(b->m, in, shard) + b->m->beyond[in][shard];
}

static void bus_trim(struct cw_bus *bus, int32_t shard, int64_t before_offset)
{
    of(bus)->m->first_state[shard] = before_offset;
}

static void bus_keep(struct cw_bus *bus, bool on)
{
    of(bus)->kept = on;
}

static void bus_close(struct cw_bus *bus)
{
    free(bus);
}

static const struct cw_bus_ops ops = {
    .poll = bus_poll,
    .seek = bus_seek,
    .pause = bus_pause,
    .begin = bus_begin,
    .append = bus_append,
    .send_positions = bus_send,
    .commit = bus_commit,
    .abort = bus_abort,
    .committed = bus_committed,
    .end = bus_end,
    .input_range = bus_input_range,
    .read = bus_read,
    .probe = bus_probe,
    .partitions = bus_partitions,
    .known_end = bus_known_end,
    .trim = bus_trim,
    .keep = bus_keep,
    .close = bus_close,
};

struct cw_bus *mem_open(struct mem *m)
{
    struct memory_bus *b = room(sizeof *b);
    b->bus.ops = &ops;
    b->m = m;
    settle(m, ABORTED);
    m->current = b;
    return &b->bus;
}

void mem_return(struct cw_bus *bus)
{
    struct memory_bus *b = (struct memory_bus *)bus;
    b->m->current = b;
}
