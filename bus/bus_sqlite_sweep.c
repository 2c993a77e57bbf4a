/* The SQLite bus: retention, so that the file has a bound. On its engine's thread, between
 * transactions.
 *
 * One step looks at one partition and takes away its oldest records that may go, so many that it is
 * over in milliseconds; what SQLite frees so is used again. Nothing that an input still has to give
 * is ever taken away.
 */
#include <time.h>

#include "bus/bus_sqlite_state.h"
#include "bus/topic_table.h"

/* A step ends with the record that passes either. */
#define STEP_RECORDS 512
#define STEP_BYTES (4 << 20)
/* Between two steps, and between two rounds of all partitions where the last found nothing. */
#define STEP_EVERY (CW_SECOND / 100)
#define ROUND_EVERY (10 * CW_SECOND)

/* ---- what may go ---- */

/* A record may go when it lies before `before`, and is older than at_ms or past `most` bytes. */
struct limit {
    int64_t before, at_ms, most;
};

/* What the daemon has still to read of an input stays. */
static int64_t read_up_to(const struct cw_bus_sqlite *q, const char *topic,
                          const struct cw_sqlite_partition *p)
{
    enum cw_input ignored;
    return cw_topics_input_of(q->settings, topic, &ignored) ? p->committed : p->next;
}

static int64_t ago_ms(int64_t us)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_REALTIME, &t);
    return t.tv_sec * INT64_C(1000) + t.tv_nsec / 1000000 - us / 1000;
}

static struct limit limit_of(const struct cw_bus_sqlite *q, const struct cw_topic *t,
                             const struct cw_sqlite_partition *p)
{
    const struct cw_settings *s = q->settings;
    int64_t before = read_up_to(q, cw_topic_name(s, t), p);
    switch (t->keeps) {
    case CW_KEEPS_STATE:
        return (struct limit){q->needed[p->number], INT64_MAX, INT64_MAX};
    case CW_KEEPS_TASKS:
        return (struct limit){before, ago_ms(s->retention), INT64_MAX};
    case CW_KEEPS_DEFAULT:
        return (struct limit){before, ago_ms(s->sqlite_retention), s->sqlite_retention_bytes};
    case CW_KEEPS_LATEST: /* Compacted instead. */
    case CW_KEEPS_ALL:
        break;
    }
    return (struct limit){.before = p->first};
}

/* ---- the oldest records ---- */

struct run {
    int64_t to; /* records of [first, to) go */
    int64_t n, bytes;
};

static bool may_go(const struct limit *l, const struct cw_sqlite_partition *p,
                   const struct run *run, int64_t at_ms)
{
    return at_ms < l->at_ms || p->bytes - run->bytes > l->most;
}

static int choose(struct cw_sqlite *f, const struct cw_sqlite_partition *p, const struct limit *l,
                  struct run *ret_run, struct cw_errbuf *eb)
{
    int64_t base = p->id << CW_SQLITE_OFFSET_BITS;
    sqlite3_stmt *st = CW_SQLITE_BOUND(f, CW_SQL_SIZES, base + p->first, base + l->before);
    int rc;
    *ret_run = (struct run){.to = p->first};
    while ((rc = sqlite3_step(st)) == SQLITE_ROW && ret_run->n < STEP_RECORDS &&
           ret_run->bytes < STEP_BYTES && may_go(l, p, ret_run, sqlite3_column_int64(st, 1))) {
        ret_run->to = sqlite3_column_int64(st, 0) - base + 1;
        ret_run->bytes += sqlite3_column_int64(st, 2);
        ret_run->n++;
    }
    (void)sqlite3_reset(st);
    return rc == SQLITE_ROW || rc == SQLITE_DONE ? 0 : cw_sqlite_failed(f, rc, "SELECT", eb);
}

static int take_away(struct cw_sqlite *f, const struct cw_sqlite_partition *p,
                     const struct run *run, struct cw_errbuf *eb)
{
    int64_t base = p->id << CW_SQLITE_OFFSET_BITS;
    int err =
        cw_sqlite_run(f, CW_SQLITE_BOUND(f, CW_SQL_SWEEP, base + p->first, base + run->to), eb);
    if (!err)
        err = cw_sqlite_run(f, CW_SQLITE_BOUND(f, CW_SQL_SWEPT, p->id, run->to, run->bytes), eb);
    return err;
}

static int sweep(struct cw_bus_sqlite *q, const struct cw_topic *t, struct cw_sqlite_partition *p,
                 bool *ret_some, struct cw_errbuf *eb)
{
    struct limit l = limit_of(q, t, p);
    struct run run = {0};
    int err = l.before > p->first ? choose(q->file, p, &l, &run, eb) : 0;
    if (err || run.n == 0)
        return err;
    *ret_some = true;
    err = cw_sqlite_begin(q->file, eb);
    if (!err)
        err = take_away(q->file, p, &run, eb);
    return err ? err : cw_sqlite_commit(q->file, eb);
}

/* ---- superseded records ---- */

static struct cw_str key_of(const struct cw_message *m)
{
    return m->key.p ? m->key : CW_STR("");
}

static int bound_key(struct cw_sqlite *f, sqlite3_stmt *st, const struct cw_message *m,
                     struct cw_errbuf *eb)
{
    struct cw_str key = key_of(m);
    int rc = sqlite3_bind_blob64(st, 2, key.p, key.n, SQLITE_STATIC);
    return rc == SQLITE_OK ? 0 : cw_sqlite_failed(f, rc, "compacting", eb);
}

/* Takes away the record of this key that was the latest; its size is added to *bytes. */
static int supersede(struct cw_sqlite *f, const struct cw_sqlite_partition *p,
                     const struct cw_message *m, int64_t *bytes, struct cw_errbuf *eb)
{
    int64_t former, row[3], base = p->id << CW_SQLITE_OFFSET_BITS;
    sqlite3_stmt *st = CW_SQLITE_BOUND(f, CW_SQL_LATEST, p->id);
    int err = bound_key(f, st, m, eb);
    int got = err ? err : cw_sqlite_row(f, st, 1, &former, eb);
    if (got <= 0)
        return got;
    former += base;
    got = cw_sqlite_row(f, CW_SQLITE_BOUND(f, CW_SQL_SIZES, former, former + 1), 3, row, eb);
    if (got <= 0)
        return got;
    *bytes += row[2];
    return cw_sqlite_run(f, CW_SQLITE_BOUND(f, CW_SQL_SWEEP, former, former + 1), eb);
}

static int note_latest(struct cw_sqlite *f, const struct cw_sqlite_partition *p,
                       const struct cw_message *m, struct cw_errbuf *eb)
{
    sqlite3_stmt *st = CW_SQLITE_BOUND(f, CW_SQL_SET_LATEST, p->id, 0, m->offset);
    int err = bound_key(f, st, m, eb);
    return err ? err : cw_sqlite_run(f, st, eb);
}

/* The batch begins at p->clean; an empty one says that nothing is left before `to`. */
static int compact_batch(struct cw_bus_sqlite *q, const struct cw_sqlite_partition *p, int64_t to,
                         struct cw_errbuf *eb)
{
    struct cw_sqlite *f = q->file;
    struct cw_message m = {.offset = to - 1};
    int64_t bytes = 0;
    int err = 0;
    for (size_t i = 0; i < q->reading.n && !err; i++) {
        err = cw_sqlite_batch_message(&q->reading, i, &m);
        if (!err)
            err = supersede(f, p, &m, &bytes, eb);
        if (!err)
            err = note_latest(f, p, &m, eb);
    }
    if (!err)
        err = cw_sqlite_run(f, CW_SQLITE_BOUND(f, CW_SQL_CLEANED, p->id, m.offset + 1, bytes), eb);
    return err;
}

static int compact(struct cw_bus_sqlite *q, const struct cw_topic *t, struct cw_sqlite_partition *p,
                   bool *ret_some, struct cw_errbuf *eb)
{
    int64_t to = read_up_to(q, cw_topic_name(q->settings, t), p);
    if (to <= p->clean)
        return 0;
    *ret_some = true;
    int err = cw_sqlite_fetch(q->file, p, p->clean, to, &q->reading, eb);
    if (!err)
        err = cw_sqlite_begin(q->file, eb);
    if (!err)
        err = compact_batch(q, p, to, eb);
    return err ? err : cw_sqlite_commit(q->file, eb);
}

/* ---- steps and rounds ---- */

static void go_on(struct cw_bus_sqlite *q, const struct cw_sqlite_topic *t, bool some,
                  cw_mono_time now)
{
    q->swept |= some;
    q->sweep_at = now + STEP_EVERY;
    if (some || (int32_t)++q->sweep_partition < t->n_partitions)
        return;
    q->sweep_partition = 0;
    q->sweep_topic = (q->sweep_topic + 1) % CW_TOPICS;
    if (q->sweep_topic == 0) {
        q->sweep_at = now + (q->swept ? STEP_EVERY : ROUND_EVERY);
        q->swept = false;
    }
}

void cw_bus_sqlite_sweep(struct cw_bus_sqlite *q, cw_mono_time now)
{
    if (now < q->sweep_at || !sqlite3_get_autocommit(q->file->db))
        return;
    const struct cw_topic *t = &cw_topics[q->sweep_topic];
    struct cw_sqlite_topic *in_file = cw_sqlite_topic(q->file, cw_topic_name(q->settings, t));
    struct cw_sqlite_partition *p = &in_file->partitions[q->sweep_partition];
    struct cw_errbuf eb;
    bool some = false;
    int err = cw_sqlite_refresh_one(q->file, p, &eb);
    if (!err)
        err =
            t->keeps == CW_KEEPS_LATEST ? compact(q, t, p, &some, &eb) : sweep(q, t, p, &some, &eb);
    if (err)
        (void)cw_sqlite_rollback(q->file, &eb);
    go_on(q, in_file, some && !err, now);
}
