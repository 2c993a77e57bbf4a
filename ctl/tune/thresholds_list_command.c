/* churnwatchctl thresholds list: every threshold with its value in force, its range and where the
 * value comes from. */
#include <string.h>

#include "config/units.h"
#include "config/values.h"
#include "ctl/text.h"
#include "ctl/tune/thresholds.h"
#include "ctl/words.h"

struct listing {
    const struct cw_ctl *ctl;
    struct cw_thresholds log;
    struct cw_settings *laid;
    char *is[CW_SEGMENT_LEVELS]; /* owned; of --segment */
    struct cw_table table;
    struct cw_buf json;
    size_t n;
};

static void cell(struct cw_table *t, const struct cw_buf *b)
{
    cw_table_cell(t, (struct cw_str){b->p ? b->p : "", b->n});
}

static void add_row(struct listing *l, const char *path, struct cw_threshold_id id,
                    const struct cw_chain_link *in_force)
{
    struct cw_param p = cw_threshold_param(id);
    struct cw_buf value = {0}, allowed = {0}, origin = {0};
    cw_threshold_print(id, in_force->value, &value);
    cw_word_allowed(&allowed, l->ctl->settings, &p);
    cw_chain_origin(&l->log, &in_force->at, &origin);
    if (in_force->segment) {
        cw_buf_puts(&origin, cw_word(l->ctl->settings, CW_WORD_aside));
        cw_segment_print(in_force->segment->want, &origin);
        cw_buf_puts(&origin, cw_word(l->ctl->settings, CW_WORD_end_of_aside));
    }
    cw_table_text(&l->table, path + strlen("detectors."));
    cell(&l->table, &value);
    cell(&l->table, &allowed);
    cell(&l->table, &origin);
    cw_table_text(&l->table, cw_word_meaning(l->ctl->settings, id));
    cw_buf_free(&value);
    cw_buf_free(&allowed);
    cw_buf_free(&origin);
}

static void json_range(struct cw_buf *b, const struct cw_param *p)
{
    if (p->type == CW_PARAM_ENUM) {
        cw_thresholds_member(b, "words", p->words);
        return;
    }
    cw_thresholds_member(b, "unit", p->unit);
    cw_buf_puts(b, ",\"least\":");
    cw_real_print(b, p->real_least);
    cw_buf_puts(b, ",\"most\":");
    cw_real_print(b, p->real_most);
}

static void add_json(struct listing *l, const char *path, struct cw_threshold_id id,
                     const struct cw_chain_link *in_force)
{
    struct cw_param p = cw_threshold_param(id);
    struct cw_buf *b = &l->json, origin = {0};
    static char *const everybody[CW_SEGMENT_LEVELS];
    cw_place_print(&in_force->at, &origin);
    cw_buf_put(&origin, "", 1);
    cw_buf_puts(b, l->n ? ",\n{" : "{");
    cw_thresholds_member(b, "key", path);
    cw_buf_puts(b, ",\"value\":");
    cw_thresholds_value(b, id, in_force->value);
    json_range(b, &p);
    cw_thresholds_member(b, "origin", origin.failed ? "" : origin.p);
    cw_thresholds_segment_member(b, in_force->segment ? in_force->segment->want : everybody);
    cw_buf_printf(b, ",\"live\":%d", (int)in_force->at.live);
    cw_thresholds_member(b, "meaning", p.meaning);
    cw_buf_puts(b, "}");
    cw_buf_free(&origin);
}

static void add_detector(struct listing *l, int d)
{
    char path[CW_PATH_MOST];
    struct cw_chain_link chain[CW_CHAIN_MOST];
    for (int i = 0; i < cw_threshold_count(d); i++, l->n++) {
        struct cw_threshold_id id = cw_threshold_at(d, i);
        size_t n = cw_threshold_chain(l->ctl->settings, l->laid, id, l->is, chain);
        cw_threshold_path(id, path);
        (l->ctl->json ? add_json : add_row)(l, path, id, &chain[n - 1]);
    }
}

static enum cw_exit list(struct listing *l, int only)
{
    static const enum cw_word titles[] = {CW_WORD_threshold, CW_WORD_setting_value, CW_WORD_allowed,
                                          CW_WORD_origin, CW_WORD_meaning};
    if (cw_live_lay_over(l->log.live, l->ctl->settings, &l->laid) != 0)
        return cw_ctl_fail(CW_EXIT_WRONG, "out of memory");
    l->table.columns = sizeof titles / sizeof *titles;
    for (size_t i = 0; i < l->table.columns; i++)
        cw_table_text(&l->table, cw_word(l->ctl->settings, titles[i]));
    for (int d = 0; d < CW_DETECTORS; d++)
        if (only < 0 || d == only)
            add_detector(l, d);
    if (l->ctl->json)
        (void)printf("[%.*s]\n", (int)l->json.n, l->json.p ? l->json.p : "");
    else
        cw_table_print(&l->table, cw_text_terminal(), stdout);
    return CW_EXIT_DONE;
}

static enum cw_exit run(const struct cw_ctl *ctl)
{
    struct listing l = {.ctl = ctl};
    struct cw_errbuf eb = {""};
    const char *segment = cw_args_text(ctl->args, "segment"),
               *name = cw_args_text(ctl->args, "detector");
    int only = name ? cw_detector_find((struct cw_str){name, strlen(name)}) : -1;
    if (name && only < 0)
        return cw_ctl_misused(ctl, "--detector: there is no detector \"%s\"", name);
    if (segment && cw_thresholds_segment(segment, l.is, &eb) != 0)
        return cw_ctl_misused(ctl, "--segment: %s", eb.text);
    enum cw_exit code = cw_thresholds_open(ctl, &l.log);
    if (!code)
        code = list(&l, only);
    cw_settings_free(l.laid);
    cw_thresholds_close(&l.log);
    cw_thresholds_free_want(l.is);
    cw_table_free(&l.table);
    cw_buf_free(&l.json);
    return code;
}

static const struct cw_option options[] = {
    {.name = "detector", .value = "D", .kind = CW_OPTION_TEXT, .help = "of this detector only"},
    {.name = "segment",
     .value = "S",
     .kind = CW_OPTION_TEXT,
     .help = "as they are for such clients: class=A1 or kind=group,county=…"},
    {0},
};

const struct cw_command cw_command_thresholds_list = {
    .name = "thresholds list",
    .operands = "",
    .help = "every threshold in force, its range and where it comes from",
    .options = options,
    .needs_settings = true,
    .run = run,
};
