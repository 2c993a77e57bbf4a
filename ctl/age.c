/* See age.h. */
#include "ctl/age.h"

#include <time.h>

#include "config/units.h"

cw_wall_time cw_age_now(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_REALTIME, &t);
    return (cw_wall_time)t.tv_sec * CW_SECOND + t.tv_nsec / 1000;
}

enum cw_exit cw_age_since(const struct cw_ctl *ctl, const char *option, cw_wall_time *ret_since)
{
    const char *text = cw_args_text(ctl->args, option);
    int64_t age = 0;
    *ret_since = CW_NO_TIME;
    if (!text)
        return CW_EXIT_DONE;
    if (cw_duration_parse(text, &age) != 0 || age <= 0)
        return cw_ctl_misused(ctl, "--%s is an age such as 2h or 8d, not \"%s\"", option, text);
    *ret_since = cw_age_now() - age;
    return CW_EXIT_DONE;
}
