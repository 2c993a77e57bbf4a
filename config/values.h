/* A setting's value, from what was given to its field and back, by the type of its row.
 *
 * Pure but for the texts and lists it allocates. */
#ifndef CW_CONFIG_VALUES_H
#define CW_CONFIG_VALUES_H

#include "config/params.h"

/* What stands in the file, or a word of the command line, of which any type may be read. */
enum cw_given_kind {
    CW_GIVEN_WORD,
    CW_GIVEN_BOOL,
    CW_GIVEN_INT,
    CW_GIVEN_REAL,
    CW_GIVEN_TEXT,
    CW_GIVEN_LIST,
    CW_GIVEN_GROUP,
    CW_GIVEN_MIXED /* a list with an item that is no text */
};
struct cw_given {
    enum cw_given_kind kind;
    const char *text;         /* all but LIST, GROUP and MIXED: as text, terminated */
    const char *const *items; /* LIST: terminated */
    size_t n;
};

/* Reads into a field, whose former value is freed. Returns 0; or -CW_E_INVALID with `why` filled
 * (what is wrong and what is allowed), or -CW_E_NOMEM, the field untouched. */
int cw_value_read(const struct cw_param *p, const struct cw_given *g, void *field,
                  struct cw_errbuf *why);
/* Gives back what a field owns. */
void cw_value_free(const struct cw_param *p, void *field);
/* Over what the field held, which is freed: 0 or -CW_E_NOMEM, the field then untouched. */
int cw_value_copy(const struct cw_param *p, const void *from, void *field);
bool cw_value_equal(const struct cw_param *p, const void *a, const void *b);
/* Adds an item to a LIST's field, with the same checks and returns. */
int cw_value_append(const struct cw_param *p, const char *item, void *field, struct cw_errbuf *why);

/* As it is given on the command line; as it is written in the file; what is allowed, in words. */
void cw_value_print(const struct cw_param *p, const void *field, struct cw_buf *out);
void cw_value_write(const struct cw_param *p, const void *field, struct cw_buf *out);
void cw_value_allowed(const struct cw_param *p, struct cw_buf *out);
/* "a duration": what the type is called. */
const char *cw_value_noun(const struct cw_param *p);

#endif
