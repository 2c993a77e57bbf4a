/* churnwatchctl escalate: a task is asked to be put before the chief manager. */
#include "ctl/desk/move.h"

static enum cw_exit run(const struct cw_ctl *ctl)
{
    return cw_move_run(ctl, CW_MOVE_escalate);
}

static const struct cw_option options[] = {
    {.name = "reason",
     .value = "TEXT",
     .kind = CW_OPTION_TEXT,
     .help = "why; kept in the task's note"},
    CW_MOVE_OPTION_AS,
    {0},
};

const struct cw_command cw_command_escalate = {
    .name = "escalate",
    .operands = "TASK",
    .help = "put a task before the chief manager",
    .options = options,
    .least = 1,
    .most = 1,
    .needs_settings = true,
    .run = run,
};
