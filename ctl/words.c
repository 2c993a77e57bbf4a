/* The table of words, by language. */
#include "ctl/words.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "config/places.h"
#include "config/thresholds.h"
#include "config/values.h"

enum { PLACES = 9 };

static const char *const words[CW_LANGUAGES][CW_WORDS] = {
    [CW_CHINESE] =
        {
#define WORD(name, en, zh) [CW_WORD_##name] = (zh),
#include "ctl/words.def"
#undef WORD
        },
    [CW_ENGLISH] =
        {
#define WORD(name, en, zh) [CW_WORD_##name] = (en),
#include "ctl/words.def"
#undef WORD
        },
};

static const struct {
    enum cw_word_kind kind;
    const char *value;
    const char *words[CW_LANGUAGES];
} of_records[] = {
#define VALUE(kind, value, en, zh) {CW_OF_##kind, (value), {(zh), (en)}},
#include "ctl/values.def"
#undef VALUE
};

static const struct {
    int detector;
    const char *threshold, *chinese;
} meanings[] = {
#define MEANING(detector, threshold, zh) {CW_DET_##detector, (threshold), (zh)},
#include "ctl/meanings.def"
#undef MEANING
};

struct cw_str cw_word_of(const struct cw_settings *s, enum cw_word_kind kind, struct cw_str value)
{
    for (size_t i = 0; i < sizeof of_records / sizeof *of_records; i++)
        if (of_records[i].kind == kind && strlen(of_records[i].value) == value.n && value.n &&
            memcmp(of_records[i].value, value.p, value.n) == 0)
            return (struct cw_str){of_records[i].words[s->language],
                                   strlen(of_records[i].words[s->language])};
    return value;
}

static void put(struct cw_buf *b, struct cw_str s)
{
    cw_buf_put(b, s.p, s.n);
}

/* A term is a detector, a word of its own, or one with what the client is: "class A1". */
void cw_word_term(struct cw_buf *b, const struct cw_settings *s, const char *term)
{
    size_t n = strcspn(term, " ");
    struct cw_str head = cw_word_of(s, CW_OF_TERM, (struct cw_str){term, n});
    if (head.p == term)
        head = cw_word_of(s, CW_OF_DETECTOR, head);
    put(b, head);
    if (term[n]) {
        cw_buf_puts(b, " ");
        put(b, cw_word_of(s, CW_OF_TERM, (struct cw_str){term + n + 1, strlen(term + n + 1)}));
    }
}

/* " sigma", "（比例）": what stands behind a number. */
static void put_unit(struct cw_buf *b, const struct cw_settings *s, const char *unit)
{
    struct cw_str word = cw_word_of(s, CW_OF_UNIT, (struct cw_str){unit, strlen(unit)});
    bool joined = word.n >= 3 && memcmp(word.p, "（", 3) == 0;
    cw_buf_puts(b, joined || !word.n ? "" : " ");
    put(b, word);
}

/* "1 to 20 sigma": words that a file takes stay. */
void cw_word_allowed(struct cw_buf *b, const struct cw_settings *s, const struct cw_param *p)
{
    static const char to[] = " to ";
    struct cw_buf text = {0};
    cw_value_allowed(p, &text);
    char *at = text.failed ? NULL : memmem(text.p, text.n, to, strlen(to));
    size_t before = at ? (size_t)(at - text.p) : text.n;
    cw_buf_put(b, text.p, before);
    if (at) {
        size_t from = before + strlen(to), unit = strlen(p->unit);
        size_t tail = unit && text.n - from > unit ? unit + 1 : 0;
        cw_buf_printf(b, " %s ", cw_word(s, CW_WORD_to));
        cw_buf_put(b, text.p + from, text.n - from - tail);
        put_unit(b, s, tail ? p->unit : "");
    }
    cw_buf_free(&text);
}

void cw_word_place(struct cw_buf *b, const struct cw_settings *s, const struct cw_place *at)
{
    if (at->live)
        cw_buf_printf(b, "%s %d", cw_word(s, CW_WORD_live_version), (int)at->live);
    else if (!at->override && !at->file)
        cw_buf_puts(b, cw_word(s, CW_WORD_by_default));
    else
        cw_place_print(at, b);
}

const char *cw_word(const struct cw_settings *s, enum cw_word w)
{
    return words[s->language][w];
}

const char *cw_word_meaning(const struct cw_settings *s, struct cw_threshold_id id)
{
    const char *name = cw_threshold_name(id), *own = cw_threshold_param(id).meaning;
    if (s->language != CW_CHINESE)
        return own;
    if (strcmp(name, "mode") == 0)
        return cw_word(s, CW_WORD_meaning_of_mode);
    for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++)
        if (meanings[i].detector == id.detector && strcmp(meanings[i].threshold, name) == 0)
            return meanings[i].chinese;
    return own;
}

/* ---- sentences ---- */

void cw_word_fill(struct cw_buf *b, const char *text, const struct cw_str values[PLACES])
{
    for (const char *at; (at = strchr(text, '%')); text = at) {
        cw_buf_put(b, text, (size_t)(at - text));
        if (at[1] >= '1' && at[1] <= '9') {
            put(b, values[at[1] - '1']);
            at += 2;
        } else {
            cw_buf_put(b, at++, 1);
        }
    }
    cw_buf_puts(b, text);
}

static void say(struct cw_buf *b, const char *text, const char *format, va_list args)
    __attribute__((format(printf, 3, 0)));
static void say(struct cw_buf *b, const char *text, const char *format, va_list args)
{
    struct cw_str values[PLACES] = {{"", 0}};
    char *made = NULL;
    int n = vasprintf(&made, format, args);
    if (n < 0) {
        b->failed = true;
        return;
    }
    char *rest = made;
    for (size_t i = 0; i < PLACES && rest; i++) {
        const char *value = strsep(&rest, "\t");
        values[i] = (struct cw_str){value, strlen(value)};
    }
    cw_word_fill(b, text, values);
    free(made);
}

void cw_word_say(struct cw_buf *b, const struct cw_settings *s, enum cw_word w, const char *format,
                 ...)
{
    va_list args;
    va_start(args, format);
    say(b, cw_word(s, w), format, args);
    va_end(args);
}

void cw_word_print(FILE *out, const struct cw_settings *s, enum cw_word w, const char *format, ...)
{
    struct cw_buf b = {0};
    va_list args;
    va_start(args, format);
    say(&b, cw_word(s, w), format, args);
    va_end(args);
    (void)fwrite(b.p ? b.p : "", 1, b.n, out);
    cw_buf_free(&b);
}
