/* churnwatchctl release: a claimed or snoozed task back into the queue. */
#include "ctl/desk/move.h"

static enum cw_exit run(const struct cw_ctl *ctl)
{
    return cw_move_run(ctl, CW_MOVE_release);
}

static const struct cw_option options[] = {
    CW_MOVE_OPTION_AS,
    {0},
};

const struct cw_command cw_command_release = {
    .name = "release",
    .operands = "TASK",
    .help = "put a claimed or snoozed task back into the queue",
    .options = options,
    .least = 1,
    .most = 1,
    .needs_settings = true,
    .run = run,
};
