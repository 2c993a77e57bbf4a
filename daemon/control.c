/* Reading the epoch in churnwatch.control, which blocks and is done once at start, and which writer
 * records one. Main thread. */
#include "daemon/control.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "bus/logs.h"

/* ---- reading ---- */

static int take(void *arg, const struct cw_message *m)
{
    char *epoch = arg;
    static const char key[] = CW_CONTROL_EPOCH;
    if (m->key.n != sizeof key - 1 || memcmp(m->key.p, key, m->key.n) != 0 || !m->value.p)
        return 0;
    json_t *root = json_loadb(m->value.p, m->value.n, JSON_REJECT_DUPLICATES, NULL);
    const char *text = json_string_value(json_object_get(root, key));
    if (text && strlen(text) <= CW_EPOCH_MOST)
        (void)strcpy(epoch, text);
    json_decref(root);
    return 0;
}

int cw_control_epoch(const struct cw_settings *s, char ret_epoch[CW_EPOCH_MOST + 1],
                     struct cw_errbuf *eb)
{
    char epoch[CW_EPOCH_MOST + 1] = "";
    struct cw_logs *logs = NULL;
    int err = cw_logs_open(s, &logs, eb);
    if (!err)
        err = cw_logs_read_whole(logs, s->topic_control, take, epoch, eb);
    cw_logs_close(logs);
    if (!err)
        (void)strcpy(ret_epoch, epoch);
    return err;
}

/* ---- recording ---- */

size_t cw_control_value(const char *epoch, char out[CW_CONTROL_VALUE_MOST])
{
    return (size_t)snprintf(out, CW_CONTROL_VALUE_MOST, "{\"" CW_CONTROL_EPOCH "\":\"%s\"}", epoch);
}

int cw_control_open(const struct cw_control_setup *setup, struct cw_control **ret_control,
                    struct cw_errbuf *eb)
{
    return strcmp(setup->settings->bus, "kafka") == 0
               ? cw_control_kafka_open(setup, ret_control, eb)
               : cw_control_logs_open(setup, ret_control, eb);
}

void cw_control_close(struct cw_control *c)
{
    if (c)
        c->close(c);
}
