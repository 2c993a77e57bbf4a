/* The SQLite bus: opening and closing, and polling. On its engine's thread.
 *
 * Whether somebody has appended is asked of SQLite every few milliseconds, which costs a look at
 * shared memory: a wake across processes would need a channel that nothing else here has.
 */
#include "bus/bus_sqlite.h"

#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "bus/bus_sqlite_state.h"
#include "bus/sqlite_lock.h"
#include "bus/topic_table.h"
#include "churnwatch/mono.h"

/* Between two looks for what others have appended. */
#define LOOK_US 5000

static void rest(int64_t us)
{
    const struct timespec t = {us / CW_SECOND, us % CW_SECOND * 1000};
    (void)nanosleep(&t, NULL);
}

/* ---- polling ---- */

static void assign(struct cw_bus_sqlite *q, struct cw_bus_event *ev)
{
    q->assigned = true;
    *ev = (struct cw_bus_event){.what = CW_BUS_ASSIGNED,
                                .shards = q->shards,
                                .n_shards = q->n_shards,
                                .token = CW_SQLITE_TOKEN};
}

/* Reads the partitions anew if somebody else has committed. */
static int look(struct cw_bus_sqlite *q, struct cw_errbuf *eb)
{
    int64_t version;
    int err = cw_sqlite_data_version(q->file, &version, eb);
    if (err || version == q->version)
        return err;
    err = cw_sqlite_refresh(q->file, eb);
    if (!err)
        q->version = version;
    return err;
}

static bool is_readable(const struct cw_sqlite_source *src)
{
    return src->reading && !src->paused;
}

/* The next record of the batch, which is the source's whose turn it is. */
static int give(struct cw_bus_sqlite *q, struct cw_bus_event *ev, struct cw_errbuf *eb)
{
    struct cw_sqlite_source *src = &q->sources[q->at];
    int err = cw_sqlite_batch_message(&q->batch, q->given, &ev->message);
    if (err)
        return cw_fail(eb, (enum cw_err) - err, "%.200s: %s after offset %lld: %s", q->file->path,
                       cw_topics_input(q->settings, src->input), (long long)src->at - 1,
                       cw_strerror(err));
    ev->what = CW_BUS_MESSAGE;
    ev->input = src->input;
    ev->partition = ev->message.partition = src->partition->number;
    src->at = ev->message.offset + 1;
    src->told_end = false;
    q->given++;
    return 0;
}

static int take_turn(struct cw_bus_sqlite *q, struct cw_bus_event *ev, struct cw_errbuf *eb)
{
    struct cw_sqlite_source *src = &q->sources[q->at];
    int64_t end = src->partition->next;
    q->given = q->batch.n = 0;
    if (!is_readable(src))
        return 0;
    if (src->at < end) {
        int err = cw_sqlite_fetch(q->file, src->partition, src->at, end, &q->batch, eb);
        if (err || q->batch.n)
            return err ? err : give(q, ev, eb);
        src->at = end; /* All that was left there is superseded and gone. */
    }
    if (src->told_end)
        return 0;
    src->told_end = true;
    *ev = (struct cw_bus_event){
        .what = CW_BUS_END, .input = src->input, .partition = src->partition->number, .end = end};
    return 0;
}

/* A batch of each source in turn. An end is told only after a look, so that no source is believed
 * to be at its end while it has more. */
static int next(struct cw_bus_sqlite *q, struct cw_bus_event *ev, struct cw_errbuf *eb)
{
    if (q->given < q->batch.n && is_readable(&q->sources[q->at]))
        return give(q, ev, eb);
    cw_bus_sqlite_sweep(q, cw_mono_now());
    int err = look(q, eb);
    for (size_t n = 0; n < q->n_sources && !err && ev->what == CW_BUS_NOTHING; n++) {
        q->at = (q->at + 1) % q->n_sources;
        err = take_turn(q, ev, eb);
    }
    return err;
}

static int poll(struct cw_bus *b, int wait_ms, struct cw_bus_event *ev, struct cw_errbuf *eb)
{
    struct cw_bus_sqlite *q = cw_bus_sqlite_of(b);
    *ev = (struct cw_bus_event){.what = CW_BUS_NOTHING};
    if (!q->assigned) {
        assign(q, ev);
        return 0;
    }
    int err = next(q, ev, eb);
    if (wait_ms <= 0)
        return err;
    for (cw_mono_time until = cw_mono_now() + wait_ms * INT64_C(1000), now = cw_mono_now();
         !err && ev->what == CW_BUS_NOTHING && now < until; now = cw_mono_now()) {
        rest(until - now < LOOK_US ? until - now : LOOK_US);
        err = next(q, ev, eb);
    }
    return err;
}

/* ---- where to read ---- */

static struct cw_sqlite_source *source_of(struct cw_bus_sqlite *q, enum cw_input in, int32_t shard)
{
    return &q->sources[(size_t)in * q->n_shards + (size_t)shard];
}

static int seek_one(struct cw_bus_sqlite *q, struct cw_sqlite_source *src, int64_t to,
                    struct cw_errbuf *eb)
{
    int err = cw_sqlite_refresh_one(q->file, src->partition, eb);
    if (err)
        return err;
    int64_t first = src->partition->first;
    if (to != CW_OFFSET_NONE && to < first)
        return cw_fail(eb, CW_E_FATAL,
                       "%.200s: %s partition %d begins at offset %lld, and %lld is the next to be "
                       "read: sqlite.retention was shorter than the time we were away",
                       q->file->path, cw_topics_input(q->settings, src->input),
                       src->partition->number, (long long)first, (long long)to);
    src->at = to == CW_OFFSET_NONE ? first : to;
    src->reading = true;
    src->paused = src->told_end = false;
    return 0;
}

static int seek(struct cw_bus *b, const struct cw_positions *at, struct cw_errbuf *eb)
{
    struct cw_bus_sqlite *q = cw_bus_sqlite_of(b);
    int err = 0;
    q->given = q->batch.n = 0;
    for (enum cw_input in = 0; in < CW_INPUTS && !err; in++)
        err = seek_one(q, source_of(q, in, at->shard), at->next[in], eb);
    return err;
}

static int pause_input(struct cw_bus *b, enum cw_input in, int32_t shard, bool paused,
                       struct cw_errbuf *eb)
{
    (void)eb;
    source_of(cw_bus_sqlite_of(b), in, shard)->paused = paused;
    return 0;
}

/* ---- opening and closing ---- */

static void close_bus(struct cw_bus *b)
{
    struct cw_bus_sqlite *q = cw_bus_sqlite_of(b);
    cw_sqlite_batch_free(&q->batch);
    cw_sqlite_batch_free(&q->reading);
    cw_buf_free(&q->headers);
    cw_sqlite_close(q->file);
    if (q->lock >= 0)
        (void)close(q->lock);
    free(q->sources);
    free(q->shards);
    free(q->needed);
    free(q);
}

static const struct cw_bus_ops ops = {
    .poll = poll,
    .seek = seek,
    .pause = pause_input,
    .begin = cw_bus_sqlite_begin,
    .append = cw_bus_sqlite_append,
    .send_positions = cw_bus_sqlite_send_positions,
    .commit = cw_bus_sqlite_commit,
    .abort = cw_bus_sqlite_abort,
    .committed = cw_bus_sqlite_committed,
    .end = cw_bus_sqlite_end,
    .input_range = cw_bus_sqlite_input_range,
    .read = cw_bus_sqlite_read,
    .partitions = cw_bus_sqlite_partitions,
    .trim = cw_bus_sqlite_trim,
    .close = close_bus,
};

/* Billing's count is everybody's: it was checked when the file was opened. */
static int lay_out(struct cw_bus_sqlite *q, struct cw_errbuf *eb)
{
    size_t n = (size_t)q->settings->sqlite_partitions;
    q->n_shards = n;
    q->n_sources = n * CW_INPUTS;
    q->shards = calloc(n, sizeof *q->shards);
    q->needed = calloc(n, sizeof *q->needed);
    q->sources = calloc(q->n_sources, sizeof *q->sources);
    if (!q->shards || !q->needed || !q->sources)
        return cw_fail(eb, CW_E_NOMEM, "no memory for the bus");
    for (size_t i = 0; i < n; i++)
        q->shards[i] = (int32_t)i;
    for (enum cw_input in = 0; in < CW_INPUTS; in++) {
        struct cw_sqlite_topic *t = cw_sqlite_topic(q->file, cw_topics_input(q->settings, in));
        for (size_t i = 0; i < n; i++)
            q->sources[(size_t)in * n + i] =
                (struct cw_sqlite_source){.partition = &t->partitions[i], .input = in};
    }
    for (enum cw_log log = 0; log < CW_LOGS; log++)
        q->logs[log] = cw_sqlite_topic(q->file, cw_topics_log(q->settings, log));
    return 0;
}

static int open_bus(struct cw_bus_sqlite *q, struct cw_errbuf *eb)
{
    q->lock = cw_sqlite_lock(cw_sqlite_path(q->settings), eb);
    if (q->lock < 0)
        return q->lock;
    int err = cw_sqlite_open(q->settings, true, &q->file, eb);
    return err ? err : lay_out(q, eb);
}

int cw_bus_sqlite_open(const struct cw_settings *s, struct cw_bus **ret_bus, struct cw_errbuf *eb)
{
    struct cw_bus_sqlite *q = calloc(1, sizeof *q);
    if (!q)
        return cw_fail(eb, CW_E_NOMEM, "no memory for the bus");
    q->bus.ops = &ops;
    q->settings = s;
    q->version = -1;
    int err = open_bus(q, eb);
    if (err) {
        close_bus(&q->bus);
        return -CW_E_FATAL;
    }
    *ret_bus = &q->bus;
    return 0;
}

int cw_bus_sqlite_prepare(const struct cw_settings *s, struct cw_errbuf *eb)
{
    struct cw_sqlite *file = NULL;
    if (s->engine_threads != 1)
        return cw_fail(eb, CW_E_INVALID,
                       "engine.threads is %lld: the embedded log has one writer, set it to 1 or 0",
                       (long long)s->engine_threads);
    int lock = cw_sqlite_lock(cw_sqlite_path(s), eb);
    if (lock < 0)
        return lock;
    int err = cw_sqlite_open(s, true, &file, eb);
    cw_sqlite_close(file);
    (void)close(lock);
    return err;
}
