/* The status as tables, in the operator's language. See status.h. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "config/units.h"
#include "ctl/status/status.h"
#include "ctl/text.h"
#include "ctl/words.h"

/* ---- cells ---- */

static void titles(const struct cw_status *st, struct cw_table *t, const enum cw_word *words,
                   size_t n)
{
    t->columns = n;
    for (size_t i = 0; i < n; i++)
        cw_table_text(t, cw_word(st->ctl->settings, words[i]));
}

static void finish(struct cw_table *t)
{
    cw_table_print(t, cw_text_terminal(), stdout);
    cw_table_free(t);
    (void)putchar('\n');
}

static void buf_cell(struct cw_table *t, struct cw_buf *b)
{
    cw_table_cell(t, (struct cw_str){b->p, b->n});
    cw_buf_free(b);
}

/* As exact as anybody looks: no minutes with days, no seconds with hours. */
static void duration_cell(struct cw_table *t, int64_t seconds)
{
    struct cw_buf b = {0};
    int64_t grain = seconds >= 86400 ? 3600 : seconds >= 3600 ? 60 : 1;
    cw_duration_print(&b, seconds / grain * grain * CW_SECOND);
    buf_cell(t, &b);
}

/* A member that is a count of seconds, or null. */
static void seconds_cell(struct cw_table *t, const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    if (json_is_integer(value))
        duration_cell(t, json_integer_value(value));
    else
        cw_table_text(t, "");
}

static const char *yes_or_no(const struct cw_status *st, bool yes)
{
    return cw_word(st->ctl->settings, yes ? CW_WORD_yes : CW_WORD_no);
}

const char *cw_status_standing(const struct cw_settings *s, const char *said)
{
    static const struct {
        const char *said;
        enum cw_word word;
    } rows[] = {
        {"running", CW_WORD_running},   {"restoring", CW_WORD_restoring},
        {"assigned", CW_WORD_assigned}, {"stopped", CW_WORD_stopped},
        {"open", CW_WORD_open},         {"down", CW_WORD_down},
        {"settling", CW_WORD_settling}, {"refused", CW_WORD_refused},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strcmp(rows[i].said, said) == 0)
            return cw_word(s, rows[i].word);
    return said;
}

/* ---- instances ---- */

static void print_instances(const struct cw_status *st)
{
    static const enum cw_word words[] = {CW_WORD_instance, CW_WORD_version, CW_WORD_settings,
                                         CW_WORD_started,  CW_WORD_ready,   CW_WORD_shards,
                                         CW_WORD_delivery};
    struct cw_table t = {0};
    const char *name;
    json_t *instance;
    titles(st, &t, words, sizeof words / sizeof *words);
    json_object_foreach(st->instances, name, instance)
    {
        const json_t *delivery = json_object_get(instance, "delivery");
        cw_table_text(&t, name);
        cw_table_text(&t, cw_status_text(instance, "version"));
        cw_table_count(&t, cw_status_count(instance, "settings"));
        cw_table_text(&t, cw_status_text(instance, "started"));
        cw_table_text(&t, yes_or_no(st, json_is_true(json_object_get(instance, "ready"))));
        cw_table_count(&t, (int64_t)json_array_size(json_object_get(instance, "shards")));
        cw_table_text(&t,
                      cw_status_standing(st->ctl->settings, cw_status_text(delivery, "standing")));
    }
    finish(&t);
}

/* ---- shards ---- */

/* "restoring 45%, 450 / 1000, 12.5 MiB": of the records of its state log. */
static void standing_cell(const struct cw_status *st, struct cw_table *t, const json_t *shard)
{
    const char *standing = cw_status_text(shard, "standing");
    json_int_t whole = cw_status_count(shard, "to_restore");
    struct cw_buf b = {0};
    cw_buf_puts(&b, cw_status_standing(st->ctl->settings, standing));
    if (strcmp(standing, "restoring") == 0 && whole > 0) {
        cw_buf_printf(&b, " %d%%, %lld / %lld, %.1f MiB",
                      (int)(100 * cw_status_count(shard, "restored") / whole),
                      (long long)cw_status_count(shard, "restored"), (long long)whole,
                      (double)cw_status_count(shard, "restored_bytes") / (1 << 20));
    }
    buf_cell(t, &b);
}

/* How far the shard's clock is behind the wall's. */
static void behind_cell(const struct cw_status *st, struct cw_table *t, const json_t *shard)
{
    const char *clock = cw_status_text(shard, "clock");
    cw_event_time at;
    if (cw_parse_rfc3339((struct cw_str){clock, strlen(clock)}, &at) == 0)
        duration_cell(t, st->now > at ? (st->now - at) / CW_SECOND : 0);
    else
        cw_table_text(t, "");
}

static void lag_cell(struct cw_table *t, const json_t *lag, const char *name)
{
    json_int_t n = cw_status_count(lag, name);
    if (n < 0)
        cw_table_text(t, "?");
    else
        cw_table_count(t, n);
}

/* The shard's place in its instance's delivery. */
static const json_t *delivery_of(const json_t *instance, json_int_t shard)
{
    size_t i;
    json_t *found;
    json_array_foreach(json_object_get(json_object_get(instance, "delivery"), "shards"), i, found)
    {
        if (cw_status_count(found, "shard") == shard)
            return found;
    }
    return NULL;
}

static void shard_row(const struct cw_status *st, struct cw_table *t, const char *name,
                      const json_t *instance, const json_t *shard)
{
    static const char *const inputs[] = {"profiles", "billing", "service", "outcomes"};
    const json_t *delivery = delivery_of(instance, cw_status_count(shard, "shard"));
    cw_table_count(t, cw_status_count(shard, "shard"));
    cw_table_text(t, name);
    standing_cell(st, t, shard);
    cw_table_text(t, cw_status_text(shard, "clock"));
    behind_cell(st, t, shard);
    for (size_t i = 0; i < sizeof inputs / sizeof *inputs; i++)
        lag_cell(t, json_object_get(shard, "lag"), inputs[i]);
    cw_table_count(t,
                   cw_status_count(delivery, "waiting") + cw_status_count(delivery, "unanswered"));
    cw_table_count(t, cw_status_count(shard, "clients"));
    cw_table_count(t, cw_status_count(shard, "open_tasks"));
    cw_table_text(t, cw_status_text(shard, "last_commit"));
}

static void print_shards(const struct cw_status *st)
{
    static const enum cw_word words[] = {
        CW_WORD_shard,    CW_WORD_instance, CW_WORD_state,      CW_WORD_clock,    CW_WORD_behind,
        CW_WORD_profiles, CW_WORD_billing,  CW_WORD_service,    CW_WORD_outcomes, CW_WORD_delivery,
        CW_WORD_clients,  CW_WORD_tasks,    CW_WORD_last_commit};
    struct cw_table t = {0};
    const char *name;
    json_t *instance, *shard;
    size_t i;
    titles(st, &t, words, sizeof words / sizeof *words);
    json_object_foreach(st->instances, name, instance)
    {
        json_array_foreach(json_object_get(instance, "shards"), i, shard)
        {
            shard_row(st, &t, name, instance, shard);
        }
    }
    finish(&t);
}

/* ---- feeds ---- */

static void feed_row(const struct cw_status *st, struct cw_table *t, const char *name,
                     const json_t *feed)
{
    bool silent = json_is_true(json_object_get(feed, "silent"));
    cw_table_text(t, cw_status_text(feed, "topic"));
    cw_table_text(t, name);
    cw_table_text(t, cw_status_text(feed, "last_message"));
    seconds_cell(t, feed, "quiet_s");
    seconds_cell(t, feed, "usual_pause_s");
    seconds_cell(t, feed, "silent_after_s");
    cw_table_count(t, cw_status_count(feed, "taken"));
    cw_table_count(t, cw_status_count(feed, "refused"));
    cw_table_count(t, cw_status_count(feed, "refused_last_hour"));
    cw_table_text(t, silent ? cw_word(st->ctl->settings, CW_WORD_silent) : "");
}

static void print_feeds(const struct cw_status *st)
{
    static const enum cw_word words[] = {CW_WORD_topic, CW_WORD_instance,    CW_WORD_last_message,
                                         CW_WORD_quiet, CW_WORD_usual_pause, CW_WORD_silent_after,
                                         CW_WORD_taken, CW_WORD_refused_all, CW_WORD_last_hour,
                                         CW_WORD_state};
    struct cw_table t = {0};
    const char *name;
    json_t *instance, *feed;
    size_t i;
    titles(st, &t, words, sizeof words / sizeof *words);
    json_object_foreach(st->instances, name, instance)
    {
        json_array_foreach(json_object_get(instance, "feeds"), i, feed)
        {
            feed_row(st, &t, name, feed);
        }
    }
    finish(&t);
}

/* ---- were the detectors right? ---- */

static const struct {
    const char *name;
    enum cw_word word;
} results[] = {
#define X(name, word) {#word, CW_WORD_##word},
    CW_RESULTS_OF(X)
#undef X
};
enum { RESULTS = sizeof results / sizeof *results };

/* The row of all instances that is of the same detector and segment; a new one where there is
 * none. */
static json_t *sum_of(json_t *sums, const json_t *row)
{
    size_t i;
    json_t *sum;
    json_array_foreach(sums, i, sum)
    {
        if (strcmp(cw_status_text(sum, "detector"), cw_status_text(row, "detector")) == 0 &&
            strcmp(cw_status_text(sum, "segment"), cw_status_text(row, "segment")) == 0)
            return sum;
    }
    sum = json_object();
    (void)json_object_set_new(sum, "detector", json_string(cw_status_text(row, "detector")));
    (void)json_object_set_new(sum, "segment", json_string(cw_status_text(row, "segment")));
    (void)json_array_append_new(sums, sum);
    return sum;
}

static void add_up(json_t *sums, const json_t *row)
{
    json_t *sum = sum_of(sums, row);
    for (size_t k = 0; k < RESULTS; k++) {
        const char *name = results[k].name;
        json_int_t n = cw_status_count(sum, name) + cw_status_count(row, name);
        (void)json_object_set_new(sum, name, json_integer(n));
    }
}

static void accuracy_row(const struct cw_status *st, struct cw_table *t, const json_t *sum)
{
    const char *detector = cw_status_text(sum, "detector");
    struct cw_str name = {detector, strlen(detector)};
    char share[16];
    json_int_t all = 0;
    cw_table_cell(t, cw_word_of(st->ctl->settings, CW_OF_DETECTOR, name));
    cw_table_text(t, cw_status_text(sum, "segment"));
    for (size_t k = 0; k < RESULTS; k++) {
        cw_table_count(t, cw_status_count(sum, results[k].name));
        all += cw_status_count(sum, results[k].name);
    }
    (void)snprintf(share, sizeof share, "%.0f%%",
                   all ? 100.0 * (double)cw_status_count(sum, "false_alarm") / (double)all : 0.0);
    cw_table_text(t, share);
}

/* Nothing before the first task is done. */
static void print_accuracy(const struct cw_status *st)
{
    enum cw_word words[RESULTS + 3] = {CW_WORD_detector, CW_WORD_segment};
    struct cw_table t = {0};
    json_t *sums = json_array(), *instance, *row;
    const char *name;
    size_t i;
    for (size_t k = 0; k < RESULTS; k++)
        words[2 + k] = results[k].word;
    words[RESULTS + 2] = CW_WORD_false_alarms;
    json_object_foreach(st->instances, name, instance)
    {
        json_array_foreach(json_object_get(instance, "accuracy"), i, row)
        {
            add_up(sums, row);
        }
    }
    if (json_array_size(sums)) {
        titles(st, &t, words, RESULTS + 3);
        json_array_foreach(sums, i, row) accuracy_row(st, &t, row);
        finish(&t);
    }
    json_decref(sums);
}

/* What came too late for the verdict of its day. */
static void print_late(const struct cw_status *st)
{
    json_int_t late = 0, judged = 0;
    const char *name;
    json_t *instance, *shard;
    size_t i;
    json_object_foreach(st->instances, name, instance)
    {
        json_array_foreach(json_object_get(instance, "shards"), i, shard)
        {
            late += cw_status_count(shard, "late");
            judged += cw_status_count(shard, "judged");
        }
    }
    if (judged > 0)
        (void)printf(
            "%s%s%.2f%%%s%lld / %lld%s\n\n", cw_word(st->ctl->settings, CW_WORD_late_events),
            cw_word(st->ctl->settings, CW_WORD_colon), 100.0 * (double)late / (double)judged,
            cw_word(st->ctl->settings, CW_WORD_aside), (long long)late, (long long)judged,
            cw_word(st->ctl->settings, CW_WORD_end_of_aside));
}

/* ---- the topics ---- */

static void print_bus(const struct cw_status *st)
{
    static const enum cw_word words[] = {CW_WORD_shard, CW_WORD_instance, CW_WORD_lag,
                                         CW_WORD_outbox, CW_WORD_undelivered};
    struct cw_table t = {0};
    const char *name, *topic, *comma = cw_word(st->ctl->settings, CW_WORD_comma);
    json_t *shard, *lag;
    size_t i;
    titles(st, &t, words, sizeof words / sizeof *words);
    json_array_foreach(st->shards, i, shard)
    {
        struct cw_buf b = {0};
        name = "";
        (void)cw_status_shard(st, (json_int_t)i, &name);
        json_object_foreach(json_object_get(shard, "lag"), topic, lag)
        {
            cw_buf_printf(&b, "%s%s %lld", b.n ? comma : "", topic,
                          (long long)json_integer_value(lag));
        }
        cw_table_count(&t, (int64_t)i);
        cw_table_text(&t, name);
        buf_cell(&t, &b);
        cw_table_count(&t, cw_status_count(shard, "outbox_end"));
        if (json_is_integer(json_object_get(shard, "undelivered")))
            cw_table_count(&t, cw_status_count(shard, "undelivered"));
        else
            cw_table_text(&t, "?");
    }
    finish(&t);
}

/* ---- all of it ---- */

static void print_redis(const struct cw_status *st)
{
    const char *name;
    json_t *value;
    const struct cw_settings *s = st->ctl->settings;
    const char *colon = cw_word(s, CW_WORD_colon);
    (void)printf("Redis%s%lld %s%s%lld %s\n", colon,
                 (long long)cw_status_count(st->redis, "managers"), cw_word(s, CW_WORD_managers),
                 cw_word(s, CW_WORD_comma), (long long)cw_status_count(st->redis, "tasks"),
                 cw_word(s, CW_WORD_tasks_held));
    json_object_foreach(json_object_get(st->redis, "delivery"), name, value)
    {
        bool number = strspn(name, "0123456789") == strlen(name);
        (void)printf("  %s%s%s%s\n", number ? cw_word(s, CW_WORD_outbox_partition) : "", name,
                     colon, json_string_value(value));
    }
}

void cw_status_print(const struct cw_status *st)
{
    if (json_object_size(st->instances)) {
        print_instances(st);
        print_shards(st);
        print_feeds(st);
        print_accuracy(st);
        print_late(st);
    }
    if (st->shards)
        print_bus(st);
    if (st->redis)
        print_redis(st);
}
