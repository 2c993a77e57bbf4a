/* What was looked at and found, for people and for programs. See doctor.h. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/doctor/doctor.h"
#include "ctl/text.h"
#include "ctl/words.h"

/* ---- for people ---- */

static void titles(const struct cw_doctor *d, struct cw_table *t, const enum cw_word *words,
                   size_t n)
{
    t->columns = n;
    for (size_t i = 0; i < n; i++)
        cw_table_text(t, cw_word(d->settings, words[i]));
}

static void finish(struct cw_table *t)
{
    cw_table_print(t, cw_text_terminal(), stdout);
    cw_table_free(t);
    (void)putchar('\n');
}

static void printed_cell(struct cw_table *t, struct cw_buf *b)
{
    cw_table_cell(t, (struct cw_str){b->p, b->n});
    cw_buf_free(b);
}

static void range_cell(struct cw_table *t, int64_t from, int64_t to)
{
    struct cw_buf b = {0};
    cw_buf_printf(&b, "%" PRId64 " – %" PRId64, from, to);
    printed_cell(t, &b);
}

static void offset_cell(struct cw_table *t, int64_t offset)
{
    if (offset == CW_OFFSET_NONE)
        cw_table_text(t, "-");
    else
        cw_table_count(t, offset);
}

static void print_shards(const struct cw_doctor *d)
{
    static const enum cw_word words[] = {
        CW_WORD_shard,  CW_WORD_instance,     CW_WORD_state,
        CW_WORD_commit, CW_WORD_layout,       CW_WORD_clients,
        CW_WORD_needed, CW_WORD_outbox_range, CW_WORD_delivered_to};
    struct cw_table t = {0};
    titles(d, &t, words, sizeof words / sizeof *words);
    for (size_t i = 0; i < d->n_looked; i++) {
        const struct cw_doctor_shard *sh = &d->shards[i];
        cw_table_count(&t, sh->number);
        cw_table_text(&t, sh->holder ? sh->holder : "-");
        cw_table_text(&t, cw_status_standing(d->settings, sh->standing));
        cw_table_count(&t, sh->commit);
        cw_table_count(&t, sh->layout);
        cw_table_count(&t, (int64_t)sh->clients);
        range_cell(&t, sh->found ? sh->position.needed : sh->state.first, sh->state.end);
        range_cell(&t, sh->outbox.first, sh->outbox.end);
        offset_cell(&t, sh->stored);
    }
    finish(&t);
}

static void input_row(const struct cw_doctor *d, struct cw_table *t,
                      const struct cw_doctor_shard *sh, enum cw_input in)
{
    const struct cw_doctor_range *r = &sh->inputs[in];
    cw_table_count(t, sh->number);
    cw_table_text(t, cw_doctor_topic(d, in));
    range_cell(t, r->first, r->end);
    offset_cell(t, sh->committed[in]);
    offset_cell(t, sh->found ? sh->position.next[in] : CW_OFFSET_NONE);
    offset_cell(t, r->open);
}

/* Of the shards that are hurt, and of one that is asked for. */
static void print_inputs(const struct cw_doctor *d)
{
    static const enum cw_word words[] = {CW_WORD_shard,     CW_WORD_topic,    CW_WORD_messages,
                                         CW_WORD_committed, CW_WORD_position, CW_WORD_open_from};
    struct cw_table t = {0};
    bool any = false;
    titles(d, &t, words, sizeof words / sizeof *words);
    for (size_t i = 0; i < d->n_looked; i++)
        for (enum cw_input in = 0; in < CW_INPUTS; in++)
            if (d->shards[i].hurt || d->only != CW_DOCTOR_ALL) {
                input_row(d, &t, &d->shards[i], in);
                any = true;
            }
    if (any)
        finish(&t);
    else
        cw_table_free(&t);
}

static void put_finding(const struct cw_doctor *d, struct cw_buf *b, const json_t *f)
{
    const json_t *shard = json_object_get(f, "shard");
    const char *topic = cw_status_text(f, "topic");
    const char *colon = cw_word(d->settings, CW_WORD_colon);
    cw_buf_printf(b, "%s%s", cw_status_text(f, "how_bad"), colon);
    if (json_is_integer(shard))
        cw_buf_printf(b, "%s %lld%s", cw_word(d->settings, CW_WORD_shard),
                      (long long)json_integer_value(shard), cw_word(d->settings, CW_WORD_comma));
    cw_buf_printf(b, "%s%s%s", topic, *topic ? colon : "", cw_status_text(f, "text"));
}

/* One line each; on a terminal the command has a line of its own where both do not fit. */
static void print_findings(const struct cw_doctor *d)
{
    size_t i, width = cw_text_terminal();
    json_t *f;
    json_array_foreach(d->findings, i, f)
    {
        const char *command = cw_status_text(f, "command");
        struct cw_buf line = {0}, clean = {0};
        put_finding(d, &line, f);
        cw_text_clean(&clean, (struct cw_str){line.p, line.n});
        size_t columns = cw_text_width((struct cw_str){clean.p, clean.n}) + strlen(command) + 4;
        (void)printf("%.*s", (int)clean.n, clean.p ? clean.p : "");
        if (*command)
            (void)printf("%s-> %s", width && columns > width ? "\n    " : " ", command);
        (void)putchar('\n');
        cw_buf_free(&line);
        cw_buf_free(&clean);
    }
}

void cw_doctor_print(const struct cw_doctor *d)
{
    print_shards(d);
    print_inputs(d);
    print_findings(d);
    if (json_array_size(d->findings) == 0)
        (void)puts(cw_word(d->settings, CW_WORD_nothing_wrong));
}

/* ---- for programs ---- */

static json_t *offset_json(int64_t offset)
{
    return offset == CW_OFFSET_NONE ? json_null() : json_integer(offset);
}

static json_t *range_json(const struct cw_doctor_range *r)
{
    return json_pack("{s:I, s:I, s:o}", "first", (json_int_t)r->first, "end", (json_int_t)r->end,
                     "open_from", offset_json(r->open));
}

static json_t *inputs_json(const struct cw_doctor_shard *sh)
{
    json_t *all = json_object();
    for (enum cw_input in = 0; in < CW_INPUTS; in++) {
        json_t *one = range_json(&sh->inputs[in]);
        int64_t next = sh->found ? sh->position.next[in] : CW_OFFSET_NONE;
        (void)json_object_set_new(one, "committed", offset_json(sh->committed[in]));
        (void)json_object_set_new(one, "position", offset_json(next));
        (void)json_object_set_new(all, cw_repair_inputs[in], one);
    }
    return all;
}

static json_t *shard_json(const struct cw_doctor_shard *sh)
{
    json_t *state = range_json(&sh->state), *outbox = range_json(&sh->outbox);
    (void)json_object_set_new(state, "needed",
                              offset_json(sh->found ? sh->position.needed : CW_OFFSET_NONE));
    (void)json_object_set_new(state, "commit", json_integer(sh->commit));
    (void)json_object_set_new(state, "layout", json_integer(sh->layout));
    (void)json_object_set_new(state, "clients", json_integer((json_int_t)sh->clients));
    (void)json_object_set_new(state, "error", json_string(sh->err ? sh->why.text : ""));
    (void)json_object_set_new(outbox, "stored_in_redis", offset_json(sh->stored));
    return json_pack("{s:i, s:s?, s:s, s:o, s:o, s:o}", "shard", (int)sh->number, "instance",
                     sh->holder, "standing", sh->standing, "inputs", inputs_json(sh), "state",
                     state, "outbox", outbox);
}

void cw_doctor_print_json(const struct cw_doctor *d)
{
    json_t *root = json_object(), *shards = json_array();
    for (size_t i = 0; i < d->n_looked; i++)
        (void)json_array_append_new(shards, shard_json(&d->shards[i]));
    (void)json_object_set_new(root, "shards", shards);
    (void)json_object_set(root, "findings", d->findings);
    char *text = json_dumps(root, JSON_COMPACT);
    if (text)
        (void)puts(text);
    free(text);
    json_decref(root);
}
