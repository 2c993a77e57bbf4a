/* Titles and labels in the operator's language (the setting `language`).
 */
#ifndef CW_CTL_WORDS_H
#define CW_CTL_WORDS_H

#include <stdio.h>

#include "churnwatch/buf.h"
#include "churnwatch/settings.h"

enum cw_word {
#define WORD(name, en, zh) CW_WORD_##name,
#include "ctl/words.def"
#undef WORD
    CW_WORDS
};
const char *cw_word(const struct cw_settings *s, enum cw_word w);
/* Appends, or prints, a sentence of that table. Its places %1 to %9 are filled by the values that
 * the format makes, one after the other with a tab between two. */
void cw_word_say(struct cw_buf *b, const struct cw_settings *s, enum cw_word w, const char *format,
                 ...) __attribute__((format(printf, 4, 5)));
void cw_word_print(FILE *out, const struct cw_settings *s, enum cw_word w, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* Appends a text with such places, filled. */
void cw_word_fill(struct cw_buf *b, const char *text, const struct cw_str values[9]);

/* What a word of a record is said of: the same one may read differently elsewhere. */
enum cw_word_kind {
    CW_OF_MEMBER,   /* kind, state, desk, method, …: values of a task's members */
    CW_OF_EVENT,    /* of a feed */
    CW_OF_DETECTOR, /* names of detectors */
    CW_OF_TERM,     /* of `why`: terms, and what their weights are */
    CW_OF_EVIDENCE, /* names of evidence */
    CW_OF_WORD,     /* texts in evidence */
    CW_OF_UNIT      /* units of thresholds */
};
/* A word of a record ("phone") as people read it; what is not in ctl/values.def stays. */
struct cw_str cw_word_of(const struct cw_settings *s, enum cw_word_kind kind, struct cw_str value);
/* Appends a term of `why`: "class A1", "spend_drop", "base". */
void cw_word_term(struct cw_buf *b, const struct cw_settings *s, const char *term);
struct cw_param;
/* Appends what a setting may be, as cw_value_allowed does. */
void cw_word_allowed(struct cw_buf *b, const struct cw_settings *s, const struct cw_param *p);
/* What a threshold means; the detector's own words where ctl/meanings.def has none. */
struct cw_threshold_id;
const char *cw_word_meaning(const struct cw_settings *s, struct cw_threshold_id id);
/* Appends where a setting's value comes from, as cw_place_print does. */
struct cw_place;
void cw_word_place(struct cw_buf *b, const struct cw_settings *s, const struct cw_place *at);

#endif
