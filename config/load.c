/* Loading: defaults, the file over them, conf.d over that, overrides over all, then what follows
 * from it all.
 *
 * Everything wrong is collected before anything is decided, and nothing half-made gets out. Runs on
 * the thread that starts or reloads.
 */
#include "config/load.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "config/confd.h"
#include "config/file.h"
#include "config/mappings.h"
#include "config/places.h"
#include "config/settings.h"
#include "config/text.h"
#include "config/thresholds.h"

#define DETECTORS "detectors."
#define PROPERTIES "kafka.properties."

void cw_load_unknown(struct cw_load *l, const struct cw_place *at, const char *path,
                     const char *name, bool section)
{
    char near[CW_PATH_MOST];
    if (cw_known_nearest(name, section, near))
        cw_complain(&l->complaints, at, path, "no such setting; did you mean %s?", near);
    else
        cw_complain(&l->complaints, at, path, "no such setting");
}

static void set_row(struct cw_load *l, const struct cw_place *at, int row, const struct cw_given *g)
{
    const struct cw_param *p = &cw_params[row];
    struct cw_errbuf why;
    int err = cw_value_read(p, g, cw_param_field(p, l->settings), &why);
    cw_complain_of(&l->complaints, at, p->path, err, &why);
    l->settings->places->params[row] = *at;
}

void cw_load_set(struct cw_load *l, const struct cw_place *at, const char *path,
                 const struct cw_given *g)
{
    int row = cw_param_find(path);
    struct cw_threshold_id id;
    struct cw_errbuf why;
    if (row >= 0) {
        set_row(l, at, row, g);
    } else if (strncmp(path, DETECTORS, strlen(DETECTORS)) == 0 &&
               cw_threshold_find(path + strlen(DETECTORS), &id) == 0) {
        struct cw_param p = cw_threshold_param(id);
        int err = cw_value_read(&p, g, cw_threshold_field(id, &l->settings->base), &why);
        cw_complain_of(&l->complaints, at, path, err, &why);
        l->settings->places->thresholds[id.detector][id.threshold] = *at;
    } else {
        cw_load_unknown(l, at, path, path, g->kind == CW_GIVEN_GROUP);
    }
}

/* ---- the files ---- */

/* A text that lives as long as the settings; "" when out of memory. */
static const char *lasting(struct cw_load *l, const char *text)
{
    const char *kept = cw_places_text(l->settings->places, text);
    l->complaints.nomem |= !kept;
    return kept ? kept : "";
}

static void read_file(struct cw_load *l, const char *file)
{
    struct cw_place at = {.file = lasting(l, file)};
    struct cw_buf text = {0};
    struct cw_errbuf why;
    int err = cw_text_file(file, &text, &why);
    l->file = at.file;
    if (err == 0)
        cw_file_apply(l, text.p);
    l->unreadable |= err == -CW_E_IO || err == -CW_E_NOTFOUND;
    cw_complain_of(&l->complaints, &at, "", err, &why);
    cw_buf_free(&text);
}

static void read_folder(struct cw_load *l, const char *file)
{
    struct cw_place at = {.file = file};
    struct cw_list paths = {0};
    struct cw_errbuf why = {.text = ""};
    int err = cw_confd_list(file, &paths, &why);
    for (size_t i = 0; i < paths.n; i++)
        read_file(l, paths.items[i]);
    l->unreadable |= err == -CW_E_IO;
    if (err == -CW_E_NOMEM)
        l->complaints.nomem = true;
    else if (err)
        cw_complain(&l->complaints, &at, "", "%s", why.text);
    cw_confd_free(&paths);
}

/* ---- overrides ---- */

/* `kafka.properties.NAME=VALUE` adds to the list what the file has in it as "NAME=VALUE". */
static void add_property(struct cw_load *l, const struct cw_place *at, const char *property)
{
    const struct cw_param *p = &cw_params[CW_ROW_kafka_properties];
    struct cw_errbuf why;
    int err = cw_value_append(p, property, &l->settings->kafka_properties, &why);
    cw_complain_of(&l->complaints, at, p->path, err, &why);
    l->settings->places->params[CW_ROW_kafka_properties] = *at;
}

static void override(struct cw_load *l, const char *text)
{
    struct cw_place at = {.override = lasting(l, text)};
    char path[CW_PATH_MOST];
    const char *equals = strchr(text, '=');
    if (!equals) {
        cw_complain(&l->complaints, &at, "", "path=value is wanted");
        return;
    }
    (void)snprintf(path, sizeof path, "%.*s",
                   (int)(equals - text < CW_PATH_MOST ? equals - text : CW_PATH_MOST - 1), text);
    struct cw_given g = {.kind = CW_GIVEN_WORD, .text = equals + 1};
    if (strncmp(text, PROPERTIES, strlen(PROPERTIES)) == 0)
        add_property(l, &at, text + strlen(PROPERTIES));
    else if (strcmp(path, "segments") == 0)
        cw_complain(&l->complaints, &at, path, "segments stand in the file only");
    else
        cw_load_set(l, &at, path, &g);
}

/* ---- what follows ---- */

/* The folder of the file with its last slash, "" for the working one. */
static void folder_of(const char *file, struct cw_buf *ret_folder)
{
    const char *slash = file ? strrchr(file, '/') : NULL;
    if (slash)
        cw_buf_put(ret_folder, file, (size_t)(slash + 1 - file));
    cw_buf_put(ret_folder, "", 1);
}

static bool is_topic(const struct cw_param *p)
{
    return strcmp(p->words, "topic") == 0;
}

static const char *topic_of(const struct cw_load *l, int row)
{
    return *(char **)cw_param_field(&cw_params[row], l->settings);
}

/* Written into what it reads, the daemon would judge its own words. */
static void compare_topics(struct cw_load *l, int a, int b)
{
    const struct cw_place *places = l->settings->places->params, *at = &places[b];
    if (!is_topic(&cw_params[a]) || strcmp(topic_of(l, a), topic_of(l, b)) != 0)
        return;
    /* What was set is to blame, and of two the later row. */
    bool set = at->file || at->override;
    int wrong = set ? b : a, other = set ? a : b;
    cw_complain(&l->complaints, &places[wrong], cw_params[wrong].path,
                "\"%s\" is the topic of %s, too", topic_of(l, wrong), cw_params[other].path);
}

static void check_topics(struct cw_load *l)
{
    for (int b = 0; b < CW_PARAMS; b++)
        for (int a = 0; a < b && is_topic(&cw_params[b]); a++)
            compare_topics(l, a, b);
}

/* Zone and calendar, each blamed on the line that named it. */
static void follow(struct cw_load *l, const char *file, cw_settings_check *check)
{
    struct cw_buf folder = {0};
    struct cw_errbuf why = {.text = ""};
    folder_of(file, &folder);
    if (folder.failed) {
        l->complaints.nomem = true;
        return;
    }
    int err = cw_settings_set_zone(l->settings, &why);
    const struct cw_place *places = l->settings->places->params;
    cw_complain_of(&l->complaints, &places[CW_ROW_time_zone], cw_params[CW_ROW_time_zone].path, err,
                   &why);
    err = cw_settings_set_calendar(l->settings, folder.p, &why);
    cw_complain_of(&l->complaints, &places[CW_ROW_calendar_files],
                   cw_params[CW_ROW_calendar_files].path, err, &why);
    cw_mappings_load(l, folder.p);
    check_topics(l);
    cw_settings_set_threads(l->settings);
    if (check)
        check(l->settings, &l->complaints);
    cw_buf_free(&folder);
}

static int outcome(const struct cw_load *l)
{
    if (l->complaints.nomem || l->complaints.out->failed)
        return -CW_E_NOMEM;
    if (l->unreadable)
        return -CW_E_IO;
    return l->complaints.n ? -CW_E_INVALID : 0;
}

int cw_settings_load_checked(const char *file, const struct cw_list *overrides,
                             cw_settings_check *check, struct cw_settings **ret_settings,
                             struct cw_buf *complaints)
{
    struct cw_load l = {.settings = cw_settings_new(), .complaints = {.out = complaints}};
    if (!l.settings)
        return -CW_E_NOMEM;
    file = file || access(CW_DEFAULT_CONFIG, F_OK) != 0 ? file : CW_DEFAULT_CONFIG;
    if (file) {
        read_file(&l, file);
        read_folder(&l, file);
    }
    for (size_t i = 0; overrides && i < overrides->n; i++)
        override(&l, overrides->items[i]);
    follow(&l, file, check);
    int err = outcome(&l);
    if (err == 0)
        *ret_settings = l.settings;
    else
        cw_settings_free(l.settings);
    return err;
}

int cw_settings_load(const char *file, const struct cw_list *overrides,
                     struct cw_settings **ret_settings, struct cw_buf *complaints)
{
    return cw_settings_load_checked(file, overrides, NULL, ret_settings, complaints);
}
