/* churnwatchd: options, the configuration, and what the process owes its surroundings. */
#include <getopt.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "board/log.h"
#include "bus/bus_kafka.h"
#include "bus/kafka_handle.h"
#include "config/load.h"
#include "config/places.h"
#include "daemon/shell.h"
#include "delivery/redis_login.h"
#include "delivery/redis_tls.h"

static const char usage[] =
    "usage: churnwatchd [-c FILE] [-o KEY=VALUE]... [-t] [-V] [-h]\n"
    "  -c FILE       configuration; without it " CW_DEFAULT_CONFIG " if it exists\n"
    "  -o KEY=VALUE  one setting by its dotted path, over the file\n"
    "  -t            check the configuration and exit\n"
    "  -V            print the version and exit\n"
    "  -h, --help    print this and exit\n";

struct options {
    const char *file;
    struct cw_list overrides; /* the array is owned, the texts are argv's */
    bool check, version, help;
};

/* False on a usage error. */
static bool read_options(int argc, char **argv, struct options *o)
{
    static const struct option words[] = {{"help", no_argument, NULL, 'h'}, {0}};
    int c;
    o->overrides.items = calloc((size_t)argc, sizeof(char *));
    if (!o->overrides.items)
        return false;
    while ((c = getopt_long(argc, argv, "c:o:tVh", words, NULL)) != -1) {
        switch (c) {
        case 'c':
            o->file = optarg;
            break;
        case 'o':
            o->overrides.items[o->overrides.n++] = optarg;
            break;
        case 't':
            o->check = true;
            break;
        case 'V':
            o->version = true;
            break;
        case 'h':
            o->help = true;
            break;
        default:
            return false;
        }
    }
    return optind == argc;
}

/* What is wrong with Redis's address, told where the setting stands with which eb begins. */
static void complain_of_redis(const struct cw_settings *s, struct cw_complaints *c,
                              const struct cw_errbuf *eb)
{
    static const enum cw_param_row rows[] = {CW_ROW_redis_url, CW_ROW_redis_password_file};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *path = cw_params[rows[i]].path;
        size_t n = strlen(path);
        if (strncmp(eb->text, path, n) == 0 && strncmp(eb->text + n, ": ", 2) == 0)
            cw_complain(c, &s->places->params[rows[i]], path, "%s", eb->text + n + 2);
    }
}

/* What those say of the settings who use them, without a server. */
static void check_parts(const struct cw_settings *s, struct cw_complaints *c)
{
    struct cw_redis_url url;
    struct cw_errbuf eb = {""};
    int err = cw_redis_login(s, &url, &eb);
    if (!err)
        err = cw_redis_supported(&url, &eb);
    explicit_bzero(&url, sizeof url);
    if (err)
        complain_of_redis(s, c, &eb);
    cw_kafka_check(s, c);
}

/* Likewise, and by making Kafka clients for a moment: for a start, which is to make them. */
static void check_whole(const struct cw_settings *s, struct cw_complaints *c)
{
    struct cw_errbuf eb = {""};
    size_t before = c->n;
    check_parts(s, c);
    if (c->n > before || strcmp(s->bus, "kafka") != 0)
        return;
    int err = cw_bus_kafka_check(s, &eb);
    cw_complain_of(c, &s->places->params[CW_ROW_kafka_properties],
                   cw_params[CW_ROW_kafka_properties].path, err, &eb);
}

/* Everything that can be said of the configuration without a server. NULL with complaints. */
static struct cw_settings *load(const struct options *o, cw_settings_check *check,
                                struct cw_buf *complaints)
{
    struct cw_settings *s = NULL;
    int err = cw_settings_load_checked(o->file, &o->overrides, check, &s, complaints);
    if (err && complaints->n == 0)
        cw_buf_printf(complaints, "%s\n", cw_strerror(err));
    return s;
}

/* What Kafka clients are made of takes a restart: the main thread need not make any for it. */
static struct cw_settings *load_again(void *arg, struct cw_buf *complaints)
{
    return load(arg, check_parts, complaints);
}

/* Memory holds what clients are about: it is not to be found in a core file or by a stranger. */
static void keep_to_ourselves(void)
{
    const struct rlimit none = {0, 0};
    (void)umask(027);
    (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    (void)setrlimit(RLIMIT_CORE, &none);
    (void)signal(SIGPIPE, SIG_IGN);
}

/* What is freed in one of glibc's arenas is of no use to another, and each thread of the Kafka
 * client would have its own. Those who allocate most are the engines. */
static void share_arenas(const struct cw_settings *s)
{
    (void)mallopt(M_ARENA_MAX, s->engine_threads < 2 ? 2 : (int)s->engine_threads);
}

static int run(struct options *o)
{
    struct cw_buf complaints = {0};
    keep_to_ourselves(); /* Passwords are read while loading. */
    struct cw_settings *s = load(o, check_whole, &complaints);
    int code = 0;
    if (!s) {
        (void)fwrite(complaints.p, 1, complaints.n, stderr);
        code = o->check ? 1 : CW_EXIT_CONFIG;
    } else if (o->check) {
        (void)puts("configuration ok");
    } else {
        cw_log_level_set((enum cw_log_level)s->log_level);
        cw_log_format_set((enum cw_log_format)s->log_format);
        share_arenas(s);
        const struct cw_settings_source source = {load_again, o};
        code = cw_shell_run(s, &source);
        cw_log_settle(true);
    }
    cw_settings_free(s);
    cw_buf_free(&complaints);
    return code;
}

int main(int argc, char **argv)
{
    struct options o = {0};
    int code = 0;
    if (!read_options(argc, argv, &o)) {
        (void)fputs(usage, stderr);
        code = 2;
    } else if (o.help) {
        (void)fputs(usage, stdout);
    } else if (o.version) {
        (void)puts("churnwatchd " CW_VERSION);
    } else {
        code = run(&o);
    }
    free(o.overrides.items);
    return code;
}
