/* Help, made from the tables; and how the program complains. */
#include <stdarg.h>
#include <string.h>

#include "ctl/command.h"
#include "ctl/text.h"

/* The one character that is not one byte is the ellipsis of FILE…, two bytes longer. */
static int width_of(const char *left)
{
    return 28 + (strstr(left, "…") ? 2 : 0);
}

static void print_option(const struct cw_option *o, FILE *out)
{
    char left[64];
    (void)snprintf(left, sizeof left, "%c%c%s--%s%s%s", o->letter ? '-' : ' ',
                   o->letter ? o->letter : ' ', o->letter ? ", " : "  ", o->name,
                   o->value ? " " : "", o->value ? o->value : "");
    (void)fprintf(out, "  %-*s %s%s\n", width_of(left), left, o->help,
                  o->required ? " (required)" : "");
}

static void print_options(const struct cw_option *table, const char *title, FILE *out)
{
    if (!table)
        return;
    (void)fprintf(out, "\n%s:\n", title);
    for (const struct cw_option *o = table; o->name; o++)
        print_option(o, out);
}

/* Columns of "name operands", whatever script they are written in. */
static int left_width(const struct cw_command *c)
{
    size_t operands = cw_text_width((struct cw_str){c->operands, strlen(c->operands)});
    return (int)(strlen(c->name) + 1 + operands);
}

static int widest(void)
{
    int most = 0;
    for (size_t i = 0; cw_commands[i]; i++)
        if (left_width(cw_commands[i]) > most)
            most = left_width(cw_commands[i]);
    return most;
}

static void print_command(const struct cw_command *c, FILE *out)
{
    (void)fprintf(out, "  %s %s%*s %s\n", c->name, c->operands, widest() - left_width(c), "",
                  c->help);
}

void cw_help_group(const char *first, FILE *out)
{
    size_t n = strlen(first);
    for (size_t i = 0; cw_commands[i]; i++)
        if (strncmp(cw_commands[i]->name, first, n) == 0 && cw_commands[i]->name[n] == ' ')
            print_command(cw_commands[i], out);
}

void cw_help_all(FILE *out)
{
    (void)fputs("usage: churnwatchctl [-c FILE] [-o KEY=VALUE]… [--json] COMMAND …\n\nCommands:\n",
                out);
    for (size_t i = 0; cw_commands[i]; i++)
        print_command(cw_commands[i], out);
    print_options(cw_options_global, "Options", out);
    (void)fputs("\nExit status: 0 done, 1 found something wrong or refused, 2 usage, "
                "3 a server cannot be reached.\n",
                out);
}

static void print_syntax_option(const struct cw_option *o, FILE *out)
{
    (void)fprintf(out, o->required ? " --%s%s%s" : " [--%s%s%s]", o->name, o->value ? " " : "",
                  o->value ? o->value : "");
}

void cw_help_syntax(const struct cw_command *c, FILE *out)
{
    (void)fprintf(out, "usage: churnwatchctl %s", c->name);
    for (const struct cw_option *o = c->options; o && o->name; o++)
        print_syntax_option(o, out);
    (void)fprintf(out, "%s%s\n", *c->operands ? " " : "", c->operands);
}

void cw_help_command(const struct cw_command *c, FILE *out)
{
    cw_help_syntax(c, out);
    (void)fprintf(out, "\n%s\n", c->help);
    print_options(c->options, "Options", out);
    print_options(cw_options_global, "Options of every command", out);
}

static enum cw_exit run(const struct cw_ctl *ctl)
{
    const char *first = cw_args_operand(ctl->args, 0), *second = cw_args_operand(ctl->args, 1);
    const struct cw_command *c = first ? cw_command_find(first, second) : NULL;
    if (c)
        cw_help_command(c, stdout);
    else if (!first)
        cw_help_all(stdout);
    else if (cw_command_begins(first))
        cw_help_group(first, stdout);
    else
        return cw_ctl_misused(ctl, "no command \"%s\"; churnwatchctl help lists them", first);
    return CW_EXIT_DONE;
}

static void complain(const char *fmt, va_list ap) __attribute__((format(printf, 1, 0)));
static void complain(const char *fmt, va_list ap)
{
    (void)fputs("churnwatchctl: ", stderr);
    (void)vfprintf(stderr, fmt, ap);
    (void)fputc('\n', stderr);
}

enum cw_exit cw_ctl_misused(const struct cw_ctl *ctl, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    complain(fmt, ap);
    va_end(ap);
    cw_help_syntax(ctl->args->command, stderr);
    return CW_EXIT_USAGE;
}

enum cw_exit cw_ctl_fail(enum cw_exit code, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    complain(fmt, ap);
    va_end(ap);
    return code;
}

enum cw_exit cw_ctl_exit_of(int err)
{
    return err == -CW_E_IO || err == -CW_E_RETRY ? CW_EXIT_UNREACHABLE : CW_EXIT_WRONG;
}

enum cw_exit cw_ctl_failed(int err, const struct cw_errbuf *eb)
{
    return cw_ctl_fail(cw_ctl_exit_of(err), "%s", eb->text[0] ? eb->text : cw_strerror(err));
}

const struct cw_command cw_command_help = {
    .name = "help",
    .operands = "[COMMAND]",
    .help = "the commands, or one of them with its options",
    .most = 2,
    .run = run,
};
