/* See desk.h and redis.h. */
#include "tests/sim/redis.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/sim.h"

static void *room(void *p, size_t n)
{
    p = realloc(p, n ? n : 1);
    if (!p)
        abort();
    return p;
}

static void *zeroed(size_t n, size_t size)
{
    void *p = calloc(n ? n : 1, size);
    if (!p)
        abort();
    return p;
}

/* ---- what follows from the journal ---- */

static void forget(struct desk *d)
{
    d->epoch[0] = '\0';
    memset(d->latest, 0, (size_t)d->story->n_tasks * sizeof *d->latest);
    for (int32_t p = 0; p < STORY_SHARDS; p++) {
        d->stored[p] = CW_OFFSET_NONE;
        memset(d->times[p], 0, (size_t)d->story->tasks[p].n * sizeof *d->times[p]);
    }
}

static void follow(struct desk *d, const struct journal_entry *e)
{
    if (e->deed == DEED_EPOCH)
        memcpy(d->epoch, e->epoch, sizeof d->epoch);
    for (int64_t i = 0; i < e->n; i++) {
        int64_t index = d->written[e->first + i];
        const struct expected *x = &d->story->tasks[e->shard].e[index];
        d->times[e->shard][index]++;
        d->latest[x->task] = x->version;
    }
    if (e->offset != CW_OFFSET_NONE)
        d->stored[e->shard] = e->offset;
}

/* Never the first one, the epoch: without it Redis is another one, and refused until somebody
 * redelivers. */
static void lose(struct desk *d, int64_t steps)
{
    int64_t least = d->n_journal > 0;
    d->n_journal = steps < d->n_journal - least ? d->n_journal - steps : least;
    forget(d);
    for (int64_t i = 0; i < d->n_journal; i++)
        follow(d, &d->journal[i]);
}

static struct journal_entry *entry(struct desk *d, enum deed deed, int32_t shard)
{
    if (d->n_journal == d->cap_journal) {
        d->cap_journal = d->cap_journal ? d->cap_journal * 2 : 64;
        d->journal = room(d->journal, (size_t)d->cap_journal * sizeof *d->journal);
    }
    struct journal_entry *e = &d->journal[d->n_journal++];
    *e = (struct journal_entry){
        .deed = deed, .shard = shard, .offset = CW_OFFSET_NONE, .first = d->n_written};
    return e;
}

static void write_version(struct desk *d, struct journal_entry *e, int64_t index)
{
    if (d->n_written == d->cap_written) {
        d->cap_written = d->cap_written ? d->cap_written * 2 : 64;
        d->written = room(d->written, (size_t)d->cap_written * sizeof *d->written);
    }
    d->written[d->n_written++] = index;
    e->n++;
}

void desk_init(struct desk *d, const struct story *story, struct chance *chance)
{
    *d = (struct desk){.story = story, .chance = chance, .incarnation = 1};
    d->latest = zeroed((size_t)story->n_tasks, sizeof *d->latest);
    for (int32_t p = 0; p < STORY_SHARDS; p++)
        d->times[p] = zeroed((size_t)story->tasks[p].n, sizeof *d->times[p]);
    forget(d);
}

void desk_free(struct desk *d)
{
    for (int32_t p = 0; p < STORY_SHARDS; p++)
        free(d->times[p]);
    free(d->latest);
    free(d->journal);
    free(d->written);
}

/* ---- commands ---- */

static void answer(struct command *c, enum cw_reply_kind kind, const char *text)
{
    c->reply.kind = kind;
    (void)snprintf(c->reply.text, sizeof c->reply.text, "%s", text);
}

static void answer_list(struct command *c, int64_t a, int64_t b)
{
    c->reply.kind = CW_REPLY_LIST;
    c->reply.numbers[0] = a;
    c->reply.numbers[1] = b;
}

static void get_offset(const struct desk *d, struct command *c)
{
    char text[24];
    int64_t at = d->put_back_at ? CW_OFFSET_NONE : d->stored[c->shard];
    (void)snprintf(text, sizeof text, "%" PRId64, at);
    answer(c, at == CW_OFFSET_NONE ? CW_REPLY_NIL : CW_REPLY_TEXT, text);
}

static void set_epoch(struct sim *s, struct command *c)
{
    struct desk *d = &s->desk;
    c->reply.kind = CW_REPLY_NUMBER;
    if (d->put_back_at && d->other_epoch[0] == '\0')
        memcpy(d->other_epoch, c->epoch, sizeof d->other_epoch);
    if (d->put_back_at || d->epoch[0] != '\0')
        return;
    struct journal_entry *e = entry(d, DEED_EPOCH, 0);
    memcpy(e->epoch, c->epoch, sizeof e->epoch);
    follow(d, e);
}

static void write_batch(struct sim *s, struct command *c, bool knows_versions, bool moves)
{
    struct desk *d = &s->desk;
    struct journal_entry *e = entry(d, DEED_BATCH, c->shard);
    for (int64_t i = 0; i < c->n_versions; i++) {
        const struct expected *x = &d->story->tasks[c->shard].e[c->versions[i]];
        if (knows_versions && d->latest[x->task] >= x->version)
            continue;
        write_version(d, e, c->versions[i]);
        d->latest[x->task] = x->version;
    }
    e->offset = moves ? c->next : CW_OFFSET_NONE;
    follow(d, e);
    for (int64_t i = 0; i < e->n; i++)
        if (d->times[c->shard][d->written[e->first + i]] > 1)
            sim_violation(s, "shard %d: version %" PRId64 " took effect twice in Redis", c->shard,
                          d->written[e->first + i]);
    answer_list(c, c->next, e->n);
}

static void apply(struct sim *s, struct command *c)
{
    struct desk *d = &s->desk;
    char text[64];
    if (d->put_back_at && strcmp(d->other_epoch, c->epoch) == 0)
        sim_violation(s, "an emptied Redis was filled as if it were new");
    if (d->put_back_at || strcmp(d->epoch, c->epoch) != 0) {
        answer(c, CW_REPLY_ERROR, "CWEPOCH ");
    } else if (c->next <= d->stored[c->shard]) {
        answer_list(c, d->stored[c->shard], 0);
    } else if (c->prev != d->stored[c->shard]) {
        (void)snprintf(text, sizeof text, "CWGAP %" PRId64, d->stored[c->shard]);
        answer(c, CW_REPLY_ERROR, text);
    } else {
        write_batch(s, c, true, true);
    }
}

static void batch(struct sim *s, struct command *c)
{
    if (strcmp(c->function, "cw_put") == 0)
        write_batch(s, c, true, true);
    else if (strcmp(c->function, "cw_write") == 0)
        write_batch(s, c, false, false);
    else
        apply(s, c);
}

void redis_execute(struct sim *s, struct command *c)
{
    struct desk *d = &s->desk;
    if (d->errors > 0) {
        d->errors--;
        answer(c, CW_REPLY_ERROR, "OOM command not allowed when used memory > 'maxmemory'.");
        return;
    }
    switch (c->verb) {
    case VERB_GET_OFFSET:
        get_offset(d, c);
        break;
    case VERB_GET_EPOCH: {
        const char *epoch = d->put_back_at ? d->other_epoch : d->epoch;
        answer(c, epoch[0] ? CW_REPLY_TEXT : CW_REPLY_NIL, epoch);
        break;
    }
    case VERB_SET_EPOCH:
        set_epoch(s, c);
        break;
    case VERB_SET_OFFSET: {
        struct journal_entry *e = entry(d, DEED_OFFSET, c->shard);
        e->offset = c->next;
        follow(d, e);
        c->reply.kind = CW_REPLY_NUMBER;
        break;
    }
    case VERB_BATCH:
        batch(s, c);
        break;
    }
}

/* ---- the server ---- */

bool redis_is_up(const struct desk *d, int64_t now)
{
    return now >= d->back_at;
}

void redis_restart(struct desk *d, int64_t back, int64_t lost)
{
    d->incarnation++;
    d->back_at = back;
    if (lost)
        lose(d, lost);
}

void redis_empty(struct desk *d, int64_t put_back, int64_t lost)
{
    d->put_back_at = put_back;
    d->other_epoch[0] = '\0';
    lose(d, lost);
}

/* Whoever puts a copy back does it as one has to: with a restart. */
void redis_step(struct desk *d, int64_t now)
{
    if (d->put_back_at && now >= d->put_back_at) {
        d->put_back_at = 0;
        d->incarnation++;
    }
}
