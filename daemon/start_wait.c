/* A step of the start, made again and again; see start_wait.h. */
#include "daemon/start_wait.h"

#include <string.h>

static bool has_time(const struct cw_start_wait *w)
{
    return w->mono(w->arg) + CW_START_REST_MS * (CW_SECOND / 1000) <= w->began + CW_START_WAIT;
}

static int give_up(const struct cw_start_wait *w, struct cw_errbuf *eb)
{
    struct cw_errbuf said = *eb;
    int64_t waited = w->mono(w->arg) - w->began;
    return cw_fail(eb, CW_E_RETRY, "%.400s; the start waited %d s for that to pass", said.text,
                   (int)(waited / CW_SECOND));
}

int cw_start_try(const struct cw_start_wait *w, int (*step)(void *arg, struct cw_errbuf *eb),
                 struct cw_errbuf *eb)
{
    struct cw_errbuf told = {""};
    for (;;) {
        int err = step(w->arg, eb);
        if (err != -CW_E_RETRY)
            return err;
        if (!has_time(w))
            return give_up(w, eb);
        if (strcmp(told.text, eb->text) != 0)
            w->told(w->arg, eb->text);
        told = *eb;
        w->rest(w->arg, CW_START_REST_MS);
    }
}
