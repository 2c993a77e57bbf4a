/* The command line: what may be given, in tables; what was given, in order.
 *
 * Everything borrows from argv and from the tables. What a command line may hold is written once,
 * in the rows of the commands and of ctl/args.c; help and complaints are made from them.
 */
#ifndef CW_CTL_ARGS_H
#define CW_CTL_ARGS_H

#include "churnwatch/settings.h"

enum cw_option_kind {
    CW_OPTION_FLAG,
    CW_OPTION_TEXT,  /* one value; given again, the last one counts */
    CW_OPTION_LIST,  /* one value each time, all of them count */
    CW_OPTION_FILES, /* one value or more: all that follows up to the next option */
    CW_OPTION_COUNT, /* a whole number within least and most */
    CW_OPTION_TIME   /* RFC 3339, or YYYY-MM-DD for the midnight that begins the day */
};

struct cw_option {
    char letter;       /* 0: none */
    const char *name;  /* without the dashes; NULL ends a table */
    const char *value; /* how help names the value; NULL for a flag */
    const char *help;
    enum cw_option_kind kind;
    bool required;
    int64_t least, most;
};

struct cw_command;

struct cw_arg {
    const struct cw_option *option; /* NULL: an operand */
    const char *value;              /* NULL: a flag */
};
struct cw_args {
    const struct cw_command *command; /* NULL: none was named */
    struct cw_arg *given;             /* owned */
    size_t n_given;
    size_t n_operands;
};

/* The options every command takes. */
extern const struct cw_option cw_options_global[];

/* Reads a whole command line, of which argv[0] is not part. Returns 0 with ret_args to be freed by
 * cw_args_free; -CW_E_INVALID with eb saying what is wrong (ret_args->command is set when it is
 * known by then); -CW_E_NOMEM. */
int cw_args_read(int argc, char *const *argv, struct cw_args *ret_args, struct cw_errbuf *eb);
void cw_args_free(struct cw_args *a);

bool cw_args_flag(const struct cw_args *a, const char *name);
/* The last value; NULL when it was not given. */
const char *cw_args_text(const struct cw_args *a, const char *name);
int64_t cw_args_count(const struct cw_args *a, const char *name, int64_t otherwise);
/* All values in order; items are borrowed, the array is the caller's to free. */
int cw_args_list(const struct cw_args *a, const char *name, struct cw_list *ret_list);
/* The i-th operand; NULL beyond the last. */
const char *cw_args_operand(const struct cw_args *a, size_t i);

/* The instant an option of kind TIME or another text names. */
int cw_args_instant(const char *text, const struct cw_zone *zone, cw_event_time *ret_time);

#endif
