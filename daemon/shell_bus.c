/* The start's first look at the bus: the topics, and what is recorded in churnwatch.control. It
 * waits for what passes. Main thread, before the loop runs; signals still end the process at once,
 * which has nothing to tidy.
 */
#include <time.h>

#include "board/log.h"
#include "churnwatch/mono.h"
#include "daemon/shell_state.h"
#include "daemon/start_wait.h"

static cw_mono_time mono(void *arg)
{
    (void)arg;
    return cw_mono_now();
}

static void rest(void *arg, int ms)
{
    const struct timespec t = {ms / 1000, ms % 1000 * 1000000L};
    (void)arg;
    (void)nanosleep(&t, NULL);
}

static void told(void *arg, const char *reason)
{
    struct cw_shell *sh = arg;
    char quoted[600];
    cw_log(CW_LOG_WARNING, "start_waits", "reason=%s", cw_log_quote(reason, quoted, sizeof quoted));
    cw_service_waiting(&sh->service, reason);
}

static int look_at_topics(void *arg, struct cw_errbuf *eb)
{
    struct cw_shell *sh = arg;
    return cw_engine_prepare(sh->s, eb);
}

static int look_at_control(void *arg, struct cw_errbuf *eb)
{
    struct cw_shell *sh = arg;
    return cw_control_epoch(sh->s, sh->epoch, eb);
}

int cw_shell_look_at_bus(struct cw_shell *sh, struct cw_errbuf *eb)
{
    const struct cw_start_wait w = {mono, rest, told, sh, mono(NULL)};
    int err = cw_start_try(&w, look_at_topics, eb);
    return err ? err : cw_start_try(&w, look_at_control, eb);
}
