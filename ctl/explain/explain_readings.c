/* The table of an explanation: what each detector saw, expects and would fire at, how far that is,
 * and which setting it is judged by. */
#include <math.h>
#include <string.h>

#include "config/places.h"
#include "ctl/explain/explain_words.h"

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
        const struct cw_fact *f = parts[i].part == part ? cw_explain_fact(s, parts[i].key) : NULL;
        if (!f)
            continue;
        cw_explain_amount_cell(t, v,
                               is_money(parts[i].unit) ? (double)f->u.money / CW_YUAN : f->u.number,
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
    cw_buf_puts(&b, cw_explain_say(v, words[r->standing]));
    if (r->standing == CW_STANDS_warming_up) {
        cw_buf_puts(&b, " ");
        cw_explain_put_amount(&b, v, ceil(r->warmup_days), "days");
    }
    if (r->standing == CW_STANDS_fired)
        put_day(&b, v, r->open->at);
    if (r->standing == CW_STANDS_settled)
        put_day(&b, v, r->settled_until);
    for (size_t i = 0; r->standing == CW_STANDS_inhibited && i < sizeof reasons / sizeof *reasons;
         i++)
        if (strcmp(reasons[i].name, r->inhibited_by) == 0)
            cw_buf_printf(&b, "%s%s", cw_explain_say(v, CW_WORD_colon),
                          cw_explain_say(v, reasons[i].word));
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
    cw_explain_put_number(&b, cw_explain_in_unit(n->is, n->unit));
    cw_buf_puts(&b, cw_need_met(n) ? (n->at_most ? " ≤ " : " ≥ ") : n->at_most ? " > " : " < ");
    cw_explain_put_amount(&b, v, n->limit, n->unit);
    cw_table_cell(t, (struct cw_str){b.p, b.n});
    cw_explain_percent_cell(t, r->share, "");
    cw_buf_clear(&b);
    if (n->by != CW_BY_RULE) {
        cw_explain_origin(v, r->s.detector, n->by, &from);
        cw_buf_printf(&b, "%s.%s=", cw_detectors[from.id.detector]->name,
                      cw_threshold_name(from.id));
        cw_explain_put_number(&b, from.value);
        cw_buf_puts(&b, cw_explain_say(v, CW_WORD_aside));
        cw_word_place(&b, v->scene->settings, from.at);
        cw_buf_puts(&b, cw_explain_say(v, CW_WORD_end_of_aside));
    }
    cw_table_cell(t, (struct cw_str){b.p, b.n});
    cw_buf_free(&b);
}

static void reading_row(struct cw_table *t, const struct cw_explain_view *v,
                        const struct cw_reading *r)
{
    char line[17];
    const char *detector = cw_detectors[r->s.detector]->name;
    bool fired = r->standing == CW_STANDS_fired;
    struct cw_signal s = r->s;
    if (fired)
        cw_task_signal_told(r->open, &s);
    cw_table_cell(t, cw_word_of(v->scene->settings, CW_OF_DETECTOR,
                                (struct cw_str){detector, strlen(detector)}));
    cw_table_text(t, cw_text_reason(v->scene->settings, &s.bare));
    cw_table_text(t, s.line ? cw_number_text(s.line, line) : "");
    standing_cell(t, v, r);
    for (enum part p = OBSERVED; p < PARTS; p++)
        part_cell(t, v, &s, p);
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

void cw_explain_print_readings(const struct cw_explain_view *v, FILE *out)
{
    static const enum cw_word titles[] = {
        CW_WORD_detector, CW_WORD_signals, CW_WORD_line,     CW_WORD_standing, CW_WORD_observed,
        CW_WORD_expected, CW_WORD_limit,   CW_WORD_measured, CW_WORD_away,     CW_WORD_judged_by};
    struct cw_table t = {.columns = sizeof titles / sizeof *titles, .right = 0x170};
    size_t left_out = 0;
    for (size_t i = 0; i < t.columns; i++)
        cw_table_text(&t, cw_explain_say(v, titles[i]));
    for (unsigned d = 0; d < CW_DETECTORS; d++)
        left_out += print_detector(&t, v, &v->x->detectors[d]);
    (void)fputc('\n', out);
    cw_table_print(&t, 0, out);
    cw_table_free(&t);
    if (left_out)
        (void)fprintf(out, "+%zu %s\n", left_out, cw_explain_say(v, CW_WORD_more_readings));
}
