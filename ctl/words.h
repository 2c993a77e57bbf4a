/* Titles and labels in the operator's language (the setting `language`).
 */
#ifndef CW_CTL_WORDS_H
#define CW_CTL_WORDS_H

#include "churnwatch/settings.h"

enum cw_word {
#define WORD(name, en, zh) CW_WORD_##name,
#include "ctl/words.def"
#undef WORD
    CW_WORDS
};
const char *cw_word(const struct cw_settings *s, enum cw_word w);
/* A word of a record's member ("phone") as people read it; what is not in ctl/values.def stays. */
struct cw_str cw_word_of(const struct cw_settings *s, struct cw_str value);

#endif
