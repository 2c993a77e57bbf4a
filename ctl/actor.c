/* Who acts, from the environment or the accounts of the machine. One thread. See actor.h. */
#include "ctl/actor.h"

#include <pwd.h>
#include <stdlib.h>
#include <unistd.h>

const char *cw_actor_default(void)
{
    const char *user = getenv("USER");
    if (user && *user)
        return user;
    const struct passwd *account = getpwuid(getuid());
    return account && *account->pw_name ? account->pw_name : NULL;
}
