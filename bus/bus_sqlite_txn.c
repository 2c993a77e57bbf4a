/* The SQLite bus: transactions, offsets, reading logs. On its engine's thread.
 *
 * What others append and what the engine commits are transactions of the same file; each is short,
 * and who comes second waits for the first.
 */
#include "bus/bus_sqlite_state.h"
#include "bus/topic_table.h"
#include "churnwatch/shard.h"

/* ---- a transaction ---- */

static int check_token(const struct cw_bus_sqlite *q, uint64_t token, struct cw_errbuf *eb)
{
    if (q->assigned && token == CW_SQLITE_TOKEN)
        return 0;
    return cw_fail(eb, CW_E_REVOKED, "the assignment this work began under is gone");
}

int cw_bus_sqlite_begin(struct cw_bus *b, uint64_t token, struct cw_errbuf *eb)
{
    struct cw_bus_sqlite *q = cw_bus_sqlite_of(b);
    int err = check_token(q, token, eb);
    return err ? err : cw_sqlite_begin(q->file, eb);
}

static struct cw_sqlite_partition *target(struct cw_bus_sqlite *q, const struct cw_record *r)
{
    struct cw_sqlite_topic *t = q->logs[r->log];
    int32_t n = r->partition >= 0 ? r->partition : cw_partition_of(r->key, t->n_partitions);
    return n < t->n_partitions ? &t->partitions[n] : NULL;
}

int cw_bus_sqlite_append(struct cw_bus *b, const struct cw_record *r, struct cw_errbuf *eb)
{
    struct cw_bus_sqlite *q = cw_bus_sqlite_of(b);
    struct cw_sqlite_partition *p = target(q, r);
    if (!p)
        return cw_fail(eb, CW_E_ABORT, "%.200s: %s has no partition %d", q->file->path,
                       q->logs[r->log]->name, r->partition);
    cw_buf_clear(&q->headers);
    cw_sqlite_encode_headers(&q->headers, r->headers, r->n_headers);
    if (q->headers.failed)
        return cw_fail(eb, CW_E_NOMEM, "no memory for a record's headers");
    struct cw_str headers = {r->n_headers ? q->headers.p : NULL, q->headers.n};
    return cw_sqlite_append(q->file, p, r->key, r->value, headers, eb);
}

static int send_one(struct cw_bus_sqlite *q, const struct cw_positions *p, struct cw_errbuf *eb)
{
    int err = 0;
    for (enum cw_input in = 0; in < CW_INPUTS && !err; in++) {
        const struct cw_sqlite_source *src = &q->sources[(size_t)in * q->n_shards];
        if (p->next[in] == CW_OFFSET_NONE)
            continue;
        err = cw_sqlite_run(q->file,
                            CW_SQLITE_BOUND(q->file, CW_SQL_SET_COMMITTED,
                                            src[p->shard].partition->id, p->next[in]),
                            eb);
    }
    return err;
}

int cw_bus_sqlite_send_positions(struct cw_bus *b, const struct cw_positions *p, size_t n,
                                 uint64_t token, struct cw_errbuf *eb)
{
    struct cw_bus_sqlite *q = cw_bus_sqlite_of(b);
    int err = check_token(q, token, eb);
    for (size_t i = 0; i < n && !err; i++)
        err = send_one(q, &p[i], eb);
    return err;
}

int cw_bus_sqlite_commit(struct cw_bus *b, struct cw_errbuf *eb)
{
    return cw_sqlite_commit(cw_bus_sqlite_of(b)->file, eb);
}

int cw_bus_sqlite_abort(struct cw_bus *b, struct cw_errbuf *eb)
{
    return cw_sqlite_rollback(cw_bus_sqlite_of(b)->file, eb);
}

/* ---- offsets ---- */

int cw_bus_sqlite_committed(struct cw_bus *b, int32_t shard, struct cw_positions *ret_at,
                            struct cw_errbuf *eb)
{
    struct cw_bus_sqlite *q = cw_bus_sqlite_of(b);
    int err = cw_sqlite_refresh(q->file, eb);
    ret_at->shard = shard;
    for (enum cw_input in = 0; in < CW_INPUTS && !err; in++)
        ret_at->next[in] =
            q->sources[(size_t)in * q->n_shards + (size_t)shard].partition->committed;
    return err;
}

int cw_bus_sqlite_end(struct cw_bus *b, enum cw_log log, int32_t partition, int64_t *ret_first,
                      int64_t *ret_end, struct cw_errbuf *eb)
{
    struct cw_bus_sqlite *q = cw_bus_sqlite_of(b);
    struct cw_sqlite_partition *p = &q->logs[log]->partitions[partition];
    bool open = !cw_log_is_followed(log) && !sqlite3_get_autocommit(q->file->db) &&
                p->touched == q->file->transaction;
    int err = cw_sqlite_refresh_one(q->file, p, eb);
    if (err)
        return err;
    *ret_first = p->first;
    *ret_end = open ? p->to : p->next;
    return 0;
}

int cw_bus_sqlite_input_range(struct cw_bus *b, enum cw_input in, int32_t shard, int64_t *ret_first,
                              int64_t *ret_end, struct cw_errbuf *eb)
{
    struct cw_bus_sqlite *q = cw_bus_sqlite_of(b);
    struct cw_sqlite_partition *p = q->sources[(size_t)in * q->n_shards + (size_t)shard].partition;
    int err = cw_sqlite_refresh_one(q->file, p, eb);
    if (err)
        return err;
    *ret_first = p->first;
    *ret_end = p->next;
    return 0;
}

int cw_bus_sqlite_partitions(struct cw_bus *b, enum cw_log log, int32_t *ret_n,
                             struct cw_errbuf *eb)
{
    (void)eb;
    *ret_n = cw_bus_sqlite_of(b)->logs[log]->n_partitions;
    return 0;
}

/* ---- logs ---- */

int cw_bus_sqlite_read(struct cw_bus *b, enum cw_log log, int32_t partition, int64_t from,
                       int64_t to, int (*each)(void *arg, const struct cw_message *m), void *arg,
                       struct cw_errbuf *eb)
{
    struct cw_bus_sqlite *q = cw_bus_sqlite_of(b);
    return cw_sqlite_read(q->file, &q->logs[log]->partitions[partition], from, to, &q->reading,
                          each, arg, eb);
}

/* Done by the sweep, in small steps: what is trimmed at once may be half a shard. */
void cw_bus_sqlite_trim(struct cw_bus *b, int32_t shard, int64_t before)
{
    struct cw_bus_sqlite *q = cw_bus_sqlite_of(b);
    if (before > q->needed[shard])
        q->needed[shard] = before;
}
