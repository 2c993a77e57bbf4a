/* The onlooker's way to the topics over the embedded log. Its owner's thread.
 *
 * What is appended comes together in memory and is written in one transaction, so that the file is
 * never locked while its owner waits for something, such as the next line of its input.
 */
#include "bus/logs_sqlite.h"

#include <stdlib.h>
#include <time.h>

#include "bus/sqlite_file.h"
#include "churnwatch/mono.h"
#include "churnwatch/shard.h"

/* Written when as much has come together, or with the first record after so long. */
#define QUEUE_RECORDS 4096
#define QUEUE_BYTES (8 << 20)
#define QUEUE_US (CW_SECOND / 20)

/* A record on its way: spans of the queue's bytes. */
struct queued {
    struct cw_sqlite_partition *partition;
    size_t at; /* key, value and headers, as cw_buf_str writes them */
};
struct sqlite {
    struct cw_logs logs; /* first, so that the one is the other */
    struct cw_sqlite *file;
    struct cw_sqlite_batch batch;
    struct queued *queue; /* owned; room for QUEUE_RECORDS */
    size_t n;
    struct cw_buf bytes, headers;
    cw_mono_time since; /* of the queue's first */
    uint32_t turn;      /* for records without a key */
};

static struct sqlite *of(struct cw_logs *l)
{
    return (struct sqlite *)l;
}

/* The bus's codes as an onlooker is told them. */
static int told(int err)
{
    return err == -CW_E_RETRY || err == -CW_E_ABORT || err == -CW_E_FATAL ? -CW_E_IO : err;
}

static int find(struct sqlite *q, const char *topic, int32_t partition,
                struct cw_sqlite_partition **ret_partition, struct cw_errbuf *eb)
{
    struct cw_sqlite_topic *t = cw_sqlite_topic(q->file, topic);
    if (!t)
        return cw_fail(eb, CW_E_INVALID, "%.200s: there is no topic %s", q->file->path, topic);
    if (partition < 0 || partition >= t->n_partitions)
        return cw_fail(eb, CW_E_INVALID, "%.200s: topic %s has no partition %d", q->file->path,
                       topic, partition);
    *ret_partition = &t->partitions[partition];
    return 0;
}

/* ---- reading ---- */

static int partitions(struct cw_logs *l, const char *topic, int32_t *ret_n, struct cw_errbuf *eb)
{
    const struct cw_sqlite_topic *t = cw_sqlite_topic(of(l)->file, topic);
    (void)eb;
    *ret_n = t ? t->n_partitions : 0;
    return 0;
}

/* The partition as it is now. */
static int look(struct sqlite *q, const char *topic, int32_t partition,
                struct cw_sqlite_partition **ret_partition, struct cw_errbuf *eb)
{
    int err = find(q, topic, partition, ret_partition, eb);
    return err ? err : told(cw_sqlite_refresh_one(q->file, *ret_partition, eb));
}

static int range(struct cw_logs *l, const char *topic, int32_t partition, int64_t *ret_first,
                 int64_t *ret_end, struct cw_errbuf *eb)
{
    struct cw_sqlite_partition *p = NULL;
    int err = look(of(l), topic, partition, &p, eb);
    if (err)
        return err;
    *ret_first = p->first;
    *ret_end = p->next;
    return 0;
}

/* A transaction of the file is seen when it is over. */
static int pending(struct cw_logs *l, const char *topic, int32_t partition, int64_t *ret_first,
                   int64_t *ret_end, int64_t *ret_open, cw_wall_time *ret_since,
                   struct cw_errbuf *eb)
{
    *ret_open = CW_OFFSET_NONE;
    *ret_since = CW_NO_TIME;
    return range(l, topic, partition, ret_first, ret_end, eb);
}

/* A caller's own code passes through, which may be one of ours: only what the file says is told
 * otherwise. */
struct reading {
    int (*each)(void *arg, const struct cw_message *m);
    void *arg;
    int said;
};

static int pass(void *arg, const struct cw_message *m)
{
    struct reading *r = arg;
    r->said = r->each(r->arg, m);
    return r->said;
}

static int read_range(struct cw_logs *l, const char *topic, int32_t partition, int64_t from,
                      int64_t to, int (*each)(void *arg, const struct cw_message *m), void *arg,
                      struct cw_errbuf *eb)
{
    struct sqlite *q = of(l);
    struct cw_sqlite_partition *p = NULL;
    struct reading r = {each, arg, 0};
    int err = find(q, topic, partition, &p, eb);
    if (!err)
        err = cw_sqlite_read(q->file, p, from, to, &q->batch, pass, &r, eb);
    return r.said ? r.said : told(err);
}

/* Whether the partition's first record from this offset on was written before at_ms, and which it
 * is; -1 when there is none. */
static int probe(struct sqlite *q, const struct cw_sqlite_partition *p, int64_t from, int64_t at_ms,
                 bool *ret_before, int64_t *ret_offset, struct cw_errbuf *eb)
{
    int64_t base = p->id << CW_SQLITE_OFFSET_BITS, row[2];
    int got = cw_sqlite_row(
        q->file, CW_SQLITE_BOUND(q->file, CW_SQL_AT, base + from, base + p->next), 2, row, eb);
    if (got < 0)
        return told(got);
    *ret_before = got && row[1] < at_ms;
    *ret_offset = got ? row[0] - base : -1;
    return 0;
}

/* Records lie in the order they were written in: halves until none is left between. */
static int offset_at(struct cw_logs *l, const char *topic, int32_t partition, cw_wall_time at,
                     int64_t *ret_offset, struct cw_errbuf *eb)
{
    struct sqlite *q = of(l);
    struct cw_sqlite_partition *p = NULL;
    int err = look(q, topic, partition, &p, eb);
    if (err)
        return err;
    int64_t low = p->first, high = p->next;
    while (!err && low < high) {
        int64_t middle = low + (high - low) / 2, found = -1;
        bool before = false;
        err = probe(q, p, middle, at / 1000, &before, &found, eb);
        if (before)
            low = found + 1;
        else
            high = middle;
    }
    if (!err)
        *ret_offset = low;
    return err;
}

static int committed(struct cw_logs *l, const char *topic, int32_t partition, int64_t *ret_next,
                     struct cw_errbuf *eb)
{
    struct cw_sqlite_partition *p = NULL;
    int err = look(of(l), topic, partition, &p, eb);
    if (!err)
        *ret_next = p->committed;
    return err;
}

/* ---- appending ---- */

static int write_one(struct sqlite *q, const struct queued *r, struct cw_errbuf *eb)
{
    struct cw_reader bytes = cw_reader(q->bytes.p + r->at, q->bytes.n - r->at);
    struct cw_str key = cw_read_str(&bytes), value = cw_read_str(&bytes);
    return cw_sqlite_append(q->file, r->partition, key, value, cw_read_str(&bytes), eb);
}

/* All of the queue or nothing of it; what was not written stays for another try. */
static int flush(struct cw_logs *l, struct cw_errbuf *eb)
{
    struct sqlite *q = of(l);
    if (q->n == 0)
        return 0;
    int err = cw_sqlite_begin(q->file, eb);
    for (size_t i = 0; i < q->n && !err; i++)
        err = write_one(q, &q->queue[i], eb);
    if (!err)
        err = cw_sqlite_commit(q->file, eb);
    if (err) {
        (void)cw_sqlite_rollback(q->file, NULL); /* eb has what went wrong first. */
        return told(err);
    }
    q->n = 0;
    cw_buf_clear(&q->bytes);
    return 0;
}

/* By key, as Kafka's producers spread them; without one, in turn. */
static int choose(struct sqlite *q, const struct cw_logs_record *r,
                  struct cw_sqlite_partition **ret_partition, struct cw_errbuf *eb)
{
    const struct cw_sqlite_topic *t = cw_sqlite_topic(q->file, r->topic);
    int32_t partition = r->partition;
    if (t && partition < 0 && r->key.p)
        partition = cw_partition_of(r->key, t->n_partitions);
    else if (t && partition < 0)
        partition = (int32_t)(q->turn++ % (uint32_t)t->n_partitions);
    return find(q, r->topic, partition, ret_partition, eb);
}

static int enqueue(struct sqlite *q, const struct cw_logs_record *r, struct cw_sqlite_partition *p,
                   struct cw_errbuf *eb)
{
    size_t at = q->bytes.n;
    cw_buf_clear(&q->headers);
    cw_sqlite_encode_headers(&q->headers, r->headers, r->n_headers);
    cw_buf_str(&q->bytes, r->key);
    cw_buf_str(&q->bytes, r->value);
    cw_buf_str(&q->bytes, (struct cw_str){r->n_headers ? q->headers.p : NULL, q->headers.n});
    if (q->bytes.failed || q->headers.failed)
        return cw_fail(eb, CW_E_NOMEM, "no memory for what is appended");
    q->queue[q->n++] = (struct queued){p, at};
    return 0;
}

static int append(struct cw_logs *l, const struct cw_logs_record *r, struct cw_errbuf *eb)
{
    struct sqlite *q = of(l);
    struct cw_sqlite_partition *p = NULL;
    int err = choose(q, r, &p, eb);
    if (!err && q->n == QUEUE_RECORDS) /* An earlier try failed. */
        err = flush(l, eb);
    if (!err)
        err = enqueue(q, r, p, eb);
    if (err)
        return err;
    cw_mono_time now = cw_mono_now();
    if (q->n == 1)
        q->since = now;
    if (q->n == QUEUE_RECORDS || q->bytes.n >= QUEUE_BYTES || now - q->since >= QUEUE_US)
        err = flush(l, eb);
    return err;
}

/* ---- opening and closing ---- */

static void close_logs(struct cw_logs *l)
{
    struct sqlite *q = of(l);
    cw_sqlite_batch_free(&q->batch);
    cw_buf_free(&q->bytes);
    cw_buf_free(&q->headers);
    cw_sqlite_close(q->file);
    free(q->queue);
    free(q);
}

int cw_logs_sqlite_open(const struct cw_settings *s, struct cw_logs **ret_logs,
                        struct cw_errbuf *eb)
{
    static const struct cw_logs_ops ops = {.partitions = partitions,
                                           .range = range,
                                           .pending = pending,
                                           .read = read_range,
                                           .offset_at = offset_at,
                                           .append = append,
                                           .flush = flush,
                                           .committed = committed,
                                           .close = close_logs};
    struct sqlite *q = calloc(1, sizeof *q);
    if (!q)
        return cw_fail(eb, CW_E_NOMEM, "no memory for the embedded log");
    q->logs.ops = &ops;
    q->queue = calloc(QUEUE_RECORDS, sizeof *q->queue);
    int err = q->queue ? cw_sqlite_open(s, false, &q->file, eb)
                       : cw_fail(eb, CW_E_NOMEM, "no memory for the embedded log");
    if (err) {
        close_logs(&q->logs);
        return err;
    }
    *ret_logs = &q->logs;
    return 0;
}
