/* The outbox from the embedded log. On the main loop: a file's records are there at once, so that
 * nothing is waited for; the engine's commits and a timer say when to look. */
#include <inttypes.h>
#include <stdlib.h>

#include "board/log.h"
#include "bus/logs.h"
#include "delivery/outbox.h"

struct file {
    const char *topic;
    struct cw_logs *logs; /* owned */
    struct cw_outbox *o;  /* of the reading under way */
    int32_t shard;        /* likewise */
};

/* Where each shard stands is asked for when it is read. */
static bool assign(void *self, const struct cw_outbox_place *places, size_t n)
{
    (void)self, (void)places, (void)n;
    return true;
}

#define ENOUGH 1 /* of records, for now */

static int give(void *arg, const struct cw_message *m)
{
    struct file *f = arg;
    cw_outbox_record(f->o, f->shard, m->offset, m->timestamp_ms, m->value);
    return cw_outbox_wants(f->o) ? 0 : ENOUGH;
}

static int read_shard(struct file *f, struct cw_outbox_place at, struct cw_errbuf *eb)
{
    int64_t first, end;
    int err = f->logs->ops->range(f->logs, f->topic, at.shard, &first, &end, eb);
    if (err)
        return err;
    int64_t from = at.next == CW_OFFSET_NONE ? first : at.next;
    if (from < first || from > end) {
        cw_outbox_lost(f->o, at.shard);
        return 0;
    }
    f->shard = at.shard;
    if (from < end)
        err = f->logs->ops->read(f->logs, f->topic, at.shard, from, end, give, f, eb);
    if (!err && end != at.told)
        cw_outbox_end(f->o, at.shard, end);
    return err == ENOUGH ? 0 : err;
}

/* The places may become others with each record that is given; then the reading is over. */
static void read_all(void *self, struct cw_outbox *o)
{
    struct file *f = self;
    struct cw_errbuf eb = {""};
    size_t n;
    const struct cw_outbox_place *places = cw_outbox_places(o, &n);
    f->o = o;
    for (size_t i = 0; i < n && cw_outbox_wants(o); i++) {
        struct cw_outbox_place at = places[i];
        char quoted[600];
        int err = at.lost ? 0 : read_shard(f, at, &eb);
        if (err)
            cw_log(CW_LOG_WARNING, "outbox_error", "shard=%" PRId32 " text=%s", at.shard,
                   cw_log_quote(eb.text, quoted, sizeof quoted));
    }
}

static void close_reader(void *self)
{
    struct file *f = self;
    cw_logs_close(f->logs);
    free(f);
}

int cw_outbox_logs_open(const struct cw_settings *s, struct cw_outbox_reader *ret_reader,
                        struct cw_errbuf *eb)
{
    struct file *f = calloc(1, sizeof *f);
    if (!f)
        return cw_fail(eb, CW_E_NOMEM, "no memory for the outbox");
    f->topic = s->topic_tasks;
    int err = cw_logs_open(s, &f->logs, eb);
    if (err) {
        free(f);
        return err;
    }
    *ret_reader = (struct cw_outbox_reader){f, assign, read_all, close_reader};
    return 0;
}
