/* churnwatchctl thresholds history: who changed what, when and why, refused changes included. */
#include "ctl/text.h"
#include "ctl/tune/thresholds.h"
#include "ctl/words.h"

static void put_change(struct cw_buf *b, const struct cw_settings *s,
                       const struct cw_live_change *c)
{
    char path[CW_PATH_MOST];
    static char *const everybody[CW_SEGMENT_LEVELS];
    cw_threshold_path(c->id, path);
    cw_buf_printf(b, "%s=", path + sizeof "detectors." - 1);
    if (c->set)
        cw_threshold_print(c->id, c->value, b);
    else
        cw_buf_puts(b, "unset");
    if (cw_segment_same(c->want, everybody))
        return;
    cw_buf_puts(b, cw_word(s, CW_WORD_aside));
    cw_segment_print(c->want, b);
    cw_buf_puts(b, cw_word(s, CW_WORD_end_of_aside));
}

static void add_row(struct cw_table *t, const struct cw_settings *s,
                    const struct cw_thresholds_entry *e)
{
    struct cw_buf changes = {0};
    for (size_t i = 0; i < e->record.n; i++) {
        cw_buf_puts(&changes, i ? ", " : "");
        put_change(&changes, s, &e->record.changes[i]);
    }
    if (e->taken)
        cw_table_count(t, e->record.version);
    else
        cw_table_text(t, "-");
    cw_table_text(t, e->record.at);
    cw_table_text(t, e->record.author);
    cw_table_text(t, e->taken ? e->record.reason : e->why.text);
    cw_table_cell(t, (struct cw_str){changes.p ? changes.p : "", changes.n});
    cw_buf_free(&changes);
}

static void print_table(const struct cw_thresholds *h)
{
    static const enum cw_word titles[] = {CW_WORD_version, CW_WORD_at, CW_WORD_author,
                                          CW_WORD_reason, CW_WORD_changes};
    struct cw_table t = {.columns = sizeof titles / sizeof *titles, .right = 1};
    for (size_t i = 0; i < t.columns; i++)
        cw_table_text(&t, cw_word(h->ctl->settings, titles[i]));
    for (size_t i = 0; i < h->n; i++)
        add_row(&t, h->ctl->settings, &h->entries[i]);
    cw_table_print(&t, 0, stdout);
    cw_table_free(&t);
}

static void put_json(struct cw_buf *b, const struct cw_thresholds_entry *e)
{
    cw_buf_printf(b, "{\"offset\":%lld,\"taken\":%s", (long long)e->offset,
                  e->taken ? "true" : "false");
    if (!e->taken)
        cw_thresholds_member(b, "why", e->why.text);
    cw_buf_puts(b, ",\"record\":");
    if (e->record.n)
        cw_live_record_write(&e->record, b);
    else
        cw_buf_puts(b, "null");
    cw_buf_puts(b, "}");
}

static void print_json(const struct cw_thresholds *h)
{
    struct cw_buf b = {0};
    for (size_t i = 0; i < h->n; i++) {
        cw_buf_puts(&b, i ? ",\n" : "");
        put_json(&b, &h->entries[i]);
    }
    (void)printf("[%.*s]\n", (int)b.n, b.p ? b.p : "");
    cw_buf_free(&b);
}

static enum cw_exit run(const struct cw_ctl *ctl)
{
    struct cw_thresholds h;
    enum cw_exit code = cw_thresholds_open(ctl, &h);
    if (!code)
        (ctl->json ? print_json : print_table)(&h);
    cw_thresholds_close(&h);
    return code;
}

const struct cw_command cw_command_thresholds_history = {
    .name = "thresholds history",
    .operands = "",
    .help = "who changed which thresholds, when and why",
    .needs_settings = true,
    .run = run,
};
