/* One change of live thresholds, as JSON and as data. See live.h. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "config/known.h"
#include "config/live.h"
#include "config/units.h"
#include "config/values.h"

#define DETECTORS "detectors."

void cw_live_record_free(struct cw_live_record *r)
{
    for (size_t i = 0; i < r->n; i++)
        for (int level = 0; level < CW_SEGMENT_LEVELS; level++)
            free(r->changes[i].want[level]);
    free(r->changes);
    r->changes = NULL;
    r->n = 0;
}

struct cw_live_change *cw_live_record_add(struct cw_live_record *r)
{
    struct cw_live_change *grown = reallocarray(r->changes, r->n + 1, sizeof *grown);
    if (!grown)
        return NULL;
    r->changes = grown;
    grown[r->n] = (struct cw_live_change){.set = false};
    return &grown[r->n++];
}

int cw_live_key_read(const char *key, struct cw_threshold_id *ret_id, struct cw_errbuf *eb)
{
    char path[CW_PATH_MOST], near[CW_PATH_MOST];
    bool whole = strncmp(key, DETECTORS, strlen(DETECTORS)) == 0;
    const char *name = whole ? key + strlen(DETECTORS) : key;
    if (cw_threshold_find(name, ret_id) == 0)
        return 0;
    (void)snprintf(path, sizeof path, DETECTORS "%s", name);
    if (cw_known_nearest(path, false, near) && strncmp(near, DETECTORS, strlen(DETECTORS)) == 0)
        return cw_fail(eb, CW_E_INVALID, "%.100s: no such threshold; did you mean %s?", key,
                       near + (whole ? 0 : strlen(DETECTORS)));
    return cw_fail(eb, CW_E_INVALID, "%.100s: no such threshold", key);
}

/* ---- reading ---- */

/* A text of 1 to `most` bytes without control characters. */
static int read_text(json_t *root, const char *name, char *ret_text, size_t most,
                     struct cw_errbuf *eb)
{
    json_t *value = json_object_get(root, name);
    const char *text = json_string_value(value);
    size_t n = text ? json_string_length(value) : 0;
    if (n < 1 || n > most)
        return cw_fail(eb, CW_E_INVALID, "%s: a text of 1 to %zu bytes is wanted", name, most);
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
            return cw_fail(eb, CW_E_INVALID, "%s: control characters are not allowed", name);
    memcpy(ret_text, text, n + 1);
    return 0;
}

static int read_number(json_t *value, struct cw_given *g, struct cw_buf *text)
{
    if (json_is_integer(value))
        cw_int_print(text, json_integer_value(value));
    else
        cw_real_print(text, json_real_value(value));
    cw_buf_put(text, "", 1);
    g->kind = json_is_integer(value) ? CW_GIVEN_INT : CW_GIVEN_REAL;
    g->text = text->p;
    return text->failed ? -CW_E_NOMEM : 0;
}

/* By the row of the table that a file's value is read by. */
static int read_value(json_t *value, struct cw_live_change *c, struct cw_errbuf *eb)
{
    struct cw_param p = cw_threshold_param(c->id);
    struct cw_given g = {.kind = CW_GIVEN_TEXT, .text = json_string_value(value)};
    struct cw_buf text = {0};
    int mode = 0, err = 0;
    if (json_is_null(value))
        return 0;
    if (json_is_number(value))
        err = read_number(value, &g, &text);
    else if (!json_is_string(value))
        err = cw_fail(eb, CW_E_INVALID, "value: a number, a word or null is wanted");
    if (!err)
        err =
            cw_value_read(&p, &g, p.type == CW_PARAM_ENUM ? (void *)&mode : (void *)&c->value, eb);
    if (!err && p.type == CW_PARAM_ENUM)
        c->value = mode;
    c->set = !err;
    cw_buf_free(&text);
    return err;
}

static int read_segment(json_t *segment, struct cw_live_change *c, struct cw_errbuf *eb)
{
    const char *name;
    json_t *value;
    int err = 0;
    if (json_is_null(segment))
        return 0;
    if (json_object_size(segment) == 0)
        return cw_fail(eb, CW_E_INVALID, "segment: null or an object of conditions is wanted");
    json_object_foreach(segment, name, value)
    {
        const char *text = json_string_value(value);
        if (!text || strlen(text) != json_string_length(value))
            return cw_fail(eb, CW_E_INVALID, "segment: %.60s: a text is wanted", name);
        err = cw_segment_want(c->want, name, text, eb);
        if (err)
            break;
    }
    return err;
}

static bool has_only(json_t *object, const char *const names[], size_t n)
{
    size_t known = 0;
    for (size_t i = 0; i < n; i++)
        known += json_object_get(object, names[i]) != NULL;
    return known == n && json_object_size(object) == n;
}

static int read_change(json_t *of, struct cw_live_change *c, struct cw_errbuf *eb)
{
    static const char *const members[] = {"key", "segment", "value"};
    const char *key = json_string_value(json_object_get(of, "key"));
    if (!has_only(of, members, sizeof members / sizeof *members) || !key)
        return cw_fail(eb, CW_E_INVALID, "a change has key, segment and value, and nothing else");
    int err = cw_live_key_read(key, &c->id, eb);
    if (!err)
        err = read_segment(json_object_get(of, "segment"), c, eb);
    if (!err)
        err = read_value(json_object_get(of, "value"), c, eb);
    if (err == -CW_E_INVALID) {
        struct cw_errbuf why = *eb;
        (void)cw_fail(eb, CW_E_INVALID, "%.100s: %.380s", key, why.text);
    }
    return err;
}

static bool same_place(const struct cw_live_change *a, const struct cw_live_change *b)
{
    return a->id.detector == b->id.detector && a->id.threshold == b->id.threshold &&
           cw_segment_same(a->want, b->want);
}

static int check_twice(const struct cw_live_record *r, struct cw_errbuf *eb)
{
    const struct cw_live_change *last = &r->changes[r->n - 1];
    for (const struct cw_live_change *c = r->changes; c < last; c++)
        if (same_place(c, last))
            return cw_fail(eb, CW_E_INVALID, "%s.%s is changed twice for the same clients",
                           cw_detectors[last->id.detector]->name, cw_threshold_name(last->id));
    return 0;
}

static int read_changes(json_t *list, struct cw_live_record *r, struct cw_errbuf *eb)
{
    size_t n = json_array_size(list);
    if (n < 1 || n > CW_LIVE_CHANGES_MOST)
        return cw_fail(eb, CW_E_INVALID, "changes: a list of 1 to %d is wanted",
                       CW_LIVE_CHANGES_MOST);
    for (size_t i = 0; i < n; i++) {
        struct cw_live_change *c = cw_live_record_add(r);
        int err = c ? read_change(json_array_get(list, i), c, eb) : -CW_E_NOMEM;
        if (!err)
            err = check_twice(r, eb);
        if (err)
            return err;
    }
    return 0;
}

static int read_all(json_t *root, struct cw_live_record *r, struct cw_errbuf *eb)
{
    static const char *const members[] = {"version", "at", "author", "reason", "changes"};
    json_t *version = json_object_get(root, "version");
    cw_event_time at;
    if (!has_only(root, members, sizeof members / sizeof *members))
        return cw_fail(eb, CW_E_INVALID,
                       "version, at, author, reason and changes are wanted, and nothing else");
    if (!json_is_integer(version) || json_integer_value(version) < 1 ||
        json_integer_value(version) > INT32_MAX)
        return cw_fail(eb, CW_E_INVALID, "version: a whole number from 1 on is wanted");
    r->version = (int32_t)json_integer_value(version);
    int err = read_text(root, "at", r->at, sizeof r->at - 1, eb);
    if (!err && cw_parse_rfc3339((struct cw_str){r->at, strlen(r->at)}, &at) != 0)
        err = cw_fail(eb, CW_E_INVALID, "at: a time in RFC 3339's form is wanted");
    if (!err)
        err = read_text(root, "author", r->author, CW_LIVE_AUTHOR_MOST, eb);
    if (!err)
        err = read_text(root, "reason", r->reason, CW_LIVE_REASON_MOST, eb);
    return err ? err : read_changes(json_object_get(root, "changes"), r, eb);
}

int cw_live_record_read(struct cw_str json, struct cw_live_record *ret_record, struct cw_errbuf *eb)
{
    struct cw_live_record r = {.version = 0};
    if (json.n > CW_LIVE_RECORD_MOST)
        return cw_fail(eb, CW_E_INVALID, "%zu bytes; at most %d are read", json.n,
                       CW_LIVE_RECORD_MOST);
    json_t *root = json.p ? json_loadb(json.p, json.n, JSON_REJECT_DUPLICATES, NULL) : NULL;
    int err = root ? read_all(root, &r, eb) : cw_fail(eb, CW_E_INVALID, "not a JSON object");
    json_decref(root);
    if (err)
        cw_live_record_free(&r);
    else
        *ret_record = r;
    return err;
}

/* ---- writing ---- */

static void put_text(struct cw_buf *b, const char *name, const char *text)
{
    cw_buf_printf(b, "\"%s\":", name);
    cw_buf_json_str(b, (struct cw_str){text, strlen(text)});
}

static void put_segment(struct cw_buf *b, char *const want[CW_SEGMENT_LEVELS])
{
    const char *before = "{";
    for (int level = 0; level < CW_SEGMENT_LEVELS; level++) {
        if (!want[level])
            continue;
        cw_buf_puts(b, before);
        put_text(b, cw_segment_conditions[level].path, want[level]);
        before = ",";
    }
    cw_buf_puts(b, *before == '{' ? "null" : "}");
}

static void put_change(struct cw_buf *b, const struct cw_live_change *c)
{
    char path[CW_PATH_MOST];
    bool word = cw_threshold_param(c->id).type == CW_PARAM_ENUM;
    cw_threshold_path(c->id, path);
    cw_buf_puts(b, "{");
    put_text(b, "key", path);
    cw_buf_puts(b, ",\"segment\":");
    put_segment(b, c->want);
    cw_buf_puts(b, c->set && word ? ",\"value\":\"" : ",\"value\":");
    if (c->set)
        cw_threshold_print(c->id, c->value, b);
    else
        cw_buf_puts(b, "null");
    cw_buf_puts(b, c->set && word ? "\"}" : "}");
}

void cw_live_record_write(const struct cw_live_record *r, struct cw_buf *out)
{
    cw_buf_printf(out, "{\"version\":%d,", (int)r->version);
    put_text(out, "at", r->at);
    cw_buf_puts(out, ",");
    put_text(out, "author", r->author);
    cw_buf_puts(out, ",");
    put_text(out, "reason", r->reason);
    cw_buf_puts(out, ",\"changes\":[");
    for (size_t i = 0; i < r->n; i++) {
        cw_buf_puts(out, i ? "," : "");
        put_change(out, &r->changes[i]);
    }
    cw_buf_puts(out, "]}");
}
