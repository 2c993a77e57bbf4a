/* The syntax of our files, as libconfig has it but for @include. See syntax.h.
 *
 * Runs on the thread that starts or reloads.
 */
#include "config/syntax.h"

#include <string.h>

#include "config/known.h"

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

/* The first word of a line, for messages that tell no name. */
static struct cw_str word_of(const char *text, int line)
{
    for (; line > 1 && text; line--) {
        text = strchr(text, '\n');
        text += text != NULL;
    }
    if (!text)
        return (struct cw_str){"", 0};
    text += strspn(text, " \t");
    return (struct cw_str){text, strcspn(text, " \t\r\n=:{[(\"")};
}

/* Of the line no more is told than a name we know: any other word may be part of a password. */
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
    struct cw_str word = word_of(text, at.line);
    if (cw_known_word(word))
        cw_complain(c, &at, "", "%s, at or before the setting %.*s", config_error_text(tree),
                    (int)word.n, word.p);
    else
        cw_complain(c, &at, "", "%s, at this line or before it", config_error_text(tree));
    return false;
}
