/* The forms a text, or a list's item, may be held to. */
#ifndef CW_CONFIG_FORMS_H
#define CW_CONFIG_FORMS_H

#include <stdbool.h>

struct cw_form {
    const char *word;    /* in the column `words` of params.def */
    const char *allowed; /* for messages and the reference */
    bool (*holds)(const char *text);
    bool secret; /* it may have a password in it: messages do not quote it */
};

/* The form of that word; NULL for any other. */
const struct cw_form *cw_form_find(const char *word);

#endif
