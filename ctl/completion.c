/* Completion for bash, from the table of commands. Build tool and tests, one thread.
 *
 * The script is a few lookups made of the tables and one function that never changes. Of values it
 * completes files, and the names of settings; managers and tasks would have to be asked for.
 */
#include <string.h>

#include "config/thresholds.h"
#include "ctl/command.h"
#include "ctl/manual.h"

static const char head[] =
    "# bash completion for churnwatchctl, made from its table of commands; see its `reference`\n"
    "# target. What follows in this file up to _churnwatchctl() are lookups.\n";

static const char tail[] =
    "\n"
    "_churnwatchctl()\n"
    "{\n"
    "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} command='' i word\n"
    "    COMPREPLY=()\n"
    "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
    "        word=${COMP_WORDS[i]}\n"
    "        case $word in\n"
    "        -c | --config | -o | --option)\n"
    "            ((i++)) # its value; bash parts words at =\n"
    "            while [[ ${COMP_WORDS[i + 1]-} == = ]]; do ((i += 2)); done\n"
    "            ;;\n"
    "        -*) ;;\n"
    "        *)\n"
    "            command+=${command:+ }$word\n"
    "            [[ $command == *' '* || -z $(_churnwatchctl_second \"$command\") ]] && break\n"
    "            ;;\n"
    "        esac\n"
    "    done\n"
    "    if [[ $prev == -o || $prev == --option ]]; then\n"
    "        COMPREPLY=($(compgen -W \"$(_churnwatchctl_settings)\" -S = -- \"$cur\"))\n"
    "        compopt -o nospace 2>/dev/null\n"
    "    elif _churnwatchctl_file \"$command\" \"$prev\"; then\n"
    "        COMPREPLY=($(compgen -f -- \"$cur\"))\n"
    "        compopt -o filenames 2>/dev/null\n"
    "    elif _churnwatchctl_value \"$command\" \"$prev\"; then\n"
    "        return\n"
    "    elif [[ $cur == -* ]]; then\n"
    "        COMPREPLY=($(compgen -W \"$(_churnwatchctl_options \"$command\")\" -- \"$cur\"))\n"
    "    elif [[ -z $command ]]; then\n"
    "        COMPREPLY=($(compgen -W \"$(_churnwatchctl_first)\" -- \"$cur\"))\n"
    "    elif [[ $command != *' '* && -n $(_churnwatchctl_second \"$command\") ]]; then\n"
    "        COMPREPLY=($(compgen -W \"$(_churnwatchctl_second \"$command\")\" -- \"$cur\"))\n"
    "    elif _churnwatchctl_file_operand \"$command\"; then\n"
    "        COMPREPLY=($(compgen -f -- \"$cur\"))\n"
    "        compopt -o filenames 2>/dev/null\n"
    "    fi\n"
    "}\n"
    "complete -F _churnwatchctl churnwatchctl\n";

static bool is_file(const char *value)
{
    return value && (strstr(value, "FILE") || strcmp(value, "DIR") == 0);
}

static int first_length(const char *name)
{
    return (int)strcspn(name, " ");
}

/* ---- commands ---- */

/* Whether an earlier row begins with the same word. */
static bool seen(size_t at)
{
    int n = first_length(cw_commands[at]->name);
    for (size_t i = 0; i < at; i++)
        if (first_length(cw_commands[i]->name) == n &&
            strncmp(cw_commands[i]->name, cw_commands[at]->name, (size_t)n) == 0)
            return true;
    return false;
}

static void first_words(FILE *out)
{
    (void)fputs("\n_churnwatchctl_first()\n{\n    echo", out);
    for (size_t i = 0; cw_commands[i]; i++)
        if (!seen(i))
            (void)fprintf(out, " %.*s", first_length(cw_commands[i]->name), cw_commands[i]->name);
    for (const struct cw_option *o = cw_options_global; o->name; o++)
        (void)fprintf(out, " --%s", o->name);
    (void)fputs("\n}\n", out);
}

static void second_of(FILE *out, const char *first)
{
    size_t n = (size_t)first_length(first);
    (void)fprintf(out, "    %.*s) echo", (int)n, first);
    for (size_t i = 0; cw_commands[i]; i++)
        if (strncmp(cw_commands[i]->name, first, n) == 0 && cw_commands[i]->name[n] == ' ')
            (void)fprintf(out, " %s", cw_commands[i]->name + n + 1);
    (void)fputs(" ;;\n", out);
}

static void second_words(FILE *out)
{
    (void)fputs("\n_churnwatchctl_second()\n{\n    case $1 in\n", out);
    for (size_t i = 0; cw_commands[i]; i++)
        if (!seen(i) && strchr(cw_commands[i]->name, ' '))
            second_of(out, cw_commands[i]->name);
    (void)fputs("    esac\n}\n", out);
}

/* ---- options and their values ---- */

static void options(FILE *out)
{
    (void)fputs("\n_churnwatchctl_options()\n{\n    case $1 in\n", out);
    for (size_t i = 0; cw_commands[i]; i++) {
        if (!cw_commands[i]->options)
            continue;
        (void)fprintf(out, "    '%s') echo", cw_commands[i]->name);
        for (const struct cw_option *o = cw_commands[i]->options; o->name; o++)
            (void)fprintf(out, " --%s", o->name);
        (void)fputs(" ;;\n", out);
    }
    (void)fputs("    esac\n    echo", out);
    for (const struct cw_option *o = cw_options_global; o->name; o++)
        (void)fprintf(out, " --%s", o->name);
    (void)fputs("\n}\n", out);
}

/* A function that is true for "COMMAND:--OPTION" of those whose value is a file, or is not. */
static void valued(FILE *out, const char *name, bool files)
{
    (void)fprintf(out, "\n_churnwatchctl_%s()\n{\n    case $1:$2 in\n", name);
    if (files)
        (void)fputs("    *:-c | *:--config) return 0 ;;\n", out);
    for (size_t i = 0; cw_commands[i]; i++)
        for (const struct cw_option *o = cw_commands[i]->options; o && o->name; o++)
            if (o->value && is_file(o->value) == files)
                (void)fprintf(out, "    '%s:--%s') return 0 ;;\n", cw_commands[i]->name, o->name);
    (void)fputs("    esac\n    return 1\n}\n", out);
}

static void file_operands(FILE *out)
{
    (void)fputs("\n_churnwatchctl_file_operand()\n{\n    case $1 in\n", out);
    for (size_t i = 0; cw_commands[i]; i++)
        if (is_file(cw_commands[i]->operands))
            (void)fprintf(out, "    '%s') return 0 ;;\n", cw_commands[i]->name);
    (void)fputs("    esac\n    return 1\n}\n", out);
}

static void settings(FILE *out)
{
    (void)fputs("\n_churnwatchctl_settings()\n{\n    echo", out);
    for (int i = 0; i < CW_PARAMS; i++)
        (void)fprintf(out, " \\\n        %s", cw_params[i].path);
    for (int d = 0; d < CW_DETECTORS; d++)
        for (int i = 0; i < cw_threshold_count(d); i++)
            (void)fprintf(out, " \\\n        detectors.%s.%s", cw_detectors[d]->name,
                          cw_threshold_name(cw_threshold_at(d, i)));
    (void)fputs("\n}\n", out);
}

void cw_completion_bash(FILE *out)
{
    (void)fputs(head, out);
    first_words(out);
    second_words(out);
    options(out);
    valued(out, "file", true);
    valued(out, "value", false);
    file_operands(out);
    settings(out);
    (void)fputs(tail, out);
}
