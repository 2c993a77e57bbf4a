/* Build tool: writes a manual page from its text, in which lines such as @COMMANDS@ stand for what
 * the tables know; or, without a text, the completion for bash. */
#include <string.h>

#include "config/manual.h"
#include "ctl/manual.h"

static const struct {
    const char *line;
    void (*write)(FILE *out);
} parts[] = {
    {"@OPTIONS@\n", cw_manual_options},       {"@COMMANDS@\n", cw_manual_commands},
    {"@SETTINGS@\n", cw_manual_settings},     {"@THRESHOLDS@\n", cw_manual_thresholds},
    {"@CONDITIONS@\n", cw_manual_conditions},
};

static void write_line(const char *line, FILE *out)
{
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (strcmp(line, parts[i].line) == 0) {
            parts[i].write(out);
            return;
        }
    (void)fputs(line, out);
}

static int fill(const char *path, FILE *out)
{
    char line[1024];
    FILE *in = fopen(path, "re");
    if (!in)
        return -1;
    while (fgets(line, sizeof line, in))
        write_line(line, out);
    int err = ferror(in) ? -1 : 0;
    return fclose(in) == 0 ? err : -1;
}

int main(int argc, char **argv)
{
    if (argc != 2 && argc != 3) {
        (void)fputs("usage: cw_manual OUT [TEXT]\n", stderr);
        return 2;
    }
    FILE *out = fopen(argv[1], "we");
    if (!out) {
        perror(argv[1]);
        return 1;
    }
    int err = 0;
    if (argc == 3)
        err = fill(argv[2], out);
    else
        cw_completion_bash(out);
    if (fclose(out) != 0 || err) {
        perror(argv[argc - 1]);
        return 1;
    }
    return 0;
}
