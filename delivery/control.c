/* Reading and recording the epoch in churnwatch.control. Main thread; only the reading at start
 * blocks. */
#include "delivery/control.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "board/log.h"
#include "delivery/epoch.h"
#include "delivery/partitions.h"

/* ---- reading ---- */

int cw_control_epoch(const struct cw_settings *s, char ret_epoch[CW_EPOCH_MOST + 1],
                     struct cw_errbuf *eb)
{
    char epoch[CW_EPOCH_MOST + 1] = "";
    struct cw_logs *logs;
    int32_t n = 0;
    int err = cw_logs_open(s, &logs, eb);
    if (err)
        return err;
    err = logs->ops->partitions(logs, s->topic_control, &n, eb);
    if (!err && n == 0)
        err = cw_fail(eb, CW_E_NOTFOUND, "the control topic does not exist");
    if (!err)
        err = cw_partitions_settle(logs, s, eb);
    if (!err)
        err = cw_epoch_read(logs, s, epoch, eb);
    cw_logs_close(logs);
    if (!err)
        (void)strcpy(ret_epoch, epoch);
    return err;
}

/* ---- recording ---- */

struct cw_control {
    struct cw_send_port sender;
    struct cw_control_ears ears;
    char wanted[CW_EPOCH_MOST + 1], sent[CW_EPOCH_MOST + 1];
    const struct cw_settings *settings;
    char json[CW_EPOCH_JSON_MOST];
    struct cw_logs_record record;
    struct cw_send_job job;
    bool busy; /* the job is given */
    struct cw_send_job look;
    bool looking;
    char seen[CW_EPOCH_MOST + 1]; /* the sender's, while looking */
};

static void send_wanted(struct cw_control *c);

static void on_sent(void *arg, int err, const struct cw_errbuf *why)
{
    struct cw_control *c = arg;
    char quoted[300];
    c->busy = false;
    if (strcmp(c->sent, c->wanted) != 0) {
        send_wanted(c);
        return;
    }
    if (err)
        cw_log(CW_LOG_ERROR, "epoch_not_recorded", "reason=%s",
               cw_log_quote(why->text, quoted, sizeof quoted));
    c->ears.recorded(c->ears.arg, !err);
}

static void send_wanted(struct cw_control *c)
{
    (void)strcpy(c->sent, c->wanted);
    c->record = cw_epoch_record_of(c->settings, c->sent, c->json);
    c->job = (struct cw_send_job){.records = &c->record, .n_records = 1, .done = on_sent, .arg = c};
    c->busy = true;
    c->sender.give(c->sender.self, &c->job);
}

/* Asked again while a record is on its way, the last one asked for is the one that is told of. */
static void port_record(void *self, const char *epoch)
{
    struct cw_control *c = self;
    (void)snprintf(c->wanted, sizeof c->wanted, "%s", epoch);
    if (!c->busy)
        send_wanted(c);
}

/* On the sender's thread. */
static int read_epoch(struct cw_logs *logs, void *arg, struct cw_errbuf *eb)
{
    struct cw_control *c = arg;
    return cw_epoch_read(logs, c->settings, c->seen, eb);
}

static void on_seen(void *arg, int err, const struct cw_errbuf *why)
{
    struct cw_control *c = arg;
    char quoted[300];
    c->looking = false;
    if (err)
        cw_log(CW_LOG_ERROR, "epoch_unreadable", "reason=%s",
               cw_log_quote(why->text, quoted, sizeof quoted));
    c->ears.known(c->ears.arg, err ? NULL : c->seen);
}

static void port_look(void *self)
{
    struct cw_control *c = self;
    if (c->looking)
        return;
    c->looking = true;
    c->look = (struct cw_send_job){.look = read_epoch, .done = on_seen, .arg = c};
    c->sender.give(c->sender.self, &c->look);
}

struct cw_epoch_port cw_control_port(struct cw_control *c)
{
    return (struct cw_epoch_port){.self = c, .look = port_look, .record = port_record};
}

struct cw_control *cw_control_open(const struct cw_settings *s, struct cw_send_port sender,
                                   const struct cw_control_ears *ears)
{
    struct cw_control *c = calloc(1, sizeof *c);
    if (!c)
        return NULL;
    c->sender = sender;
    c->ears = *ears;
    c->settings = s;
    return c;
}

void cw_control_close(struct cw_control *c)
{
    free(c);
}
