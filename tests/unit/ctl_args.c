/* The command line: what is taken, and the sentence that a mistaken user gets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/command.h"

#define WORDS_MOST 16
#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static int read_words(const char *const *words, struct cw_args *ret_args, struct cw_errbuf *eb)
{
    int n = 0;
    while (n < WORDS_MOST && words[n])
        n++;
    return cw_args_read(n, (char *const *)(uintptr_t)words, ret_args, eb);
}

static void mistakes_are_named(void **state)
{
    (void)state;
    static const struct {
        const char *words[WORDS_MOST];
        const char *says; /* part of the sentence */
    } rows[] = {
        {{"reply"}, "no command \"reply\""},
        {{"--verbose", "replay"}, "no option --verbose before the command"},
        {{"-x"}, "no option -x"},
        {{"-c"}, "--config needs a value: --config FILE"},
        {{"-c", ""}, "--config: the value is empty"},
        {{"--json=yes", "help"}, "--json takes no value"},
        {{"replay", "--tasks", "t"}, "--events FILE… is missing"},
        {{"replay", "--events", "e"}, "--tasks FILE is missing"},
        {{"replay", "--events", "e", "--tasks"}, "--tasks needs a value"},
        {{"replay", "--events", "e", "--tasks", "t", "--speed"}, "no option --speed of replay"},
        {{"replay", "--events", "e", "--tasks", "t", "--partitions", "0"}, "from 1 to 1024"},
        {{"replay", "--events", "e", "--tasks", "t", "--partitions", "3x"},
         "\"3x\" is not a whole"},
        {{"replay", "--events", "e", "--tasks", "t", "--until", "tomorrow"},
         "\"tomorrow\" is not a time such as"},
        {{"replay", "--events", "e", "--tasks", "t", "--until", "2026-02-30"}, "is not a time"},
        {{"replay", "--events", "e", "--tasks", "t", "more"}, "\"more\" is one word too many"},
        /* An option is no value of --events, which then has none. */
        {{"replay", "--tasks", "t", "--events", "--until"}, "--events needs a value"},
        {{"help", "replay", "and", "now"}, "\"now\" is one word too many"},
        {{"settings"}, "no command \"settings\"; churnwatchctl help settings lists"},
        {{"settings", "simple"}, "no command \"settings simple\""},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct cw_args args;
        struct cw_errbuf eb = {""};
        assert_int_equal(read_words(rows[i].words, &args, &eb), -CW_E_INVALID);
        if (!strstr(eb.text, rows[i].says))
            fail_msg("row %zu says \"%s\", not \"%s\"", i, eb.text, rows[i].says);
        cw_args_free(&args);
    }
}

static void values_are_kept(void **state)
{
    (void)state;
    static const char *const words[] = {
        "-cone",   "-o",   "a=1",   "--config=two", "replay",     "--events",       "a", "-",
        "--tasks", "=out", "-ob=2", "--json",       "--events=c", "--partitions=3", NULL};
    struct cw_args args;
    struct cw_errbuf eb = {""};
    struct cw_list list;
    assert_int_equal(read_words(words, &args, &eb), 0);
    assert_string_equal(args.command->name, "replay");
    assert_string_equal(cw_args_text(&args, "config"), "two");
    assert_string_equal(cw_args_text(&args, "tasks"), "=out");
    assert_null(cw_args_text(&args, "until"));
    assert_true(cw_args_flag(&args, "json"));
    assert_int_equal(cw_args_count(&args, "partitions", 1), 3);
    assert_int_equal(cw_args_count(&args, "limit", 20), 20);
    assert_int_equal(cw_args_list(&args, "events", &list), 0);
    assert_int_equal(list.n, 3);
    assert_string_equal(list.items[1], "-");
    assert_string_equal(list.items[2], "c");
    free(list.items);
    assert_int_equal(cw_args_list(&args, "option", &list), 0);
    assert_int_equal(list.n, 2);
    assert_string_equal(list.items[1], "b=2");
    free(list.items);
    cw_args_free(&args);
}

static void operands_are_kept(void **state)
{
    (void)state;
    static const char *const words[] = {"help", "--", "--json", NULL};
    struct cw_args args;
    struct cw_errbuf eb = {""};
    assert_int_equal(read_words(words, &args, &eb), 0);
    assert_false(cw_args_flag(&args, "json"));
    assert_int_equal(args.n_operands, 1);
    assert_string_equal(cw_args_operand(&args, 0), "--json");
    assert_null(cw_args_operand(&args, 1));
    cw_args_free(&args);
}

static void help_needs_nothing_else(void **state)
{
    (void)state;
    static const char *const words[] = {"replay", "--help", NULL};
    struct cw_args args;
    struct cw_errbuf eb = {""};
    assert_int_equal(read_words(words, &args, &eb), 0);
    cw_args_free(&args);
}

/* Every row must be fit for dispatch and help. */
static void table_is_whole(void **state)
{
    (void)state;
    for (size_t i = 0; cw_commands[i]; i++) {
        const struct cw_command *c = cw_commands[i];
        char first[64];
        (void)snprintf(first, sizeof first, "%s", c->name);
        char *second = strchr(first, ' ');
        if (second)
            *second++ = '\0';
        assert_ptr_equal(cw_command_find(first, second), c);
        assert_non_null(c->run);
        assert_non_null(c->operands);
        assert_true(c->help && *c->help);
        assert_true(c->least <= c->most);
        assert_int_equal(c->most > 0, *c->operands != '\0');
        for (const struct cw_option *o = c->options; o && o->name; o++) {
            assert_true(o->help && *o->help);
            assert_int_equal(o->kind == CW_OPTION_FLAG, o->value == NULL);
            assert_true(o->kind != CW_OPTION_COUNT || o->least < o->most);
            for (const struct cw_option *g = cw_options_global; g->name; g++)
                assert_string_not_equal(o->name, g->name);
        }
    }
}

static void instants(void **state)
{
    (void)state;
    struct cw_zone *zone;
    cw_event_time day, time;
    assert_int_equal(cw_zone_load("Asia/Shanghai", &zone, NULL), 0);
    assert_int_equal(cw_args_instant("2026-03-02", zone, &day), 0);
    assert_int_equal(cw_args_instant("2026-03-01T16:00:00Z", zone, &time), 0);
    assert_int_equal(day, time);
    assert_int_equal(cw_args_instant("2026-03-02 ", zone, &time), -CW_E_INVALID);
    assert_int_equal(time, day);
    cw_zone_free(zone);
}

static void a_server_that_is_away_has_a_status_of_its_own(void **state)
{
    (void)state;
    assert_int_equal(cw_ctl_exit_of(-CW_E_IO), CW_EXIT_UNREACHABLE);
    assert_int_equal(cw_ctl_exit_of(-CW_E_RETRY), CW_EXIT_UNREACHABLE);
    assert_int_equal(cw_ctl_exit_of(-CW_E_INVALID), CW_EXIT_WRONG);
    assert_int_equal(cw_ctl_exit_of(-CW_E_NOMEM), CW_EXIT_WRONG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mistakes_are_named),
        cmocka_unit_test(values_are_kept),
        cmocka_unit_test(operands_are_kept),
        cmocka_unit_test(help_needs_nothing_else),
        cmocka_unit_test(table_is_whole),
        cmocka_unit_test(a_server_that_is_away_has_a_status_of_its_own),
        cmocka_unit_test(instants),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
