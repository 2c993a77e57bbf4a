/* churnwatchctl: reads the command line, loads the settings and runs one command. One thread. */
#include <locale.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "board/log.h"
#include "ctl/command.h"

static mode_t umask_given;

static enum cw_exit wrong_usage(const struct cw_args *a, const char *what)
{
    (void)cw_ctl_fail(CW_EXIT_USAGE, "%s", what);
    if (a->command)
        cw_help_syntax(a->command, stderr);
    else
        (void)fputs("churnwatchctl --help lists the commands\n", stderr);
    return CW_EXIT_USAGE;
}

static int load(const struct cw_args *a, struct cw_settings **ret_settings)
{
    struct cw_buf complaints = {0};
    struct cw_list overrides = {0};
    int err = cw_args_list(a, "option", &overrides);
    if (!err)
        err = cw_settings_load(cw_args_text(a, "config"), &overrides, ret_settings, &complaints);
    if (err && complaints.n)
        (void)fwrite(complaints.p, 1, complaints.n, stderr);
    else if (err)
        (void)cw_ctl_fail(CW_EXIT_WRONG, "settings: %s", cw_strerror(err));
    free(overrides.items);
    cw_buf_free(&complaints);
    return err;
}

static enum cw_exit run(const struct cw_args *a)
{
    struct cw_settings *settings = NULL;
    if (a->command->needs_settings && load(a, &settings) != 0)
        return CW_EXIT_WRONG;
    struct cw_ctl ctl = {.args = a,
                         .settings = settings,
                         .json = cw_args_flag(a, "json"),
                         .umask_given = umask_given};
    enum cw_exit code = a->command->run(&ctl);
    cw_settings_free(settings);
    if (fflush(stdout) != 0 && code == CW_EXIT_DONE)
        code = cw_ctl_fail(CW_EXIT_WRONG, "standard output cannot be written");
    return code;
}

static enum cw_exit answer(const struct cw_args *a)
{
    if (cw_args_flag(a, "version")) {
        (void)puts("churnwatchctl " CW_VERSION);
        return CW_EXIT_DONE;
    }
    if (cw_args_flag(a, "help")) {
        if (a->command)
            cw_help_command(a->command, stdout);
        else
            cw_help_all(stdout);
        return CW_EXIT_DONE;
    }
    if (!a->command)
        return wrong_usage(a, "a command is missing");
    return run(a);
}

/* Widths and cleaning of text need a UTF-8 locale, whatever language it is of. */
static void choose_locale(void)
{
    if (!setlocale(LC_CTYPE, "") || MB_CUR_MAX == 1)
        (void)setlocale(LC_CTYPE, "C.UTF-8");
}

/* What is written names clients. Returns the mask as it was. */
static mode_t keep_from_strangers(void)
{
    mode_t given = umask(077);
    (void)umask(given | 027);
    return given;
}

int main(int argc, char **argv)
{
    struct cw_args args;
    struct cw_errbuf eb = {""};
    choose_locale();
    umask_given = keep_from_strangers();
    cw_log_level_set(CW_LOG_NONE); /* What a server says is in the command's own answer. */
    int err = cw_args_read(argc - 1, argv + 1, &args, &eb);
    enum cw_exit code =
        err ? wrong_usage(&args, eb.text[0] ? eb.text : cw_strerror(err)) : answer(&args);
    cw_args_free(&args);
    return (int)code;
}
