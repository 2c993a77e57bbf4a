/* Calls of the bus, made again as long as it asks for that. On the engine's thread; owns nothing.
 *
 * Only what may be given again from its beginning is here: poll tells of its own failures, and a
 * read that was cut short would call its reader twice.
 */
#include "engine/link.h"

#include "churnwatch/faults.h"

enum { TRIES = 10, REST_MS = 50 };

/* True when the call is to be made again; else *err is what the caller gets. */
static bool again(const struct cw_link *l, int *tries, int *err, struct cw_errbuf *eb)
{
    if (*err != -CW_E_RETRY)
        return false;
    if (++*tries < TRIES) {
        l->env->rest(l->env->arg, REST_MS * *tries);
        return true;
    }
    struct cw_errbuf said = *eb;
    *err = cw_fail(eb, CW_E_FATAL, "no definite answer after %d tries: %.400s", TRIES, said.text);
    return false;
}

int cw_link_seek(const struct cw_link *l, const struct cw_positions *at, struct cw_errbuf *eb)
{
    int err, tries = 0;
    do
        err = l->bus->ops->seek(l->bus, at, eb);
    while (again(l, &tries, &err, eb));
    return err;
}

int cw_link_pause(const struct cw_link *l, enum cw_input in, int32_t shard, bool paused,
                  struct cw_errbuf *eb)
{
    int err, tries = 0;
    do
        err = l->bus->ops->pause(l->bus, in, shard, paused, eb);
    while (again(l, &tries, &err, eb));
    return err;
}

int cw_link_released(const struct cw_link *l, struct cw_errbuf *eb)
{
    int err, tries = 0;
    do
        err = l->bus->ops->released(l->bus, eb);
    while (again(l, &tries, &err, eb));
    return err;
}

int cw_link_begin(struct cw_link *l, uint64_t token, struct cw_errbuf *eb)
{
    int err, tries = 0;
    do
        err = l->bus->ops->begin(l->bus, token, eb);
    while (again(l, &tries, &err, eb));
    l->open = err == 0 || err == -CW_E_ABORT;
    return err;
}

int cw_link_append(const struct cw_link *l, const struct cw_record *r, struct cw_errbuf *eb)
{
    int err, tries = 0;
    do
        err = l->bus->ops->append(l->bus, r, eb);
    while (again(l, &tries, &err, eb));
    return err;
}

int cw_link_send_positions(const struct cw_link *l, const struct cw_positions *p, size_t n,
                           uint64_t token, struct cw_errbuf *eb)
{
    int err, tries = 0;
    do
        err = l->bus->ops->send_positions(l->bus, p, n, token, eb);
    while (again(l, &tries, &err, eb));
    return err;
}

int cw_link_commit(struct cw_link *l, struct cw_errbuf *eb)
{
    int err, tries = 0;
    do
        err = l->bus->ops->commit(l->bus, eb);
    while (again(l, &tries, &err, eb));
    if (!err)
        l->open = false;
    return err;
}

int cw_link_abort(struct cw_link *l, struct cw_errbuf *eb)
{
    int err = 0, tries = 0;
    if (!l->open)
        return 0;
    CW_POINT(before_abort);
    do
        err = l->bus->ops->abort(l->bus, eb);
    while (again(l, &tries, &err, eb));
    l->open = false;
    return err;
}

int cw_link_committed(const struct cw_link *l, int32_t shard, struct cw_positions *ret_at,
                      struct cw_errbuf *eb)
{
    int err, tries = 0;
    do
        err = l->bus->ops->committed(l->bus, shard, ret_at, eb);
    while (again(l, &tries, &err, eb));
    return err;
}

int cw_link_end(const struct cw_link *l, enum cw_log log, int32_t partition, int64_t *ret_first,
                int64_t *ret_end, struct cw_errbuf *eb)
{
    int err, tries = 0;
    do
        err = l->bus->ops->end(l->bus, log, partition, ret_first, ret_end, eb);
    while (again(l, &tries, &err, eb));
    return err;
}

int cw_link_input_range(const struct cw_link *l, enum cw_input in, int32_t shard,
                        int64_t *ret_first, int64_t *ret_end, struct cw_errbuf *eb)
{
    int err, tries = 0;
    *ret_first = 0;
    *ret_end = INT64_MAX;
    if (!l->bus->ops->input_range)
        return 0;
    do
        err = l->bus->ops->input_range(l->bus, in, shard, ret_first, ret_end, eb);
    while (again(l, &tries, &err, eb));
    return err;
}

int cw_link_partitions(const struct cw_link *l, enum cw_log log, int32_t *ret_n,
                       struct cw_errbuf *eb)
{
    int err, tries = 0;
    do
        err = l->bus->ops->partitions(l->bus, log, ret_n, eb);
    while (again(l, &tries, &err, eb));
    return err;
}
