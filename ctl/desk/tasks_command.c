/* churnwatchctl tasks MANAGER: the ranked queue, as the manager sees it. */
#include <stdlib.h>
#include <string.h>

#include "ctl/desk/filled.h"
#include "ctl/desk/managers.h"
#include "ctl/hash_json.h"
#include "ctl/text.h"
#include "ctl/words.h"

#define LIMIT 20

struct listing {
    const struct cw_ctl *ctl;
    const char *manager;
    struct cw_redis redis;
    struct cw_table table;
    struct cw_buf json;
    int64_t rank;
};

/* 2026-03-02T09:00:00+08:00 as a person reads it on a list. */
static void instant_cell(struct cw_table *t, struct cw_str s)
{
    char text[17] = "";
    if (s.n >= 16) {
        memcpy(text, s.p, 16);
        text[10] = ' ';
    }
    cw_table_text(t, text);
}

static void percent_cell(struct cw_table *t, struct cw_str s)
{
    char text[32] = "", number[16] = "";
    memcpy(number, s.p, s.n < sizeof number ? s.n : sizeof number - 1);
    if (s.n)
        (void)snprintf(text, sizeof text, "%.1f%%", strtod(number, NULL) * 100);
    cw_table_text(t, text);
}

static void titles(struct listing *l)
{
    static const enum cw_word words[] = {
        CW_WORD_rank,   CW_WORD_priority, CW_WORD_risk,  CW_WORD_due,    CW_WORD_task,
        CW_WORD_client, CW_WORD_name,     CW_WORD_class, CW_WORD_method, CW_WORD_headline};
    l->table.columns = sizeof words / sizeof *words;
    l->table.right = 1 << 0 | 1 << 1 | 1 << 2;
    for (size_t i = 0; i < l->table.columns; i++)
        cw_table_text(&l->table, cw_word(l->ctl->settings, words[i]));
}

static void add_row(struct listing *l, const redisReply *hash)
{
    struct cw_table *t = &l->table;
    cw_table_count(t, ++l->rank);
    cw_table_cell(t, cw_redis_field(hash, "priority"));
    percent_cell(t, cw_redis_field(hash, "risk"));
    instant_cell(t, cw_redis_field(hash, "due_at"));
    cw_table_cell(t, cw_redis_field(hash, "task_id"));
    cw_table_cell(t, cw_redis_field(hash, "client_id"));
    cw_table_cell(t, cw_redis_field(hash, "client_name"));
    cw_table_cell(t, cw_redis_field(hash, "class"));
    cw_table_cell(t, cw_word_of(l->ctl->settings, CW_OF_MEMBER, cw_redis_field(hash, "method")));
    cw_table_cell(t, cw_redis_field(hash, "headline"));
}

static void add_json(struct listing *l, const redisReply *hash)
{
    cw_buf_puts(&l->json, l->rank++ ? ",\n" : "");
    cw_hash_json(&l->json, hash, false);
}

/* A task that has just left the queue has no hash, or one elsewhere: it is passed over. */
static enum cw_exit add_task(struct listing *l, const redisReply *id)
{
    char name[80];
    (void)snprintf(name, sizeof name, "task:%.64s", id->str);
    struct cw_key key = cw_redis_desk_key(&l->redis, l->manager, name);
    redisReply *hash = cw_redis_ask(&l->redis, "HGETALL", key.text, NULL);
    if (!hash)
        return cw_redis_fail(&l->redis);
    if (hash->elements)
        (l->ctl->json ? add_json : add_row)(l, hash);
    freeReplyObject(hash);
    return CW_EXIT_DONE;
}

static enum cw_exit add_tasks(struct listing *l)
{
    char last[24];
    struct cw_key key = cw_redis_desk_key(&l->redis, l->manager, "queue");
    (void)snprintf(last, sizeof last, "%lld",
                   (long long)cw_args_count(l->ctl->args, "limit", LIMIT) - 1);
    redisReply *ids = cw_redis_ask(&l->redis, "ZREVRANGE", key.text, "0", last, NULL);
    if (!ids)
        return cw_redis_fail(&l->redis);
    enum cw_exit code = CW_EXIT_DONE;
    for (size_t i = 0; !code && i < ids->elements; i++)
        code = add_task(l, ids->element[i]);
    freeReplyObject(ids);
    return code;
}

/* The line below the table: how much there is beside what is shown. */
static enum cw_exit print_sizes(struct listing *l)
{
    static const struct {
        const char *key;
        enum cw_word word;
    } sets[] = {
        {"queue", CW_WORD_queued}, {"claimed", CW_WORD_claimed}, {"snoozed", CW_WORD_snoozed}};
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
        struct cw_key key = cw_redis_desk_key(&l->redis, l->manager, sets[i].key);
        redisReply *n = cw_redis_ask(&l->redis, "ZCARD", key.text, NULL);
        if (!n)
            return cw_redis_fail(&l->redis);
        (void)printf("%s%s %lld", i ? cw_word(l->ctl->settings, CW_WORD_comma) : "",
                     cw_word(l->ctl->settings, sets[i].word), n->integer);
        freeReplyObject(n);
    }
    (void)putchar('\n');
    return CW_EXIT_DONE;
}

static enum cw_exit list(struct listing *l)
{
    enum cw_exit code = add_tasks(l);
    if (code)
        return code;
    if (l->ctl->json) {
        (void)printf("[%.*s]\n", (int)l->json.n, l->json.p ? l->json.p : "");
        return CW_EXIT_DONE;
    }
    cw_table_print(&l->table, cw_text_terminal(), stdout);
    return print_sizes(l);
}

static enum cw_exit run(const struct cw_ctl *ctl)
{
    struct listing l = {.ctl = ctl, .manager = cw_args_operand(ctl->args, 0)};
    if (!cw_redis_is_id(l.manager))
        return cw_ctl_misused(ctl, "\"%s\" is no manager id", l.manager);
    enum cw_exit code = cw_redis_open(ctl->settings, &l.redis);
    if (!code)
        code = cw_desk_filled(&l.redis);
    if (!code)
        code = cw_managers_known(ctl, &l.redis, l.manager);
    titles(&l);
    if (!code)
        code = list(&l);
    cw_redis_close(&l.redis);
    cw_table_free(&l.table);
    cw_buf_free(&l.json);
    return code;
}

static const struct cw_option options[] = {
    {.name = "limit",
     .value = "N",
     .kind = CW_OPTION_COUNT,
     .least = 1,
     .most = 1000000,
     .help = "the first N tasks (default 20)"},
    {0},
};

const struct cw_command cw_command_tasks = {
    .name = "tasks",
    .operands = "MANAGER",
    .help = "a manager's queue, first things first",
    .options = options,
    .least = 1,
    .most = 1,
    .needs_settings = true,
    .run = run,
};
