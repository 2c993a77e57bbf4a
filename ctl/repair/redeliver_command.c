/* churnwatchctl redeliver: Redis rebuilt from the outbox, or one manager's tasks mended in it.
 *
 *     index the outbox -> take Redis over -> index what has come meanwhile -> write each task's
 *     latest version -> set desks by task.outcomes -> let go of what the outbox does not know ->
 *     give Redis back, with the epoch and the offsets from which the daemons go on
 *
 * While Redis is taken over it has no epoch, and daemons write nothing into it. It is given back in
 * one step, so a run cut short leaves it taken over, and the next run is as if it were the first.
 * One thread.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/age.h"
#include "ctl/desk/managers.h"
#include "ctl/progress.h"
#include "ctl/repair/recall.h"
#include "ctl/repair/refill.h"
#include "ctl/repair/takeover.h"
#include "ctl/words.h"
#include "delivery/epoch.h"

struct redeliver {
    const struct cw_ctl *ctl;
    const struct cw_settings *settings;
    const char *manager; /* NULL: all of Redis */
    uint64_t manager_hash;
    cw_wall_time since;
    bool dry, replace;
    struct cw_logs *logs;
    struct cw_redis redis;
    char recorded[CW_EPOCH_MOST + 1]; /* in churnwatch.control; "" none */
    struct cw_standing standing;      /* of Redis, as it was found */
    char holder[CW_EPOCH_MOST + 1];
    int64_t *from, *to; /* owned; which stretch of the outbox counts, by partition */
    int32_t n_parts;
    struct cw_outbox_index index;
    struct cw_refill refill;
    struct cw_progress progress;
    uint64_t whole; /* records to be read, for the bar */
    uint64_t recalled, forgotten;
    enum cw_exit code; /* of a callback */
    struct cw_errbuf eb;
};

static enum cw_exit bus_failed(struct redeliver *r, int err)
{
    return cw_ctl_failed(err, &r->eb);
}

static void tick(struct redeliver *r)
{
    if (cw_progress_due(&r->progress))
        cw_progress_show(&r->progress,
                         r->whole ? (double)r->progress.count / (double)r->whole : -1);
}

/* ---- what is there ---- */

static enum cw_exit look_at_redis(struct redeliver *r, redisReply **ret_delivery)
{
    struct cw_key key = cw_redis_key(&r->redis, "delivery");
    redisReply *delivery = cw_redis_ask(&r->redis, "HGETALL", key.text, NULL);
    if (!delivery)
        return cw_redis_fail(&r->redis);
    r->standing = cw_takeover_standing(delivery);
    *ret_delivery = delivery;
    return CW_EXIT_DONE;
}

static enum cw_exit count_tasks(struct redeliver *r, long long *ret_n)
{
    struct cw_key key = cw_redis_key(&r->redis, "tasks");
    redisReply *n = cw_redis_ask(&r->redis, "HLEN", key.text, NULL);
    if (!n)
        return cw_redis_fail(&r->redis);
    *ret_n = n->integer;
    freeReplyObject(n);
    return CW_EXIT_DONE;
}

/* Another installation's Redis is not to be overwritten by a slip in redis.url. */
static enum cw_exit check_whose(struct redeliver *r)
{
    long long tasks = 0;
    bool other =
        r->standing.epoch[0] && r->recorded[0] && strcmp(r->standing.epoch, r->recorded) != 0;
    if (other && r->manager)
        return cw_ctl_fail(CW_EXIT_WRONG, "this Redis is not the one that was filled; "
                                          "redeliver without --manager fills it");
    if (r->manager && (!r->recorded[0] || strcmp(r->standing.epoch, r->recorded) != 0))
        return cw_ctl_fail(CW_EXIT_WRONG, "this Redis is empty or a redeliver of it was cut short; "
                                          "redeliver without --manager fills it");
    enum cw_exit code = other ? count_tasks(r, &tasks) : CW_EXIT_DONE;
    if (code || tasks == 0 || r->replace)
        return code;
    return cw_ctl_fail(
        CW_EXIT_WRONG,
        "this Redis was filled by another installation, or before churnwatch.control "
        "was made anew: it holds %lld tasks under \"%s\". If that is right, "
        "--replace fills it from this outbox and drops what the outbox does not know",
        tasks, r->settings->redis_prefix);
}

static int64_t stored_offset(const redisReply *delivery, int32_t p)
{
    char name[16];
    (void)snprintf(name, sizeof name, "%" PRId32, p);
    return strtoll(cw_redis_field(delivery, name).p, NULL, 10);
}

/* Which stretch of each partition counts. What a running daemon has not yet delivered is left to
 * it when single tasks are mended, or its feed would miss an entry. */
static int measure(struct redeliver *r, const redisReply *delivery)
{
    const char *topic = r->settings->topic_tasks;
    const struct cw_logs_ops *ops = r->logs->ops;
    int err = ops->partitions(r->logs, topic, &r->n_parts, &r->eb);
    if (!err && r->n_parts == 0)
        return cw_fail(&r->eb, CW_E_INVALID, "there is no topic %s", topic);
    if (err)
        return err;
    r->from = calloc((size_t)r->n_parts, sizeof *r->from);
    r->to = calloc((size_t)r->n_parts, sizeof *r->to);
    if (!r->from || !r->to)
        return -CW_E_NOMEM;
    for (int32_t p = 0; p < r->n_parts && !err; p++) {
        err = ops->range(r->logs, topic, p, &r->from[p], &r->to[p], &r->eb);
        if (!err && r->since != CW_NO_TIME)
            err = ops->offset_at(r->logs, topic, p, r->since, &r->from[p], &r->eb);
        if (r->manager && stored_offset(delivery, p) < r->to[p])
            r->to[p] = stored_offset(delivery, p);
        r->whole += r->to[p] > r->from[p] ? 2 * (uint64_t)(r->to[p] - r->from[p]) : 0;
    }
    return err;
}

static int read_outbox(struct redeliver *r, int (*each)(void *arg, const struct cw_message *m))
{
    int err = 0;
    for (int32_t p = 0; p < r->n_parts && !err; p++)
        if (r->from[p] < r->to[p])
            err = r->logs->ops->read(r->logs, r->settings->topic_tasks, p, r->from[p], r->to[p],
                                     each, r, &r->eb);
    return err;
}

static int index_record(void *arg, const struct cw_message *m)
{
    struct redeliver *r = arg;
    tick(r);
    return cw_outbox_index_take(&r->index, m);
}

/* ---- taking over and giving back ---- */

static enum cw_exit take_over(struct redeliver *r)
{
    if (r->manager) {
        (void)strcpy(r->holder, r->standing.epoch);
        return CW_EXIT_DONE;
    }
    if (cw_epoch_draw("", r->holder, &r->eb) != 0)
        return cw_ctl_fail(CW_EXIT_WRONG, "%s", r->eb.text);
    return cw_takeover_begin(&r->redis, &r->standing, r->holder);
}

/* Until Redis was taken over daemons may have delivered more than was indexed, and that would be
 * taken for what the outbox does not know. All of it was in the outbox before it was in Redis, and
 * from now on nothing is delivered, so the ends as they are now are beyond it. Single tasks are
 * mended beside deliveries, which refill gives way to. */
static enum cw_exit catch_up(struct redeliver *r)
{
    const char *topic = r->settings->topic_tasks;
    int64_t first, end;
    int err = 0;
    for (int32_t p = 0; p < r->n_parts && !err && !r->manager; p++) {
        int64_t from = r->to[p] > r->from[p] ? r->to[p] : r->from[p];
        err = r->logs->ops->range(r->logs, topic, p, &first, &end, &r->eb);
        if (err || end <= r->to[p])
            continue;
        r->to[p] = end;
        if (from >= end)
            continue;
        r->whole += 2 * (uint64_t)(end - from);
        err = r->logs->ops->read(r->logs, topic, p, from, end, index_record, r, &r->eb);
    }
    return err ? bus_failed(r, err) : CW_EXIT_DONE;
}

/* The epoch is in Redis first: one that Redis has and Kafka has not is recorded by whoever sees it.
 */
static enum cw_exit give_back(struct redeliver *r)
{
    if (r->manager)
        return CW_EXIT_DONE;
    bool fresh = !r->recorded[0];
    if (fresh && r->standing.epoch[0])
        (void)strcpy(r->recorded, r->standing.epoch);
    else if (fresh && cw_epoch_draw("", r->recorded, &r->eb) != 0)
        return cw_ctl_fail(CW_EXIT_WRONG, "%s", r->eb.text);
    enum cw_exit code = cw_takeover_end(&r->redis, r->holder, r->recorded, r->to, r->n_parts);
    int err = code || !fresh ? 0 : cw_epoch_record(r->logs, r->settings, r->recorded, &r->eb);
    return err ? bus_failed(r, err) : code;
}

/* What was not read is not unknown. */
static enum cw_exit sweep(struct redeliver *r)
{
    if (r->manager || r->since != CW_NO_TIME)
        return CW_EXIT_DONE;
    return cw_takeover_sweep(&r->redis, r->holder, &r->index, &r->forgotten);
}

/* ---- filling ---- */

static int write_record(void *arg, const struct cw_message *m)
{
    struct redeliver *r = arg;
    struct cw_errbuf eb;
    tick(r);
    if (cw_record_split(m->value, &r->index.record, &eb) != 0)
        return 0; /* It was counted when the index was made. */
    const struct cw_latest *e =
        cw_outbox_index_find(&r->index, cw_record_member(&r->index.record, "task_id"));
    if (!e || e->partition != m->partition || e->offset != m->offset ||
        (r->manager && e->manager != r->manager_hash))
        return 0;
    r->code = cw_refill_add(&r->refill, m, !e->open);
    return r->code ? 1 : 0;
}

static enum cw_exit fill(struct redeliver *r)
{
    r->refill = (struct cw_refill){
        .redis = &r->redis, .settings = r->settings, .holder = r->holder, .now = cw_age_now()};
    enum cw_exit code = cw_refill_open(&r->refill);
    int err = code ? 0 : read_outbox(r, write_record);
    if (!code && err)
        code = r->code ? r->code : bus_failed(r, err);
    return code ? code : cw_refill_flush(&r->refill);
}

static int recall_outcome(void *arg, const struct cw_message *m)
{
    struct redeliver *r = arg;
    return cw_recall_take(&r->index, m);
}

static enum cw_exit set_desks(struct redeliver *r)
{
    int err = cw_logs_read_whole(r->logs, r->settings->topic_outcomes, recall_outcome, r, &r->eb);
    if (err)
        return bus_failed(r, err);
    const struct cw_recall_to to = {.redis = &r->redis,
                                    .holder = r->holder,
                                    .manager = r->manager_hash,
                                    .now = cw_age_now() / CW_SECOND};
    return cw_recall_tell(&r->index, &to, &r->recalled);
}

/* ---- the whole of it ---- */

static void print_summary(const struct redeliver *r)
{
    const struct cw_settings *s = r->settings;
    double seconds = cw_progress_seconds(&r->progress);
    unsigned long long records = r->index.records, tasks = r->index.n, open = r->index.n_open,
                       bad = r->index.unreadable, written = r->refill.written,
                       expired = r->refill.expired, recalled = r->recalled, gone = r->forgotten;
    if (r->ctl->json) {
        (void)printf("{\"dry_run\":%s,\"records\":%llu,\"unreadable\":%llu,\"tasks\":%llu,"
                     "\"open\":%llu,\"written\":%llu,\"expired\":%llu,\"desks_recalled\":%llu,"
                     "\"forgotten\":%llu,\"seconds\":%.3f}\n",
                     r->dry ? "true" : "false", records, bad, tasks, open, written, expired,
                     recalled, gone, seconds);
        return;
    }
    cw_word_print(stdout, s, CW_WORD_outbox_read, "%llu\t%llu\t%llu", records, tasks, open);
    (void)putchar('\n');
    if (bad) {
        cw_word_print(stdout, s, CW_WORD_outbox_no_tasks, "%llu", bad);
        (void)putchar('\n');
    }
    if (r->dry)
        cw_word_print(stdout, s, CW_WORD_nothing_written, "%s", "");
    else
        cw_word_print(stdout, s, CW_WORD_redelivered, "%llu\t%.1f\t%llu\t%llu\t%llu", written,
                      seconds, recalled, expired, gone);
    (void)putchar('\n');
}

/* Only now: loading them replaces what is there, which may be another installation's. */
static enum cw_exit functions(struct redeliver *r)
{
    return cw_redis_functions(&r->redis);
}

static enum cw_exit rebuild(struct redeliver *r)
{
    enum cw_exit (*const steps[])(struct redeliver * r) = {functions, take_over, catch_up, fill,
                                                           set_desks, sweep,     give_back};
    enum cw_exit code = CW_EXIT_DONE;
    for (size_t i = 0; i < sizeof steps / sizeof *steps && !code; i++)
        code = steps[i](r);
    if (code && strncmp(r->redis.eb.text, "CWEPOCH", 7) == 0)
        (void)cw_ctl_fail(code, "another redeliver has taken over, or Redis was emptied again; if "
                                "none is at work, run it again");
    return code;
}

static enum cw_exit run_open(struct redeliver *r)
{
    redisReply *delivery = NULL;
    int err = cw_epoch_read(r->logs, r->settings, r->recorded, &r->eb);
    if (err)
        return bus_failed(r, err);
    enum cw_exit code = look_at_redis(r, &delivery);
    if (!code)
        code = check_whose(r);
    if (!code) {
        cw_progress_begin(&r->progress, "records");
        err = measure(r, delivery);
        if (!err)
            err = read_outbox(r, index_record);
        code = err ? bus_failed(r, err) : CW_EXIT_DONE;
    }
    freeReplyObject(delivery);
    if (!code && !r->dry)
        code = rebuild(r);
    cw_progress_end(&r->progress);
    if (!code)
        print_summary(r);
    return code;
}

static enum cw_exit run(const struct cw_ctl *ctl)
{
    struct redeliver r = {.ctl = ctl,
                          .settings = ctl->settings,
                          .manager = cw_args_text(ctl->args, "manager"),
                          .dry = cw_args_flag(ctl->args, "dry-run"),
                          .replace = cw_args_flag(ctl->args, "replace")};
    enum cw_exit code = cw_age_since(ctl, "since", &r.since);
    if (!code && r.manager && !cw_redis_is_id(r.manager))
        code = cw_ctl_misused(ctl, "\"%s\" is no manager id", r.manager);
    if (code)
        return code;
    if (r.manager)
        r.manager_hash = cw_outbox_manager((struct cw_str){r.manager, strlen(r.manager)});
    int err = cw_logs_open(ctl->settings, &r.logs, &r.eb);
    code = err ? bus_failed(&r, err) : cw_redis_open(ctl->settings, &r.redis);
    if (!code && r.manager)
        code = cw_managers_known(ctl, &r.redis, r.manager);
    if (!code)
        code = run_open(&r);
    cw_recall_free(&r.index);
    cw_outbox_index_free(&r.index);
    cw_refill_free(&r.refill);
    free(r.from);
    free(r.to);
    cw_redis_close(&r.redis);
    cw_logs_close(r.logs);
    return code;
}

static const struct cw_option options[] = {
    {.name = "manager",
     .value = "MANAGER",
     .kind = CW_OPTION_TEXT,
     .help = "mend this manager's tasks only; Redis must be the one that was filled"},
    {.name = "since",
     .value = "AGE",
     .kind = CW_OPTION_TEXT,
     .help = "only versions younger than that, such as 8d, in which every open task has one"},
    {.name = "replace",
     .kind = CW_OPTION_FLAG,
     .help = "fill a Redis that another installation has filled, and drop what it holds"},
    {.name = "dry-run", .kind = CW_OPTION_FLAG, .help = "read and count, write nothing"},
    {0},
};

const struct cw_command cw_command_redeliver = {
    .name = "redeliver",
    .operands = "",
    .help = "fill Redis anew from the outbox",
    .options = options,
    .needs_settings = true,
    .run = run,
};
