/* The table of words, by language. */
#include "ctl/words.h"

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

const char *cw_word(const struct cw_settings *s, enum cw_word w)
{
    return words[s->language][w];
}
