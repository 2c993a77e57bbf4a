/* churnwatchctl thresholds dry: what detectors in dry mode found, as the running instances tell it:
 * each cause once, the latest first, as far back as an instance remembers (it forgets at its end).
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/hash_json.h"
#include "ctl/instances.h"
#include "ctl/text.h"
#include "ctl/words.h"

struct findings {
    const struct cw_ctl *ctl;
    const char *detector; /* NULL: of all */
    struct cw_table table;
    json_t *all; /* owned; array */
};

static bool wanted(const struct findings *f, json_t *one)
{
    const char *detector = json_string_value(json_object_get(one, "detector"));
    return detector && (!f->detector || strcmp(detector, f->detector) == 0);
}

static void take(void *arg, const char *instance, struct cw_str text)
{
    struct findings *f = arg;
    json_t *list = json_loadb(text.p, text.n, 0, NULL), *one;
    size_t i;
    json_array_foreach(list, i, one)
    {
        if (!wanted(f, one))
            continue;
        (void)json_object_set_new(one, "instance", json_string(instance));
        (void)json_array_append(f->all, one);
    }
    json_decref(list);
}

static void text_cell(struct cw_table *t, json_t *one, const char *name)
{
    const char *text = json_string_value(json_object_get(one, name));
    cw_table_text(t, text ? text : "");
}

static void add_row(const struct cw_settings *s, struct cw_table *t, json_t *one)
{
    char severity[16];
    (void)snprintf(severity, sizeof severity, "%.2f",
                   json_number_value(json_object_get(one, "severity")));
    const char *detector = json_string_value(json_object_get(one, "detector"));
    text_cell(t, one, "at");
    cw_table_cell(t, cw_word_of(s, CW_OF_DETECTOR, (struct cw_str){detector, strlen(detector)}));
    text_cell(t, one, "client_id");
    text_cell(t, one, "line");
    cw_table_text(t, severity);
    cw_table_count(t, json_integer_value(json_object_get(one, "times")));
    text_cell(t, one, "first_at");
    text_cell(t, one, "instance");
}

static void print_table(struct findings *f)
{
    static const enum cw_word titles[] = {CW_WORD_at,    CW_WORD_detector, CW_WORD_client,
                                          CW_WORD_line,  CW_WORD_severity, CW_WORD_times,
                                          CW_WORD_since, CW_WORD_instance};
    struct cw_table t = {.columns = sizeof titles / sizeof *titles, .right = 1 << 4 | 1 << 5};
    json_t *one;
    size_t i;
    for (i = 0; i < t.columns; i++)
        cw_table_text(&t, cw_word(f->ctl->settings, titles[i]));
    json_array_foreach(f->all, i, one) add_row(f->ctl->settings, &t, one);
    cw_table_print(&t, 0, stdout);
    cw_table_free(&t);
}

static enum cw_exit print_all(struct findings *f)
{
    if (!f->ctl->json) {
        print_table(f);
        return CW_EXIT_DONE;
    }
    char *text = json_dumps(f->all, JSON_COMPACT);
    if (!text)
        return cw_ctl_fail(CW_EXIT_WRONG, "out of memory");
    (void)puts(text);
    free(text);
    return CW_EXIT_DONE;
}

static enum cw_exit run(const struct cw_ctl *ctl)
{
    struct cw_redis redis;
    struct findings f = {.ctl = ctl, .detector = cw_args_text(ctl->args, "detector")};
    if (f.detector && cw_detector_find((struct cw_str){f.detector, strlen(f.detector)}) < 0)
        return cw_ctl_misused(ctl, "--detector: there is no detector \"%s\"", f.detector);
    enum cw_exit code = cw_redis_open(ctl->settings, &redis);
    if (code)
        return code;
    f.all = json_array();
    int err = cw_instances_each(&redis, "dry", take, &f);
    code = err ? cw_redis_fail(&redis) : print_all(&f);
    json_decref(f.all);
    cw_redis_close(&redis);
    return code;
}

static const struct cw_option options[] = {
    {.name = "detector", .value = "D", .kind = CW_OPTION_TEXT, .help = "of this detector only"},
    {0},
};

const struct cw_command cw_command_thresholds_dry = {
    .name = "thresholds dry",
    .operands = "",
    .help = "what detectors in dry mode found and did not send",
    .options = options,
    .needs_settings = true,
    .run = run,
};
