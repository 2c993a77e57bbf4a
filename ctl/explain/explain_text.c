/* An explanation for people: who the client is, the task and its terms, what is usual; then the
 * table of readings. */
#include <jansson.h>
#include <math.h>
#include <string.h>

#include "config/segments.h"
#include "core/baseline.h"
#include "ctl/explain/explain_words.h"

enum { LABEL_WIDTH = 19 };

/* ---- lines of a label and what it is about ---- */

static void print_label(const char *label, FILE *out)
{
    size_t width = cw_text_width((struct cw_str){label, strlen(label)});
    (void)fprintf(out, "%s%*s", label, width < LABEL_WIDTH ? (int)(LABEL_WIDTH - width) : 1, "");
}

/* Nothing where there is nothing to say. */
static void print_line(const char *label, struct cw_buf *text, FILE *out)
{
    if (text->n) {
        print_label(label, out);
        cw_text_print((struct cw_str){text->p, text->n}, out);
        (void)fputc('\n', out);
    }
    cw_buf_free(text);
}

/* " · " between what is not empty. */
static void join(struct cw_buf *b, struct cw_str part)
{
    if (!part.n)
        return;
    cw_buf_puts(b, b->n ? " · " : "");
    cw_buf_put(b, part.p, part.n);
}

static void join_text(struct cw_buf *b, const char *part)
{
    join(b, (struct cw_str){part ? part : "", part ? strlen(part) : 0});
}

/* A word of a record, as people read it. */
static void join_word(struct cw_buf *b, const struct cw_explain_view *v, const char *word)
{
    struct cw_str s = {word ? word : "", word ? strlen(word) : 0};
    join(b, cw_word_of(v->scene->settings, CW_OF_MEMBER, s));
}

/* ---- the head ---- */

static void print_client(const struct cw_explain_view *v, FILE *out)
{
    const struct cw_client *cl = v->x->client;
    struct cw_buf b = {0};
    join(&b, cw_client_id(cl));
    join(&b, v->profile.name);
    join_word(&b, v, cw_kind_name((enum cw_kind)cl->kind));
    join_text(&b, cw_class_name((enum cw_class)cl->class_));
    join_word(&b, v, cw_vip_name((enum cw_vip)cl->vip));
    join(&b, v->profile.county);
    print_line(cw_explain_say(v, CW_WORD_client), &b, out);
    join(&b, v->profile.manager);
    print_line(cw_explain_say(v, CW_WORD_manager), &b, out);
}

static void print_source(const struct cw_explain_view *v, FILE *out)
{
    static const enum cw_word from[] = {CW_WORD_from_files, CW_WORD_from_state_log,
                                        CW_WORD_from_input_topics};
    const struct cw_scene *s = v->scene;
    struct cw_buf b = {0};
    if (v->x->clock != CW_NO_TIME)
        cw_buf_time(&b, v->scene->settings->zone, v->x->clock);
    print_line(cw_explain_say(v, CW_WORD_clock), &b, out);
    cw_buf_printf(&b, "%s · %s %d/%d", cw_explain_say(v, from[s->from]),
                  cw_explain_say(v, CW_WORD_partition), s->partition, s->partitions);
    if (s->cut)
        join_text(&b, cw_explain_say(v, CW_WORD_partial));
    print_line(cw_explain_say(v, CW_WORD_read_from), &b, out);
}

static void print_segments(const struct cw_explain_view *v, FILE *out)
{
    const struct cw_settings *s = v->scene->settings;
    struct cw_buf b = {0};
    for (size_t i = 0; i < s->n_segments; i++) {
        struct cw_buf name = {0};
        if (cw_explain_in_segment(v, i))
            cw_segment_print(s->segments[i].want, &name);
        join(&b, (struct cw_str){name.p, name.n});
        cw_buf_free(&name);
    }
    print_line(cw_explain_say(v, CW_WORD_segments), &b, out);
}

static void print_lines_left(const struct cw_explain_view *v, FILE *out)
{
    const struct cw_client *cl = v->x->client;
    struct cw_buf b = {0};
    if (cl->n_lines)
        cw_buf_printf(&b, "%u%s%s %u", cl->n_lines, cw_explain_say(v, CW_WORD_comma),
                      cw_explain_say(v, CW_WORD_lines_left), cw_client_lines_left(cl));
    print_line(cw_explain_say(v, CW_WORD_lines), &b, out);
}

/* ---- what is usual ---- */

static void channel_row(const struct cw_explain_view *v, struct cw_table *t, enum cw_word name,
                        const struct cw_channel_day *d, const struct cw_baseline *l,
                        const char *unit)
{
    cw_table_text(t, cw_explain_say(v, name));
    cw_explain_amount_cell(t, v, d->mean, unit);
    cw_explain_percent_cell(t, exp(d->scale) - 1, "±");
    cw_explain_percent_cell(t, l->days ? cw_baseline_chance(l, true) : 0, "");
    cw_explain_percent_cell(t, l->days ? cw_baseline_chance(l, false) : 0, "");
    cw_explain_amount_cell(t, v, l->days, "days");
    cw_explain_put_number(&t->bytes, d->amount);
    cw_buf_u32(&t->ends, (uint32_t)t->bytes.n);
}

static void print_usual(const struct cw_explain_view *v, FILE *out)
{
    static const enum cw_word titles[] = {CW_WORD_usual,        CW_WORD_deviation,
                                          CW_WORD_working_days, CW_WORD_other_days,
                                          CW_WORD_known_for,    CW_WORD_today};
    const struct cw_explained *x = v->x;
    struct cw_table t = {.columns = 7, .right = 0x7e};
    cw_table_text(&t, "");
    for (size_t i = 0; i < sizeof titles / sizeof *titles; i++)
        cw_table_text(&t, cw_explain_say(v, titles[i]));
    channel_row(v, &t, CW_WORD_spend, &x->so_far.spend, &x->client->spend, "yuan a day");
    channel_row(v, &t, CW_WORD_usage, &x->so_far.usage, &x->client->usage, "minutes a day");
    (void)fputc('\n', out);
    cw_table_print(&t, 0, out);
    cw_table_free(&t);
}

/* What a detector's first reading has learned of the client. */
static void print_learned(const struct cw_explain_view *v, enum cw_word label, unsigned detector,
                          enum cw_fact_key k, FILE *out)
{
    const struct cw_explanation *x = &v->x->detectors[detector];
    const struct cw_fact *f = x->n ? cw_explain_fact(&x->of[0].s, k) : NULL;
    struct cw_buf b = {0};
    if (f)
        cw_explain_put_amount(&b, v, f->u.number, "days");
    print_line(cw_explain_say(v, label), &b, out);
}

static void print_money(const struct cw_explain_view *v, enum cw_word label, cw_money m, FILE *out)
{
    struct cw_buf b = {0};
    if (m > 0)
        cw_explain_put_amount(&b, v, (double)m / CW_YUAN, "yuan");
    print_line(cw_explain_say(v, label), &b, out);
}

/* ---- the task ---- */

static void join_member(struct cw_buf *b, const struct cw_explain_view *v, enum cw_word label,
                        const json_t *record, const char *name)
{
    const json_t *value = json_object_get(record, name);
    cw_buf_printf(b, "%s%s ", b->n ? " · " : "", cw_explain_say(v, label));
    if (json_is_integer(value))
        cw_buf_printf(b, "%lld", (long long)json_integer_value(value));
    else if (json_is_real(value))
        cw_buf_printf(b, "%.10g", json_real_value(value));
    else
        cw_buf_puts(b, json_is_string(value) ? json_string_value(value) : "-");
}

static void print_task(const struct cw_explain_view *v, FILE *out)
{
    struct cw_buf json = {0}, b = {0};
    cw_explain_task_json(&json, v->scene->shard, v->x->client);
    json_t *record = json_loadb(json.p, json.n, JSON_DECODE_ANY, NULL);
    if (json_is_object(record)) {
        join_text(&b, json_string_value(json_object_get(record, "task_id")));
        join_member(&b, v, CW_WORD_priority, record, "priority");
        join_member(&b, v, CW_WORD_due, record, "due_at");
        print_line(cw_explain_say(v, CW_WORD_task), &b, out);
        join_text(&b, json_string_value(json_object_get(record, "headline")));
        print_line(cw_explain_say(v, CW_WORD_headline), &b, out);
    } else {
        join_text(&b, cw_explain_say(v, CW_WORD_no_task));
        print_line(cw_explain_say(v, CW_WORD_task), &b, out);
    }
    json_decref(record);
    cw_buf_free(&json);
}

/* "claim 1" */
static void put_move(struct cw_buf *b, const struct cw_explain_view *v, const char *action, int n)
{
    struct cw_str word = {action, strlen(action)};
    join(b, cw_word_of(v->scene->settings, CW_OF_EVENT, word));
    cw_buf_printf(b, " %d", n);
}

/* "claim 1 · note 2 · claimed: am042 · snoozed 2026-03-06T09:00:00+08:00" */
static void print_desk(const struct cw_explain_view *v, FILE *out)
{
    const struct cw_task *t = cw_client_task(v->x->client);
    struct cw_buf b = {0};
    for (int a = 0; t && a < CW_ACTIONS; a++)
        if (t->moves[a])
            put_move(&b, v, cw_action_name((enum cw_action)a), t->moves[a]);
    if (t && v->x->clock < t->claimed_until) {
        join_text(&b, cw_explain_say(v, CW_WORD_claimed));
        cw_buf_puts(&b, cw_explain_say(v, CW_WORD_colon));
        cw_buf_put(&b, t->claimed_by.p, t->claimed_by.n);
    }
    if (t && v->x->clock < t->snoozed_until) {
        join_text(&b, cw_explain_say(v, CW_WORD_snoozed));
        cw_buf_puts(&b, " ");
        cw_buf_time(&b, v->scene->settings->zone, t->snoozed_until);
    }
    print_line(cw_explain_say(v, CW_WORD_moves), &b, out);
}

/* Terms of one name and kind, added up: a group's lines may have many. */
struct sum {
    const char *term, *kind;
    double weight;
    size_t n;
};
enum { SUMS_MOST = 2 * CW_DETECTORS + 8 };

static size_t add_up(const json_t *why, struct sum *sums)
{
    size_t n = 0, i, at;
    json_t *term, *weight;
    const char *kind;
    json_array_foreach(why, i, term)
    {
        const char *name = json_string_value(json_object_get(term, "term"));
        json_object_foreach(term, kind, weight)
        {
            if (!json_is_number(weight))
                continue;
            for (at = 0; at < n; at++)
                if (strcmp(sums[at].term, name) == 0 && strcmp(sums[at].kind, kind) == 0)
                    break;
            if (at == n && n < SUMS_MOST)
                sums[n++] = (struct sum){name, kind, 0, 0};
            if (at == n)
                continue;
            sums[at].weight += json_number_value(weight);
            sums[at].n++;
        }
    }
    return n;
}

/* "base -5.51 · port_out ×3 +9.21 · class A1 0.40": log-odds have a sign, parts of value none. */
static void put_sum(struct cw_buf *b, const struct cw_explain_view *v, const struct sum *s)
{
    bool of_incident = strcmp(s->kind, "incident_log_odds") == 0;
    bool of_odds = of_incident || strcmp(s->kind, "log_odds") == 0;
    cw_buf_puts(b, b->n ? " · " : "");
    cw_word_term(b, v->scene->settings, s->term);
    if (of_incident)
        cw_buf_printf(b, "%s%s%s", cw_explain_say(v, CW_WORD_aside),
                      cw_explain_say(v, CW_WORD_incident), cw_explain_say(v, CW_WORD_end_of_aside));
    if (s->n > 1)
        cw_buf_printf(b, " ×%zu", s->n);
    cw_buf_puts(b, of_odds && s->weight >= 0 ? " +" : " ");
    cw_buf_number(b, s->weight, 2);
}

static void print_risk(const struct cw_explain_view *v, FILE *out)
{
    struct cw_buf json = {0}, b = {0};
    struct sum sums[SUMS_MOST];
    cw_explain_why_json(&json, v->scene->shard, v->x->client);
    json_t *why = json_loadb(json.p, json.n, 0, NULL);
    cw_buf_number(&b, (double)v->x->risk, 4);
    print_line(cw_explain_say(v, CW_WORD_risk), &b, out);
    size_t n = add_up(why, sums);
    for (size_t i = 0; i < n; i++)
        put_sum(&b, v, &sums[i]);
    print_line(cw_explain_say(v, CW_WORD_why), &b, out);
    json_decref(why);
    cw_buf_free(&json);
}

void cw_explain_print(const struct cw_explain_view *v, FILE *out)
{
    const struct cw_client *cl = v->x->client;
    print_client(v, out);
    print_source(v, out);
    print_segments(v, out);
    print_lines_left(v, out);
    print_money(v, CW_WORD_usual_bill, cw_client_usual_bill(cl, 0, 3), out);
    print_money(v, CW_WORD_owed, cw_client_owed(cl).amount, out);
    print_learned(v, CW_WORD_own_gap, CW_DET_inactivity, CW_FACT_expected_days, out);
    print_learned(v, CW_WORD_pays_late, CW_DET_arrears, CW_FACT_usual_delay_days, out);
    print_risk(v, out);
    print_task(v, out);
    print_desk(v, out);
    print_usual(v, out);
    cw_explain_print_readings(v, out);
}
