/* churnwatchctl claim: a task into somebody's hand, for a while. */
#include "ctl/desk/move.h"

static enum cw_exit run(const struct cw_ctl *ctl)
{
    return cw_move_run(ctl, CW_MOVE_claim);
}

static const struct cw_option options[] = {
    {.name = "for",
     .value = "DURATION",
     .kind = CW_OPTION_TEXT,
     .help = "until it goes back to the queue by itself (default 2h, at most 7d)"},
    CW_MOVE_OPTION_AS,
    {0},
};

const struct cw_command cw_command_claim = {
    .name = "claim",
    .operands = "TASK",
    .help = "take a task in hand; again: for longer",
    .options = options,
    .least = 1,
    .most = 1,
    .needs_settings = true,
    .run = run,
};
