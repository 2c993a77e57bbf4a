/* churnwatchctl feed MANAGER: what happened to the manager's tasks, and what happens now. */
#include <string.h>

#include "ctl/desk/feed.h"
#include "ctl/desk/filled.h"
#include "ctl/desk/managers.h"
#include "ctl/text.h"
#include "ctl/words.h"

struct watching {
    const struct cw_ctl *ctl;
    struct cw_redis redis;
    char last[72]; /* id of the last entry printed */
    struct cw_buf line;
};

static void put_column(struct cw_buf *b, struct cw_str s, size_t width)
{
    size_t from = b->n;
    cw_text_clean(b, s);
    size_t used = cw_text_width((struct cw_str){b->p + from, b->n - from});
    cw_buf_printf(b, "%*s", used < width ? (int)(width - used) + 1 : 1, "");
}

static struct cw_str read_field(const struct cw_settings *s, const redisReply *fields,
                                const char *name)
{
    struct cw_str value = cw_redis_field(fields, name);
    return strcmp(name, "event") == 0 ? cw_word_of(s, CW_OF_EVENT, value) : value;
}

static void human_line(struct cw_buf *b, const struct cw_settings *s, const redisReply *entry)
{
    static const struct {
        const char *field;
        size_t width;
    } columns[] = {{"at", 25}, {"event", 11}, {"priority", 3}, {"client_id", 12}, {"task_id", 18}};
    const redisReply *fields = cw_feed_fields(entry);
    if (!fields)
        return;
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
        put_column(b, read_field(s, fields, columns[i].field), columns[i].width);
    const struct cw_str who = cw_redis_field(fields, "who"), note = cw_redis_field(fields, "note");
    if (who.n == 0) {
        cw_text_clean(b, cw_redis_field(fields, "headline"));
        return;
    }
    /* A move: who made it and what they wrote say more than the headline once more. */
    cw_text_clean(b, who);
    if (note.n)
        cw_buf_puts(b, ": ");
    cw_text_clean(b, note);
}

static bool print_entry(void *arg, const redisReply *entry)
{
    struct watching *w = arg;
    (void)snprintf(w->last, sizeof w->last, "%.64s", entry->element[0]->str);
    cw_buf_clear(&w->line);
    if (w->ctl->json)
        cw_feed_json(&w->line, entry);
    else
        human_line(&w->line, w->ctl->settings, entry);
    cw_buf_puts(&w->line, "\n");
    return !w->line.failed && fwrite(w->line.p, 1, w->line.n, stdout) == w->line.n;
}

/* Waits for what comes, in turns shorter than the connection's time-out. */
static enum cw_exit follow(struct watching *w, const char *manager)
{
    char wait_ms[24];
    (void)snprintf(wait_ms, sizeof wait_ms, "%lld",
                   (long long)w->ctl->settings->redis_timeout / 2000);
    struct cw_key key = cw_redis_desk_key(&w->redis, manager, "feed");
    for (bool good = true; good;) {
        good = fflush(stdout) == 0;
        redisReply *got = cw_redis_ask(&w->redis, "XREAD", "COUNT", "500", "BLOCK", wait_ms,
                                       "STREAMS", key.text, w->last, NULL);
        if (!got)
            return cw_redis_fail(&w->redis);
        const redisReply *entries = got->elements == 1 && got->element[0]->elements == 2
                                        ? got->element[0]->element[1]
                                        : NULL;
        for (size_t i = 0; entries && good && i < entries->elements; i++)
            good = print_entry(w, entries->element[i]);
        freeReplyObject(got);
    }
    return cw_ctl_fail(CW_EXIT_WRONG, "standard output cannot be written");
}

static bool is_stream_id(const char *text)
{
    size_t digits = strspn(text, "0123456789");
    const char *rest = text + digits;
    if (*rest == '-')
        rest += 1 + strspn(rest + 1, "0123456789");
    return digits > 0 && !*rest && strlen(text) <= 41;
}

static enum cw_exit run(const struct cw_ctl *ctl)
{
    const char *manager = cw_args_operand(ctl->args, 0), *since = cw_args_text(ctl->args, "since");
    struct watching w = {.ctl = ctl, .last = "0"};
    if (!cw_redis_is_id(manager))
        return cw_ctl_misused(ctl, "\"%s\" is no manager id", manager);
    if (since && !is_stream_id(since))
        return cw_ctl_misused(ctl, "--since: \"%s\" is no entry id such as 1772391600000-0", since);
    enum cw_exit code = cw_redis_open(ctl->settings, &w.redis);
    if (!code)
        code = cw_desk_filled(&w.redis);
    if (!code)
        code = cw_managers_known(ctl, &w.redis, manager);
    if (since)
        (void)snprintf(w.last, sizeof w.last, "%s", since);
    if (!code)
        code = cw_feed_walk(&w.redis, manager, since ? since : "-", print_entry, &w);
    if (!code && cw_args_flag(ctl->args, "follow"))
        code = follow(&w, manager);
    cw_redis_close(&w.redis);
    cw_buf_free(&w.line);
    return code;
}

static const struct cw_option options[] = {
    {.name = "follow", .kind = CW_OPTION_FLAG, .help = "go on with what happens, until Ctrl-C"},
    {.name = "since",
     .value = "ID",
     .kind = CW_OPTION_TEXT,
     .help = "only entries after this one (--json shows their ids)"},
    {0},
};

const struct cw_command cw_command_feed = {
    .name = "feed",
    .operands = "MANAGER",
    .help = "a manager's alert feed",
    .options = options,
    .least = 1,
    .most = 1,
    .needs_settings = true,
    .run = run,
};
