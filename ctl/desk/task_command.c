/* churnwatchctl task ID: one task with its evidence, where its priority comes from, its history. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/desk/feed.h"
#include "ctl/hash_json.h"
#include "ctl/text.h"
#include "ctl/words.h"

struct view {
    const struct cw_ctl *ctl;
    const char *id;
    char manager[65];
    struct cw_redis redis;
    redisReply *hash;
    struct cw_buf json;
    struct cw_table history;
    bool first; /* of the history in JSON */
};

static const char *word(const struct view *v, enum cw_word w)
{
    return cw_word(v->ctl->settings, w);
}

/* ---- finding it ---- */

static enum cw_exit fetch(struct view *v)
{
    char name[80];
    (void)snprintf(name, sizeof name, "task:%s", v->id);
    struct cw_key key = cw_redis_desk_key(&v->redis, v->manager, name);
    v->hash = cw_redis_ask(&v->redis, "HGETALL", key.text, NULL);
    if (!v->hash)
        return cw_redis_fail(&v->redis);
    if (v->hash->elements == 0)
        return cw_ctl_fail(CW_EXIT_WRONG, "task %s ended and its record is gone", v->id);
    return CW_EXIT_DONE;
}

/* ---- for people ---- */

static struct cw_str field(const struct view *v, const char *name)
{
    return cw_redis_field(v->hash, name);
}

static json_t *tree(const struct view *v, const char *name)
{
    struct cw_str s = field(v, name);
    return json_loadb(s.p, s.n, JSON_DECODE_ANY, NULL);
}

static struct cw_str text_of(const json_t *value)
{
    const char *p = json_string_value(value);
    return (struct cw_str){p ? p : "", p ? json_string_length(value) : 0};
}

/* "label  a · b · c", parts that are empty left out; nothing when all are. */
static void print_line(const struct view *v, enum cw_word label, const struct cw_str *parts,
                       size_t n)
{
    struct cw_str title = {word(v, label), strlen(word(v, label))};
    size_t width = cw_text_width(title);
    bool begun = false;
    for (size_t i = 0; i < n; i++) {
        if (parts[i].n == 0)
            continue;
        if (!begun)
            (void)printf("%s%*s", title.p, width < 14 ? (int)(14 - width) : 1, "");
        else
            (void)fputs(" · ", stdout);
        cw_text_print(parts[i], stdout);
        begun = true;
    }
    if (begun)
        (void)putchar('\n');
}

static struct cw_str read_word(const struct view *v, enum cw_word_kind kind, struct cw_str value)
{
    return cw_word_of(v->ctl->settings, kind, value);
}

/* Members whose values are words; another's may look like one. */
static bool has_words(const char *name)
{
    static const char *const names[] = {"kind", "vip", "state", "desk", "purpose", "method"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

static struct cw_str read_field(const struct view *v, const char *name)
{
    return has_words(name) ? read_word(v, CW_OF_MEMBER, field(v, name)) : field(v, name);
}

static void print_fields(const struct view *v, enum cw_word label, const char *const *names)
{
    struct cw_str parts[8];
    size_t n = 0;
    for (; names[n] && n < 8; n++)
        parts[n] = read_field(v, names[n]);
    print_line(v, label, parts, n);
}

static void print_contact(const struct view *v)
{
    static const char *const members[] = {"role", "name", "msisdn"};
    struct cw_str parts[4] = {read_field(v, "method")};
    json_t *contact = tree(v, "contact");
    for (size_t i = 0; i < 3; i++)
        parts[i + 1] = text_of(json_object_get(contact, members[i]));
    parts[1] = read_word(v, CW_OF_MEMBER, parts[1]);
    print_line(v, CW_WORD_contact, parts, 4);
    json_decref(contact);
}

static void print_head(const struct view *v)
{
    static const struct {
        enum cw_word label;
        const char *names[8];
    } rows[] = {
        {CW_WORD_task, {"task_id"}},
        {CW_WORD_client, {"client_id", "client_name", "kind", "class", "vip"}},
        {CW_WORD_state, {"state", "desk", "desk_by", "desk_until", "purpose"}},
        {CW_WORD_version, {"version"}},
        {CW_WORD_manager, {"manager"}},
        {CW_WORD_escalated_to, {"escalated_to"}},
        {CW_WORD_priority, {"priority"}},
        {CW_WORD_risk, {"risk"}},
        {CW_WORD_value, {"value"}},
        {CW_WORD_urgency, {"urgency"}},
        {CW_WORD_due, {"due_at"}},
        {CW_WORD_created, {"created_at"}},
        {CW_WORD_updated, {"updated_at"}},
        {CW_WORD_headline, {"headline"}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        print_fields(v, rows[i].label, rows[i].names);
    print_contact(v);
}

static void print_title(const struct view *v, enum cw_word w)
{
    (void)printf("\n%s\n", word(v, w));
}

static void print_points(const struct view *v)
{
    json_t *points = tree(v, "talking_points"), *point;
    size_t i;
    if (json_array_size(points))
        print_title(v, CW_WORD_talking_points);
    json_array_foreach(points, i, point)
    {
        (void)printf("%2zu. ", i + 1);
        cw_text_print(text_of(point), stdout);
        (void)putchar('\n');
    }
    json_decref(points);
}

/* What people wrote, a line for each text. */
static void print_note(const struct view *v)
{
    struct cw_str note = field(v, "note");
    if (note.n)
        print_title(v, CW_WORD_note);
    while (note.n) {
        const char *eol = memchr(note.p, '\n', note.n);
        size_t n = eol ? (size_t)(eol - note.p) : note.n;
        cw_text_print((struct cw_str){note.p, n}, stdout);
        (void)putchar('\n');
        n += eol != NULL;
        note = (struct cw_str){note.p + n, note.n - n};
    }
}

/* A scalar as a person reads it: texts bare, numbers without the noise of their binary form. */
static void put_scalar(struct cw_buf *b, const json_t *value)
{
    if (json_is_string(value))
        cw_buf_puts(b, json_string_value(value));
    else if (json_is_integer(value))
        cw_buf_printf(b, "%lld", (long long)json_integer_value(value));
    else if (json_is_real(value))
        cw_buf_printf(b, "%.10g", json_real_value(value));
    else if (json_is_boolean(value))
        cw_buf_puts(b, json_is_true(value) ? "true" : "false");
}

/* The same, a text as a word of its kind. */
static void put_value(struct cw_buf *b, const struct view *v, enum cw_word_kind kind,
                      const json_t *value)
{
    struct cw_str s = read_word(v, kind, text_of(value));
    if (json_is_string(value))
        cw_buf_put(b, s.p, s.n);
    else
        put_scalar(b, value);
}

static void put_word(struct cw_buf *b, const struct view *v, enum cw_word_kind kind,
                     const char *word)
{
    struct cw_str s = read_word(v, kind, (struct cw_str){word, strlen(word)});
    cw_buf_put(b, s.p, s.n);
}

static void scalar_cell(struct cw_table *t, const json_t *value)
{
    struct cw_buf b = {0};
    put_scalar(&b, value);
    cw_table_cell(t, (struct cw_str){b.p, b.n});
    cw_buf_free(&b);
}

/* "day 2026-03-01, observed 12.4, …" */
static void evidence_cell(struct cw_table *t, const struct view *v, json_t *evidence)
{
    struct cw_buf b = {0};
    const char *name;
    json_t *value;
    json_object_foreach(evidence, name, value)
    {
        cw_buf_puts(&b, b.n ? ", " : "");
        put_word(&b, v, CW_OF_EVIDENCE, name);
        cw_buf_puts(&b, " ");
        put_value(&b, v, CW_OF_WORD, value);
    }
    cw_table_cell(t, (struct cw_str){b.p, b.n});
    cw_buf_free(&b);
}

static void add_titles(const struct view *v, struct cw_table *t, const enum cw_word *words)
{
    for (size_t i = 0; i < t->columns; i++)
        cw_table_text(t, word(v, words[i]));
}

static void print_signals(const struct view *v)
{
    static const enum cw_word words[] = {CW_WORD_detector, CW_WORD_line,    CW_WORD_severity,
                                         CW_WORD_since,    CW_WORD_cleared, CW_WORD_evidence};
    static const char *const members[] = {"line", "severity", "at", "cleared_at"};
    struct cw_table t = {.columns = 6};
    json_t *signals = tree(v, "signals"), *signal;
    size_t i;
    add_titles(v, &t, words);
    json_array_foreach(signals, i, signal)
    {
        cw_table_cell(&t,
                      read_word(v, CW_OF_DETECTOR, text_of(json_object_get(signal, "detector"))));
        for (size_t m = 0; m < 4; m++)
            scalar_cell(&t, json_object_get(signal, members[m]));
        evidence_cell(&t, v, json_object_get(signal, "evidence"));
    }
    print_title(v, CW_WORD_signals);
    cw_table_print(&t, 0, stdout);
    cw_table_free(&t);
    json_decref(signals);
}

static void term_cell(struct cw_table *t, const struct view *v, const json_t *term)
{
    struct cw_buf b = {0};
    cw_word_term(&b, v->ctl->settings, text_of(term).p);
    cw_table_cell(t, (struct cw_str){b.p, b.n});
    cw_buf_free(&b);
}

static void print_why(const struct view *v)
{
    static const enum cw_word words[] = {CW_WORD_term, CW_WORD_weight};
    struct cw_table t = {.columns = 2};
    json_t *why = tree(v, "why"), *term;
    size_t i;
    add_titles(v, &t, words);
    json_array_foreach(why, i, term)
    {
        const char *name;
        json_t *value;
        struct cw_buf b = {0};
        json_object_foreach(term, name, value)
        {
            if (strcmp(name, "term") == 0)
                continue;
            cw_buf_puts(&b, b.n ? ", " : "");
            put_word(&b, v, CW_OF_TERM, name);
            cw_buf_puts(&b, " ");
            put_scalar(&b, value);
        }
        term_cell(&t, v, json_object_get(term, "term"));
        cw_table_cell(&t, (struct cw_str){b.p, b.n});
        cw_buf_free(&b);
    }
    print_title(v, CW_WORD_why);
    cw_table_print(&t, 0, stdout);
    cw_table_free(&t);
    json_decref(why);
}

/* ---- history ---- */

static bool is_ours(const struct view *v, const redisReply *entry)
{
    const redisReply *fields = cw_feed_fields(entry);
    struct cw_str id = fields ? cw_redis_field(fields, "task_id") : (struct cw_str){"", 0};
    return id.n == strlen(v->id) && memcmp(id.p, v->id, id.n) == 0;
}

static bool add_history(void *arg, const redisReply *entry)
{
    static const char *const members[] = {"at", "event", "version", "priority", "headline"};
    struct view *v = arg;
    if (!is_ours(v, entry))
        return true;
    for (size_t i = 0; i < 5; i++) {
        struct cw_str s = cw_redis_field(cw_feed_fields(entry), members[i]);
        cw_table_cell(&v->history, i == 1 ? read_word(v, CW_OF_EVENT, s) : s);
    }
    return true;
}

static bool add_history_json(void *arg, const redisReply *entry)
{
    struct view *v = arg;
    if (!is_ours(v, entry))
        return true;
    cw_buf_puts(&v->json, v->first ? "" : ",");
    cw_feed_json(&v->json, entry);
    v->first = false;
    return true;
}

static enum cw_exit show(struct view *v)
{
    static const enum cw_word words[] = {CW_WORD_at, CW_WORD_event, CW_WORD_version,
                                         CW_WORD_priority, CW_WORD_headline};
    v->history.columns = 5;
    add_titles(v, &v->history, words);
    enum cw_exit code = cw_feed_walk(&v->redis, v->manager, "-", add_history, v);
    if (code)
        return code;
    print_head(v);
    print_note(v);
    print_points(v);
    print_signals(v);
    print_why(v);
    print_title(v, CW_WORD_history);
    cw_table_print(&v->history, cw_text_terminal(), stdout);
    return CW_EXIT_DONE;
}

static enum cw_exit show_json(struct view *v)
{
    cw_hash_json(&v->json, v->hash, true);
    cw_hash_member(&v->json, "history");
    cw_buf_puts(&v->json, "[");
    v->first = true;
    enum cw_exit code = cw_feed_walk(&v->redis, v->manager, "-", add_history_json, v);
    if (code)
        return code;
    cw_buf_puts(&v->json, "]}\n");
    (void)fwrite(v->json.p, 1, v->json.n, stdout);
    return CW_EXIT_DONE;
}

static enum cw_exit run(const struct cw_ctl *ctl)
{
    struct view v = {.ctl = ctl, .id = cw_args_operand(ctl->args, 0)};
    if (!cw_redis_is_id(v.id))
        return cw_ctl_misused(ctl, "\"%s\" is no task id", v.id);
    enum cw_exit code = cw_redis_open(ctl->settings, &v.redis);
    if (!code)
        code = cw_redis_find_task(&v.redis, v.id, v.manager);
    if (!code)
        code = fetch(&v);
    if (!code)
        code = ctl->json ? show_json(&v) : show(&v);
    freeReplyObject(v.hash);
    cw_redis_close(&v.redis);
    cw_table_free(&v.history);
    cw_buf_free(&v.json);
    return code;
}

const struct cw_command cw_command_task = {
    .name = "task",
    .operands = "ID",
    .help = "one task: evidence, where its priority comes from, history",
    .least = 1,
    .most = 1,
    .needs_settings = true,
    .run = run,
};
