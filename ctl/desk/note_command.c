/* churnwatchctl note: a line added to what people have written about a task. */
#include "ctl/desk/move.h"

static enum cw_exit run(const struct cw_ctl *ctl)
{
    return cw_move_run(ctl, CW_MOVE_note);
}

static const struct cw_option options[] = {
    CW_MOVE_OPTION_AS,
    {0},
};

const struct cw_command cw_command_note = {
    .name = "note",
    .operands = "TASK TEXT",
    .help = "add a line to a task's note",
    .options = options,
    .least = 2,
    .most = 2,
    .needs_settings = true,
    .run = run,
};
