/* Who acts, where the command line does not say it. */
#ifndef CW_CTL_ACTOR_H
#define CW_CTL_ACTOR_H

/* $USER, or, where that is unset or empty, as under cron and systemd, the name of the account the
 * process runs in; NULL when that has none. Valid until the next call. */
const char *cw_actor_default(void);

#endif
