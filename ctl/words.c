/* The table of words, by language. */
#include "ctl/words.h"

#include <string.h>

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
    const char *value;
    const char *words[2]; /* in the order of words above */
} values[] = {
#define VALUE(value, en, zh) {(value), {(zh), (en)}},
#include "ctl/values.def"
#undef VALUE
};

struct cw_str cw_word_of(const struct cw_settings *s, struct cw_str value)
{
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        if (strlen(values[i].value) == value.n && value.n &&
            memcmp(values[i].value, value.p, value.n) == 0)
            return (struct cw_str){values[i].words[s->language],
                                   strlen(values[i].words[s->language])};
    return value;
}

const char *cw_word(const struct cw_settings *s, enum cw_word w)
{
    return words[s->language][w];
}
