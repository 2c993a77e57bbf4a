/* churnwatchctl status: what each instance says of itself, and what Redis holds.
 *
 * An instance's status is JSON of its own making. It is shown as it comes, whatever its members:
 * what is one value as a line, what is a list of objects as a table; so a newer daemon can say
 * more.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/hash_json.h"
#include "ctl/text.h"

#define COLUMNS_MOST 32

struct report {
    const struct cw_ctl *ctl;
    struct cw_redis redis;
    struct cw_buf json;
    size_t instances;
    bool stopped; /* a shard, of any of them */
};

/* ---- one instance, for people ---- */

static void put_value(struct cw_buf *b, json_t *value);

/* "billing 3, service 0" */
static void put_members(struct cw_buf *b, json_t *object)
{
    const char *name, *before = "";
    json_t *value;
    json_object_foreach(object, name, value)
    {
        cw_buf_printf(b, "%s%s ", before, name);
        put_value(b, value);
        before = ", ";
    }
}

static void put_elements(struct cw_buf *b, json_t *array)
{
    size_t i;
    json_t *value;
    json_array_foreach(array, i, value)
    {
        cw_buf_puts(b, i ? " " : "");
        put_value(b, value);
    }
}

static void put_value(struct cw_buf *b, json_t *value)
{
    if (json_is_object(value))
        put_members(b, value);
    else if (json_is_array(value))
        put_elements(b, value);
    else if (json_is_string(value))
        cw_buf_puts(b, json_string_value(value));
    else if (json_is_integer(value))
        cw_buf_printf(b, "%lld", (long long)json_integer_value(value));
    else if (json_is_real(value))
        cw_buf_printf(b, "%.10g", json_real_value(value));
    else
        cw_buf_puts(b, json_is_null(value) ? "-" : json_is_true(value) ? "yes" : "no");
}

static void value_cell(struct cw_table *t, json_t *value)
{
    struct cw_buf b = {0};
    if (value)
        put_value(&b, value);
    cw_table_cell(t, (struct cw_str){b.p, b.n});
    cw_buf_free(&b);
}

/* A list of objects, or an object with such a list in it: it takes lines of its own. */
static bool is_block(json_t *value)
{
    const char *name;
    json_t *member;
    json_object_foreach(value, name, member)
    {
        if (is_block(member))
            return true;
    }
    return json_array_size(value) > 0 && json_is_object(json_array_get(value, 0));
}

/* The columns are the members of the first row. */
static void print_table(json_t *rows)
{
    struct cw_table t = {0};
    const char *names[COLUMNS_MOST], *name;
    json_t *row, *value;
    size_t i;
    json_object_foreach(json_array_get(rows, 0), name, value)
    {
        if (t.columns < COLUMNS_MOST)
            names[t.columns++] = name;
    }
    for (size_t c = 0; c < t.columns; c++)
        cw_table_text(&t, names[c]);
    json_array_foreach(rows, i, row)
    {
        for (size_t c = 0; c < t.columns; c++)
            value_cell(&t, json_object_get(row, names[c]));
    }
    if (t.columns)
        cw_table_print(&t, 0, stdout);
    cw_table_free(&t);
}

static void print_plain_members(json_t *object)
{
    struct cw_table t = {.columns = 2};
    const char *name;
    json_t *value;
    json_object_foreach(object, name, value)
    {
        if (is_block(value))
            continue;
        cw_table_text(&t, name);
        value_cell(&t, value);
    }
    cw_table_print(&t, 0, stdout);
    cw_table_free(&t);
}

static void print_object(json_t *object)
{
    const char *name;
    json_t *value;
    print_plain_members(object);
    json_object_foreach(object, name, value)
    {
        if (!is_block(value))
            continue;
        (void)putchar('\n');
        cw_text_print((struct cw_str){name, strlen(name)}, stdout);
        (void)putchar('\n');
        if (json_is_array(value))
            print_table(value);
        else
            print_object(value);
    }
}

/* A shard that stopped stands still until somebody looks after it. */
static bool any_stopped(json_t *status)
{
    size_t i;
    json_t *shard;
    json_array_foreach(json_object_get(status, "shards"), i, shard)
    {
        const char *standing = json_string_value(json_object_get(shard, "standing"));
        if (standing && strcmp(standing, "stopped") == 0)
            return true;
    }
    return false;
}

static void print_instance(const char *name, json_t *status)
{
    (void)fputs("instance  ", stdout);
    cw_text_print((struct cw_str){name, strlen(name)}, stdout);
    (void)putchar('\n');
    if (json_is_object(status))
        print_object(status);
    else
        (void)puts("its status cannot be read");
    (void)putchar('\n');
}

/* ---- all instances ---- */

static void take_status(struct report *r, const char *name, struct cw_str text)
{
    json_t *status = json_loadb(text.p, text.n, 0, NULL);
    r->instances++;
    r->stopped |= any_stopped(status);
    if (r->ctl->json)
        cw_hash_raw(&r->json, name, text);
    else
        print_instance(name, status);
    json_decref(status);
}

static enum cw_exit add_instance(struct report *r, const char *key)
{
    const char *name = key + strlen(r->redis.prefix) + strlen("status:");
    redisReply *text = cw_redis_ask(&r->redis, "GET", key, NULL);
    if (!text)
        return cw_redis_fail(&r->redis);
    if (text->type == REDIS_REPLY_STRING)
        take_status(r, name, (struct cw_str){text->str, (size_t)text->len});
    freeReplyObject(text);
    return CW_EXIT_DONE;
}

/* The prefix may hold characters that a pattern gives a meaning to. */
static void put_pattern(struct cw_buf *b, const char *prefix)
{
    for (; *prefix; prefix++) {
        if (strchr("*?[]\\^", *prefix))
            cw_buf_puts(b, "\\");
        cw_buf_put(b, prefix, 1);
    }
    cw_buf_put(b, "status:*", sizeof "status:*");
}

static enum cw_exit add_page(struct report *r, const redisReply *keys)
{
    enum cw_exit code = CW_EXIT_DONE;
    for (size_t i = 0; !code && i < keys->elements; i++)
        code = add_instance(r, keys->element[i]->str);
    return code;
}

static enum cw_exit add_instances(struct report *r)
{
    struct cw_buf pattern = {0};
    char cursor[24] = "0";
    enum cw_exit code = CW_EXIT_DONE;
    put_pattern(&pattern, r->redis.prefix);
    do {
        redisReply *page =
            cw_redis_ask(&r->redis, "SCAN", cursor, "MATCH", pattern.p, "COUNT", "1000", NULL);
        code = page ? add_page(r, page->element[1]) : cw_redis_fail(&r->redis);
        (void)snprintf(cursor, sizeof cursor, "%s", page ? page->element[0]->str : "0");
        freeReplyObject(page);
    } while (!code && strcmp(cursor, "0") != 0);
    cw_buf_free(&pattern);
    return code;
}

/* ---- Redis ---- */

static enum cw_exit ask_count(struct report *r, const char *command, const char *name,
                              long long *ret_n)
{
    struct cw_key key = cw_redis_key(&r->redis, name);
    redisReply *n = cw_redis_ask(&r->redis, command, key.text, NULL);
    if (!n)
        return cw_redis_fail(&r->redis);
    *ret_n = n->integer;
    freeReplyObject(n);
    return CW_EXIT_DONE;
}

static void print_delivery(struct report *r, const redisReply *delivery)
{
    if (r->ctl->json) {
        cw_hash_member(&r->json, "delivery");
        cw_hash_json(&r->json, delivery, false);
        return;
    }
    for (size_t i = 0; i + 1 < delivery->elements; i += 2) {
        bool epoch = strcmp(delivery->element[i]->str, "epoch") == 0;
        (void)printf("%s %s: ", epoch ? "delivery" : "delivered up to, outbox partition",
                     delivery->element[i]->str);
        cw_text_print(
            (struct cw_str){delivery->element[i + 1]->str, (size_t)delivery->element[i + 1]->len},
            stdout);
        (void)putchar('\n');
    }
}

static enum cw_exit add_redis(struct report *r)
{
    long long managers = 0, tasks = 0;
    struct cw_key key = cw_redis_key(&r->redis, "delivery");
    enum cw_exit code = ask_count(r, "SCARD", "managers", &managers);
    if (!code)
        code = ask_count(r, "HLEN", "tasks", &tasks);
    redisReply *delivery = code ? NULL : cw_redis_ask(&r->redis, "HGETALL", key.text, NULL);
    if (!delivery)
        return code ? code : cw_redis_fail(&r->redis);
    if (r->ctl->json)
        cw_buf_printf(&r->json, "},\"redis\":{\"managers\":%lld,\"tasks\":%lld", managers, tasks);
    else
        (void)printf("Redis: %lld managers, %lld tasks\n", managers, tasks);
    print_delivery(r, delivery);
    freeReplyObject(delivery);
    return CW_EXIT_DONE;
}

static enum cw_exit report(struct report *r)
{
    cw_buf_puts(&r->json, "{\"instances\":{");
    enum cw_exit code = add_instances(r);
    if (!code)
        code = add_redis(r);
    if (code)
        return code;
    if (r->ctl->json)
        (void)printf("%.*s}}\n", (int)r->json.n, r->json.p);
    if (!r->instances)
        return cw_ctl_fail(CW_EXIT_WRONG, "no instance has reported in the last 10 s");
    if (r->stopped)
        return cw_ctl_fail(CW_EXIT_WRONG, "a shard has stopped");
    return CW_EXIT_DONE;
}

static enum cw_exit run(const struct cw_ctl *ctl)
{
    struct report r = {.ctl = ctl};
    enum cw_exit code = cw_redis_open(ctl->settings, &r.redis);
    if (!code)
        code = report(&r);
    cw_redis_close(&r.redis);
    cw_buf_free(&r.json);
    return code;
}

const struct cw_command cw_command_status = {
    .name = "status",
    .operands = "",
    .help = "shards, clocks and lag of every instance; what Redis holds",
    .needs_settings = true,
    .run = run,
};
