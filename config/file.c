/* The configuration file: libconfig's tree walked group by group, each setting looked up and set.
 *
 * Runs on the thread that starts or reloads.
 */
#include "config/file.h"

#include <stdio.h>
#include <string.h>

#include "config/given.h"
#include "config/syntax.h"

struct cw_place cw_file_place(const struct cw_load *l, const config_setting_t *set)
{
    return (struct cw_place){.file = l->file, .line = (int)config_setting_source_line(set)};
}

void cw_file_path(char out[CW_PATH_MOST], const char *prefix, const config_setting_t *set)
{
    (void)snprintf(out, CW_PATH_MOST, "%s%s%s", prefix, *prefix ? "." : "",
                   config_setting_name(set));
}

int cw_file_read(struct cw_load *l, const config_setting_t *set, const char *path,
                 const struct cw_param *p, void *field)
{
    struct cw_place at = cw_file_place(l, set);
    struct cw_given_room room = {.text = {0}};
    struct cw_errbuf why;
    int err = cw_given_of(set, &room);
    if (err == 0)
        err = cw_value_read(p, &room.given, field, &why);
    cw_complain_of(&l->complaints, &at, path, err, &why);
    cw_given_free(&room);
    return err;
}

static void set_one(struct cw_load *l, const config_setting_t *set, const char *path)
{
    struct cw_place at = cw_file_place(l, set);
    struct cw_given_room room = {.text = {0}};
    if (cw_given_of(set, &room) == 0)
        cw_load_set(l, &at, path, &room.given);
    else
        l->complaints.nomem = true;
    cw_given_free(&room);
}

/* As deep as the known sections are. */
static void walk(struct cw_load *l, const config_setting_t *group, const char *prefix)
{
    char path[CW_PATH_MOST];
    for (int i = 0; i < config_setting_length(group); i++) {
        const config_setting_t *set = config_setting_get_elem(group, (unsigned)i);
        struct cw_place at = cw_file_place(l, set);
        cw_file_path(path, prefix, set);
        if (strcmp(path, "segments") == 0)
            cw_segments_read(l, set);
        else if (!cw_known_section(path))
            set_one(l, set, path);
        else if (config_setting_is_group(set))
            walk(l, set, path);
        else
            cw_complain(&l->complaints, &at, path,
                        "a single value where a group of settings is wanted: %s = { … };",
                        config_setting_name(set));
    }
}

void cw_file_apply(struct cw_load *l, const char *text)
{
    config_t tree;
    config_init(&tree);
    if (cw_syntax_read(&l->complaints, l->file, text, &tree))
        walk(l, config_root_setting(&tree), "");
    config_destroy(&tree);
}
