/* The merge of a shard's sources: four rings, and the rules of contract and design on who is next.
 *
 * Pure; owns the rings and what lies in them.
 */
#include "engine/merge.h"

#include <stdlib.h>

#include "churnwatch/expect.h"

#define RING_LEAST 64
/* What lies so far behind the one that is given out is fetched, so many bytes of it. */
#define AHEAD 4
#define WHAT_USUAL 512

struct source {
    struct cw_merge_item *ring; /* cap is a power of two */
    size_t cap, first, n;
    size_t collected;       /* of the n: part of the batch */
    cw_event_time greatest; /* of all pushed */
    cw_event_time given;    /* of all given out */
    bool at_end;
};

struct cw_merge {
    struct source of[CW_INPUTS];
    cw_mono_time wait;
    void (*drop)(void *arg, void *what);
    void *arg;
};

/* Which of equal times goes first, and what an absent source does to the others. */
static const struct {
    enum cw_input in;
    bool waits; /* at its end it holds the shard for merge_wait more */
} timed[] = {
    {CW_IN_BILLING, true},
    {CW_IN_SERVICE, true},
    {CW_IN_OUTCOMES, false},
};
#define TIMED (sizeof timed / sizeof timed[0])

struct cw_merge *cw_merge_new(cw_mono_time wait, void (*drop)(void *arg, void *what), void *arg)
{
    struct cw_merge *m = calloc(1, sizeof *m);
    if (!m)
        return NULL;
    m->wait = wait;
    m->drop = drop;
    m->arg = arg;
    for (enum cw_input in = 0; in < CW_INPUTS; in++)
        cw_merge_start(m, in, CW_NO_TIME);
    return m;
}

static struct cw_merge_item *at(const struct source *s, size_t i)
{
    return &s->ring[(s->first + i) & (s->cap - 1)];
}

void cw_merge_free(struct cw_merge *m)
{
    if (!m)
        return;
    for (enum cw_input in = 0; in < CW_INPUTS; in++) {
        for (size_t i = 0; i < m->of[in].n; i++)
            m->drop(m->arg, at(&m->of[in], i)->what);
        free(m->of[in].ring);
    }
    free(m);
}

void cw_merge_start(struct cw_merge *m, enum cw_input in, cw_event_time greatest)
{
    m->of[in].greatest = m->of[in].given = greatest;
}

/* ---- arrivals ---- */

static int grow(struct source *s)
{
    size_t cap = s->cap ? s->cap * 2 : RING_LEAST;
    struct cw_merge_item *ring = malloc(cap * sizeof *ring);
    if (!ring)
        return -CW_E_NOMEM;
    for (size_t i = 0; i < s->n; i++)
        ring[i] = *at(s, i);
    free(s->ring);
    s->ring = ring;
    s->cap = cap;
    s->first = 0;
    return 0;
}

int cw_merge_push(struct cw_merge *m, enum cw_input in, int64_t offset, cw_event_time event_time,
                  cw_mono_time now, void *what)
{
    struct source *s = &m->of[in];
    if (s->n == s->cap && grow(s) != 0)
        return -CW_E_NOMEM;
    if (event_time > s->greatest)
        s->greatest = event_time;
    s->n++;
    *at(s, s->n - 1) = (struct cw_merge_item){offset, s->greatest, now, what};
    s->at_end = false;
    return 0;
}

void cw_merge_end(struct cw_merge *m, enum cw_input in)
{
    m->of[in].at_end = true;
}

/* ---- who is next ---- */

/* The first message of a source that is not yet collected; NULL without a head. */
static const struct cw_merge_item *head(const struct source *s)
{
    return s->collected < s->n ? at(s, s->collected) : NULL;
}

/* Index into timed of the head that goes first; -1 when there is none. */
static int least_head(const struct cw_merge *m)
{
    int best = -1;
    cw_event_time least = 0;
    for (size_t i = 0; i < TIMED; i++) {
        const struct cw_merge_item *h = head(&m->of[timed[i].in]);
        if (h && (best < 0 || h->time < least)) {
            best = (int)i;
            least = h->time;
        }
    }
    return best;
}

/* When the sources without a head let a head pass that came at that time: INT64_MIN for at once,
 * INT64_MAX when one of them has more. */
static cw_mono_time passes_at(const struct cw_merge *m, cw_mono_time came)
{
    cw_mono_time when = INT64_MIN;
    if (!m->of[CW_IN_PROFILES].at_end)
        return INT64_MAX;
    for (size_t i = 0; i < TIMED; i++) {
        const struct source *s = &m->of[timed[i].in];
        if (head(s))
            continue;
        if (!s->at_end)
            return INT64_MAX;
        if (timed[i].waits)
            when = came + m->wait;
    }
    return when;
}

/* The source whose head may pass now; CW_INPUTS when all must wait. */
static enum cw_input passing(const struct cw_merge *m, cw_mono_time now)
{
    if (head(&m->of[CW_IN_PROFILES]))
        return CW_IN_PROFILES;
    int best = least_head(m);
    if (best < 0)
        return CW_INPUTS;
    enum cw_input in = timed[best].in;
    return passes_at(m, head(&m->of[in])->came) <= now ? in : CW_INPUTS;
}

cw_mono_time cw_merge_due(const struct cw_merge *m)
{
    int best = head(&m->of[CW_IN_PROFILES]) ? -1 : least_head(m);
    return best < 0 ? INT64_MAX : passes_at(m, head(&m->of[timed[best].in])->came);
}

size_t cw_merge_collect(struct cw_merge *m, size_t most, cw_mono_time now)
{
    size_t n = 0;
    for (; n < most; n++) {
        enum cw_input in = passing(m, now);
        if (in == CW_INPUTS)
            break;
        m->of[in].collected++;
    }
    return n;
}

/* ---- giving out ---- */

static enum cw_input first_collected(const struct cw_merge *m)
{
    enum cw_input best = CW_INPUTS;
    if (m->of[CW_IN_PROFILES].collected)
        return CW_IN_PROFILES;
    for (size_t i = 0; i < TIMED; i++) {
        const struct source *s = &m->of[timed[i].in];
        if (s->collected && (best == CW_INPUTS || at(s, 0)->time < at(&m->of[best], 0)->time))
            best = timed[i].in;
    }
    return best;
}

bool cw_merge_next(struct cw_merge *m, enum cw_input *ret_in, struct cw_merge_item *ret_item)
{
    enum cw_input in = first_collected(m);
    if (in == CW_INPUTS)
        return false;
    struct source *s = &m->of[in];
    *ret_in = in;
    *ret_item = *at(s, 0);
    s->given = ret_item->time;
    s->first = (s->first + 1) & (s->cap - 1);
    s->n--;
    s->collected--;
    if (s->collected > AHEAD)
        cw_expect(at(s, AHEAD)->what, WHAT_USUAL);
    return true;
}

/* ---- questions ---- */

size_t cw_merge_queued(const struct cw_merge *m, enum cw_input in)
{
    return m->of[in].n;
}

bool cw_merge_at_end(const struct cw_merge *m, enum cw_input in)
{
    return m->of[in].at_end;
}

bool cw_merge_idle(const struct cw_merge *m)
{
    for (enum cw_input in = 0; in < CW_INPUTS; in++)
        if (!m->of[in].at_end || m->of[in].n)
            return false;
    return true;
}

cw_event_time cw_merge_greatest(const struct cw_merge *m, enum cw_input in)
{
    return m->of[in].given;
}
