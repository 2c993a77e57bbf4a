/* churnwatchctl settings list: the values in force as the files and the command line make them, and
 * where each comes from. Live thresholds are `thresholds list`'s: they need the bus. */
#include <stdlib.h>
#include <string.h>

#include "config/known.h"
#include "config/places.h"
#include "config/secret.h"
#include "config/segments.h"
#include "config/values.h"
#include "ctl/command.h"
#include "ctl/text.h"
#include "ctl/words.h"

struct listing {
    const struct cw_ctl *ctl;
    struct cw_table table;
    struct cw_buf json;
    size_t n; /* values listed */
};

/* ---- what was asked for ---- */

/* The setting itself, or a section it lies in. */
static bool names(const char *key, const char *path)
{
    size_t n = strlen(key);
    return strncmp(key, path, n) == 0 && (!path[n] || path[n] == '.');
}

static bool wanted(const struct listing *l, const char *path)
{
    const char *key = cw_args_operand(l->ctl->args, 0);
    for (size_t i = 0; key; key = cw_args_operand(l->ctl->args, ++i))
        if (names(key, path))
            return true;
    return l->ctl->args->n_operands == 0;
}

static enum cw_exit check_keys(const struct cw_ctl *ctl)
{
    char near[CW_PATH_MOST];
    const char *key;
    for (size_t i = 0; (key = cw_args_operand(ctl->args, i)); i++) {
        struct cw_threshold_id id;
        bool threshold =
            strncmp(key, "detectors.", 10) == 0 && cw_threshold_find(key + 10, &id) == 0;
        if (cw_param_find(key) >= 0 || threshold || cw_known_section(key) ||
            strcmp(key, "segments") == 0)
            continue;
        if (cw_known_nearest(key, false, near))
            return cw_ctl_fail(CW_EXIT_WRONG, "%s: no such setting; did you mean %s?", key, near);
        return cw_ctl_fail(CW_EXIT_WRONG, "%s: no such setting", key);
    }
    return CW_EXIT_DONE;
}

/* ---- values, but for what must not be shown ---- */

static void put_properties(struct cw_buf *b, const struct cw_list *list)
{
    for (size_t i = 0; i < list->n; i++) {
        const char *item = list->items[i];
        cw_buf_puts(b, i ? "," : "");
        if (cw_secret_property(item))
            cw_buf_printf(b, "%.*s=***", (int)strcspn(item, "="), item);
        else
            cw_buf_puts(b, item);
    }
}

/* The password is what follows the first colon before the @; without one, all that stands there. */
static void put_url(struct cw_buf *b, const char *url)
{
    const char *at = strrchr(url, '@'), *scheme = strstr(url, "://");
    const char *login = scheme ? scheme + 3 : url;
    const char *colon = at && at > login ? memchr(login, ':', (size_t)(at - login)) : NULL;
    const char *password = colon ? colon + 1 : login;
    if (at && at > login)
        cw_buf_printf(b, "%.*s***%s", (int)(password - url), url, at);
    else
        cw_buf_puts(b, url);
}

static void put_value(struct cw_buf *b, const struct cw_settings *s, int row)
{
    const struct cw_param *p = &cw_params[row];
    const void *field = (const char *)s + p->offset;
    if (row == CW_ROW_redis_url)
        put_url(b, s->redis_url);
    else if (row == CW_ROW_kafka_properties)
        put_properties(b, &s->kafka_properties);
    else
        cw_value_print(p, field, b);
}

/* ---- rows ---- */

static void json_member(struct cw_buf *b, const char *name, struct cw_str text)
{
    cw_buf_printf(b, "%s\"%s\":", b->n && b->p[b->n - 1] != '{' ? "," : "", name);
    cw_buf_json_str(b, text);
}

static void add(struct listing *l, const char *segment, const char *path,
                const struct cw_buf *value, const struct cw_place *at)
{
    struct cw_buf origin = {0};
    struct cw_str v = {value->p ? value->p : "", value->n};
    if (l->ctl->json)
        cw_place_print(at, &origin);
    else
        cw_word_place(&origin, l->ctl->settings, at);
    struct cw_str from = {origin.p, origin.n};
    if (l->ctl->json) {
        cw_buf_puts(&l->json, l->n ? ",\n{" : "{");
        json_member(&l->json, "setting", (struct cw_str){path, strlen(path)});
        if (segment)
            json_member(&l->json, "segment", (struct cw_str){segment, strlen(segment)});
        json_member(&l->json, "value", v);
        json_member(&l->json, "origin", from);
        cw_buf_puts(&l->json, "}");
    } else {
        cw_table_text(&l->table, path);
        cw_table_text(&l->table, segment ? segment : "");
        cw_table_cell(&l->table, v);
        cw_table_cell(&l->table, from);
    }
    l->n++;
    cw_buf_free(&origin);
}

static void add_params(struct listing *l)
{
    const struct cw_settings *s = l->ctl->settings;
    for (int row = 0; row < CW_PARAMS; row++) {
        struct cw_buf value = {0};
        if (!wanted(l, cw_params[row].path))
            continue;
        put_value(&value, s, row);
        add(l, NULL, cw_params[row].path, &value, &s->places->params[row]);
        cw_buf_free(&value);
    }
}

static void add_threshold(struct listing *l, const char *segment, struct cw_threshold_id id,
                          double number, const struct cw_place *at)
{
    char path[CW_PATH_MOST];
    struct cw_buf value = {0};
    cw_threshold_path(id, path);
    if (wanted(l, path) || (segment && wanted(l, "segments"))) {
        cw_threshold_print(id, number, &value);
        add(l, segment, path, &value, at);
    }
    cw_buf_free(&value);
}

static void add_thresholds(struct listing *l)
{
    const struct cw_settings *s = l->ctl->settings;
    for (int d = 0; d < CW_DETECTORS; d++)
        for (int i = 0; i < cw_threshold_count(d); i++) {
            struct cw_threshold_id id = cw_threshold_at(d, i);
            add_threshold(l, NULL, id, cw_threshold_value(id, &s->base),
                          &s->places->thresholds[id.detector][id.threshold]);
        }
}

static void add_segments(struct listing *l)
{
    const struct cw_settings *s = l->ctl->settings;
    for (size_t i = 0; i < s->n_segments; i++) {
        const struct cw_segment *g = &s->segments[i];
        struct cw_buf name = {0};
        cw_segment_print(g->want, &name);
        cw_buf_put(&name, "", 1);
        for (size_t o = 0; o < g->n_overlays && !name.failed; o++)
            add_threshold(l, name.p, g->overlays[o].id, g->overlays[o].value, &g->overlays[o].at);
        cw_buf_free(&name);
    }
}

static enum cw_exit run(const struct cw_ctl *ctl)
{
    static const enum cw_word titles[] = {CW_WORD_setting, CW_WORD_segment, CW_WORD_setting_value,
                                          CW_WORD_origin};
    struct listing l = {.ctl = ctl, .table = {.columns = sizeof titles / sizeof *titles}};
    enum cw_exit code = check_keys(ctl);
    if (code)
        return code;
    for (size_t i = 0; i < l.table.columns; i++)
        cw_table_text(&l.table, cw_word(ctl->settings, titles[i]));
    add_params(&l);
    add_thresholds(&l);
    add_segments(&l);
    if (ctl->json)
        (void)printf("[%.*s]\n", (int)l.json.n, l.json.p ? l.json.p : "");
    else
        cw_table_print(&l.table, 0, stdout);
    cw_table_free(&l.table);
    cw_buf_free(&l.json);
    return CW_EXIT_DONE;
}

const struct cw_command cw_command_settings_list = {
    .name = "settings list",
    .operands = "[KEY…]",
    .help = "every setting with its value and where that comes from",
    .most = CW_PARAMS,
    .needs_settings = true,
    .run = run,
};
