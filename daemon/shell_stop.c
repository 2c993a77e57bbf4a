/* Stopping goes in steps, and the loop keeps turning through all of them: the engines commit and
 * end (a thread waits for them), then what they have put into the outbox is delivered, within a
 * bound, then everything is closed. Main thread, but for the one that waits.
 */
#include <signal.h>

#include "board/log.h"
#include "churnwatch/mono.h"
#include "daemon/shell_state.h"

static void *join_engines(void *arg)
{
    struct cw_shell *sh = arg;
    for (size_t i = 0; i < sh->n_engines; i++)
        cw_engine_join(sh->engines[i]);
    ev_async_send(sh->loop, &sh->joined);
    return NULL;
}

void cw_shell_on_ending(struct ev_loop *loop, ev_timer *t, int events)
{
    struct cw_shell *sh = t->data;
    bool late = cw_mono_now() > sh->stop_by;
    (void)events;
    if (!late && cw_delivery_standing(sh->delivery) == CW_DELIVERY_OPEN &&
        (!cw_delivery_idle(sh->delivery) || !cw_pump_rests(sh->pump)))
        return;
    if (!cw_delivery_idle(sh->delivery))
        cw_log(CW_LOG_WARNING, "stopped_early",
               "reason=\"not all is delivered; the outbox keeps it for the next start\"");
    ev_break(loop, EVBREAK_ALL);
}

/* An engine that the bus does not answer cannot be stopped. What it has not committed was never
 * done, so nothing is lost by not waiting on. */
void cw_shell_on_overdue(struct ev_loop *loop, ev_timer *t, int events)
{
    (void)loop;
    (void)t;
    (void)events;
    cw_shell_leave("stopped_uncommitted",
                   "the bus does not answer; the next start goes on from the last commit");
}

void cw_shell_on_joined(struct ev_loop *loop, ev_async *w, int events)
{
    struct cw_shell *sh = w->data;
    (void)events;
    ev_timer_stop(loop, &sh->overdue);
    (void)pthread_join(sh->joiner, NULL);
    sh->n_engines = 0;
    cw_delivery_read_on(sh->delivery);
    sh->stop_by = cw_mono_now() + CW_SHELL_STOP_BOUND;
    ev_timer_start(loop, &sh->ending);
}

void cw_shell_on_stop(struct ev_loop *loop, ev_signal *w, int events)
{
    struct cw_shell *sh = w->data;
    (void)events;
    if (sh->stopping)
        return;
    sh->stopping = true;
    cw_log(CW_LOG_INFO, "stopping", "signal=%d", w->signum);
    cw_service_stopping(&sh->service);
    for (size_t i = 0; i < sh->n_engines; i++)
        cw_engine_stop(sh->engines[i]);
    ev_timer_start(loop, &sh->overdue);
    if (pthread_create(&sh->joiner, NULL, join_engines, sh) == 0)
        return;
    (void)join_engines(sh);
    sh->n_engines = 0;
    ev_break(loop, EVBREAK_ALL);
}
