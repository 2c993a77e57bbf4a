/* The table of words, by language. */
#include "ctl/words.h"

#include <string.h>

#include "config/places.h"
#include "config/values.h"

/* In the order of the words of `language` in config/params.def. */
static const char *const words[][CW_WORDS] = {
    {
#define WORD(name, en, zh) [CW_WORD_##name] = (zh),
#include "ctl/words.def"
#undef WORD
    },
    {
#define WORD(name, en, zh) [CW_WORD_##name] = (en),
#include "ctl/words.def"
#undef WORD
    },
};

static const struct {
    enum cw_word_kind kind;
    const char *value;
    const char *words[2]; /* in the order of words above */
} values[] = {
#define VALUE(kind, value, en, zh) {CW_OF_##kind, (value), {(zh), (en)}},
#include "ctl/values.def"
#undef VALUE
};

struct cw_str cw_word_of(const struct cw_settings *s, enum cw_word_kind kind, struct cw_str value)
{
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        if (values[i].kind == kind && strlen(values[i].value) == value.n && value.n &&
            memcmp(values[i].value, value.p, value.n) == 0)
            return (struct cw_str){values[i].words[s->language],
                                   strlen(values[i].words[s->language])};
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

/* "1 to 20 sigma": units and words that a file takes stay. */
void cw_word_allowed(struct cw_buf *b, const struct cw_settings *s, const struct cw_param *p)
{
    static const char to[] = " to ";
    struct cw_buf text = {0};
    cw_value_allowed(p, &text);
    char *at = text.failed ? NULL : memmem(text.p, text.n, to, strlen(to));
    size_t before = at ? (size_t)(at - text.p) : text.n;
    cw_buf_put(b, text.p, before);
    if (at) {
        cw_buf_printf(b, " %s ", cw_word(s, CW_WORD_to));
        cw_buf_put(b, at + strlen(to), text.n - before - strlen(to));
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
