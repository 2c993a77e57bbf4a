/* Asking cw_wake, and again at once where there were more than one call takes. See wake.h. */
#include "delivery/wake.h"

#include <stdio.h>
#include <string.h>

#include "board/log.h"

#define MOST 500 /* timers a call */

static void ask(struct cw_wake *w);

static void on_answer(void *arg, const struct cw_reply *r)
{
    struct cw_wake *w = arg;
    char said[256], quoted[300];
    w->asked = false;
    if (r->kind == CW_REPLY_NUMBER) {
        if (w->board)
            cw_board_count(w->board, CW_COUNT_timers_ended, (uint64_t)r->number);
        if (r->number >= MOST)
            ask(w);
        return;
    }
    if (r->kind != CW_REPLY_ERROR)
        return; /* The connection ended; the next tick asks again. */
    (void)snprintf(said, sizeof said, "%.*s", (int)(r->text.n < 255 ? r->text.n : 255), r->text.p);
    cw_log(CW_LOG_ERROR, "timers_not_ended", "reply=%s", cw_log_quote(said, quoted, sizeof quoted));
}

static void ask(struct cw_wake *w)
{
    char key[80], most[16];
    int n_key = snprintf(key, sizeof key, "%sdelivery", w->prefix);
    int n_most = snprintf(most, sizeof most, "%d", MOST);
    const struct cw_str words[] = {CW_STR("FCALL"),
                                   CW_STR("cw_wake"),
                                   CW_STR("1"),
                                   {key, (size_t)n_key},
                                   {most, (size_t)n_most}};
    w->asked = w->redis.send(w->redis.self, words, sizeof words / sizeof *words, on_answer, w) == 0;
}

void cw_wake_tick(struct cw_wake *w)
{
    if (!w->asked)
        ask(w);
}
