/* churnwatchctl dead-letters list: what was refused, newest last. Ids and numbers are masked. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/mask.h"
#include "ctl/repair/dead_letters.h"
#include "ctl/text.h"
#include "ctl/words.h"

#define LIMIT 50
#define LIMIT_MOST 100000

/* A line to be printed, kept until all are read: partitions are read one after the other. */
struct line {
    int64_t at_ms;
    struct cw_dead_place place, of;
    bool replayed;
    char *topic, *code, *detail, *key; /* owned, in one piece that begins with topic */
};
struct list {
    const struct cw_ctl *ctl;
    struct line *lines; /* owned; a heap by time, the oldest first */
    size_t n, most;
    uint64_t found, replayed;
};

/* ---- the newest of them ---- */

static bool older(const struct line *a, const struct line *b)
{
    if (a->at_ms != b->at_ms)
        return a->at_ms < b->at_ms;
    if (a->place.partition != b->place.partition)
        return a->place.partition < b->place.partition;
    return a->place.offset < b->place.offset;
}

static int by_age(const void *a, const void *b)
{
    return older(a, b) ? -1 : 1;
}

static void sink(struct line *lines, size_t n, size_t at)
{
    for (;;) {
        size_t least = at, left = 2 * at + 1;
        for (size_t i = left; i < n && i <= left + 1; i++)
            if (older(&lines[i], &lines[least]))
                least = i;
        if (least == at)
            return;
        struct line keep = lines[at];
        lines[at] = lines[least];
        lines[least] = keep;
        at = least;
    }
}

static void lift(struct line *lines, size_t at)
{
    for (size_t up = (at - 1) / 2; at > 0 && older(&lines[at], &lines[up]); up = (at - 1) / 2) {
        struct line keep = lines[at];
        lines[at] = lines[up];
        lines[up] = keep;
        at = up;
    }
}

static void keep(struct list *list, const struct line *line)
{
    if (list->n < list->most) {
        list->lines[list->n++] = *line;
        lift(list->lines, list->n - 1);
        return;
    }
    struct line gone = older(&list->lines[0], line) ? list->lines[0] : *line;
    if (gone.topic == list->lines[0].topic) {
        list->lines[0] = *line;
        sink(list->lines, list->n, 0);
    }
    free(gone.topic);
}

/* ---- taking ---- */

static void put_text(struct cw_buf *b, struct cw_str s)
{
    cw_text_clean(b, s);
    cw_buf_put(b, "", 1);
}

/* What a reason quotes may be anything: a name, or a number in a member that should hold none. */
static void put_detail(struct cw_buf *b, const struct cw_dead_letter *l)
{
    struct cw_buf masked = {0};
    cw_mask_quoted(&masked, l->detail);
    cw_mask_numbers(b, (struct cw_str){masked.p, masked.n});
    b->failed |= masked.failed;
    cw_buf_free(&masked);
}

static int take(void *arg, const struct cw_dead_letter *l)
{
    struct list *list = arg;
    struct line line = {l->at_ms, l->place, l->of, l->replayed, NULL, NULL, NULL, NULL};
    struct cw_buf b = {0}, detail = {0}, key = {0};
    list->found++;
    list->replayed += l->replayed;
    put_detail(&detail, l);
    cw_mask_id(&key, l->key);
    put_text(&b, l->topic);
    put_text(&b, l->code);
    put_text(&b, (struct cw_str){detail.p, detail.n});
    put_text(&b, (struct cw_str){key.p, key.n});
    bool failed = b.failed || detail.failed || key.failed;
    cw_buf_free(&detail);
    cw_buf_free(&key);
    if (failed) {
        cw_buf_free(&b);
        return -CW_E_NOMEM;
    }
    line.topic = b.p;
    line.code = line.topic + strlen(line.topic) + 1;
    line.detail = line.code + strlen(line.code) + 1;
    line.key = line.detail + strlen(line.detail) + 1;
    keep(list, &line);
    return 0;
}

/* ---- printing ---- */

static void put_place(struct cw_buf *b, struct cw_dead_place p)
{
    cw_buf_printf(b, "%" PRId32 ":%" PRId64, p.partition, p.offset);
}

static void put_time(struct cw_buf *b, const struct list *list, const struct line *line)
{
    if (line->at_ms >= 0)
        cw_buf_time(b, list->ctl->settings->zone, line->at_ms * 1000);
}

static void cell(struct cw_table *t, struct cw_buf *b)
{
    cw_table_cell(t, (struct cw_str){b->p, b->n});
    cw_buf_clear(b);
}

static void print_table(const struct list *list)
{
    static const enum cw_word words[] = {CW_WORD_letter,   CW_WORD_refused_at, CW_WORD_topic,
                                         CW_WORD_offset,   CW_WORD_code,       CW_WORD_key,
                                         CW_WORD_replayed, CW_WORD_reason};
    const struct cw_settings *s = list->ctl->settings;
    struct cw_table t = {.columns = sizeof words / sizeof *words};
    struct cw_buf b = {0};
    for (size_t i = 0; i < t.columns; i++)
        cw_table_text(&t, cw_word(s, words[i]));
    for (size_t i = 0; i < list->n; i++) {
        const struct line *l = &list->lines[i];
        put_place(&b, l->place);
        cell(&t, &b);
        put_time(&b, list, l);
        cell(&t, &b);
        cw_table_text(&t, l->topic);
        put_place(&b, l->of);
        cell(&t, &b);
        cw_table_text(&t, l->code);
        cw_table_text(&t, l->key);
        cw_table_text(&t, l->replayed ? cw_word(s, CW_WORD_yes) : "");
        cw_table_text(&t, l->detail);
    }
    cw_table_print(&t, cw_text_terminal(), stdout);
    cw_table_free(&t);
    cw_buf_free(&b);
}

static void member(struct cw_buf *b, const char *name, const char *value)
{
    cw_buf_printf(b, ",\"%s\":", name);
    cw_buf_json_str(b, (struct cw_str){value, strlen(value)});
}

static void print_json(const struct list *list)
{
    struct cw_buf b = {0};
    (void)fputs("[", stdout);
    for (size_t i = 0; i < list->n; i++) {
        const struct line *l = &list->lines[i];
        cw_buf_clear(&b);
        cw_buf_puts(&b, i ? ",\n{\"letter\":\"" : "{\"letter\":\"");
        put_place(&b, l->place);
        cw_buf_puts(&b, "\",\"at\":\"");
        put_time(&b, list, l);
        cw_buf_puts(&b, "\"");
        member(&b, "topic", l->topic);
        cw_buf_printf(&b, ",\"partition\":%" PRId32 ",\"offset\":%" PRId64, l->of.partition,
                      l->of.offset);
        member(&b, "code", l->code);
        member(&b, "detail", l->detail);
        member(&b, "key", l->key);
        cw_buf_printf(&b, ",\"replayed\":%s}", l->replayed ? "true" : "false");
        (void)fwrite(b.p, 1, b.n, stdout);
    }
    (void)fputs("]\n", stdout);
    cw_buf_free(&b);
}

static void print(const struct list *list)
{
    const struct cw_settings *s = list->ctl->settings;
    if (list->ctl->json) {
        print_json(list);
        return;
    }
    if (list->n)
        print_table(list);
    (void)printf("%" PRIu64 " %s%s%" PRIu64 " %s", list->found,
                 cw_word(s, CW_WORD_dead_letters_found), cw_word(s, CW_WORD_comma), list->replayed,
                 cw_word(s, CW_WORD_of_them_replayed));
    if (list->n < list->found)
        cw_word_print(stdout, s, CW_WORD_newest_shown, "%zu", list->n);
    (void)putchar('\n');
}

static enum cw_exit run(const struct cw_ctl *ctl)
{
    struct list list = {.ctl = ctl, .most = (size_t)cw_args_count(ctl->args, "limit", LIMIT)};
    struct cw_dead_letters d;
    list.lines = calloc(list.most, sizeof *list.lines);
    enum cw_exit code = cw_dead_letters_open(ctl, &d);
    int err = code ? 0 : list.lines ? cw_dead_letters_read(&d, take, &list) : -CW_E_NOMEM;
    if (err)
        code = cw_dead_letters_fail(&d, err);
    if (!code) {
        qsort(list.lines, list.n, sizeof *list.lines, by_age);
        print(&list);
    }
    for (size_t i = 0; i < list.n; i++)
        free(list.lines[i].topic);
    free(list.lines);
    cw_dead_letters_close(&d);
    return code;
}

static const struct cw_option options[] = {
    {.name = "topic", .value = "TOPIC", .kind = CW_OPTION_TEXT, .help = "of this input topic"},
    {.name = "code",
     .value = "CODE",
     .kind = CW_OPTION_TEXT,
     .help = "refused with this code, such as missing-member"},
    {.name = "since", .value = "AGE", .kind = CW_OPTION_TEXT, .help = "younger than that: 2h, 7d"},
    {.name = "limit",
     .value = "N",
     .kind = CW_OPTION_COUNT,
     .help = "the newest N (default: 50)",
     .least = 1,
     .most = LIMIT_MOST},
    {0},
};

const struct cw_command cw_command_dead_letters_list = {
    .name = "dead-letters list",
    .operands = "",
    .help = "messages that were refused, and why",
    .options = options,
    .needs_settings = true,
    .run = run,
};
