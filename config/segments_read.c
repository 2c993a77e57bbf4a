/* `segments` of the file: a list of groups, each with a `match` and a `detectors` group.
 *
 * Runs on the thread that starts or reloads.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/file.h"
#include "config/given.h"
#include "config/segments.h"

#define DETECTORS "detectors."

static int condition_of(const char *name)
{
    for (int level = 0; level < CW_SEGMENT_LEVELS; level++)
        if (strcmp(cw_segment_conditions[level].path, name) == 0)
            return level;
    return -1;
}

/* A word is checked as one and kept as the text it is. */
static void read_condition(struct cw_load *l, const config_setting_t *set, const char *path,
                           int level, struct cw_segment *g)
{
    const struct cw_param *p = &cw_segment_conditions[level];
    int word;
    if (p->type == CW_PARAM_TEXT) {
        (void)cw_file_read(l, set, path, p, &g->want[level]);
    } else if (cw_file_read(l, set, path, p, &word) == 0) {
        g->want[level] = strdup(config_setting_get_string(set));
        l->complaints.nomem |= !g->want[level];
    }
}

static void read_match(struct cw_load *l, const config_setting_t *match, const char *path,
                       struct cw_segment *g)
{
    struct cw_place at = cw_file_place(l, match);
    char name[CW_PATH_MOST];
    if (!config_setting_is_group(match) || config_setting_length(match) == 0) {
        cw_complain(&l->complaints, &at, path,
                    "a group of conditions is wanted, at least one of: kind, class, vip, county, "
                    "manager, client (thresholds for everybody stand under detectors)");
        return;
    }
    for (int i = 0; i < config_setting_length(match); i++) {
        const config_setting_t *set = config_setting_get_elem(match, (unsigned)i);
        int level = condition_of(config_setting_name(set));
        at = cw_file_place(l, set);
        cw_file_path(name, path, set);
        if (level >= 0)
            read_condition(l, set, name, level, g);
        else
            cw_complain(&l->complaints, &at, name,
                        "no such condition; allowed: kind, class, vip, county, manager, client");
    }
}

/* `name` is the path as if it stood outside of a segment. */
static void read_overlay(struct cw_load *l, const config_setting_t *set, const char *path,
                         const char *name, struct cw_segment *g)
{
    struct cw_place at = cw_file_place(l, set);
    struct cw_overlay o = {.at = at};
    if (cw_threshold_find(name + strlen(DETECTORS), &o.id) != 0) {
        cw_load_unknown(l, &at, path, name, false);
        return;
    }
    struct cw_param p = cw_threshold_param(o.id);
    int mode = 0;
    void *field = p.type == CW_PARAM_ENUM ? (void *)&mode : (void *)&o.value;
    if (cw_file_read(l, set, path, &p, field) != 0)
        return;
    o.value = p.type == CW_PARAM_ENUM ? mode : o.value;
    struct cw_overlay *grown = realloc(g->overlays, (g->n_overlays + 1) * sizeof *grown);
    if (!grown) {
        l->complaints.nomem = true;
        return;
    }
    grown[g->n_overlays++] = o;
    g->overlays = grown;
}

static void read_thresholds(struct cw_load *l, const config_setting_t *group, const char *path,
                            struct cw_segment *g)
{
    struct cw_place at = cw_file_place(l, group);
    char section[CW_PATH_MOST], below[CW_PATH_MOST], name[CW_PATH_MOST];
    cw_file_path(section, "detectors", group);
    if (!cw_known_section(section)) {
        cw_load_unknown(l, &at, path, section, true);
        return;
    }
    if (!config_setting_is_group(group)) {
        cw_complain(&l->complaints, &at, path, "a group of thresholds is wanted: { … }");
        return;
    }
    for (int i = 0; i < config_setting_length(group); i++) {
        const config_setting_t *set = config_setting_get_elem(group, (unsigned)i);
        cw_file_path(below, path, set);
        cw_file_path(name, section, set);
        read_overlay(l, set, below, name, g);
    }
}

static void read_detectors(struct cw_load *l, const config_setting_t *group, const char *path,
                           struct cw_segment *g)
{
    struct cw_place at = cw_file_place(l, group);
    char below[CW_PATH_MOST];
    if (!config_setting_is_group(group)) {
        cw_complain(&l->complaints, &at, path, "a group of detectors is wanted: { … }");
        return;
    }
    for (int i = 0; i < config_setting_length(group); i++) {
        const config_setting_t *set = config_setting_get_elem(group, (unsigned)i);
        cw_file_path(below, path, set);
        read_thresholds(l, set, below, g);
    }
}

static void read_segment(struct cw_load *l, const config_setting_t *group, const char *path,
                         struct cw_segment *g)
{
    struct cw_place at = cw_file_place(l, group);
    char below[CW_PATH_MOST];
    if (!config_setting_is_group(group) || !config_setting_get_member(group, "match")) {
        cw_complain(&l->complaints, &at, path,
                    "a group with a match is wanted: { match = { … }; detectors = { … }; }");
        return;
    }
    for (int i = 0; i < config_setting_length(group); i++) {
        const config_setting_t *set = config_setting_get_elem(group, (unsigned)i);
        at = cw_file_place(l, set);
        cw_file_path(below, path, set);
        if (strcmp(config_setting_name(set), "match") == 0)
            read_match(l, set, below, g);
        else if (strcmp(config_setting_name(set), "detectors") == 0)
            read_detectors(l, set, below, g);
        else
            cw_complain(&l->complaints, &at, below, "no such part; allowed: match, detectors");
    }
}

/* For n segments more, empty. */
static bool make_room(struct cw_settings *s, size_t n)
{
    struct cw_segment *grown = reallocarray(s->segments, s->n_segments + n + 1, sizeof *grown);
    if (!grown)
        return false;
    s->segments = grown;
    memset(grown + s->n_segments, 0, (n + 1) * sizeof *grown);
    return true;
}

/* A file's segments come after those of the files before it. */
void cw_segments_read(struct cw_load *l, const config_setting_t *list)
{
    struct cw_place at = cw_file_place(l, list);
    struct cw_settings *s = l->settings;
    size_t n = (size_t)config_setting_length(list);
    char path[CW_PATH_MOST];
    if (!config_setting_is_list(list) || s->n_segments + n > CW_SEGMENTS_MOST) {
        cw_complain(&l->complaints, &at, "segments",
                    "a list of at most %d segments is wanted: ( { match = { … }; … }, … )%s",
                    CW_SEGMENTS_MOST, s->n_segments ? "; so many in all files together" : "");
        return;
    }
    if (!make_room(s, n)) {
        l->complaints.nomem = true;
        return;
    }
    for (size_t i = 0; i < n; i++) {
        (void)snprintf(path, sizeof path, "segments[%zu]", i);
        read_segment(l, config_setting_get_elem(list, (unsigned)i), path,
                     &s->segments[s->n_segments++]);
    }
    cw_segments_sort(s->segments, s->n_segments);
}
