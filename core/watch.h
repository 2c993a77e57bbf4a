/* Who looks over a shard's shoulder at one client (cw_shard_watch) is told here of what became of
 * it. Inline, for events are many and watchers few: where nobody watches it is a look at a pointer.
 * Private to the core.
 */
#ifndef CW_CORE_WATCH_H
#define CW_CORE_WATCH_H

#include "core/shard_state.h"

static inline bool cw_watch_is_on(const struct cw_watch *w, const struct cw_client *cl)
{
    return cw_kept_same(cw_client_id(cl), w->client);
}

/* A day that closes, before it is learned. */
static inline void cw_watch_day(const struct cw_watch *w, const struct cw_client *cl,
                                const struct cw_day_view *view)
{
    if (w->day && cw_watch_is_on(w, cl))
        w->day(w->arg, cl, view);
}

/* A bill, once it has been judged. */
static inline void cw_watch_bill(const struct cw_watch *w, const struct cw_client *cl)
{
    if (w->bill && cw_watch_is_on(w, cl))
        w->bill(w->arg, cl);
}

#endif
