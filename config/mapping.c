/* A profile's file: what it is for, its kinds and their conditions. See mapping.h.
 *
 * Everything wrong is collected. Runs on the thread that starts or reloads; what it makes is
 * immutable from then on.
 */
#include "config/mapping.h"

#include <stdlib.h>
#include <string.h>

#include "config/mapping_load.h"
#include "config/syntax.h"
#include "config/text.h"

#define VALUES_MOST 256 /* of a condition */

/* ---- conditions ---- */

static const char *const condition_words[] = {"at", "is", NULL};

static void read_value(struct cw_mapping_load *l, const config_setting_t *set, struct cw_str *out)
{
    char room[64];
    const char *text = cw_mapping_scalar(set, room);
    if (text)
        *out = cw_mapping_keep(l, text);
    else
        cw_mapping_complain(l, set, "a text or a number is wanted");
}

/* One value, or an array of them. */
static void read_values(struct cw_mapping_load *l, const config_setting_t *set,
                        struct cw_condition *c)
{
    bool one = !config_setting_is_aggregate(set);
    size_t n = one ? 1 : (size_t)config_setting_length(set);
    if (n == 0 || n > VALUES_MOST || config_setting_is_group(set)) {
        cw_mapping_complain(l, set, "a value or 1 to %d of them are wanted: [ \"…\", \"…\" ]",
                            VALUES_MOST);
        return;
    }
    struct cw_str *values = cw_mapping_room(l, n * sizeof *values);
    for (size_t i = 0; values && i < n; i++)
        read_value(l, one ? set : config_setting_get_elem(set, (unsigned)i), &values[i]);
    c->is = values;
    c->n = values ? n : 0;
}

static void read_condition(struct cw_mapping_load *l, const config_setting_t *set,
                           struct cw_condition *ret_condition)
{
    const char *at = NULL;
    const config_setting_t *is = cw_mapping_setting(set, "is");
    if (!config_setting_is_group(set) || !config_setting_lookup_string(set, "at", &at)) {
        cw_mapping_complain(l, set, "{ at = \"/pointer\"; is = [ \"value\", … ]; } is wanted");
        return;
    }
    cw_mapping_check_names(l, set, NULL, 0, condition_words);
    ret_condition->at = cw_mapping_pointer(l, cw_mapping_setting(set, "at"), at);
    if (is)
        read_values(l, is, ret_condition);
}

/* One condition, or a list of them that must all hold. */
static void read_when(struct cw_mapping_load *l, const config_setting_t *set,
                      struct cw_mapped_kind *k)
{
    bool one = !config_setting_is_list(set);
    size_t n = one ? 1 : (size_t)config_setting_length(set);
    struct cw_condition *conditions = cw_mapping_room(l, (n + 1) * sizeof *conditions);
    for (size_t i = 0; conditions && i < n; i++)
        read_condition(l, one ? set : config_setting_get_elem(set, (unsigned)i), &conditions[i]);
    k->conditions = conditions;
    k->n_conditions = conditions ? n : 0;
}

/* ---- the kinds of events ---- */

static const char *const left_out[] = {"specversion", "type", NULL}; /* we write them ourselves */
static const char *const event_words[] = {"input", "zone",    "kinds", "id", "source",
                                          "time",  "subject", "data",  NULL};
static const char *const kind_words[] = {"type", "when",    "id",   "source",
                                         "time", "subject", "data", NULL};
static const struct cw_member data_member = {.name = "data", .kind = CW_M_OBJECT, .required = true};

static const char *type_at(const void *arg, size_t i)
{
    (void)arg;
    return i < CW_EV_COUNT ? cw_event_type_name((enum cw_event_type)i) : NULL;
}

static bool read_type(struct cw_mapping_load *l, const config_setting_t *set,
                      enum cw_event_type *ret_type)
{
    const char *name;
    if (!config_setting_lookup_string(set, "type", &name)) {
        cw_mapping_complain(l, set,
                            "type = \"billing.charge\"; or another of the contract's is "
                            "missing");
        return false;
    }
    for (unsigned t = 0; t < CW_EV_COUNT; t++)
        if (strcmp(name, type_at(NULL, t)) == 0) {
            *ret_type = (enum cw_event_type)t;
            return true;
        }
    cw_mapping_unknown(l, cw_mapping_setting(set, "type"), "type of events", name, type_at, NULL);
    return false;
}

/* What of it is missing is missing at the top, for messages of no kind need it too. */
static void read_envelope(struct cw_mapping_load *l, const config_setting_t *own,
                          const config_setting_t *root, struct cw_rules *ret_rules)
{
    cw_mapping_members(l, root, &cw_envelope_shape, own, root, left_out, ret_rules);
}

static void read_data(struct cw_mapping_load *l, const config_setting_t *set,
                      const config_setting_t *root, enum cw_event_type type, struct cw_rules *rules)
{
    const struct cw_shape *shape = cw_event_shape(type);
    const config_setting_t *own = cw_mapping_setting(set, "data");
    const config_setting_t *common = cw_mapping_setting(root, "data");
    struct cw_rule *all = cw_mapping_room(l, (rules->n + 1) * sizeof *all);
    if (!all || !rules->rule)
        return;
    memcpy(all, rules->rule, rules->n * sizeof *all);
    struct cw_rule *data = &all[rules->n];
    *data = (struct cw_rule){.member = &data_member, .source = CW_RULE_OBJECT};
    if (own)
        cw_mapping_check_names(l, own, &shape, 1, NULL);
    cw_mapping_members(l, own ? own : set, shape, own, common, NULL, &data->sub);
    *rules = (struct cw_rules){all, rules->n + 1};
}

static void read_kind(struct cw_mapping_load *l, const config_setting_t *set,
                      const config_setting_t *root, struct cw_mapped_kind *k)
{
    enum cw_event_type type;
    const config_setting_t *when = cw_mapping_setting(set, "when");
    if (!config_setting_is_group(set)) {
        cw_mapping_complain(l, set, "{ type = …; when = …; data = { … }; } is wanted");
        return;
    }
    cw_mapping_check_names(l, set, NULL, 0, kind_words);
    if (when)
        read_when(l, when, k);
    if (!read_type(l, set, &type))
        return;
    k->type = cw_event_type_name(type);
    read_envelope(l, set, root, &k->rules);
    read_data(l, set, root, type, &k->rules);
}

/* A kind without a condition takes all that comes to it. */
static void check_reached(struct cw_mapping_load *l, const config_setting_t *list)
{
    for (size_t i = 0; i + 1 < l->m->n_kinds; i++)
        if (l->m->kinds[i].n_conditions == 0) {
            cw_mapping_complain(l, config_setting_get_elem(list, (unsigned)i),
                                "it has no condition (when), so the kinds behind it get nothing");
            return;
        }
}

static void read_common_data(struct cw_mapping_load *l, const config_setting_t *root)
{
    const config_setting_t *data = cw_mapping_setting(root, "data");
    const struct cw_shape *shapes[CW_EV_COUNT];
    for (unsigned t = 0; t < CW_EV_COUNT; t++)
        shapes[t] = cw_event_shape((enum cw_event_type)t);
    if (data)
        cw_mapping_check_names(l, data, shapes, CW_EV_COUNT, NULL);
}

static void read_events(struct cw_mapping_load *l, const config_setting_t *root)
{
    const config_setting_t *list = cw_mapping_setting(root, "kinds");
    int n = list && config_setting_is_list(list) ? config_setting_length(list) : 0;
    cw_mapping_check_names(l, root, NULL, 0, event_words);
    read_common_data(l, root);
    read_envelope(l, NULL, root, &l->m->unknown);
    if (n < 1 || n > CW_KINDS_MOST) {
        cw_mapping_complain(l, list ? list : root,
                            "1 to %d kinds are wanted: kinds = ( { type = …; when = …; }, … )",
                            CW_KINDS_MOST);
        return;
    }
    l->m->kinds = cw_mapping_room(l, (size_t)n * sizeof *l->m->kinds);
    if (!l->m->kinds)
        return;
    l->m->n_kinds = (size_t)n;
    for (int i = 0; i < n; i++)
        read_kind(l, config_setting_get_elem(list, (unsigned)i), root, &l->m->kinds[i]);
    check_reached(l, list);
}

/* ---- profiles and managers: one kind, whose members stand at the top ---- */

static void read_record(struct cw_mapping_load *l, const config_setting_t *root,
                        const struct cw_shape *shape, const char *name)
{
    static const char *const words[] = {"input", "zone", NULL};
    struct cw_mapped_kind *k = cw_mapping_room(l, sizeof *k);
    if (!k)
        return;
    k->type = name;
    cw_mapping_check_names(l, root, &shape, 1, words);
    cw_mapping_members(l, root, shape, root, NULL, NULL, &k->rules);
    l->m->kinds = k;
    l->m->n_kinds = 1;
}

/* ---- the file ---- */

static void read_zone(struct cw_mapping_load *l, const config_setting_t *root)
{
    const config_setting_t *set = cw_mapping_setting(root, "zone");
    const char *name = set ? config_setting_get_string(set) : NULL;
    struct cw_errbuf why;
    if (!set)
        return;
    if (!name)
        cw_mapping_complain(l, set, "a zone such as \"Asia/Shanghai\" is wanted");
    else if (cw_zone_load(name, &l->m->own_zone, &why) != 0)
        cw_mapping_complain(l, set, "%s", why.text);
}

static bool read_input(struct cw_mapping_load *l, const config_setting_t *root)
{
    const config_setting_t *set = cw_mapping_setting(root, "input");
    const char *name = set ? config_setting_get_string(set) : NULL;
    for (int i = 0; name && i < CW_MAPPED_COUNT; i++)
        if (strcmp(name, cw_mapped_name((enum cw_mapped)i)) == 0) {
            l->m->what = (enum cw_mapped)i;
            return true;
        }
    cw_mapping_complain(l, set ? set : root,
                        "input = \"events\"; or \"profiles\" or \"managers\" is wanted: what the "
                        "messages are");
    return false;
}

static void read_profile(struct cw_mapping_load *l, const config_setting_t *root)
{
    read_zone(l, root);
    if (!read_input(l, root))
        return;
    switch (l->m->what) {
    case CW_MAPPED_PROFILES:
        read_record(l, root, &cw_profile_shape, "profile");
        break;
    case CW_MAPPED_MANAGERS:
        read_record(l, root, &cw_manager_shape, "manager");
        break;
    case CW_MAPPED_EVENTS:
    case CW_MAPPED_COUNT:
        read_events(l, root);
        break;
    }
}

static void read_text(struct cw_mapping_load *l, const char *text)
{
    config_t tree;
    config_init(&tree);
    if (cw_syntax_read(l->complaints, l->file, text, &tree))
        read_profile(l, config_root_setting(&tree));
    config_destroy(&tree);
}

/* Reads the file's text into an empty buffer. */
static int read_file(const char *file, struct cw_complaints *complaints, struct cw_buf *ret_text)
{
    struct cw_place at = {.file = file};
    struct cw_errbuf why;
    int err = cw_text_file(file, ret_text, &why);
    if (err && err != -CW_E_NOMEM)
        cw_complain(complaints, &at, "", "%s", why.text);
    return err == -CW_E_NOTFOUND ? -CW_E_IO : err;
}

int cw_mapping_load(const char *file, const struct cw_zone *zone, struct cw_complaints *complaints,
                    struct cw_mapping **ret_mapping)
{
    struct cw_buf text = {0};
    size_t before = complaints->n;
    struct cw_mapping_load l = {.complaints = complaints, .file = file};
    int err = read_file(file, complaints, &text);
    l.m = err ? NULL : calloc(1, sizeof *l.m);
    if (l.m) {
        read_text(&l, text.p);
        cw_mapping_bind(l.m, zone);
        err = complaints->nomem ? -CW_E_NOMEM : complaints->n > before ? -CW_E_INVALID : 0;
    } else if (!err) {
        err = -CW_E_NOMEM;
    }
    cw_buf_free(&text);
    if (err)
        cw_mapping_free(l.m);
    else
        *ret_mapping = l.m;
    return err;
}
