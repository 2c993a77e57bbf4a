/* Lines through a profile, with an eye on its pointers and on the lines' members. See map_test.h.
 */
#include "ctl/lines/map_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/mapping_rules.h"
#include "ctl/lines/members.h"

#define PATH_BYTES 1024

struct cw_map_test {
    const struct cw_mapping *mapping;
    struct cw_decoder *decoder;
    struct cw_mapping_trace trace;
    struct cw_map_type types[CW_KINDS_MOST + 1];
    size_t n_types;
    struct cw_map_pointer *pointers; /* owned, like the three below */
    size_t n_pointers;
    const struct cw_json **used; /* of the line under way */
    size_t n_used, cap_used;
    struct cw_map_path *paths;
    size_t n_paths;
    struct cw_buf key;
    const char *type; /* of the line under way */
    bool failed;      /* for want of memory */
};

/* ---- what a line used ---- */

static void note_used(struct cw_map_test *t, const struct cw_json *v)
{
    if (t->n_used == t->cap_used) {
        size_t cap = t->cap_used ? 2 * t->cap_used : 256;
        const struct cw_json **grown = realloc(t->used, cap * sizeof *grown);
        t->failed |= !grown;
        if (!grown)
            return;
        t->used = grown;
        t->cap_used = cap;
    }
    t->used[t->n_used++] = v;
}

static void on_look(void *arg, const struct cw_pointer *p, const struct cw_json *found)
{
    struct cw_map_test *t = arg;
    for (size_t i = 0; i < t->n_pointers; i++)
        if (t->pointers[i].pointer == p) {
            t->pointers[i].looks++;
            t->pointers[i].finds += found != NULL;
        }
    if (found)
        note_used(t, found);
}

static bool is_used(const struct cw_map_test *t, const struct cw_json *v)
{
    for (size_t i = 0; i < t->n_used; i++)
        if (t->used[i] == v)
            return true;
    return false;
}

/* Whether a pointer of the profile picks elements by that member. */
static bool is_key(const struct cw_map_test *t, struct cw_str name)
{
    for (size_t i = 0; i < t->n_pointers; i++) {
        const struct cw_pointer *p = t->pointers[i].pointer;
        for (size_t s = 0; s < p->n; s++)
            if (p->steps[s].key && strlen(p->steps[s].key) == name.n &&
                memcmp(p->steps[s].key, name.p, name.n) == 0)
                return true;
    }
    return false;
}

/* ---- the ways into a line ---- */

static void count_path(struct cw_map_test *t, const char *text, bool used)
{
    size_t i = 0;
    while (i < t->n_paths && strcmp(t->paths[i].text, text) != 0)
        i++;
    if (i == CW_MAP_PATHS_MOST)
        return;
    if (i == t->n_paths) {
        char *copy = strdup(text);
        t->failed |= !copy;
        if (!copy)
            return;
        t->paths[t->n_paths++] = (struct cw_map_path){.text = copy};
    }
    t->paths[i].seen++;
    t->paths[i].used += used;
}

/* A walk over a line's tree; the way so far is cut where its room ends. */
struct walk {
    struct cw_map_test *t;
    char path[PATH_BYTES];
    bool used, in_element;
};

static void walk_value(struct walk *w, const struct cw_json *v);

static void step_into(struct walk *w, struct cw_str name, const struct cw_json *v, bool in_element)
{
    struct walk inside = *w;
    size_t n = strlen(w->path);
    inside.in_element = in_element;
    (void)snprintf(inside.path + n, sizeof inside.path - n, "/%.*s", (int)name.n, name.p);
    walk_value(&inside, v);
}

static void walk_member(const struct walk *w, const struct cw_json *v)
{
    struct walk here = *w;
    here.used |= w->in_element && is_key(w->t, v->name);
    step_into(&here, v->name, v, false);
}

/* Only what holds no other value is counted: a container is used by its parts. */
static void walk_value(struct walk *w, const struct cw_json *v)
{
    enum cw_json_kind kind = cw_json_kind(v);
    w->used |= is_used(w->t, v);
    for (const struct cw_json *of = cw_json_first(v); of; of = of->next)
        if (kind == CW_JSON_OBJECT)
            walk_member(w, of);
        else
            step_into(w, CW_STR("*"), of, true);
    if (kind < CW_JSON_ARRAY)
        count_path(w->t, w->path, w->used);
}

static void on_end(void *arg, const struct cw_json *root, const char *type)
{
    struct cw_map_test *t = arg;
    struct walk w = {.t = t};
    t->type = type;
    walk_value(&w, root);
}

/* ---- a line ---- */

static int decode(struct cw_map_test *t, const struct cw_message *m, struct cw_reject *ret_reject)
{
    union {
        struct cw_event event;
        struct cw_profile profile;
        struct cw_manager manager;
    } ignored;
    switch (cw_mapping_what(t->mapping)) {
    case CW_MAPPED_PROFILES:
        return cw_decode_profile(t->decoder, m, &ignored.profile, ret_reject);
    case CW_MAPPED_MANAGERS:
        return cw_decode_manager(t->decoder, m, &ignored.manager, ret_reject);
    case CW_MAPPED_EVENTS:
    case CW_MAPPED_COUNT:
        break;
    }
    return cw_decode_event(t->decoder, m, &ignored.event, ret_reject);
}

/* The key a producer must give the line, which is no part of it: that of what it becomes. */
static struct cw_str key_of(struct cw_map_test *t, struct cw_str line)
{
    static const char *const keys[CW_MAPPED_COUNT] = {
        [CW_MAPPED_EVENTS] = "subject",
        [CW_MAPPED_PROFILES] = "client_id",
        [CW_MAPPED_MANAGERS] = "manager_id",
    };
    struct cw_reject ignored;
    struct cw_message m = {.value = line, .timestamp_ms = -1};
    (void)decode(t, &m, &ignored);
    struct cw_str text = cw_decoder_mapped(t->decoder), key = {0};
    struct cw_buf room = {0};
    if (text.p)
        key = cw_member_text(text, keys[cw_mapping_what(t->mapping)], &room);
    cw_buf_clear(&t->key);
    cw_buf_put(&t->key, key.p, key.n);
    cw_buf_free(&room);
    return key.p ? (struct cw_str){t->key.p, t->key.n} : key;
}

static void count(struct cw_map_test *t, bool refused)
{
    size_t i = 0;
    while (i < t->n_types && t->types[i].name != t->type && /* NULL stands for itself */
           !(t->types[i].name && t->type && strcmp(t->types[i].name, t->type) == 0))
        i++;
    if (i == t->n_types)
        t->types[t->n_types++] = (struct cw_map_type){.name = t->type};
    t->types[i].lines++;
    t->types[i].refused += refused;
}

int cw_map_test_line(struct cw_map_test *t, struct cw_str line, struct cw_map_result *ret_result)
{
    *ret_result = (struct cw_map_result){0};
    struct cw_message m = {.key = key_of(t, line), .value = line, .timestamp_ms = -1};
    t->n_used = 0;
    t->type = NULL;
    cw_decoder_trace(t->decoder, &t->trace);
    int err = decode(t, &m, &ret_result->reject);
    cw_decoder_trace(t->decoder, NULL);
    if (err == -CW_E_NOMEM || t->failed || t->key.failed)
        return -CW_E_NOMEM;
    ret_result->refused = err == -CW_E_REJECT;
    ret_result->type = t->type;
    ret_result->text = cw_decoder_mapped(t->decoder);
    count(t, ret_result->refused);
    return 0;
}

/* ---- made, freed, asked ---- */

static void add_pointer(void *arg, const struct cw_pointer *p)
{
    struct cw_map_test *t = arg;
    t->pointers[t->n_pointers++].pointer = p;
}

struct cw_map_test *cw_map_test_new(const struct cw_mapping *m,
                                    const struct cw_decode_limits *limits)
{
    struct cw_map_test *t = calloc(1, sizeof *t);
    if (!t)
        return NULL;
    t->mapping = m;
    t->trace = (struct cw_mapping_trace){t, on_look, on_end};
    t->decoder = cw_decoder_new(limits);
    t->pointers = calloc(CW_POINTERS_MOST, sizeof *t->pointers);
    t->paths = calloc(CW_MAP_PATHS_MOST, sizeof *t->paths);
    if (!t->decoder || !t->pointers || !t->paths) {
        cw_map_test_free(t);
        return NULL;
    }
    cw_decoder_map(t->decoder, m);
    cw_mapping_pointers(m, add_pointer, t);
    return t;
}

void cw_map_test_free(struct cw_map_test *t)
{
    if (!t)
        return;
    cw_decoder_free(t->decoder);
    for (size_t i = 0; i < t->n_paths; i++)
        free(t->paths[i].text);
    free(t->paths);
    free(t->pointers);
    free(t->used);
    cw_buf_free(&t->key);
    free(t);
}

const struct cw_map_type *cw_map_test_types(const struct cw_map_test *t, size_t *ret_n)
{
    *ret_n = t->n_types;
    return t->types;
}

const struct cw_map_pointer *cw_map_test_pointers(const struct cw_map_test *t, size_t *ret_n)
{
    *ret_n = t->n_pointers;
    return t->pointers;
}

const struct cw_map_path *cw_map_test_paths(const struct cw_map_test *t, size_t *ret_n)
{
    *ret_n = t->n_paths;
    return t->paths;
}
