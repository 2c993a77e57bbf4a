/* churnwatchctl settings: the sample file and the reference page, made from the tables. */
#include <string.h>

#include "ctl/command.h"

enum cw_exit cw_ctl_settings(const struct cw_ctl *ctl)
{
    static const struct {
        const char *name;
        void (*print)(FILE *out);
    } rows[] = {{"sample", cw_reference_sample}, {"reference", cw_reference_page}};
    const char *what = cw_args_operand(ctl->args, 0);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strcmp(what, rows[i].name) == 0) {
            rows[i].print(stdout);
            return CW_EXIT_DONE;
        }
    return cw_ctl_misused(ctl, "settings wants sample or reference, not \"%s\"", what);
}
