/* Which adapter serves an onlooker, and what is the same for all. See logs.h. */
#include "bus/logs.h"

#include <string.h>

#include "bus/logs_kafka.h"
#include "bus/logs_sqlite.h"

int cw_logs_open(const struct cw_settings *s, struct cw_logs **ret_logs, struct cw_errbuf *eb)
{
    if (strcmp(s->bus, "kafka") == 0)
        return cw_logs_kafka_open(s, ret_logs, eb);
    return cw_logs_sqlite_open(s, ret_logs, eb);
}

void cw_logs_close(struct cw_logs *l)
{
    if (l)
        l->ops->close(l);
}

int cw_logs_read_whole(struct cw_logs *l, const char *topic,
                       int (*each)(void *arg, const struct cw_message *m), void *arg,
                       struct cw_errbuf *eb)
{
    int32_t n = 0;
    int err = l->ops->partitions(l, topic, &n, eb);
    if (!err && n == 0)
        return cw_fail(eb, CW_E_INVALID, "there is no topic %s", topic);
    for (int32_t p = 0; p < n && !err; p++) {
        int64_t first, end;
        err = l->ops->range(l, topic, p, &first, &end, eb);
        if (!err)
            err = l->ops->read(l, topic, p, first, end, each, arg, eb);
    }
    return err;
}
