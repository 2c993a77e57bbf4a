/* What is wrong, in sentences. See status.h. */
#include <stdio.h>
#include <string.h>

#include "config/units.h"
#include "ctl/status/status.h"

#define REFUSED_MOST 10 /* in an hour, of one topic: more are no accident */

enum problem {
#define PROBLEM(name, en, zh) PROBLEM_##name,
#include "ctl/status/status_problems.def"
#undef PROBLEM
    PROBLEMS
};

static const char *const texts[CW_LANGUAGES][PROBLEMS] = {
    [CW_CHINESE] =
        {
#define PROBLEM(name, en, zh) [PROBLEM_##name] = (zh),
#include "ctl/status/status_problems.def"
#undef PROBLEM
        },
    [CW_ENGLISH] =
        {
#define PROBLEM(name, en, zh) [PROBLEM_##name] = (en),
#include "ctl/status/status_problems.def"
#undef PROBLEM
        },
};
static const char *const codes[PROBLEMS] = {
#define PROBLEM(name, en, zh) [PROBLEM_##name] = #name,
#include "ctl/status/status_problems.def"
#undef PROBLEM
};

/* The text with its two places filled; it is one of ours, so it has them. */
static void put_sentence(struct cw_buf *b, const char *text, const char *whom, const char *what)
{
    const char *first = strstr(text, "%s"), *second = strstr(first + 2, "%s");
    cw_buf_put(b, text, (size_t)(first - text));
    cw_buf_puts(b, whom);
    cw_buf_put(b, first + 2, (size_t)(second - first - 2));
    cw_buf_puts(b, what);
    cw_buf_puts(b, second + 2);
    cw_buf_put(b, "", 1);
}

static void add(struct cw_status *st, enum problem p, const char *whom, const char *what)
{
    struct cw_buf b = {0};
    put_sentence(&b, texts[st->ctl->settings->language][p], whom, what);
    if (!b.failed)
        (void)json_array_append_new(st->problems,
                                    json_pack("{s:s, s:s}", "code", codes[p], "text", b.p));
    cw_buf_free(&b);
}

/* ---- instances ---- */

static void judge_shards(struct cw_status *st, const char *name, const json_t *instance)
{
    size_t i;
    json_t *shard;
    char whom[96];
    json_array_foreach(json_object_get(instance, "shards"), i, shard)
    {
        if (strcmp(cw_status_text(shard, "standing"), "stopped") != 0)
            continue;
        (void)snprintf(whom, sizeof whom, "%lld, %.64s", (long long)cw_status_count(shard, "shard"),
                       name);
        struct cw_buf why = {0};
        cw_status_put_reason(&why, st->ctl, cw_status_text(shard, "reason"));
        cw_buf_printf(&why, "; churnwatchctl doctor --shard %lld --repair",
                      (long long)cw_status_count(shard, "shard"));
        cw_buf_put(&why, "", 1);
        add(st, PROBLEM_shard_stopped, whom, why.failed ? "" : why.p);
        cw_buf_free(&why);
    }
}

static json_int_t newest_settings(const struct cw_status *st)
{
    const char *name;
    json_t *instance;
    json_int_t newest = 0;
    json_object_foreach(st->instances, name, instance)
    {
        json_int_t version = cw_status_count(instance, "settings");
        newest = version > newest ? version : newest;
    }
    return newest;
}

static void judge_instance(struct cw_status *st, const char *name, const json_t *instance)
{
    char version[24];
    struct cw_buf why = {0};
    if (!json_is_object(instance)) {
        add(st, PROBLEM_unreadable, name, "");
        return;
    }
    if (json_is_false(json_object_get(instance, "ready"))) {
        cw_status_put_reason(&why, st->ctl, cw_status_text(instance, "why_not"));
        cw_buf_put(&why, "", 1);
        add(st, PROBLEM_not_ready, name, why.failed ? "" : why.p);
        cw_buf_free(&why);
    }
    if (json_is_true(json_object_get(json_object_get(instance, "reload"), "refused")))
        add(st, PROBLEM_reload_refused, name, "");
    judge_shards(st, name, instance);
    if (cw_status_count(instance, "settings") < newest_settings(st)) {
        (void)snprintf(version, sizeof version, "%lld",
                       (long long)cw_status_count(instance, "settings"));
        add(st, PROBLEM_settings_differ, name, version);
    }
}

/* ---- feeds ---- */

static bool holds_shards(const json_t *instance)
{
    return json_array_size(json_object_get(instance, "shards")) > 0;
}

/* A topic as all instances with shards see it. */
struct feed {
    const char *topic;
    bool heard;       /* some instance has a feed that is not silent */
    json_int_t quiet; /* seconds, the least */
    json_int_t refused;
};

static void add_feed(struct feed *f, const json_t *instance, size_t at)
{
    const json_t *feed = json_array_get(json_object_get(instance, "feeds"), at);
    json_int_t quiet = cw_status_count(feed, "quiet_s");
    if (!feed)
        return;
    if (!*f->topic || quiet < f->quiet)
        f->quiet = quiet;
    f->topic = cw_status_text(feed, "topic");
    f->heard |= !json_is_true(json_object_get(feed, "silent"));
    f->refused += cw_status_count(feed, "refused_last_hour");
}

static void judge_feed(struct cw_status *st, const struct feed *f)
{
    struct cw_buf quiet = {0};
    char refused[24];
    if (*f->topic && !f->heard) {
        cw_duration_print(&quiet, f->quiet * CW_SECOND);
        cw_buf_put(&quiet, "", 1);
        add(st, PROBLEM_feed_silent, f->topic, quiet.failed ? "" : quiet.p);
    }
    if (f->refused > REFUSED_MOST) {
        (void)snprintf(refused, sizeof refused, "%lld", (long long)f->refused);
        add(st, PROBLEM_refusals, f->topic, refused);
    }
    cw_buf_free(&quiet);
}

static void judge_feeds(struct cw_status *st)
{
    bool more = true;
    for (size_t at = 0; more; at++) {
        struct feed f = {.topic = ""};
        const char *name;
        json_t *instance;
        json_object_foreach(st->instances, name, instance)
        {
            if (holds_shards(instance))
                add_feed(&f, instance, at);
        }
        judge_feed(st, &f);
        more = *f.topic != '\0';
    }
}

/* ---- all of it ---- */

static void judge_unheld(struct cw_status *st)
{
    const char *name;
    char number[24];
    for (size_t i = 0; i < json_array_size(st->shards); i++) {
        if (cw_status_shard(st, (json_int_t)i, &name))
            continue;
        (void)snprintf(number, sizeof number, "%zu", i);
        add(st, PROBLEM_shard_unheld, number, "");
    }
}

void cw_status_judge(struct cw_status *st)
{
    const char *name, *refill = cw_status_text(json_object_get(st->redis, "delivery"), "refill");
    json_t *instance;
    if (st->redis_error.text[0])
        add(st, PROBLEM_redis_unreachable, "", st->redis_error.text);
    if (st->bus_error.text[0])
        add(st, PROBLEM_bus_unreachable, "", st->bus_error.text);
    if (*refill)
        add(st, PROBLEM_refilling, "", refill);
    if (st->redis && json_object_size(st->instances) == 0)
        add(st, PROBLEM_no_instance, "", "");
    json_object_foreach(st->instances, name, instance)
    {
        judge_instance(st, name, instance);
    }
    judge_feeds(st);
    if (st->redis)
        judge_unheld(st);
}
