/* The embedded log: transactions, appending, and reading in batches. On the thread of the file's
 * handle.
 *
 * Where a partition's next record goes is read when a transaction first touches it, for others
 * append to the same file, and is written once, before the commit.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bus/sqlite_file.h"

/* A batch ends with the record that passes either. */
#define BATCH_RECORDS 512
#define BATCH_BYTES (1 << 20)

static int64_t record_id(const struct cw_sqlite_partition *p, int64_t offset)
{
    return p->id << CW_SQLITE_OFFSET_BITS | offset;
}

static int64_t offset_of(int64_t id)
{
    return id & ((INT64_C(1) << CW_SQLITE_OFFSET_BITS) - 1);
}

/* Whatever offset is asked for, the reading stays within the partition. */
static int64_t within(int64_t offset)
{
    const int64_t most = (INT64_C(1) << CW_SQLITE_OFFSET_BITS) - 1;
    return offset < 0 ? 0 : offset < most ? offset : most;
}

/* ---- partitions ---- */

static void take_row(struct cw_sqlite_partition *p, const int64_t row[5])
{
    p->first = row[0];
    p->next = row[1];
    p->bytes = row[2];
    p->committed = row[3];
    p->clean = row[4];
}

int cw_sqlite_refresh_one(struct cw_sqlite *f, struct cw_sqlite_partition *p, struct cw_errbuf *eb)
{
    int64_t row[5];
    int got = cw_sqlite_row(f, CW_SQLITE_BOUND(f, CW_SQL_PARTITION, p->id), 5, row, eb);
    if (got == 0)
        return cw_fail(eb, CW_E_FATAL, "%.200s: a partition's row is gone", f->path);
    if (got == 1)
        take_row(p, row);
    return got < 0 ? got : 0;
}

int cw_sqlite_refresh(struct cw_sqlite *f, struct cw_errbuf *eb)
{
    sqlite3_stmt *st = f->statements[CW_SQL_PARTITIONS];
    int rc;
    for (size_t i = 0; (rc = sqlite3_step(st)) == SQLITE_ROW && i < f->n_partitions; i++) {
        int64_t row[5];
        for (int c = 0; c < 5; c++)
            row[c] = sqlite3_column_int64(st, c);
        take_row(&f->partitions[i], row);
    }
    (void)sqlite3_reset(st);
    return rc == SQLITE_ROW || rc == SQLITE_DONE ? 0 : cw_sqlite_failed(f, rc, "SELECT", eb);
}

int cw_sqlite_data_version(struct cw_sqlite *f, int64_t *ret_version, struct cw_errbuf *eb)
{
    int got = cw_sqlite_row(f, f->statements[CW_SQL_DATA_VERSION], 1, ret_version, eb);
    return got < 0 ? got : 0;
}

/* ---- transactions ---- */

int cw_sqlite_begin(struct cw_sqlite *f, struct cw_errbuf *eb)
{
    f->transaction++;
    return cw_sqlite_run(f, f->statements[CW_SQL_BEGIN], eb);
}

int cw_sqlite_rollback(struct cw_sqlite *f, struct cw_errbuf *eb)
{
    if (sqlite3_get_autocommit(f->db))
        return 0;
    return cw_sqlite_run(f, f->statements[CW_SQL_ROLLBACK], eb);
}

int cw_sqlite_commit(struct cw_sqlite *f, struct cw_errbuf *eb)
{
    int err = 0;
    for (size_t i = 0; i < f->n_partitions && !err; i++) {
        struct cw_sqlite_partition *p = &f->partitions[i];
        if (p->touched != f->transaction)
            continue;
        err = cw_sqlite_run(f, CW_SQLITE_BOUND(f, CW_SQL_ADVANCE, p->id, p->to, p->added), eb);
        p->touched = 0; /* A commit that is tried again does not count its bytes again. */
    }
    return err ? err : cw_sqlite_run(f, f->statements[CW_SQL_COMMIT], eb);
}

/* ---- appending ---- */

void cw_sqlite_encode_headers(struct cw_buf *b, const struct cw_header *headers, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        cw_buf_str(b, headers[i].name);
        cw_buf_str(b, headers[i].value);
    }
}

static int touch(struct cw_sqlite *f, struct cw_sqlite_partition *p, struct cw_errbuf *eb)
{
    if (p->touched == f->transaction)
        return 0;
    int err = cw_sqlite_refresh_one(f, p, eb);
    if (err)
        return err;
    p->touched = f->transaction;
    p->to = p->next;
    p->added = 0;
    return 0;
}

/* An absent slice is bound as NULL; the bytes stay the caller's until the step is done. */
static int bind(sqlite3_stmt *st, int at, struct cw_str s)
{
    return s.p ? sqlite3_bind_blob64(st, at, s.p, s.n, SQLITE_STATIC) : sqlite3_bind_null(st, at);
}

static int64_t wall_ms(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_REALTIME, &t);
    return t.tv_sec * INT64_C(1000) + t.tv_nsec / 1000000;
}

int cw_sqlite_append(struct cw_sqlite *f, struct cw_sqlite_partition *p, struct cw_str key,
                     struct cw_str value, struct cw_str headers, struct cw_errbuf *eb)
{
    int err = touch(f, p, eb);
    if (err)
        return err;
    sqlite3_stmt *st = CW_SQLITE_BOUND(f, CW_SQL_INSERT, record_id(p, p->to), wall_ms());
    const struct cw_str blobs[] = {key, value, headers};
    int rc = SQLITE_OK;
    for (int i = 0; i < 3 && rc == SQLITE_OK; i++)
        rc = bind(st, 3 + i, blobs[i]);
    err = rc == SQLITE_OK ? cw_sqlite_run(f, st, eb) : cw_sqlite_failed(f, rc, "INSERT", eb);
    if (err)
        return err;
    p->to++;
    p->added += (int64_t)(key.n + value.n + headers.n);
    return 0;
}

/* ---- reading ---- */

struct cw_sqlite_copy {
    int64_t offset, at_ms;
    struct span {
        size_t at, n;
        bool there;
    } key, value, headers; /* in the batch's bytes */
};

static struct span copy_blob(struct cw_buf *b, sqlite3_stmt *st, int column)
{
    struct span s = {.at = b->n};
    if (sqlite3_column_type(st, column) == SQLITE_NULL)
        return s;
    const void *p = sqlite3_column_blob(st, column);
    s.there = true;
    s.n = (size_t)sqlite3_column_bytes(st, column);
    if (s.n)
        cw_buf_put(b, p, s.n);
    return s;
}

static bool room_for_copies(struct cw_sqlite_batch *b)
{
    if (b->cap)
        return true;
    b->copies = calloc(BATCH_RECORDS, sizeof *b->copies);
    b->cap = b->copies ? BATCH_RECORDS : 0;
    return b->cap > 0;
}

int cw_sqlite_fetch(struct cw_sqlite *f, const struct cw_sqlite_partition *p, int64_t from,
                    int64_t to, struct cw_sqlite_batch *b, struct cw_errbuf *eb)
{
    sqlite3_stmt *st =
        CW_SQLITE_BOUND(f, CW_SQL_READ, record_id(p, within(from)), record_id(p, within(to)));
    int rc = SQLITE_DONE;
    b->n = 0;
    cw_buf_clear(&b->bytes);
    if (!room_for_copies(b))
        return cw_fail(eb, CW_E_NOMEM, "no memory to read %.200s", f->path);
    while (b->n < b->cap && b->bytes.n < BATCH_BYTES && (rc = sqlite3_step(st)) == SQLITE_ROW) {
        b->copies[b->n++] =
            (struct cw_sqlite_copy){.offset = offset_of(sqlite3_column_int64(st, 0)),
                                    .at_ms = sqlite3_column_int64(st, 1),
                                    .key = copy_blob(&b->bytes, st, 2),
                                    .value = copy_blob(&b->bytes, st, 3),
                                    .headers = copy_blob(&b->bytes, st, 4)};
    }
    (void)sqlite3_reset(st);
    if (b->bytes.failed)
        return cw_fail(eb, CW_E_NOMEM, "no memory to read %.200s", f->path);
    return rc == SQLITE_ROW || rc == SQLITE_DONE ? 0 : cw_sqlite_failed(f, rc, "SELECT", eb);
}

/* An empty slice must not look absent, even where no byte was ever copied. */
static struct cw_str slice(const struct cw_sqlite_batch *b, struct span s)
{
    if (!s.there)
        return (struct cw_str){NULL, 0};
    return (struct cw_str){s.n ? b->bytes.p + s.at : "", s.n};
}

static bool add_header(struct cw_sqlite_batch *b, size_t n, struct cw_header h)
{
    if (n == b->cap_headers) {
        size_t cap = n ? n * 2 : 16;
        struct cw_header *headers = reallocarray(b->headers, cap, sizeof *headers);
        if (!headers)
            return false;
        b->headers = headers;
        b->cap_headers = cap;
    }
    b->headers[n] = h;
    return true;
}

static int take_headers(struct cw_sqlite_batch *b, struct cw_str blob, struct cw_message *m)
{
    struct cw_reader r = cw_reader(blob.p, blob.n);
    while (r.p < r.end) {
        struct cw_header h = {.name = cw_read_str(&r)};
        h.value = cw_read_str(&r);
        if (r.failed)
            return -CW_E_CORRUPT;
        if (!add_header(b, m->n_headers, h))
            return -CW_E_NOMEM;
        m->n_headers++;
    }
    m->headers = b->headers;
    return 0;
}

int cw_sqlite_batch_message(struct cw_sqlite_batch *b, size_t i, struct cw_message *ret_message)
{
    const struct cw_sqlite_copy *c = &b->copies[i];
    *ret_message = (struct cw_message){.key = slice(b, c->key),
                                       .value = slice(b, c->value),
                                       .timestamp_ms = c->at_ms,
                                       .offset = c->offset};
    return c->headers.there ? take_headers(b, slice(b, c->headers), ret_message) : 0;
}

void cw_sqlite_batch_free(struct cw_sqlite_batch *b)
{
    free(b->copies);
    free(b->headers);
    cw_buf_free(&b->bytes);
    *b = (struct cw_sqlite_batch){0};
}

int cw_sqlite_read(struct cw_sqlite *f, const struct cw_sqlite_partition *p, int64_t from,
                   int64_t to, struct cw_sqlite_batch *b,
                   int (*each)(void *arg, const struct cw_message *m), void *arg,
                   struct cw_errbuf *eb)
{
    int err = 0;
    while (!err && from < to) {
        err = cw_sqlite_fetch(f, p, from, to, b, eb);
        if (err || b->n == 0)
            return err;
        from = b->copies[b->n - 1].offset + 1;
        for (size_t i = 0; i < b->n && !err; i++) {
            struct cw_message m;
            err = cw_sqlite_batch_message(b, i, &m);
            m.partition = p->number;
            if (err)
                (void)cw_fail(eb, (enum cw_err) - err, "%.200s: offset %lld: %s", f->path,
                              (long long)b->copies[i].offset, cw_strerror(err));
            else
                err = each(arg, &m);
        }
    }
    return err;
}
