/* Recording the epoch in the embedded log: written from the loop's next turn, where a commit of a
 * few milliseconds is no harm once in a Redis's life. Main thread. */
#include <stdlib.h>
#include <string.h>

#include "bus/logs.h"
#include "daemon/control.h"
#include "daemon/log.h"

struct file {
    struct cw_control control; /* first, so that the one is the other */
    struct cw_control_setup setup;
    struct cw_logs *logs; /* owned */
    char epoch[CW_EPOCH_MOST + 1];
    ev_timer turn;
};

static int write_epoch(struct file *f, struct cw_errbuf *eb)
{
    char value[CW_CONTROL_VALUE_MOST];
    size_t n = cw_control_value(f->epoch, value);
    const struct cw_logs_record r = {.topic = f->setup.settings->topic_control,
                                     .partition = 0,
                                     .key = CW_STR(CW_CONTROL_EPOCH),
                                     .value = {value, n}};
    int err = f->logs->ops->append(f->logs, &r, eb);
    return err ? err : f->logs->ops->flush(f->logs, eb);
}

static void on_turn(struct ev_loop *loop, ev_timer *t, int events)
{
    struct file *f = t->data;
    struct cw_errbuf eb = {""};
    char quoted[600];
    (void)loop;
    (void)events;
    int err = write_epoch(f, &eb);
    if (err)
        cw_log(CW_LOG_ERROR, "epoch_not_recorded", "reason=%s",
               cw_log_quote(eb.text, quoted, sizeof quoted));
    f->setup.recorded(f->setup.arg, !err);
}

static void record(void *self, const char *epoch)
{
    struct file *f = self;
    (void)strncpy(f->epoch, epoch, CW_EPOCH_MOST);
    ev_timer_set(&f->turn, 0., 0.);
    ev_timer_start(f->setup.loop, &f->turn);
}

static void close_writer(struct cw_control *c)
{
    struct file *f = (struct file *)c;
    ev_timer_stop(f->setup.loop, &f->turn);
    cw_logs_close(f->logs);
    free(f);
}

int cw_control_logs_open(const struct cw_control_setup *setup, struct cw_control **ret_control,
                         struct cw_errbuf *eb)
{
    struct file *f = calloc(1, sizeof *f);
    if (!f)
        return cw_fail(eb, CW_E_NOMEM, "no memory for the control topic's writer");
    f->setup = *setup;
    f->control = (struct cw_control){{f, record}, close_writer};
    int err = cw_logs_open(setup->settings, &f->logs, eb);
    if (err) {
        free(f);
        return err;
    }
    ev_timer_init(&f->turn, on_turn, 0., 0.);
    f->turn.data = f;
    *ret_control = &f->control;
    return 0;
}
