/* Calls of the bus, made again as long as it asks for that. On the engine's thread; owns nothing.
 *
 * Only what may be given again from its beginning is here: poll tells of its own failures, and a
 * read that was cut short would call its reader twice.
 */
#include "engine/link.h"

#include "board/log.h"
#include "churnwatch/faults.h"

enum { TRIES = 10, REST_MS = 50, REST_MOST_MS = 500 };

/* So long a question is asked that nobody is there to answer: while a partition has no leader the
 * bus says so at once, and ten tries are over before an election is. */
#define PATIENCE (30 * CW_SECOND)

struct call {
    const struct cw_link *link;
    bool question; /* it changes nothing */
    int tries;
    cw_mono_time began;
};

static cw_mono_time mono(const struct cw_link *l)
{
    return l->env->mono(l->env->arg);
}

static struct call order(const struct cw_link *l)
{
    return (struct call){.link = l};
}

static struct call question(const struct cw_link *l)
{
    return (struct call){.link = l, .question = true, .began = mono(l)};
}

static bool is_stopping(const struct cw_env *env)
{
    return env->stopping && env->stopping(env->arg);
}

static bool has_patience(const struct call *c)
{
    if (c->tries < TRIES)
        return true;
    return c->question && !is_stopping(c->link->env) && mono(c->link) - c->began < PATIENCE;
}

static void tell(const char *reason)
{
    char quoted[600];
    cw_log(CW_LOG_WARNING, "bus_waits", "reason=%s for_seconds=%d",
           cw_log_quote(reason, quoted, sizeof quoted), (int)(PATIENCE / CW_SECOND));
}

/* Whoever is told to end may do so in order: what waits is forgotten, as if it had not come. */
static int give_up(const struct call *c, struct cw_errbuf *eb)
{
    struct cw_errbuf said = *eb;
    bool in_order = c->question && is_stopping(c->link->env);
    return cw_fail(eb, in_order ? CW_E_ABORT : CW_E_FATAL,
                   "no definite answer after %d tries: %.400s", c->tries, said.text);
}

/* True when the call is to be made again; else *err is what the caller gets. */
static bool again(struct call *c, int *err, struct cw_errbuf *eb)
{
    const struct cw_env *env = c->link->env;
    if (*err != -CW_E_RETRY)
        return false;
    c->tries++;
    if (has_patience(c)) {
        if (c->tries == TRIES)
            tell(eb->text);
        int ms = REST_MS * c->tries;
        env->rest(env->arg, ms < REST_MOST_MS ? ms : REST_MOST_MS);
        return true;
    }
    *err = give_up(c, eb);
    return false;
}

int cw_link_seek(const struct cw_link *l, const struct cw_positions *at, struct cw_errbuf *eb)
{
    int err;
    struct call c = order(l);
    do
        err = l->bus->ops->seek(l->bus, at, eb);
    while (again(&c, &err, eb));
    return err;
}

int cw_link_pause(const struct cw_link *l, enum cw_input in, int32_t shard, bool paused,
                  struct cw_errbuf *eb)
{
    int err;
    struct call c = order(l);
    do
        err = l->bus->ops->pause(l->bus, in, shard, paused, eb);
    while (again(&c, &err, eb));
    return err;
}

int cw_link_begin(struct cw_link *l, uint64_t token, struct cw_errbuf *eb)
{
    int err;
    struct call c = order(l);
    do
        err = l->bus->ops->begin(l->bus, token, eb);
    while (again(&c, &err, eb));
    l->open = err == 0 || err == -CW_E_ABORT;
    return err;
}

int cw_link_append(const struct cw_link *l, const struct cw_record *r, struct cw_errbuf *eb)
{
    int err;
    struct call c = order(l);
    do
        err = l->bus->ops->append(l->bus, r, eb);
    while (again(&c, &err, eb));
    return err;
}

int cw_link_send_positions(const struct cw_link *l, const struct cw_positions *p, size_t n,
                           uint64_t token, struct cw_errbuf *eb)
{
    int err;
    struct call c = order(l);
    do
        err = l->bus->ops->send_positions(l->bus, p, n, token, eb);
    while (again(&c, &err, eb));
    return err;
}

int cw_link_commit(struct cw_link *l, struct cw_errbuf *eb)
{
    int err;
    struct call c = order(l);
    do
        err = l->bus->ops->commit(l->bus, eb);
    while (again(&c, &err, eb));
    if (!err)
        l->open = false;
    return err;
}

int cw_link_abort(struct cw_link *l, struct cw_errbuf *eb)
{
    int err = 0;
    struct call c = order(l);
    if (!l->open)
        return 0;
    CW_POINT(before_abort);
    do
        err = l->bus->ops->abort(l->bus, eb);
    while (again(&c, &err, eb));
    l->open = false;
    return err;
}

int cw_link_committed(const struct cw_link *l, int32_t shard, struct cw_positions *ret_at,
                      struct cw_errbuf *eb)
{
    int err;
    struct call c = question(l);
    do
        err = l->bus->ops->committed(l->bus, shard, ret_at, eb);
    while (again(&c, &err, eb));
    return err;
}

int cw_link_end(const struct cw_link *l, enum cw_log log, int32_t partition, int64_t *ret_first,
                int64_t *ret_end, struct cw_errbuf *eb)
{
    int err;
    struct call c = question(l);
    do
        err = l->bus->ops->end(l->bus, log, partition, ret_first, ret_end, eb);
    while (again(&c, &err, eb));
    return err;
}

int cw_link_input_range(const struct cw_link *l, enum cw_input in, int32_t shard,
                        int64_t *ret_first, int64_t *ret_end, struct cw_errbuf *eb)
{
    int err;
    struct call c = question(l);
    *ret_first = 0;
    *ret_end = INT64_MAX;
    if (!l->bus->ops->input_range)
        return 0;
    do
        err = l->bus->ops->input_range(l->bus, in, shard, ret_first, ret_end, eb);
    while (again(&c, &err, eb));
    return err;
}

int cw_link_partitions(const struct cw_link *l, enum cw_log log, int32_t *ret_n,
                       struct cw_errbuf *eb)
{
    int err;
    struct call c = question(l);
    do
        err = l->bus->ops->partitions(l->bus, log, ret_n, eb);
    while (again(&c, &err, eb));
    return err;
}
