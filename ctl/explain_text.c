/* An explanation for people: who the client is, what is usual, the task, and a row for each of the
 * detectors' readings. */
#include <jansson.h>
#include <math.h>
#include <string.h>

#include "config/places.h"
#include "config/segments.h"
#include "ctl/explain.h"
#include "ctl/text.h"
#include "ctl/words.h"

enum { LABEL_WIDTH = 19 };

static const char *say(const struct cw_explain_view *v, enum cw_word w)
{
    return cw_word(v->scene->settings, w);
}

/* ---- numbers and units ---- */

static const struct {
    const char *unit;
    enum cw_word word;
    double times;
} units[] = {
    {"yuan", CW_WORD_in_yuan, 1},
    {"yuan a day", CW_WORD_in_yuan_a_day, 1},
    {"yuan a month", CW_WORD_in_yuan_a_month, 1},
    {"minutes a day", CW_WORD_in_minutes_a_day, 1},
    {"minutes", CW_WORD_in_minutes, 1},
    {"days", CW_WORD_in_days, 1},
    {"lines", CW_WORD_in_lines, 1},
    {"times", CW_WORD_in_times, 1},
    {"score", CW_WORD_in_score, 1},
    {"sigma", CW_WORD_in_sigma, 1},
    {"percent", CW_WORD_in_percent, 1},
    {"ratio", CW_WORD_in_percent, 100},
    {"of the usual bill", CW_WORD_in_percent_of_bill, 100},
};

static size_t unit_row(const char *unit)
{
    size_t i = 0;
    while (i + 1 < sizeof units / sizeof *units && strcmp(units[i].unit, unit) != 0)
        i++;
    return i;
}

/* As people read it: shares in percent. */
static double in_unit(double n, const char *unit)
{
    return n * units[unit_row(unit)].times;
}

/* Two decimals at most, and none that say nothing. */
static void put_number(struct cw_buf *b, double n)
{
    cw_buf_number(b, n, 2);
    while (!b->failed && b->p[b->n - 1] == '0')
        b->n--;
    if (!b->failed && b->p[b->n - 1] == '.')
        b->n--;
}

static void put_amount(struct cw_buf *b, const struct cw_explain_view *v, double n,
                       const char *unit)
{
    const char *text = say(v, units[unit_row(unit)].word);
    bool joined = (unsigned char)text[0] >= 0x80 || text[0] == '%';
    put_number(b, in_unit(n, unit));
    cw_buf_printf(b, "%s%s", joined ? "" : " ", text);
}

static void amount_cell(struct cw_table *t, const struct cw_explain_view *v, double n,
                        const char *unit)
{
    struct cw_buf b = {0};
    put_amount(&b, v, n, unit);
    cw_table_cell(t, (struct cw_str){b.p, b.n});
    cw_buf_free(&b);
}

static void percent_cell(struct cw_table *t, double share, const char *before)
{
    char text[32];
    (void)snprintf(text, sizeof text, "%s%.0f%%", before, 100 * share);
    cw_table_text(t, text);
}

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

/* ---- the head ---- */

static void print_client(const struct cw_explain_view *v, FILE *out)
{
    const struct cw_client *cl = v->x->client;
    struct cw_buf b = {0};
    join(&b, cl->id);
    join(&b, v->profile.name);
    join_text(&b, cw_kind_name((enum cw_kind)cl->kind));
    join_text(&b, cw_class_name((enum cw_class)cl->class_));
    join_text(&b, cl->vip == CW_VIP_NONE ? NULL : cw_vip_name((enum cw_vip)cl->vip));
    join(&b, v->profile.county);
    print_line(say(v, CW_WORD_client), &b, out);
    join(&b, v->profile.manager);
    print_line(say(v, CW_WORD_manager), &b, out);
}

static void print_source(const struct cw_explain_view *v, FILE *out)
{
    static const enum cw_word from[] = {CW_WORD_from_files, CW_WORD_from_state_log,
                                        CW_WORD_from_input_topics};
    const struct cw_scene *s = v->scene;
    struct cw_buf b = {0};
    if (v->x->clock != CW_NO_TIME)
        cw_buf_time(&b, v->scene->settings->zone, v->x->clock);
    print_line(say(v, CW_WORD_clock), &b, out);
    cw_buf_printf(&b, "%s · %s %d/%d", say(v, from[s->from]), say(v, CW_WORD_partition),
                  s->partition, s->partitions);
    if (s->cut)
        join_text(&b, say(v, CW_WORD_partial));
    print_line(say(v, CW_WORD_read_from), &b, out);
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
    print_line(say(v, CW_WORD_segments), &b, out);
}

static void print_lines_left(const struct cw_explain_view *v, FILE *out)
{
    const struct cw_client *cl = v->x->client;
    struct cw_buf b = {0};
    if (cl->n_lines)
        cw_buf_printf(&b, "%u, %s %u", cl->n_lines, say(v, CW_WORD_lines_left),
                      cw_client_lines_left(cl));
    print_line(say(v, CW_WORD_lines), &b, out);
}

/* ---- what is usual ---- */

static void channel_row(const struct cw_explain_view *v, struct cw_table *t, enum cw_word name,
                        const struct cw_channel_day *d, const struct cw_baseline *l,
                        const char *unit)
{
    cw_table_text(t, say(v, name));
    amount_cell(t, v, d->mean, unit);
    percent_cell(t, exp(d->scale) - 1, "±");
    percent_cell(t, l->days ? (double)l->p_work : 0, "");
    percent_cell(t, l->days ? (double)l->p_rest : 0, "");
    amount_cell(t, v, l->days, "days");
    put_number(&t->bytes, d->amount);
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
        cw_table_text(&t, say(v, titles[i]));
    channel_row(v, &t, CW_WORD_spend, &x->so_far.spend, &x->client->spend, "yuan a day");
    channel_row(v, &t, CW_WORD_usage, &x->so_far.usage, &x->client->usage, "minutes a day");
    (void)fputc('\n', out);
    cw_table_print(&t, 0, out);
    cw_table_free(&t);
}

static const struct cw_fact *fact_of(const struct cw_signal *s, enum cw_fact_key k)
{
    for (unsigned i = 0; i < s->n_facts; i++)
        if (s->facts[i].key == k)
            return &s->facts[i];
    return NULL;
}

/* What a detector's first reading has learned of the client. */
static void print_learned(const struct cw_explain_view *v, enum cw_word label, unsigned detector,
                          enum cw_fact_key k, FILE *out)
{
    const struct cw_explanation *x = &v->x->detectors[detector];
    const struct cw_fact *f = x->n ? fact_of(&x->of[0].s, k) : NULL;
    struct cw_buf b = {0};
    if (f)
        put_amount(&b, v, f->u.number, "days");
    print_line(say(v, label), &b, out);
}

static void print_money(const struct cw_explain_view *v, enum cw_word label, cw_money m, FILE *out)
{
    struct cw_buf b = {0};
    if (m > 0)
        put_amount(&b, v, (double)m / CW_YUAN, "yuan");
    print_line(say(v, label), &b, out);
}

/* ---- the task ---- */

static void join_member(struct cw_buf *b, const struct cw_explain_view *v, enum cw_word label,
                        const json_t *record, const char *name)
{
    const json_t *value = json_object_get(record, name);
    cw_buf_printf(b, "%s%s ", b->n ? " · " : "", say(v, label));
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
        print_line(say(v, CW_WORD_task), &b, out);
        join_text(&b, json_string_value(json_object_get(record, "headline")));
        print_line(say(v, CW_WORD_headline), &b, out);
    } else {
        join_text(&b, say(v, CW_WORD_no_task));
        print_line(say(v, CW_WORD_task), &b, out);
    }
    json_decref(record);
    cw_buf_free(&json);
}

/* "claim 1 · note 2 · claimed: am042 · snoozed 2026-03-06T09:00:00+08:00" */
static void print_desk(const struct cw_explain_view *v, FILE *out)
{
    const struct cw_task *t = v->x->client->task;
    struct cw_buf b = {0};
    for (int a = 0; t && a < CW_ACTIONS; a++)
        if (t->moves[a])
            cw_buf_printf(&b, "%s%s %d", b.n ? " · " : "", cw_action_name((enum cw_action)a),
                          t->moves[a]);
    if (t && v->x->clock < t->claimed_until) {
        join_text(&b, say(v, CW_WORD_claimed));
        cw_buf_puts(&b, ": ");
        cw_buf_put(&b, t->claimed_by.p, t->claimed_by.n);
    }
    if (t && v->x->clock < t->snoozed_until) {
        join_text(&b, say(v, CW_WORD_snoozed));
        cw_buf_puts(&b, " ");
        cw_buf_time(&b, v->scene->settings->zone, t->snoozed_until);
    }
    print_line(say(v, CW_WORD_moves), &b, out);
}

/* "base -5.51 · spend_drop +0.99 · class A1 0.40" */
static void print_risk(const struct cw_explain_view *v, FILE *out)
{
    struct cw_buf json = {0}, b = {0};
    json_t *why, *term, *weight;
    size_t i;
    const char *name;
    cw_explain_why_json(&json, v->scene->shard, v->x->client);
    why = json_loadb(json.p, json.n, 0, NULL);
    cw_buf_number(&b, (double)v->x->risk, 4);
    print_line(say(v, CW_WORD_risk), &b, out);
    json_array_foreach(why, i, term)
    {
        cw_buf_printf(&b, "%s%s", b.n ? " · " : "",
                      json_string_value(json_object_get(term, "term")));
        json_object_foreach(term, name, weight)
        {
            if (json_is_number(weight))
                cw_buf_printf(&b, strcmp(name, "log_odds") == 0 ? " %+.2f" : " %.2f",
                              json_number_value(weight));
        }
    }
    print_line(say(v, CW_WORD_why), &b, out);
    json_decref(why);
    cw_buf_free(&json);
}

/* ---- the readings ---- */

enum part { OBSERVED, EXPECTED, LIMIT, PARTS };
static const struct {
    enum cw_fact_key key;
    enum part part;
    const char *unit;
} parts[] = {
    {CW_FACT_observed_yuan, OBSERVED, "yuan"},
    {CW_FACT_expected_yuan, EXPECTED, "yuan"},
    {CW_FACT_limit_yuan, LIMIT, "yuan"},
    {CW_FACT_observed_days, OBSERVED, "days"},
    {CW_FACT_expected_days, EXPECTED, "days"},
    {CW_FACT_limit_days, LIMIT, "days"},
    {CW_FACT_observed_minutes, OBSERVED, "minutes"},
    {CW_FACT_expected_minutes, EXPECTED, "minutes"},
    {CW_FACT_limit_minutes, LIMIT, "minutes"},
    {CW_FACT_observed_percent, OBSERVED, "percent"},
    {CW_FACT_limit_percent, LIMIT, "percent"},
    {CW_FACT_amount, OBSERVED, "yuan"},
    {CW_FACT_usual_bill, EXPECTED, "yuan"},
};

static bool is_money(const char *unit)
{
    return strcmp(unit, "yuan") == 0;
}

static void part_cell(struct cw_table *t, const struct cw_explain_view *v,
                      const struct cw_signal *s, enum part part)
{
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        const struct cw_fact *f = parts[i].part == part ? fact_of(s, parts[i].key) : NULL;
        if (!f)
            continue;
        amount_cell(t, v, is_money(parts[i].unit) ? (double)f->u.money / CW_YUAN : f->u.number,
                    parts[i].unit);
        return;
    }
    cw_table_text(t, "");
}

static void put_day(struct cw_buf *b, const struct cw_explain_view *v, cw_event_time t)
{
    cw_buf_puts(b, " ");
    cw_buf_day(b, cw_zone_day(v->scene->settings->zone, t));
}

static void standing_cell(struct cw_table *t, const struct cw_explain_view *v,
                          const struct cw_reading *r)
{
    static const enum cw_word words[] = {
#define X(name) CW_WORD_stands_##name,
        CW_STANDINGS(X)
#undef X
    };
    static const struct {
        const char *name;
        enum cw_word word;
    } reasons[] = {{"all_gone", CW_WORD_all_gone},
                   {"line_gone", CW_WORD_line_gone},
                   {"all_stopped", CW_WORD_all_stopped},
                   {"line_stopped", CW_WORD_line_stopped},
                   {"outage_open", CW_WORD_outage_open}};
    struct cw_buf b = {0};
    cw_buf_puts(&b, say(v, words[r->standing]));
    if (r->standing == CW_STANDS_warming_up) {
        cw_buf_puts(&b, " ");
        put_amount(&b, v, ceil(r->warmup_days), "days");
    }
    if (r->standing == CW_STANDS_fired)
        put_day(&b, v, r->open->at);
    if (r->standing == CW_STANDS_settled)
        put_day(&b, v, r->settled_until);
    for (size_t i = 0; r->standing == CW_STANDS_inhibited && i < sizeof reasons / sizeof *reasons;
         i++)
        if (strcmp(reasons[i].name, r->inhibited_by) == 0)
            cw_buf_printf(&b, ": %s", say(v, reasons[i].word));
    cw_table_cell(t, (struct cw_str){b.p, b.n});
    cw_buf_free(&b);
}

/* The need that is furthest from being met: "3.1 < 11 score", what is missing, and whose setting
 * that is. */
static void need_cells(struct cw_table *t, const struct cw_explain_view *v,
                       const struct cw_reading *r)
{
    const struct cw_need *n = cw_gauge_furthest(&r->gauge);
    struct cw_explain_origin from;
    struct cw_buf b = {0};
    if (!n) {
        for (int i = 0; i < 3; i++)
            cw_table_text(t, "");
        return;
    }
    put_number(&b, in_unit(n->is, n->unit));
    cw_buf_puts(&b, cw_need_met(n) ? (n->at_most ? " ≤ " : " ≥ ") : n->at_most ? " > " : " < ");
    put_amount(&b, v, n->limit, n->unit);
    cw_table_cell(t, (struct cw_str){b.p, b.n});
    percent_cell(t, r->share, "");
    cw_buf_clear(&b);
    if (n->by != CW_BY_RULE) {
        cw_explain_origin(v, r->s.detector, n->by, &from);
        cw_buf_printf(&b, "%s=", cw_threshold_name(from.id));
        put_number(&b, from.value);
        cw_buf_puts(&b, " (");
        cw_place_print(from.at, &b);
        cw_buf_puts(&b, ")");
    }
    cw_table_cell(t, (struct cw_str){b.p, b.n});
    cw_buf_free(&b);
}

static void reading_row(struct cw_table *t, const struct cw_explain_view *v,
                        const struct cw_reading *r)
{
    char line[17];
    bool fired = r->standing == CW_STANDS_fired;
    const struct cw_signal *s = fired ? &r->open->s : &r->s;
    cw_number number = fired ? r->open->s.line : r->s.line;
    cw_table_text(t, cw_detectors[r->s.detector]->name);
    cw_table_text(t, cw_text_reason(v->scene->settings, s));
    cw_table_text(t, number ? cw_number_text(number, line) : "");
    standing_cell(t, v, r);
    for (enum part p = OBSERVED; p < PARTS; p++)
        part_cell(t, v, s, p);
    need_cells(t, v, r);
}

/* Of lines that did not fire only the one that is nearest to it: they are many and alike. Returns
 * how many readings there are besides. */
static size_t print_detector(struct cw_table *t, const struct cw_explain_view *v,
                             const struct cw_explanation *x)
{
    size_t left_out = x->left_out;
    bool told = false;
    for (size_t i = 0; i < x->n; i++) {
        const struct cw_reading *r = &x->of[i];
        bool alike = r->s.line && r->standing != CW_STANDS_fired;
        if (alike && told)
            left_out++;
        else
            reading_row(t, v, r);
        told |= alike;
    }
    return left_out;
}

static void print_readings(const struct cw_explain_view *v, FILE *out)
{
    static const enum cw_word titles[] = {
        CW_WORD_detector, CW_WORD_signals, CW_WORD_line,     CW_WORD_standing, CW_WORD_observed,
        CW_WORD_expected, CW_WORD_limit,   CW_WORD_measured, CW_WORD_away,     CW_WORD_judged_by};
    struct cw_table t = {.columns = sizeof titles / sizeof *titles, .right = 0x170};
    size_t left_out = 0;
    for (size_t i = 0; i < t.columns; i++)
        cw_table_text(&t, say(v, titles[i]));
    for (unsigned d = 0; d < CW_DETECTORS; d++)
        left_out += print_detector(&t, v, &v->x->detectors[d]);
    (void)fputc('\n', out);
    cw_table_print(&t, 0, out);
    cw_table_free(&t);
    if (left_out)
        (void)fprintf(out, "+%zu %s\n", left_out, say(v, CW_WORD_more_readings));
}

void cw_explain_print(const struct cw_explain_view *v, FILE *out)
{
    const struct cw_client *cl = v->x->client;
    print_client(v, out);
    print_source(v, out);
    print_segments(v, out);
    print_lines_left(v, out);
    print_money(v, CW_WORD_usual_bill, cw_client_usual_bill(cl, 0, 3), out);
    print_money(v, CW_WORD_owed, cl->owed, out);
    print_learned(v, CW_WORD_own_gap, CW_DET_inactivity, CW_FACT_expected_days, out);
    print_learned(v, CW_WORD_pays_late, CW_DET_arrears, CW_FACT_usual_delay_days, out);
    print_risk(v, out);
    print_task(v, out);
    print_desk(v, out);
    print_usual(v, out);
    print_readings(v, out);
}
