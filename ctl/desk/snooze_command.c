/* churnwatchctl snooze: a task put aside until a time; it comes back by itself, and sooner when it
 * gets worse. */
#include "ctl/desk/move.h"

static enum cw_exit run(const struct cw_ctl *ctl)
{
    return cw_move_run(ctl, CW_MOVE_snooze);
}

static const struct cw_option options[] = {
    {.name = "until",
     .value = "TIME",
     .kind = CW_OPTION_TIME,
     .help = "RFC 3339, or YYYY-MM-DD for the midnight that begins the day"},
    {.name = "for",
     .value = "DURATION",
     .kind = CW_OPTION_TEXT,
     .help = "instead: for so long, such as 3d or 4h (at most 366d)"},
    {.name = "reason",
     .value = "TEXT",
     .kind = CW_OPTION_TEXT,
     .help = "why; kept in the task's note"},
    CW_MOVE_OPTION_AS,
    {0},
};

const struct cw_command cw_command_snooze = {
    .name = "snooze",
    .operands = "TASK",
    .help = "put a task aside until a time, or until it gets worse",
    .options = options,
    .least = 1,
    .most = 1,
    .needs_settings = true,
    .run = run,
};
