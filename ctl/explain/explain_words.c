/* Words, numbers and units of an explanation for people. See explain_words.h. */
#include "ctl/explain/explain_words.h"

#include <string.h>

const char *cw_explain_say(const struct cw_explain_view *v, enum cw_word w)
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

double cw_explain_in_unit(double n, const char *unit)
{
    return n * units[unit_row(unit)].times;
}

void cw_explain_put_number(struct cw_buf *b, double n)
{
    cw_buf_number(b, n, 2);
    while (!b->failed && b->p[b->n - 1] == '0')
        b->n--;
    if (!b->failed && b->p[b->n - 1] == '.')
        b->n--;
}

void cw_explain_put_amount(struct cw_buf *b, const struct cw_explain_view *v, double n,
                           const char *unit)
{
    struct cw_buf number = {0};
    cw_explain_put_number(&number, cw_explain_in_unit(n, unit));
    const struct cw_str values[9] = {{number.p, number.n}};
    cw_word_fill(b, cw_explain_say(v, units[unit_row(unit)].word), values);
    b->failed |= number.failed;
    cw_buf_free(&number);
}

void cw_explain_amount_cell(struct cw_table *t, const struct cw_explain_view *v, double n,
                            const char *unit)
{
    struct cw_buf b = {0};
    cw_explain_put_amount(&b, v, n, unit);
    cw_table_cell(t, (struct cw_str){b.p, b.n});
    cw_buf_free(&b);
}

void cw_explain_percent_cell(struct cw_table *t, double share, const char *before)
{
    char text[32];
    (void)snprintf(text, sizeof text, "%s%.0f%%", before, 100 * share);
    cw_table_text(t, text);
}

const struct cw_fact *cw_explain_fact(const struct cw_signal *s, enum cw_fact_key k)
{
    for (unsigned i = 0; i < s->n_facts; i++)
        if (s->facts[i].key == k)
            return &s->facts[i];
    return NULL;
}
