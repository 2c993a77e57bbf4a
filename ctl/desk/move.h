/* People's moves on the command line: what the seven commands share.
 *
 * A move is the call of one function in Redis. The commands differ in what they take from the
 * command line; that is a row each in ctl/desk/move.c.
 */
#ifndef CW_CTL_DESK_MOVE_H
#define CW_CTL_DESK_MOVE_H

#include "ctl/command.h"

enum cw_move {
    CW_MOVE_claim,
    CW_MOVE_release,
    CW_MOVE_done,
    CW_MOVE_snooze,
    CW_MOVE_note,
    CW_MOVE_reassign,
    CW_MOVE_escalate
};

/* Makes the move on the task that the first operand names, and prints what became of it. */
enum cw_exit cw_move_run(const struct cw_ctl *ctl, enum cw_move move);

/* Who acts: in the options of every move. */
#define CW_MOVE_OPTION_AS                                                                          \
    {                                                                                              \
        .name = "as", .value = "WHO", .kind = CW_OPTION_TEXT,                                      \
        .help = "who acts (default: $USER, else the account's name)"                               \
    }

#endif
