/* churnwatchctl reassign: a task is asked to go to another manager. */
#include "ctl/desk/move.h"

static enum cw_exit run(const struct cw_ctl *ctl)
{
    return cw_move_run(ctl, CW_MOVE_reassign);
}

static const struct cw_option options[] = {
    CW_MOVE_OPTION_AS,
    {0},
};

const struct cw_command cw_command_reassign = {
    .name = "reassign",
    .operands = "TASK MANAGER",
    .help = "give a task to another manager",
    .options = options,
    .least = 2,
    .most = 2,
    .needs_settings = true,
    .run = run,
};
