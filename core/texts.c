/* Headlines and talking points, in the operator's language, from the same evidence the record
 * carries: config/texts.def is the catalogue. */
#include <string.h>

#include "core/shard_state.h"

enum { POINTS_MOST = 3 };

#define REASON(...)
#define LABEL(...)
#define VALUE(...)

static const struct {
    int detector, slot, step;
    const char *title[CW_LANGUAGES], *say[CW_LANGUAGES];
} reasons[] = {
#undef REASON
#define REASON(det, slot, step, zh, en, say_zh, say_en)                                            \
    {CW_DET_##det, slot, step, {zh, en}, {say_zh, say_en}},
#include "config/texts.def"
#undef REASON
#define REASON(...)
};

static const struct {
    uint8_t key;
    const char *label[CW_LANGUAGES], *unit[CW_LANGUAGES];
} labels[] = {
#undef LABEL
#define LABEL(key, zh, en, unit_zh, unit_en) {CW_FACT_##key, {zh, en}, {unit_zh, unit_en}},
#include "config/texts.def"
#undef LABEL
#define LABEL(...)
};

static const struct {
    const char *word, *text[CW_LANGUAGES];
} values[] = {
#undef VALUE
#define VALUE(word, zh, en) {word, {zh, en}},
#include "config/texts.def"
#undef VALUE
};

static const struct {
    const char *text[CW_LANGUAGES];
} endings[] = {
    [CW_TASK_OPEN] = {{"", ""}},
    [CW_TASK_DONE] = {{"已办结", "Done"}},
    [CW_TASK_WITHDRAWN] = {{"已解除，无需回访", "Cleared, no call needed"}},
    [CW_TASK_EXPIRED] = {{"已过期", "Expired"}},
};

static size_t reason_row(const struct cw_bare_signal *s)
{
    size_t n = sizeof reasons / sizeof *reasons;
    for (size_t i = 0; i < n; i++)
        if (reasons[i].detector == s->detector &&
            (reasons[i].slot < 0 || reasons[i].slot == s->slot) &&
            (reasons[i].step < 0 || reasons[i].step == s->step))
            return i;
    return n;
}

const char *cw_text_reason(const struct cw_settings *s, const struct cw_bare_signal *g)
{
    size_t row = reason_row(g);
    bool known = row < sizeof reasons / sizeof *reasons;
    return known ? reasons[row].title[s->language] : cw_detectors[g->detector]->name;
}

static float force(const struct cw_task *t, const struct cw_verdict *v, size_t i)
{
    return v->leave[i] + v->incident_by[i] + 0.01F * t->signals[i].s.severity;
}

/* The strongest signals, strongest first; ended ones only when none is open. */
static size_t strongest(const struct cw_task *t, const struct cw_verdict *v, size_t most,
                        size_t ret[])
{
    size_t n = 0;
    bool any_open = false;
    for (size_t i = 0; i < t->n_signals; i++)
        any_open |= t->signals[i].cleared_at == CW_NO_TIME;
    for (size_t i = 0; i < t->n_signals; i++) {
        if (any_open && t->signals[i].cleared_at != CW_NO_TIME)
            continue;
        size_t at = n < most ? n : most;
        while (at && force(t, v, i) > force(t, v, ret[at - 1]))
            at--;
        if (at == most)
            continue;
        n += n < most;
        memmove(&ret[at + 1], &ret[at], (n - 1 - at) * sizeof *ret);
        ret[at] = i;
    }
    return n;
}

static const char *translated(const char *text, enum cw_language l)
{
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        if (strcmp(values[i].word, text) == 0)
            return values[i].text[l];
    return text;
}

/* The fact's value as its JSON has it, without quotes and cents that are none, in words where it is
 * one of ours. */
static void value(struct cw_buf *b, const struct cw_fact *f, enum cw_language l)
{
    struct cw_buf json = {0};
    cw_fact_json(&json, f);
    b->failed |= json.failed;
    if (json.n && json.p[0] == '"') {
        char day[16];
        const char *text = f->u.text;
        if (json.n == 12 && json.p[5] == '-') { /* a date */
            memcpy(day, json.p + 1, 10);
            day[10] = '\0';
            text = day;
        }
        cw_buf_puts(b, translated(text, l));
    } else {
        bool whole = json.n > 3 && memcmp(json.p + json.n - 3, ".00", 3) == 0;
        cw_buf_put(b, json.p, json.n - (whole ? 3 : 0));
    }
    cw_buf_free(&json);
}

static void unit(struct cw_buf *b, const char *text, struct cw_str number)
{
    bool one = number.n == 1 && number.p[0] == '1';
    size_t n = strlen(text);
    cw_buf_put(b, text, n - (one && n && text[n - 1] == 's'));
}

/* One fact with its label and unit; nothing where the fact has no words. */
static void phrase(struct cw_buf *b, const struct cw_fact *f, size_t row, enum cw_language l)
{
    struct cw_buf text = {0};
    value(&text, f, l);
    if (text.n) {
        cw_buf_puts(b, labels[row].label[l]);
        cw_buf_puts(b, *labels[row].label[l] ? " " : "");
        cw_buf_put(b, text.p, text.n);
        unit(b, labels[row].unit[l], (struct cw_str){text.p, text.n});
    }
    b->failed |= text.failed;
    cw_buf_free(&text);
}

static void sentence(struct cw_buf *b, const struct cw_task_signal *g, enum cw_language l)
{
    static const char *const begin[CW_LANGUAGES] = {"：", ": "}, *const go_on[CW_LANGUAGES] = {
                                                                     "，", ", "};
    struct cw_buf text = {0};
    struct cw_signal s;
    bool first = true;
    cw_task_signal_told(g, &s);
    for (unsigned i = 0; i < s.n_facts; i++)
        for (size_t k = 0; k < sizeof labels / sizeof *labels; k++) {
            if (labels[k].key != s.facts[i].key)
                continue;
            cw_buf_clear(&text);
            phrase(&text, &s.facts[i], k, l);
            if (!text.n)
                continue;
            cw_buf_puts(b, first ? begin[l] : go_on[l]);
            cw_buf_put(b, text.p, text.n);
            first = false;
        }
    b->failed |= text.failed;
    cw_buf_free(&text);
}

static void quoted(struct cw_buf *b, struct cw_buf *text)
{
    cw_buf_json_str(b, (struct cw_str){text->p ? text->p : "", text->n});
    b->failed |= text->failed;
    cw_buf_free(text);
}

void cw_text_headline(struct cw_buf *b, const struct cw_settings *s, const struct cw_task *t,
                      const struct cw_verdict *v)
{
    enum cw_language l = (enum cw_language)s->language;
    struct cw_buf text = {0};
    size_t best[2];
    size_t n = strongest(t, v, 2, best);
    if (t->state != CW_TASK_OPEN) {
        cw_buf_puts(&text, endings[t->state].text[l]);
        cw_buf_puts(&text, l == CW_CHINESE ? "：" : ": ");
    }
    if (n) {
        const struct cw_task_signal *g = &t->signals[best[0]];
        cw_buf_puts(&text, cw_text_reason(s, &g->s));
        if (t->state == CW_TASK_OPEN)
            sentence(&text, g, l);
    }
    size_t row = n > 1 && t->state == CW_TASK_OPEN ? reason_row(&t->signals[best[1]].s) : SIZE_MAX;
    if (row < sizeof reasons / sizeof *reasons && row != reason_row(&t->signals[best[0]].s)) {
        cw_buf_puts(&text, l == CW_CHINESE ? "；另有" : "; also: ");
        cw_buf_puts(&text, reasons[row].title[l]);
    }
    quoted(b, &text);
}

void cw_text_points(struct cw_buf *b, const struct cw_settings *s, const struct cw_task *t,
                    const struct cw_verdict *v)
{
    enum cw_language l = (enum cw_language)s->language;
    size_t best[POINTS_MOST], said[POINTS_MOST], n_said = 0;
    size_t n = t->state == CW_TASK_OPEN ? strongest(t, v, POINTS_MOST, best) : 0;
    cw_buf_puts(b, "[");
    for (size_t i = 0; i < n; i++) {
        size_t row = reason_row(&t->signals[best[i]].s);
        bool known = row == sizeof reasons / sizeof *reasons;
        for (size_t k = 0; k < n_said; k++)
            known |= said[k] == row;
        if (known)
            continue;
        if (n_said)
            cw_buf_puts(b, ",");
        said[n_said++] = row;
        cw_buf_json_str(b, (struct cw_str){reasons[row].say[l], strlen(reasons[row].say[l])});
    }
    cw_buf_puts(b, "]");
}
