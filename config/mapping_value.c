/* What a profile says of a single value: where it comes from and what is made of it.
 *
 * Runs on the thread that starts or reloads.
 */
#include <stdlib.h>
#include <string.h>

#include "config/forms.h"
#include "config/mapping_reading.h"
#include "config/units.h"

#define POINTERS_MOST 16 /* of a rule */

/* ---- texts in the contract's form ---- */

static const char *word_at(const void *arg, size_t i)
{
    const struct cw_member *m = arg;
    return m->words[i];
}

static bool is_word(const struct cw_member *m, const char *text)
{
    for (size_t i = 0; m->words[i]; i++)
        if (strcmp(m->words[i], text) == 0)
            return true;
    return false;
}

/* It goes into JSON as it is. */
static bool is_number(struct cw_str text)
{
    struct cw_json_room room = {0};
    const struct cw_json *v;
    struct cw_json_fault fault;
    bool is = cw_json_parse(&room, text, &v, &fault) == 0 && cw_json_kind(v) == CW_JSON_NUMBER;
    cw_json_room_free(&room);
    return is;
}

static bool lies_in(const struct cw_member *m, double value)
{
    return value >= (double)m->least && value <= (double)m->most;
}

/* What a member of that kind looks like; NULL: the text is one. */
static const char *wanted_instead(const struct cw_member *m, const char *text)
{
    struct cw_str s = {text, strlen(text)};
    int64_t i64;
    int32_t i32;
    double real;
    cw_number number;
    switch (m->kind) {
    case CW_M_NUMBER:
    case CW_M_PHONE:
        return cw_number_parse(s, &number) == 0 ? NULL : "a telephone number of 1 to 16 digits";
    case CW_M_TIME:
        return cw_parse_rfc3339(s, &i64) == 0 ? NULL : "an RFC 3339 time";
    case CW_M_DATE:
        return cw_parse_date(s, &i32) == 0 ? NULL : "a date YYYY-MM-DD";
    case CW_M_CYCLE:
        return cw_parse_cycle(s, &i32) == 0 ? NULL : "a cycle YYYY-MM";
    case CW_M_BOOL:
        return strcmp(text, "true") == 0 || strcmp(text, "false") == 0 ? NULL : "true or false";
    case CW_M_MONEY:
        return cw_money_parse(s, &i64) == 0 && lies_in(m, (double)i64)
                   ? NULL
                   : "an amount in yuan that the contract allows";
    case CW_M_INT32:
    case CW_M_INT64:
        return cw_int_parse(text, &i64) == 0 && is_number(s) && lies_in(m, (double)i64)
                   ? NULL
                   : "a whole number that the contract allows";
    case CW_M_REAL:
        return cw_real_parse(text, &real) == 0 && is_number(s) && lies_in(m, real)
                   ? NULL
                   : "a number that the contract allows";
    case CW_M_TEXT:
        return lies_in(m, (double)s.n) ? NULL : "a text as long as the contract allows";
    case CW_M_ID:
        return cw_form_find("id")->holds(text) ? NULL
                                               : "an id of 1 to 64 characters of A-Z a-z 0-9 . _ -";
    default:
        return NULL;
    }
}

/* Reads a value that goes into the contract's text as it is. */
static bool read_literal(const struct cw_reading *r, const config_setting_t *set,
                         struct cw_str *out)
{
    char room[64];
    const char *text = cw_mapping_scalar(set, room);
    if (!text) {
        cw_mapping_complain(r->l, set, "a single value is wanted");
        return false;
    }
    if (r->member->words && !is_word(r->member, text)) {
        cw_mapping_unknown(r->l, set, r->member->name, text, word_at, r->member);
        return false;
    }
    const char *wanted = wanted_instead(r->member, text);
    if (wanted)
        cw_mapping_complain(r->l, set, "\"%.60s\" where %s is wanted", text, wanted);
    else
        *out = cw_mapping_keep(r->l, text);
    return !wanted;
}

/* ---- where the value comes from ---- */

/* One pointer, or an array of them; an empty one only where that means something. */
bool cw_reading_pointers(const struct cw_reading *r, const config_setting_t *set, size_t least)
{
    bool one = config_setting_type(set) == CONFIG_TYPE_STRING;
    size_t n = one ? 1 : (size_t)config_setting_length(set);
    const struct cw_pointer **pointers = cw_mapping_room(r->l, (n + 1) * sizeof *pointers);
    if ((!one && !config_setting_is_array(set)) || n < least || n > POINTERS_MOST) {
        cw_mapping_complain(r->l, set,
                            "a JSON Pointer or %zu to %d of them are wanted: "
                            "[ \"/one\", \"/other\" ]",
                            least, POINTERS_MOST);
        return false;
    }
    for (size_t i = 0; pointers && i < n; i++) {
        const char *text =
            one ? config_setting_get_string(set) : config_setting_get_string_elem(set, (int)i);
        pointers[i] = text ? cw_mapping_pointer(r->l, set, text) : NULL;
        if (!text)
            cw_mapping_complain(r->l, set, "a JSON Pointer is a text in quotes");
        if (!pointers[i])
            return false;
    }
    r->rule->pointers = pointers;
    r->rule->n_pointers = pointers ? n : 0;
    return pointers != NULL;
}

static bool read_from(const struct cw_reading *r, const config_setting_t *set)
{
    r->rule->source = CW_RULE_POINTERS;
    return cw_reading_pointers(r, set, 1);
}

static bool read_const(const struct cw_reading *r, const config_setting_t *set)
{
    r->rule->source = CW_RULE_CONST;
    return read_literal(r, set, &r->rule->constant);
}

static bool read_hash(const struct cw_reading *r, const config_setting_t *set)
{
    r->rule->source = CW_RULE_HASH;
    if (r->member->kind != CW_M_TEXT) {
        cw_mapping_complain(r->l, set, "only a text can be a hash");
        return false;
    }
    return cw_reading_pointers(r, set, 0);
}

/* ---- what is made of it ---- */

static int by_from(const void *a, const void *b)
{
    const struct cw_word_pair *x = a, *y = b;
    int order = memcmp(x->from.p, y->from.p, x->from.n < y->from.n ? x->from.n : y->from.n);
    return order ? order : (x->from.n > y->from.n) - (x->from.n < y->from.n);
}

static bool read_pair(const struct cw_reading *r, const config_setting_t *set,
                      struct cw_word_pair *pair)
{
    char room[64];
    const char *from = NULL;
    if (config_setting_is_aggregate(set) && !config_setting_is_group(set) &&
        config_setting_length(set) == 2)
        from = cw_mapping_scalar(config_setting_get_elem(set, 0), room);
    if (!from) {
        cw_mapping_complain(r->l, set, "a pair is wanted: [ \"theirs\", \"the contract's\" ]");
        return false;
    }
    pair->from = cw_mapping_keep(r->l, from);
    return read_literal(r, config_setting_get_elem(set, 1), &pair->to);
}

static bool check_pairs(const struct cw_reading *r, const config_setting_t *set,
                        struct cw_word_pair *pairs, size_t n)
{
    qsort(pairs, n, sizeof *pairs, by_from);
    for (size_t i = 1; i < n; i++)
        if (by_from(&pairs[i - 1], &pairs[i]) == 0) {
            cw_mapping_complain(r->l, set, "\"%.60s\" stands in the map twice", pairs[i].from.p);
            return false;
        }
    return true;
}

static bool read_map(const struct cw_reading *r, const config_setting_t *set)
{
    size_t n = config_setting_is_list(set) ? (size_t)config_setting_length(set) : 0;
    if (n < 1 || n > CW_MAP_PAIRS_MOST) {
        cw_mapping_complain(r->l, set,
                            "1 to %d pairs are wanted: ( [ \"theirs\", \"the contract's\" ], … )",
                            CW_MAP_PAIRS_MOST);
        return false;
    }
    struct cw_word_pair *pairs = cw_mapping_room(r->l, n * sizeof *pairs);
    bool good = pairs != NULL;
    for (size_t i = 0; pairs && i < n; i++)
        good &= read_pair(r, config_setting_get_elem(set, (unsigned)i), &pairs[i]);
    if (!good || !check_pairs(r, set, pairs, n))
        return false;
    r->rule->map = pairs;
    r->rule->n_map = n;
    return true;
}

static bool read_otherwise(const struct cw_reading *r, const config_setting_t *set)
{
    if (!cw_mapping_setting(r->group, "map")) {
        cw_mapping_complain(r->l, set,
                            "it is for what a map has not, and there is no map; default "
                            "is for what is not there");
        return false;
    }
    return read_literal(r, set, &r->rule->otherwise);
}

static bool read_default(const struct cw_reading *r, const config_setting_t *set)
{
    return read_literal(r, set, &r->rule->absent);
}

static const char *unit_at(const void *arg, size_t i)
{
    const struct cw_unit *ours = arg;
    const struct cw_unit *u = cw_units;
    for (; u->name; u++)
        if (u->quantity == ours->quantity && i-- == 0)
            break;
    return u->name;
}

static bool read_unit(const struct cw_reading *r, const config_setting_t *set)
{
    const char *name = config_setting_get_string(set);
    const struct cw_unit *ours = cw_unit_of(r->member);
    if (!ours || !name) {
        cw_mapping_complain(r->l, set,
                            ours ? "a unit in quotes is wanted" : "%s is counted in no unit",
                            r->member->name);
        return false;
    }
    for (const struct cw_unit *u = cw_units; u->name; u++)
        if (u->quantity == ours->quantity && strcmp(u->name, name) == 0) {
            r->rule->unit = u;
            return true;
        }
    cw_mapping_unknown(r->l, set, "unit of it", name, unit_at, ours);
    return false;
}

static bool read_format(const struct cw_reading *r, const config_setting_t *set, const char *text,
                        struct cw_time_format *out)
{
    struct cw_errbuf why;
    if (!text)
        cw_mapping_complain(r->l, set, "the form of a time is a text in quotes");
    else if (cw_time_format_parse(cw_mapping_keep(r->l, text).p, r->member->kind, out, &why) != 0)
        cw_mapping_complain(r->l, set, "%s", why.text);
    else
        return true;
    return false;
}

static bool read_time(const struct cw_reading *r, const config_setting_t *set)
{
    bool one = config_setting_type(set) == CONFIG_TYPE_STRING;
    size_t n = one ? 1 : config_setting_is_array(set) ? (size_t)config_setting_length(set) : 0;
    enum cw_member_kind kind = r->member->kind;
    if (kind != CW_M_TIME && kind != CW_M_DATE && kind != CW_M_CYCLE) {
        cw_mapping_complain(r->l, set, "%s is no time", r->member->name);
        return false;
    }
    if (n < 1 || n > CW_TIME_FORMATS_MOST) {
        cw_mapping_complain(r->l, set, "the form of a time, or 1 to %d of them, are wanted",
                            CW_TIME_FORMATS_MOST);
        return false;
    }
    struct cw_time_format *formats = cw_mapping_room(r->l, n * sizeof *formats);
    for (size_t i = 0; formats && i < n; i++)
        if (!read_format(r, set,
                         one ? config_setting_get_string(set)
                             : config_setting_get_string_elem(set, (int)i),
                         &formats[i]))
            return false;
    r->rule->formats = formats;
    r->rule->n_formats = formats ? n : 0;
    return true;
}

static bool read_drop(const struct cw_reading *r, const config_setting_t *set)
{
    const char *text = config_setting_get_string(set);
    if (text)
        r->rule->drop = cw_mapping_keep(r->l, text);
    else
        cw_mapping_complain(r->l, set, "what is taken off the beginning is a text in quotes");
    return text != NULL;
}

static bool read_required(const struct cw_reading *r, const config_setting_t *set)
{
    if (config_setting_type(set) != CONFIG_TYPE_BOOL) {
        cw_mapping_complain(r->l, set, "true or false is wanted");
        return false;
    }
    r->rule->required = config_setting_get_bool(set);
    return true;
}

/* ---- a single value ---- */

static const struct {
    const char *name;
    bool source; /* one of these says where the value comes from */
    bool (*read)(const struct cw_reading *r, const config_setting_t *set);
} keys[] = {
    {"from", true, read_from},
    {"const", true, read_const},
    {"hash", true, read_hash},
    {"map", false, read_map},
    {"otherwise", false, read_otherwise},
    {"default", false, read_default},
    {"unit", false, read_unit},
    {"time", false, read_time},
    {"drop", false, read_drop},
    {"required", false, read_required},
};
enum { KEYS = sizeof keys / sizeof *keys };

static const char *key_at(const void *arg, size_t i)
{
    (void)arg;
    return i < KEYS ? keys[i].name : NULL;
}

static bool read_key(const struct cw_reading *r, const config_setting_t *set, size_t *sources)
{
    for (size_t i = 0; i < KEYS; i++)
        if (strcmp(keys[i].name, config_setting_name(set)) == 0) {
            *sources += keys[i].source;
            return keys[i].read(r, set);
        }
    cw_mapping_unknown(r->l, set, "setting of a member", config_setting_name(set), key_at, NULL);
    return false;
}

bool cw_reading_value(struct cw_reading *r, const config_setting_t *set)
{
    size_t sources = 0;
    bool good = true;
    r->rule->unit = cw_unit_of(r->member);
    if (config_setting_type(set) == CONFIG_TYPE_STRING || config_setting_is_array(set))
        return read_from(r, set);
    if (!config_setting_is_group(set)) {
        cw_mapping_complain(r->l, set,
                            "a JSON Pointer in quotes or a group is wanted: "
                            "{ from = \"/pointer\"; }");
        return false;
    }
    r->group = set;
    for (int i = 0; i < config_setting_length(set); i++)
        good &= read_key(r, config_setting_get_elem(set, (unsigned)i), &sources);
    if (sources == 1)
        return good;
    cw_mapping_complain(r->l, set, "one of from, const and hash is wanted");
    return false;
}
