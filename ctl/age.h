/* Options that name an age: "2h", "8d". */
#ifndef CW_CTL_AGE_H
#define CW_CTL_AGE_H

#include "ctl/command.h"

cw_wall_time cw_age_now(void);
/* The instant so long ago, CW_NO_TIME when the option was not given. An exit code; the complaint
 * has been printed. */
enum cw_exit cw_age_since(const struct cw_ctl *ctl, const char *option, cw_wall_time *ret_since);

#endif
