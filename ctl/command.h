/* The commands of churnwatchctl: one table, from which dispatch, help, usage errors and shell
 * completion are made. A command is one function in a file of its own.
 */
#ifndef CW_CTL_COMMAND_H
#define CW_CTL_COMMAND_H

#include <stdio.h>

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
};

struct cw_command {
    const char *name;
    const char *operands;            /* as help writes them; "" for none */
    const char *help;                /* one line */
    const struct cw_option *options; /* NULL: none of its own */
    unsigned least, most;            /* operands */
    bool needs_settings;
    enum cw_exit (*run)(const struct cw_ctl *ctl);
};

/* In the order in which help lists them; ended by a row without a name. */
extern const struct cw_command cw_commands[];
const struct cw_command *cw_command_find(const char *name);

/* The whole list; one command with its options; the one line that a mistaken user needs. */
void cw_help_all(FILE *out);
void cw_help_command(const struct cw_command *c, FILE *out);
void cw_help_syntax(const struct cw_command *c, FILE *out);

/* Prints "churnwatchctl: …" on stderr and returns code, so that `return cw_ctl_fail(code, …)`. */
enum cw_exit cw_ctl_fail(enum cw_exit code, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* The same for what was wrong on the command line, with the line that says how it is written. */
enum cw_exit cw_ctl_misused(const struct cw_ctl *ctl, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

enum cw_exit cw_ctl_help(const struct cw_ctl *ctl);
enum cw_exit cw_ctl_ingest(const struct cw_ctl *ctl);
enum cw_exit cw_ctl_replay(const struct cw_ctl *ctl);
enum cw_exit cw_ctl_sim(const struct cw_ctl *ctl);
enum cw_exit cw_ctl_tasks(const struct cw_ctl *ctl);
enum cw_exit cw_ctl_task(const struct cw_ctl *ctl);
enum cw_exit cw_ctl_feed(const struct cw_ctl *ctl);
enum cw_exit cw_ctl_status(const struct cw_ctl *ctl);
enum cw_exit cw_ctl_settings(const struct cw_ctl *ctl);

#endif
