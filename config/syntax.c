/* The syntax of our files, as libconfig has it but for @include. See syntax.h.
 *
 * Runs on the thread that starts or reloads.
 */
#include "config/syntax.h"

#include <string.h>

/* Whether a line asks to include another file; says which line. */
static bool includes(const char *text, int *ret_line)
{
    int line = 1;
    for (const char *p = text; p; p = strchr(p, '\n'), line++) {
        p += line > 1;
        if (strncmp(p + strspn(p, " \t"), "@include", 8) == 0) {
            *ret_line = line;
            return true;
        }
    }
    return false;
}

/* The text of a line, for messages that tell no name. */
static struct cw_str line_of(const char *text, int line)
{
    for (; line > 1 && text; line--) {
        text = strchr(text, '\n');
        text += text != NULL;
    }
    if (!text)
        return (struct cw_str){"", 0};
    text += strspn(text, " \t");
    return (struct cw_str){text, strcspn(text, "\r\n")};
}

bool cw_syntax_read(struct cw_complaints *c, const char *file, const char *text, config_t *tree)
{
    struct cw_place at = {.file = file};
    if (includes(text, &at.line)) {
        cw_complain(c, &at, "", "@include is not read; write the settings here");
        return false;
    }
    if (config_read_string(tree, text) == CONFIG_TRUE)
        return true;
    at.line = config_error_line(tree);
    struct cw_str line = line_of(text, at.line);
    cw_complain(c, &at, "", "%s, at or before: %.*s", config_error_text(tree),
                (int)(line.n < 200 ? line.n : 200), line.p);
    return false;
}
