/* The table of commands. See command.h. */
#include <string.h>

#include "ctl/command.h"

#define COMMAND(name) extern const struct cw_command cw_command_##name;
#include "ctl/commands.def"
#undef COMMAND

const struct cw_command *const cw_commands[] = {
#define COMMAND(name) &cw_command_##name,
#include "ctl/commands.def"
#undef COMMAND
    NULL,
};

static bool is_word(const char *text, size_t n, const char *word)
{
    return strlen(word) == n && memcmp(text, word, n) == 0;
}

const struct cw_command *cw_command_find(const char *first, const char *second)
{
    for (size_t i = 0; cw_commands[i]; i++) {
        const char *name = cw_commands[i]->name;
        size_t n = strcspn(name, " ");
        if (is_word(name, n, first) && (!name[n] || (second && strcmp(name + n + 1, second) == 0)))
            return cw_commands[i];
    }
    return NULL;
}

bool cw_command_begins(const char *first)
{
    for (size_t i = 0; cw_commands[i]; i++) {
        size_t n = strcspn(cw_commands[i]->name, " ");
        if (cw_commands[i]->name[n] && is_word(cw_commands[i]->name, n, first))
            return true;
    }
    return false;
}
