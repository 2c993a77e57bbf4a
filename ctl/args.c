/* Reading the command line by its tables. See args.h. */
#include "ctl/args.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/command.h"

const struct cw_option cw_options_global[] = {
    {.letter = 'c',
     .name = "config",
     .value = "FILE",
     .kind = CW_OPTION_TEXT,
     .help = "configuration file (default: " CW_DEFAULT_CONFIG " if it exists)"},
    {.letter = 'o',
     .name = "option",
     .value = "KEY=VALUE",
     .kind = CW_OPTION_LIST,
     .help = "override one setting by its dotted path; wins over the file"},
    {.name = "json", .kind = CW_OPTION_FLAG, .help = "answer in JSON, for machines"},
    {.letter = 'h', .name = "help", .kind = CW_OPTION_FLAG, .help = "print help and exit"},
    {.letter = 'V',
     .name = "version",
     .kind = CW_OPTION_FLAG,
     .help = "print the version and exit"},
    {0},
};

struct reading {
    int argc, at;
    char *const *argv;
    struct cw_args *args;
    const struct cw_option *files; /* the FILES option whose values may go on */
    bool operands_only;            /* past "--" */
    struct cw_errbuf *eb;
};

static const struct cw_option *find(const struct cw_option *table, const char *name, size_t n)
{
    for (const struct cw_option *o = table; o && o->name; o++)
        if (strlen(o->name) == n && memcmp(o->name, name, n) == 0)
            return o;
    return NULL;
}

static const struct cw_option *find_letter(const struct cw_option *table, char letter)
{
    for (const struct cw_option *o = table; o->name; o++)
        if (letter && o->letter == letter)
            return o;
    return NULL;
}

static int parse_count(const struct cw_option *o, const char *text, int64_t *ret_count)
{
    char *end;
    errno = 0;
    long long n = strtoll(text, &end, 10);
    if (errno || end == text || *end || n < o->least || n > o->most)
        return -CW_E_INVALID;
    *ret_count = n;
    return 0;
}

static int check_value(const struct reading *r, const struct cw_option *o, const char *value)
{
    int64_t ignored;
    if (o->kind == CW_OPTION_COUNT && parse_count(o, value, &ignored) != 0)
        return cw_fail(r->eb, CW_E_INVALID, "--%s: \"%s\" is not a whole number from %lld to %lld",
                       o->name, value, (long long)o->least, (long long)o->most);
    /* With UTC any text that is a time is told from one that is not. */
    if (o->kind == CW_OPTION_TIME && cw_args_instant(value, NULL, &ignored) != 0)
        return cw_fail(r->eb, CW_E_INVALID,
                       "--%s: \"%s\" is not a time such as 2026-03-02T02:00:00+08:00 or 2026-03-02",
                       o->name, value);
    if (o->kind != CW_OPTION_COUNT && !*value)
        return cw_fail(r->eb, CW_E_INVALID, "--%s: the value is empty", o->name);
    return 0;
}

static int keep(struct reading *r, const struct cw_option *o, const char *value)
{
    int err = o && value ? check_value(r, o, value) : 0;
    if (err)
        return err;
    r->args->given[r->args->n_given++] = (struct cw_arg){o, value};
    r->args->n_operands += !o;
    r->files = o && o->kind == CW_OPTION_FILES ? o : NULL;
    return 0;
}

/* An option's value: what is attached to it, else the next word. */
static int take(struct reading *r, const struct cw_option *o, const char *attached)
{
    if (o->kind == CW_OPTION_FLAG)
        return attached ? cw_fail(r->eb, CW_E_INVALID, "--%s takes no value", o->name)
                        : keep(r, o, NULL);
    /* A word in dashes is an option left without its value, not the value; --name=--word is. */
    if (!attached && (r->at == r->argc || strncmp(r->argv[r->at], "--", 2) == 0))
        return cw_fail(r->eb, CW_E_INVALID, "--%s needs a value: --%s %s", o->name, o->name,
                       o->value);
    return keep(r, o, attached ? attached : r->argv[r->at++]);
}

static int take_long(struct reading *r, const char *word)
{
    size_t n = strcspn(word, "=");
    const struct cw_option *o = NULL;
    if (r->args->command)
        o = find(r->args->command->options, word, n);
    if (!o)
        o = find(cw_options_global, word, n);
    if (!o)
        return cw_fail(r->eb, CW_E_INVALID, "no option --%.*s%s%s", (int)n, word,
                       r->args->command ? " of " : " before the command",
                       r->args->command ? r->args->command->name : "");
    return take(r, o, word[n] ? word + n + 1 : NULL);
}

static int take_letter(struct reading *r, const char *word)
{
    const struct cw_option *o = find_letter(cw_options_global, word[0]);
    if (!o)
        return cw_fail(r->eb, CW_E_INVALID, "no option -%s", word);
    return take(r, o, word[1] ? word + 1 : NULL);
}

/* One word or, where commands of two begin with it, the next one too. */
static int take_command(struct reading *r, const char *word)
{
    bool begins = cw_command_begins(word);
    const char *second = begins && r->at < r->argc ? r->argv[r->at] : NULL;
    const struct cw_command *c = cw_command_find(word, second);
    if (!c && begins)
        return cw_fail(r->eb, CW_E_INVALID,
                       "no command \"%s%s%s\"; churnwatchctl help %s lists them", word,
                       second ? " " : "", second ? second : "", word);
    if (!c)
        return cw_fail(r->eb, CW_E_INVALID, "no command \"%s\"", word);
    r->args->command = c;
    r->at += strchr(c->name, ' ') != NULL;
    return 0;
}

static int take_word(struct reading *r, const char *word)
{
    if (r->files)
        return keep(r, r->files, word);
    return r->args->command ? keep(r, NULL, word) : take_command(r, word);
}

static int take_next(struct reading *r)
{
    const char *word = r->argv[r->at++];
    if (r->operands_only || word[0] != '-' || !word[1])
        return take_word(r, word);
    if (strcmp(word, "--") == 0) {
        r->operands_only = true;
        r->files = NULL;
        return 0;
    }
    return word[1] == '-' ? take_long(r, word + 2) : take_letter(r, word + 1);
}

static int check_whole(const struct cw_args *a, struct cw_errbuf *eb)
{
    const struct cw_command *c = a->command;
    if (!c || cw_args_flag(a, "help") || cw_args_flag(a, "version"))
        return 0;
    for (const struct cw_option *o = c->options; o && o->name; o++)
        if (o->required && !cw_args_text(a, o->name))
            return cw_fail(eb, CW_E_INVALID, "--%s %s is missing", o->name, o->value);
    if (a->n_operands < c->least)
        return cw_fail(eb, CW_E_INVALID, "%s wants %s", c->name, c->operands);
    if (a->n_operands > c->most)
        return cw_fail(eb, CW_E_INVALID, "\"%s\" is one word too many",
                       cw_args_operand(a, c->most));
    return 0;
}

int cw_args_read(int argc, char *const *argv, struct cw_args *ret_args, struct cw_errbuf *eb)
{
    *ret_args = (struct cw_args){.given = calloc((size_t)argc + 1, sizeof *ret_args->given)};
    struct reading r = {.argc = argc, .argv = argv, .args = ret_args, .eb = eb};
    int err = ret_args->given ? 0 : -CW_E_NOMEM;
    while (!err && r.at < argc)
        err = take_next(&r);
    return err ? err : check_whole(ret_args, eb);
}

void cw_args_free(struct cw_args *a)
{
    free(a->given);
    *a = (struct cw_args){0};
}

static bool is(const struct cw_arg *g, const char *name)
{
    return g->option && strcmp(g->option->name, name) == 0;
}

bool cw_args_flag(const struct cw_args *a, const char *name)
{
    for (size_t i = 0; i < a->n_given; i++)
        if (is(&a->given[i], name))
            return true;
    return false;
}

const char *cw_args_text(const struct cw_args *a, const char *name)
{
    for (size_t i = a->n_given; i > 0; i--)
        if (is(&a->given[i - 1], name))
            return a->given[i - 1].value;
    return NULL;
}

int64_t cw_args_count(const struct cw_args *a, const char *name, int64_t otherwise)
{
    int64_t count = otherwise;
    for (size_t i = 0; i < a->n_given; i++)
        if (is(&a->given[i], name))
            (void)parse_count(a->given[i].option, a->given[i].value, &count); /* checked before */
    return count;
}

int cw_args_list(const struct cw_args *a, const char *name, struct cw_list *ret_list)
{
    char **items = calloc(a->n_given + 1, sizeof *items);
    if (!items)
        return -CW_E_NOMEM;
    *ret_list = (struct cw_list){.items = items};
    for (size_t i = 0; i < a->n_given; i++)
        if (is(&a->given[i], name))
            items[ret_list->n++] = (char *)(uintptr_t)a->given[i].value;
    return 0;
}

const char *cw_args_operand(const struct cw_args *a, size_t i)
{
    for (size_t g = 0; g < a->n_given; g++)
        if (!a->given[g].option && i-- == 0)
            return a->given[g].value;
    return NULL;
}

int cw_args_instant(const char *text, const struct cw_zone *zone, cw_event_time *ret_time)
{
    struct cw_str s = {text, strlen(text)};
    cw_day day;
    if (cw_parse_date(s, &day) != 0)
        return cw_parse_rfc3339(s, ret_time);
    *ret_time = zone ? cw_zone_midnight(zone, day) : (cw_event_time)day * CW_DAY;
    return 0;
}
