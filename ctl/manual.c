/* Options and commands of churnwatchctl as items of mdoc lists. Build tool and tests, one thread.
 */
#include "ctl/manual.h"

#include "config/manual.h"
#include "ctl/command.h"

static void option(FILE *out, const struct cw_option *o)
{
    (void)fputs(".It ", out);
    if (o->letter)
        (void)fprintf(out, "Fl %c , ", o->letter);
    (void)fprintf(out, "Fl \\-%s", o->name);
    if (o->value) {
        (void)fputs(" Ar ", out);
        cw_manual_text(out, o->value);
    }
    (void)fputc('\n', out);
    cw_manual_text(out, o->help);
    (void)fputs(o->required ? " (required).\n" : ".\n", out);
    if (o->kind == CW_OPTION_FILES)
        (void)fputs("Further words up to the next option are files too.\n", out);
    if (o->kind == CW_OPTION_COUNT)
        (void)fprintf(out, "A whole number from %lld to %lld.\n", (long long)o->least,
                      (long long)o->most);
}

static void options(FILE *out, const struct cw_option *table)
{
    for (const struct cw_option *o = table; o && o->name; o++)
        option(out, o);
}

void cw_manual_options(FILE *out)
{
    options(out, cw_options_global);
}

static void command(FILE *out, const struct cw_command *c)
{
    (void)fprintf(out, ".It Cm %s", c->name);
    if (*c->operands) {
        (void)fputs(" Ar ", out);
        cw_manual_text(out, c->operands);
    }
    (void)fputc('\n', out);
    cw_manual_text(out, c->help);
    (void)fputs(".\n", out);
    if (!c->options)
        return;
    (void)fputs(".Bl -tag -width Ds\n", out);
    options(out, c->options);
    (void)fputs(".El\n", out);
}

void cw_manual_commands(FILE *out)
{
    for (size_t i = 0; cw_commands[i]; i++)
        command(out, cw_commands[i]);
}
