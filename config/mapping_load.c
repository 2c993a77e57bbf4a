/* What the readers of a profile share: complaints, room, pointers, and the walk over a shape's
 * members. See mapping_load.h.
 *
 * Runs on the thread that starts or reloads.
 */
#include "config/mapping_load.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "config/known.h"
#include "config/units.h"

/* ---- complaints ---- */

/* "kinds[2].data.amount" */
static void put_path(struct cw_buf *b, const config_setting_t *set)
{
    const config_setting_t *up = config_setting_parent(set);
    if (!up)
        return;
    put_path(b, up);
    if (config_setting_name(set))
        cw_buf_printf(b, "%s%s", b->n ? "." : "", config_setting_name(set));
    else
        cw_buf_printf(b, "[%d]", config_setting_index(set));
}

/* Whether the last line of a text stands in it before. */
static bool is_repeated(const struct cw_buf *b, size_t last)
{
    size_t n = b->n - last;
    const char *end = b->p + last;
    for (const char *p = b->p; p && p < end; p = memchr(p, '\n', (size_t)(end - p)), p += p != NULL)
        if ((size_t)(end - p) >= n && memcmp(p, end, n) == 0)
            return true;
    return false;
}

void cw_mapping_complain(struct cw_mapping_load *l, const config_setting_t *set, const char *fmt,
                         ...)
{
    struct cw_place at = {.file = l->file, .line = (int)config_setting_source_line(set)};
    struct cw_buf path = {0};
    struct cw_errbuf what;
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(what.text, sizeof what.text, fmt, ap);
    va_end(ap);
    put_path(&path, set);
    cw_buf_put(&path, "", 1);
    size_t before = l->complaints->out->n;
    cw_complain(l->complaints, &at, path.failed ? "" : path.p, "%s", what.text);
    cw_buf_free(&path);
    if (!l->complaints->out->failed && is_repeated(l->complaints->out, before)) {
        l->complaints->out->n = before;
        l->complaints->n--;
    }
}

void cw_mapping_unknown(struct cw_mapping_load *l, const config_setting_t *set, const char *what,
                        const char *name, cw_names_fn *fn, const void *arg)
{
    const char *near = NULL, *known;
    struct cw_str wrong = {name, strlen(name)};
    size_t least = 2 + wrong.n / 3;
    for (size_t i = 0; (known = fn(arg, i)); i++) {
        size_t distance = cw_known_distance(wrong, (struct cw_str){known, strlen(known)});
        if (distance >= least)
            continue;
        least = distance;
        near = known;
    }
    if (near)
        cw_mapping_complain(l, set, "\"%.60s\" is no %s; did you mean %s?", name, what, near);
    else
        cw_mapping_complain(l, set, "\"%.60s\" is no %s", name, what);
}

/* ---- room ---- */

void *cw_mapping_room(struct cw_mapping_load *l, size_t n)
{
    void *p = cw_json_room_take(&l->m->room, n ? n : 1);
    if (p)
        memset(p, 0, n);
    else
        l->complaints->nomem = true;
    return p;
}

struct cw_str cw_mapping_keep(struct cw_mapping_load *l, const char *text)
{
    size_t n = strlen(text);
    char *copy = cw_mapping_room(l, n + 1);
    if (!copy)
        return CW_STR("");
    memcpy(copy, text, n + 1);
    return (struct cw_str){copy, n};
}

const struct cw_pointer *cw_mapping_pointer(struct cw_mapping_load *l, const config_setting_t *set,
                                            const char *text)
{
    struct cw_mapping *m = l->m;
    struct cw_errbuf why;
    for (size_t i = 0; i < m->n_pointers; i++)
        if (strcmp(m->pointers[i]->text, text) == 0)
            return m->pointers[i];
    if (m->n_pointers == CW_POINTERS_MOST) {
        cw_mapping_complain(l, set, "a profile has at most %d pointers", CW_POINTERS_MOST);
        return NULL;
    }
    struct cw_pointer *p = cw_mapping_room(l, sizeof *p);
    int err = p ? cw_pointer_parse(&m->room, text, p, &why) : -CW_E_NOMEM;
    if (err == -CW_E_NOMEM)
        l->complaints->nomem = true;
    else if (err)
        cw_mapping_complain(l, set, "%s", why.text);
    else
        m->pointers[m->n_pointers++] = p;
    return err ? NULL : p;
}

/* ---- settings ---- */

config_setting_t *cw_mapping_setting(const config_setting_t *group, const char *name)
{
    return group && config_setting_is_group(group) ? config_setting_get_member(group, name) : NULL;
}

const char *cw_mapping_scalar(const config_setting_t *set, char room[64])
{
    struct cw_buf b = {0};
    switch (config_setting_type(set)) {
    case CONFIG_TYPE_STRING:
        return config_setting_get_string(set);
    case CONFIG_TYPE_BOOL:
        return config_setting_get_bool(set) ? "true" : "false";
    case CONFIG_TYPE_INT:
    case CONFIG_TYPE_INT64:
        (void)snprintf(room, 64, "%lld", config_setting_get_int64(set));
        return room;
    case CONFIG_TYPE_FLOAT:
        cw_real_print(&b, config_setting_get_float(set));
        (void)snprintf(room, 64, "%.*s", b.failed ? 0 : (int)b.n, b.failed ? "" : b.p);
        cw_buf_free(&b);
        return room;
    default:
        return NULL;
    }
}

/* ---- members ---- */

static bool is_word(const char *const *words, const char *name)
{
    for (size_t i = 0; words && words[i]; i++)
        if (strcmp(words[i], name) == 0)
            return true;
    return false;
}

struct names {
    const struct cw_shape *const *shapes;
    size_t n_shapes;
    const char *const *words;
};

/* The words, then the members of the shapes, one after the other. */
static const char *name_at(const void *arg, size_t i)
{
    const struct names *n = arg;
    for (size_t w = 0; n->words && n->words[w]; w++, i--)
        if (i == 0)
            return n->words[w];
    for (size_t s = 0; s < n->n_shapes; s++) {
        if (i < n->shapes[s]->n)
            return n->shapes[s]->members[i].name;
        i -= n->shapes[s]->n;
    }
    return NULL;
}

static bool is_known(const struct names *names, const char *name)
{
    const char *known;
    for (size_t i = 0; (known = name_at(names, i)); i++)
        if (strcmp(known, name) == 0)
            return true;
    return false;
}

void cw_mapping_check_names(struct cw_mapping_load *l, const config_setting_t *group,
                            const struct cw_shape *const *shapes, size_t n_shapes,
                            const char *const *words)
{
    struct names names = {shapes, n_shapes, words};
    if (!config_setting_is_group(group)) {
        cw_mapping_complain(l, group, "a group is wanted: { … }");
        return;
    }
    for (int i = 0; i < config_setting_length(group); i++) {
        const config_setting_t *set = config_setting_get_elem(group, (unsigned)i);
        const char *name = config_setting_name(set);
        if (!is_known(&names, name))
            cw_mapping_unknown(l, set, n_shapes ? "member of the contract here" : "setting here",
                               name, name_at, &names);
    }
}

static void complain_of_missing(struct cw_mapping_load *l, const config_setting_t *at,
                                const struct cw_member *m)
{
    if (strcmp(m->name, "id") == 0)
        cw_mapping_complain(l, at,
                            "nothing gives id, which the contract requires; id = { hash = [ ]; }; "
                            "makes one of the message's bytes");
    else
        cw_mapping_complain(l, at, "nothing gives %s, which the contract requires", m->name);
}

void cw_mapping_members(struct cw_mapping_load *l, const config_setting_t *at,
                        const struct cw_shape *shape, const config_setting_t *own,
                        const config_setting_t *common, const char *const *left_out,
                        struct cw_rules *ret_rules)
{
    struct cw_rules rules = {.rule = cw_mapping_room(l, shape->n * sizeof *rules.rule)};
    for (size_t i = 0; rules.rule && i < shape->n; i++) {
        const struct cw_member *m = &shape->members[i];
        const config_setting_t *set = cw_mapping_setting(own, m->name);
        if (is_word(left_out, m->name))
            continue;
        if (!set)
            set = cw_mapping_setting(common, m->name);
        if (set && cw_mapping_rule(l, set, m, &rules.rule[rules.n]))
            rules.n++;
        else if (!set && m->required)
            complain_of_missing(l, at, m);
    }
    *ret_rules = rules;
}
