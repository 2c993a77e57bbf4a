/* churnwatchctl done: a task is finished, with what came of it. */
#include "ctl/desk/move.h"

static enum cw_exit run(const struct cw_ctl *ctl)
{
    return cw_move_run(ctl, CW_MOVE_done);
}

static const struct cw_option options[] = {
    {.name = "result",
     .value = "RESULT",
     .kind = CW_OPTION_TEXT,
     .required = true,
     .help = "retained, recovering, no_issue, false_alarm, lost or unreachable"},
    {.name = "method",
     .value = "METHOD",
     .kind = CW_OPTION_TEXT,
     .help = "how the client was met: phone, sms, email, visit …"},
    {.name = "note",
     .value = "TEXT",
     .kind = CW_OPTION_TEXT,
     .help = "what was said; kept in the task's note"},
    {.name = "seen",
     .value = "VERSION",
     .kind = CW_OPTION_COUNT,
     .least = 1,
     .most = INT32_MAX,
     .help = "the version of the task that was seen (default: the one now stored); news after it "
             "opens a new task"},
    CW_MOVE_OPTION_AS,
    {0},
};

const struct cw_command cw_command_done = {
    .name = "done",
    .operands = "TASK",
    .help = "finish a task: what came of it",
    .options = options,
    .least = 1,
    .most = 1,
    .needs_settings = true,
    .run = run,
};
