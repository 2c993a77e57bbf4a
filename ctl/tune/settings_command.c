/* churnwatchctl settings sample, settings reference: what is made from the tables of settings. */
#include "ctl/command.h"

static enum cw_exit print_sample(const struct cw_ctl *ctl)
{
    (void)ctl;
    cw_reference_sample(stdout);
    return CW_EXIT_DONE;
}

static enum cw_exit print_reference(const struct cw_ctl *ctl)
{
    (void)ctl;
    cw_reference_page(stdout);
    return CW_EXIT_DONE;
}

const struct cw_command cw_command_settings_sample = {
    .name = "settings sample",
    .operands = "",
    .help = "the sample configuration file, every setting with its default",
    .run = print_sample,
};

const struct cw_command cw_command_settings_reference = {
    .name = "settings reference",
    .operands = "",
    .help = "the reference page of all settings",
    .run = print_reference,
};
