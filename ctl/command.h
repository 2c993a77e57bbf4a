/* The commands of churnwatchctl: one table, from which dispatch, help, usage errors and shell
 * completion are made. A command is one file, which ends in its row, and one line in commands.def.
 */
#ifndef CW_CTL_COMMAND_H
#define CW_CTL_COMMAND_H

#include <stdio.h>
#include <sys/types.h>

#include "config/load.h"
#include "ctl/args.h"

enum cw_exit {
    CW_EXIT_DONE = 0,
    CW_EXIT_WRONG = 1,      /* found something wrong, or was refused */
    CW_EXIT_USAGE = 2,      /* the command line was */
    CW_EXIT_UNREACHABLE = 3 /* a server does not answer */
};

/* What a command runs with. Borrowed during the run. */
struct cw_ctl {
    const struct cw_args *args;
    const struct cw_settings *settings; /* NULL when the command needs none */
    bool json;
    mode_t umask_given; /* the process's own keeps files from strangers, whatever it was given */
};

struct cw_command {
    const char *name;                /* one word, or two: "thresholds set" */
    const char *operands;            /* as help writes them; "" for none */
    const char *help;                /* one line */
    const struct cw_option *options; /* NULL: none of its own */
    unsigned least, most;            /* operands */
    bool needs_settings;
    enum cw_exit (*run)(const struct cw_ctl *ctl);
};

/* In the order of ctl/commands.def, which is that of help; ended by NULL. */
extern const struct cw_command *const cw_commands[];
/* The command of one word, or of these two (second may be NULL); NULL when there is none. */
const struct cw_command *cw_command_find(const char *first, const char *second);
/* Is it the first word of commands of two? */
bool cw_command_begins(const char *first);

/* The whole list; one command with its options; the one line that a mistaken user needs. */
void cw_help_all(FILE *out);
/* The commands that begin with this word. */
void cw_help_group(const char *first, FILE *out);
void cw_help_command(const struct cw_command *c, FILE *out);
void cw_help_syntax(const struct cw_command *c, FILE *out);

/* Prints "churnwatchctl: …" on stderr and returns code, so that `return cw_ctl_fail(code, …)`. */
enum cw_exit cw_ctl_fail(enum cw_exit code, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* The same for what was wrong on the command line, with the line that says how it is written. */
enum cw_exit cw_ctl_misused(const struct cw_ctl *ctl, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* What a failed call on the bus comes to: CW_EXIT_UNREACHABLE where its server does not answer or
 * is not ready, else CW_EXIT_WRONG. */
enum cw_exit cw_ctl_exit_of(int err);
/* cw_ctl_fail with that, and what the call said, or else the code's own sentence. */
enum cw_exit cw_ctl_failed(int err, const struct cw_errbuf *eb);

#endif
