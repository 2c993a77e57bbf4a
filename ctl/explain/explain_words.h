/* Words, numbers and units of an explanation for people, in the operator's language. One thread. */
#ifndef CW_CTL_EXPLAIN_EXPLAIN_WORDS_H
#define CW_CTL_EXPLAIN_EXPLAIN_WORDS_H

#include "ctl/explain/explain.h"
#include "ctl/text.h"
#include "ctl/words.h"

const char *cw_explain_say(const struct cw_explain_view *v, enum cw_word w);

/* Units are the stable words of a need, "yuan", "days" …; shares are read in percent. */
double cw_explain_in_unit(double n, const char *unit);
/* Two decimals at most, and none that say nothing. */
void cw_explain_put_number(struct cw_buf *b, double n);
/* With its unit. */
void cw_explain_put_amount(struct cw_buf *b, const struct cw_explain_view *v, double n,
                           const char *unit);
void cw_explain_amount_cell(struct cw_table *t, const struct cw_explain_view *v, double n,
                            const char *unit);
/* before is put in front: "±". */
void cw_explain_percent_cell(struct cw_table *t, double share, const char *before);

/* The fact of that key in a signal's evidence; NULL when it has none. */
const struct cw_fact *cw_explain_fact(const struct cw_signal *s, enum cw_fact_key k);

/* explain_readings.c: a row for each of the detectors' readings. */
void cw_explain_print_readings(const struct cw_explain_view *v, FILE *out);

#endif
