/* Following manager.profiles and churnwatch.control. On the engine's thread.
 *
 * Managers are a table, so that reading a record twice changes nothing: a read that was cut short
 * is simply begun again. Of live thresholds the offset of the last one looked at is kept: a record
 * refused in its place might be taken in a later one.
 */
#include "engine/follow.h"

#include <stdlib.h>
#include <string.h>

#include "board/log.h"
#include "churnwatch/shard.h"

/* So often it is asked whether a log has more partitions. */
#define COUNT_EVERY CW_MINUTE

int cw_follow_init(struct cw_follow *f, const struct cw_decode_limits *limits,
                   struct cw_board *board)
{
    *f = (struct cw_follow){.roster = cw_roster_new(),
                            .decoder = cw_decoder_new(limits),
                            .live = cw_live_new(),
                            .board = board};
    return f->roster && f->decoder && f->live ? 0 : -CW_E_NOMEM;
}

void cw_follow_free(struct cw_follow *f)
{
    free(f->repairs);
    cw_live_free(f->live);
    cw_roster_free(f->roster);
    cw_decoder_free(f->decoder);
    *f = (struct cw_follow){0};
}

/* A manager that cannot be read has no dead letter: every instance reads this log, and each would
 * write one. */
static int take_manager(void *arg, const struct cw_message *m)
{
    struct cw_follow *f = arg;
    struct cw_manager manager;
    struct cw_reject why;
    int err = cw_decode_manager(f->decoder, m, &manager, &why);
    if (err != -CW_E_REJECT)
        return err ? err : cw_roster_put(f->roster, &manager);
    cw_log(CW_LOG_WARNING, "manager_refused", "partition=%d offset=%lld error=%s", m->partition,
           (long long)m->offset, cw_reject_code_name(why.code));
    return 0;
}

/* Told of what happens now; what was refused once is not told again at each start. */
static void tell_refused(const struct cw_follow *f, const struct cw_message *m, const char *why)
{
    char quoted[600];
    cw_board_count(f->board, CW_COUNT_live_changes_refused, 1);
    cw_log(f->whole ? CW_LOG_WARNING : CW_LOG_DEBUG, "live_change_refused",
           "partition=%d offset=%lld reason=%s", m->partition, (long long)m->offset,
           cw_log_quote(why, quoted, sizeof quoted));
}

static void tell_taken(const struct cw_follow *f, const struct cw_live_record *r)
{
    char quoted[200];
    if (f->whole)
        cw_log(CW_LOG_INFO, "live_change", "version=%d changes=%zu author=%s", (int)r->version,
               r->n, cw_log_quote(r->author, quoted, sizeof quoted));
}

static int take_change(struct cw_follow *f, const struct cw_message *m, struct cw_errbuf *why)
{
    struct cw_live_record r;
    if (m->partition != 0)
        return cw_fail(why, CW_E_REFUSED, "changes are read from partition 0 alone");
    int err = cw_live_record_read(m->value, &r, why);
    if (err)
        return err;
    err = cw_live_take(f->live, &r, why);
    if (!err)
        tell_taken(f, &r);
    cw_live_record_free(&r);
    return err;
}

const struct cw_repair *cw_follow_repair(const struct cw_follow *f, int32_t shard)
{
    for (size_t i = 0; i < f->n_repairs; i++)
        if (f->repairs[i].shard == shard)
            return &f->repairs[i];
    return NULL;
}

/* An order read twice is the same order. */
static int take_repair(struct cw_follow *f, const struct cw_message *m)
{
    struct cw_repair r;
    struct cw_errbuf why = {""};
    if (m->partition != 0 || cw_repair_read(m->value, &r, &why) != 0 ||
        r.shard >= CW_BOARD_SHARDS_MOST) {
        cw_log(CW_LOG_WARNING, "repair_refused", "partition=%d offset=%lld", m->partition,
               (long long)m->offset);
        return 0;
    }
    struct cw_repair *known = (struct cw_repair *)cw_follow_repair(f, r.shard);
    if (!known) {
        struct cw_repair *grown = reallocarray(f->repairs, f->n_repairs + 1, sizeof *grown);
        if (!grown)
            return -CW_E_NOMEM;
        f->repairs = grown;
        known = &grown[f->n_repairs++];
    }
    *known = r;
    f->ordered = true;
    return 0;
}

static bool is_key(const struct cw_message *m, const char *key)
{
    return m->key.n == strlen(key) && memcmp(m->key.p, key, m->key.n) == 0;
}

/* Epochs, the other records of control, are delivery's. */
static int take_control(void *arg, const struct cw_message *m)
{
    struct cw_follow *f = arg;
    struct cw_errbuf why = {""};
    if (is_key(m, CW_REPAIR_KEY))
        return take_repair(f, m);
    if (!is_key(m, CW_LIVE_KEY))
        return 0;
    if (m->partition == 0 && m->offset < f->live_next)
        return 0;
    int err = take_change(f, m, &why);
    if (err == -CW_E_NOMEM)
        return err;
    if (err)
        tell_refused(f, m, why.text);
    if (m->partition == 0)
        f->live_next = m->offset + 1;
    return 0;
}

/* ---- reading ---- */

struct source {
    struct cw_follow *f;
    const struct cw_link *link;
    enum cw_log log;
    struct cw_followed *followed;
    int (*take)(void *arg, const struct cw_message *m);
};

/* The topic is another one. What managers and orders it had stay; live thresholds are what the log
 * says, and whoever starts now knows nothing of the former ones. */
static int begin_again(const struct source *s, int32_t partition, int64_t end)
{
    struct cw_follow *f = s->f;
    int64_t *next = &s->followed->next[partition];
    cw_log(CW_LOG_WARNING, "log_made_anew", "topic=%s partition=%d end=%lld reached=%lld",
           s->log == CW_LOG_MANAGERS ? "managers" : "control", (int)partition, (long long)end,
           (long long)*next);
    *next = 0;
    if (s->log != CW_LOG_CONTROL || partition != 0)
        return 0;
    struct cw_live *fresh = cw_live_new();
    if (!fresh)
        return -CW_E_NOMEM;
    cw_live_free(f->live);
    f->live = fresh;
    f->live_next = 0;
    f->live_anew = true;
    return 0;
}

static int read_on(const struct source *s, int32_t partition, struct cw_errbuf *eb)
{
    struct cw_bus *bus = s->link->bus;
    int64_t first, end, *next = &s->followed->next[partition];
    int err = cw_link_end(s->link, s->log, partition, &first, &end, eb);
    if (!err && end < *next)
        err = begin_again(s, partition, end);
    if (err || end <= *next)
        return err;
    err = bus->ops->read(bus, s->log, partition, *next > first ? *next : first, end, s->take, s->f,
                         eb);
    if (!err)
        *next = end;
    /* It may have been damaged on its way. */
    return err == -CW_E_CORRUPT ? -CW_E_RETRY : err;
}

/* At first with patience. Later it is no matter where the bus does not know just now. */
static int count(const struct source *s, struct cw_errbuf *eb)
{
    struct cw_bus *bus = s->link->bus;
    struct cw_followed *f = s->followed;
    cw_mono_time now = s->link->env->mono(s->link->env->arg);
    int32_t n = 0;
    if (f->n && now - f->counted_at < COUNT_EVERY)
        return 0;
    f->counted_at = now;
    int err = f->n ? bus->ops->partitions(bus, s->log, &n, eb)
                   : cw_link_partitions(s->link, s->log, &n, eb);
    if (err)
        return err == -CW_E_RETRY ? 0 : err;
    if (n > CW_FOLLOW_PARTITIONS_MOST)
        return cw_fail(eb, CW_E_FATAL, "a log that is read whole has %d partitions, at most %d are",
                       n, CW_FOLLOW_PARTITIONS_MOST);
    for (int32_t p = n; p < f->n; p++)
        f->next[p] = 0;
    f->n = n;
    return 0;
}

static int catch_up(const struct source *s, struct cw_errbuf *eb)
{
    int err = count(s, eb);
    for (int32_t p = 0; p < s->followed->n && !err; p++)
        err = read_on(s, p, eb);
    return err;
}

int64_t cw_follow_offset(const struct cw_followed *f)
{
    int64_t sum = 0;
    for (int32_t p = 0; p < f->n; p++)
        sum += f->next[p];
    return sum;
}

int cw_follow_catch_up(struct cw_follow *f, const struct cw_link *link, struct cw_errbuf *eb)
{
    const struct source managers = {f, link, CW_LOG_MANAGERS, &f->managers, take_manager};
    const struct source control = {f, link, CW_LOG_CONTROL, &f->control, take_control};
    int err = catch_up(&managers, eb);
    if (!err)
        err = catch_up(&control, eb);
    if (!err && !f->whole)
        cw_log(CW_LOG_INFO, "live_settings", "version=%d", (int)f->live->version);
    f->whole |= !err;
    /* Nothing of it was lost: the same reading again is right. */
    return err == -CW_E_RETRY ? -CW_E_ABORT : err;
}
